"""What did not change is neither read nor written again; what is read differently now reaches every posting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from job_hunter.domain.role import Readings
from job_hunter.errors import ConfigError
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.usecases.conftest import END, Market

DAY = timedelta(days=1)
TABLES = ("roles", "role_places", "comp_points", "raw_payloads", "role_events", "companies", "levels", "fx_rates")
# An edit after which titles of engineers state a level that they did not state before.
ENGINEERS_ARE_MID = ("levels.yaml", "  mid: [mid, ", "  mid: [engineer, mid, ")
LEVELS = """
    SELECT r.external_id, r.title, l.slug FROM job_hunter.roles r LEFT JOIN job_hunter.levels l ON l.id = r.level_id
    WHERE r.closed_at IS NULL ORDER BY 1"""
BUCKETS = """
    SELECT external_id, location, primary_location FROM job_hunter.roles WHERE closed_at IS NULL ORDER BY 1"""


async def _versions(market: Market, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """Where each row version is, and which transaction wrote it: both change with any write."""
    return {
        table: await market.rows(f"SELECT ctid::text, xmin::text FROM job_hunter.{table} ORDER BY ctid")
        for table in tables or TABLES
    }


def _unreadable(readings: Readings) -> Readings:
    """Readings of the same version that fail when they are asked for anything."""

    def broken() -> NoReturn:
        raise ConfigError("nothing was to be read")

    return replace(readings, load_gazetteer=broken, load_ladder=broken)


@pytest.mark.parametrize("conditional", [True, False], ids=["with 304s", "with whole answers"])
async def test_an_unchanged_posting_is_neither_read_nor_written(market: Market, conditional: bool) -> None:
    """The same day, the next day and the next week: no row version changes, and no reading is asked for anything."""
    market.sandbox.state.options.conditional = conditional
    await market.refresh()
    before = await _versions(market)
    today = await _versions(market, "roles_snapshots", "comp_snapshots")
    unread = _unreadable(market.readings)
    market.at += timedelta(hours=6)
    await market.refresh(readings=unread)
    assert today == await _versions(market, "roles_snapshots", "comp_snapshots")
    for days in (1, 7):
        market.at += days * DAY
        summary = await market.refresh(readings=unread)
        assert conditional == any(result.is_not_modified for result in summary.results)
        assert summary.totals()["unchanged"] == summary.totals()["postings"]
    assert before == await _versions(market)
    counts = await market.rows("SELECT snapshot_date, count(*) FROM job_hunter.roles_snapshots GROUP BY 1 ORDER BY 1")
    openings = len(market.sandbox.truth.openings(END))
    assert [(END, openings), (END + DAY, openings), (END + 8 * DAY, openings)] == counts


async def test_only_what_changed_is_written(market: Market) -> None:
    """A week later: the row versions that differ are those of roles that were edited, closed or reopened."""
    market.sandbox.state.options.conditional = False
    earlier, later = market.sandbox.world.dates[-2:]
    market.set_date(earlier)
    await market.refresh()
    query = "SELECT external_id, ctid::text, payload_hash, closed_at FROM job_hunter.roles"
    before = {row[0]: row[1:] for row in await market.rows(query)}
    market.set_date(later)
    summary = await market.refresh()
    after = {row[0]: row[1:] for row in await market.rows(query)}
    rewritten = {key for key in before if before[key][0] != after[key][0]}
    assert rewritten == {key for key in before if before[key][1:] != after[key][1:]}
    totals = summary.totals()
    assert 0 < totals["changed"] + totals["closed"] + totals["reopened"] == len(rewritten) < len(before) / 2


@pytest.mark.parametrize("conditional", [True, False], ids=["with 304s", "with whole answers"])
async def test_an_edited_table_reaches_every_posting_at_the_next_run(
    make_market: Callable[..., Market], tmp_path: Path, conditional: bool
) -> None:
    """One line of locations.yaml, then one of levels.yaml: what it is about reads anew, once; nothing else moves."""
    market = make_market(seed=3)
    market.sandbox.state.options.conditional = conditional
    await market.refresh()
    buckets, levels = await market.rows(BUCKETS), await market.rows(LEVELS)
    towns = ("Manchester", "Edinburgh", "Bristol", "Leeds", "Glasgow")
    moved = [row for row in buckets if row[2] == "uk" and row[1].startswith(towns)]
    assert moved

    places = edited_readings(tmp_path / "places", *CITIES_ARE_LONDON)
    market.at += DAY
    summary = await market.refresh(readings=places)
    assert (summary.totals()["unchanged"], summary.totals()["changed"]) == (0, 0)
    assert [(*row[:2], "london") if row in moved else row for row in buckets] == await market.rows(BUCKETS)
    assert levels == await market.rows(LEVELS)
    assert not await market.rows(
        "SELECT 1 FROM job_hunter.comp_points p JOIN job_hunter.roles r ON r.id = p.role_id "
        "WHERE p.location_bucket IS DISTINCT FROM r.primary_location"
    )

    marks = edited_readings(tmp_path / "marks", *ENGINEERS_ARE_MID)
    market.at += DAY
    await market.refresh(readings=marks)
    assert buckets == await market.rows(BUCKETS)
    reread = await market.rows(LEVELS)
    assert {title for _, title, level in levels if level is None and "Engineer" in title} <= {
        title for _, title, level in reread if level == "mid"
    }
    assert levels != reread

    rested = await _versions(market, "roles", "comp_points")
    market.at += DAY
    again = await market.refresh(readings=_unreadable(marks))
    assert again.totals()["unchanged"] == again.totals()["postings"]
    assert rested == await _versions(market, "roles", "comp_points")
    assert await market.rows("SELECT count(DISTINCT reading_version), 3 FROM job_hunter.roles_snapshots") == [(3, 3)]


async def test_a_board_that_was_down_is_read_anew_when_it_is_back(
    make_market: Callable[..., Market], tmp_path: Path
) -> None:
    """An edit made while a board was down reaches it at its next answer, which must not be a 304."""
    market = make_market(seed=3)
    await market.refresh()
    company = market.companies[0]
    market.sandbox.fault("error", board=company.ats_id)
    edited = edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON)
    market.at += DAY
    await market.refresh(readings=edited)
    market.sandbox.clear_faults()
    market.at += DAY
    summary = await market.refresh(readings=edited)
    result = next(result for result in summary.results if result.company_slug == company.slug)
    assert (result.is_not_modified, result.unchanged) == (False, 0)
    assert await market.rows(
        "SELECT count(DISTINCT reading_version) FROM job_hunter.roles WHERE closed_at IS NULL"
    ) == [(1,)]
