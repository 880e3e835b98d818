"""Filling the rows that a day lacks: only what was seen, once, and never over what stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from job_hunter.errors import UsageError
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.ledger_report import ledger_report
from job_hunter.usecases.snapshot import snapshot
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.usecases.conftest import END, Market

DAY = timedelta(days=1)
ROLE_ROWS = "SELECT role_id, origin FROM job_hunter.roles_snapshots WHERE snapshot_date = :on ORDER BY 1"
PAY_ROWS = """
    SELECT comp_point_id, base_gbp, total_gbp, location_bucket, origin FROM job_hunter.comp_snapshots
    WHERE snapshot_date = :on ORDER BY 1"""


async def _fill(market: Market, on: date) -> tuple[int, int]:
    """How many rows of roles and of pay were filled in."""
    async with market.database() as database:
        done = await snapshot(database, on=on, today=market.at.date())
    return done.roles, done.comp_points


async def _rows(market: Market, on: date) -> list[list[tuple[Any, ...]]]:
    return [await market.rows(query, on=on) for query in (ROLE_ROWS, PAY_ROWS)]


async def _lose_rows(market: Market, on: date) -> None:
    async with market.database() as database, database.transaction() as connection:
        for table in ("roles_snapshots", "comp_snapshots"):
            await connection.exec_driver_sql(f"DELETE FROM job_hunter.{table} WHERE snapshot_date = '{on}'")


async def test_a_whole_day_lacks_nothing(market: Market) -> None:
    """After a refresh there is nothing to fill, today or later, and no row is touched."""
    await market.refresh()
    rows = await _rows(market, END)
    assert await _fill(market, END) == (0, 0)
    market.at += 3 * DAY
    assert await _fill(market, END) == (0, 0)
    assert rows == await _rows(market, END)


async def test_a_lost_day_is_filled_once_and_marked(market: Market) -> None:
    """The rows come back as they were but for their origin; a second time there is nothing to do."""
    await market.refresh()
    roles, points = await _rows(market, END)
    assert len(roles) > len(points) > 0
    await _lose_rows(market, END)
    assert (len(roles), len(points)) == await _fill(market, END)
    assert [[(*row[:-1], "filled") for row in rows] for rows in (roles, points)] == await _rows(market, END)
    assert await _fill(market, END) == (0, 0)


async def test_what_was_filled_is_told_apart(market: Market) -> None:
    """The ledger counts the openings filled in each day, and the report says so."""
    await market.refresh()
    await _lose_rows(market, END)
    done = await _fill(market, END)
    async with market.database() as database:
        told = await ledger_report(database, days=1, today=END)
        report = await analyze(database, at=market.at)
    assert [(str(day["snapshot_date"]), day["filled"]) for day in told["coverage"]] == [(str(END), done[0])]
    assert any(f"Filled in afterwards on {END}: {done[0]} openings" in note for note in report.notes)


async def test_a_past_day_holds_what_stood_on_it(market: Market) -> None:
    """Weeks later: roles that closed since are in the day, those that came since are not."""
    earlier, later = market.sandbox.world.dates[0], market.sandbox.world.dates[-1]
    market.set_date(earlier)
    await market.refresh()
    then = await market.rows(ROLE_ROWS, on=earlier)
    market.set_date(later)
    summary = await market.refresh()
    assert summary.totals()["closed"] > 0 < summary.totals()["new"]
    await _lose_rows(market, earlier)
    assert len(then) - summary.totals()["reopened"] <= (await _fill(market, earlier))[0] <= len(then)
    assert {row[0] for row in await market.rows(ROLE_ROWS, on=earlier)} <= {row[0] for row in then}
    assert await market.rows(
        "SELECT DISTINCT origin FROM job_hunter.roles_snapshots WHERE snapshot_date = :on", on=later
    ) == [("refresh",)]


async def test_what_was_not_seen_stays_missing(market: Market) -> None:
    """A board that was down, or quarantined, has no complete fetch that day: it is not invented afterwards."""
    await market.refresh()
    down, broken, *_ = market.companies
    market.sandbox.fault("error", board=down.ats_id)
    market.sandbox.fault("empty", board=broken.ats_id)
    market.at += DAY
    await market.refresh()
    await _lose_rows(market, END + DAY)
    await _fill(market, END + DAY)
    filled = {
        row[0]
        for row in await market.rows(
            "SELECT DISTINCT c.slug FROM job_hunter.roles_snapshots s "
            "JOIN job_hunter.companies c ON c.id = s.company_id WHERE s.snapshot_date = :on",
            on=END + DAY,
        )
    }
    assert {company.slug for company in market.companies} - {down.slug, broken.slug} == filled
    assert await _fill(market, END + DAY) == (0, 0)


async def test_no_day_without_a_refresh_is_filled(market: Market) -> None:
    """Between two refreshes nobody looked."""
    await market.refresh()
    market.at += 3 * DAY
    assert await _fill(market, END + DAY) == (0, 0)
    assert await _rows(market, END + DAY) == [[], []]


async def test_a_point_that_was_renamed_since_is_not_filled_beside_itself(
    make_market: Callable[..., Market], tmp_path: Path
) -> None:
    """Places are read another way since, so points of pay have other names: a past day has each role's pay once."""
    market = make_market(seed=3)
    await market.refresh()
    rows = await _rows(market, END)
    market.at += 7 * DAY
    await market.refresh(readings=edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON))
    assert len(rows[1]) == len(await market.rows(PAY_ROWS, on=END + 7 * DAY))
    assert await _fill(market, END) == (0, 0)
    assert rows == await _rows(market, END)


async def test_a_role_that_was_away_that_day_is_not_filled(market: Market) -> None:
    """Open on Sunday, gone on Monday, back on Tuesday: Monday has no row of it, afterwards neither."""
    await market.refresh()
    company = next(c for c in market.companies if c.ats_type == "greenhouse")
    market.sandbox.fault("empty", board=company.ats_id)
    for hours in (1, 24):
        market.at += timedelta(hours=hours)
        await market.refresh()
    market.sandbox.clear_faults()
    monday = market.at.date()
    rows = await _rows(market, monday)
    market.at += DAY
    assert (await market.refresh()).totals()["reopened"] > 0
    assert await _fill(market, monday) == (0, 0)
    assert rows == await _rows(market, monday)


async def test_days_are_utc_days_wherever_the_server_is(market: Market) -> None:
    """A server in Auckland: what was first seen at noon in UTC, its next day, belongs to the day all the same."""
    name = (await market.value("SELECT current_database()")).replace('"', "")
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(f"ALTER DATABASE {name} SET timezone = 'Pacific/Auckland'")
    market.set_date(END, hour=22)
    await market.refresh()
    assert await market.value("SHOW timezone") == "Pacific/Auckland"
    rows = await _rows(market, END)
    await _lose_rows(market, END)
    assert (len(rows[0]), len(rows[1])) == await _fill(market, END)
    await _lose_rows(market, END)
    market.at -= DAY
    assert await _fill(market, END - DAY) == (0, 0)


async def test_days_are_utc_days_wherever_this_machine_is(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in Auckland draws the line between two days where one in London does."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        market.set_date(END, hour=22)
        await market.refresh()
        rows = await _rows(market, END)
        await _lose_rows(market, END)
        assert (len(rows[0]), len(rows[1])) == await _fill(market, END) != (0, 0)
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_a_day_to_come_is_refused(market: Market) -> None:
    """A snapshot of tomorrow would be a guess."""
    with pytest.raises(UsageError, match="is in the future"):
        await _fill(market, END + DAY)
