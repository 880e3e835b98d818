"""A change of our own readings: a break in the series that the report names, and never news of the market."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from job_hunter.domain.leaders import LeadersReport
from job_hunter.report.render import render_markdown
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.reparse import reparse
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.usecases.conftest import Market

WEEK = timedelta(days=7)
# As if parsers of then had not seen any pay of one company; its roles stood open all the same.
UNREAD = (
    "DELETE FROM job_hunter.comp_snapshots WHERE company_id = :company",
    "DELETE FROM job_hunter.comp_points WHERE company_id = :company",
    "UPDATE job_hunter.roles_snapshots SET states_pay = false WHERE company_id = :company",
    """UPDATE job_hunter.roles SET parsed_base_min = NULL, parsed_base_max = NULL, parsed_currency = NULL,
       parsed_period = NULL, parsed_basis = NULL, parsed_base_gbp = NULL, reading_version = 0
       WHERE company_id = :company""",
)


async def _report(market: Market) -> LeadersReport:
    async with market.database() as database:
        return await analyze(database, top_n=99, at=market.at)


def _assert_all_ours(report: LeadersReport) -> None:
    """Each mover moved for our reading alone, nobody came or left, and the note says so."""
    for comparison in report.comparisons:
        assert (comparison.entrants, comparison.leavers) == ((), ())
        for mover in comparison.movers:
            assert mover.split.is_ours
            assert mover.split.reading == pytest.approx(mover.delta, abs=0.011)
    note = report.notes[-1]
    for mover in report.comparisons[0].movers:
        assert mover.name in note
    assert "not for the market" in note
    assert "not for the market" in render_markdown(report)


@pytest.mark.parametrize("by", ["refresh", "reparse"])
async def test_places_read_another_way_move_no_market(
    make_market: Callable[..., Market], tmp_path: Path, by: str
) -> None:
    """Cities of today are London tomorrow: whose figures come into view by that has no new pay, by either door."""
    market = make_market(companies=10)
    await market.refresh()
    before = await _report(market)
    assert not any("readings changed" in note for note in before.notes)
    edited = edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON)
    if by == "reparse":
        market.at += WEEK / 2
        async with market.database() as database:
            done = await reparse(database, edited, at=market.at)
        assert done.changes["place_changed"] > 0
    market.at += WEEK
    await market.refresh(readings=edited)
    after = await _report(market)
    assert sum(leader.n for leader in after.leaders) > sum(leader.n for leader in before.leaders)
    assert after.comparisons[0].movers
    assert "levels.yaml or locations.yaml" in after.notes[-1]
    _assert_all_ours(after)


async def test_pay_that_is_read_only_now_is_no_entrant(make_market: Callable[..., Market]) -> None:
    """A company whose pay no parser saw last week stands in the report this week, and is not called new."""
    market = make_market(companies=10)
    await market.refresh()
    whole = await _report(market)
    company = await market.value("SELECT id FROM job_hunter.companies WHERE slug = :slug", slug=whole.leaders[0].slug)
    async with market.database() as database, database.transaction() as connection:
        for statement in UNREAD:
            await connection.execute(text(statement), {"company": company})
    assert whole.leaders[0].slug not in {leader.slug for leader in (await _report(market)).leaders}
    market.at += timedelta(hours=1)
    async with market.database() as database:
        done = await reparse(database, market.readings, at=market.at)
    assert done.changes["pay_appeared"] >= whole.leaders[0].n
    market.at += WEEK
    await market.refresh()
    after = await _report(market)
    assert after.leaders[0].slug == whole.leaders[0].slug
    assert f"{whole.leaders[0].name} appeared" in after.notes[-1]
    _assert_all_ours(after)


async def test_what_the_posting_itself_says_anew_is_the_market(
    make_market: Callable[..., Market], tmp_path: Path
) -> None:
    """A week of the market under a changed table: the market's parts are those of the same week without the change."""
    market = make_market(companies=14, seed=3)
    earlier, newest = market.sandbox.world.dates[-2:]
    market.set_date(earlier)
    await market.refresh()
    market.set_date(newest)
    await market.refresh()
    plain = (await _report(market)).comparisons[0]
    # The same day again, with a table that changes no place of these postings but is another version.
    market.at += timedelta(hours=1)
    folder = tmp_path / "edited"
    await market.refresh(readings=edited_readings(folder, "locations.yaml", "[Croydon,", "[Croydon, Nowhereham,"))
    report = await _report(market)
    assert plain == report.comparisons[0]
    assert any(mover.split.mix or mover.split.same for mover in plain.movers)
    assert "Our readings changed" in report.notes[-1]
    assert "not for the market" not in report.notes[-1]
