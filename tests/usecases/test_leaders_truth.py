"""The leaders report over twelve weeks equals the sandbox's truth, computed without a line of our code."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from job_hunter.domain.leaders import LeadersReport
from job_hunter.domain.level import Family, Level
from job_hunter.usecases.analyze import REPORT_FAMILIES, analyze
from tests.usecases.conftest import Market

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FAMILIES = [family.value for family in REPORT_FAMILIES]
WEEK = timedelta(weeks=1)


async def report_of(market: Market, **options: object) -> LeadersReport:
    """The report of the market's database."""
    async with market.database() as database:
        return await analyze(database, at=NOW, **{"top_n": 99, **options})  # type: ignore[arg-type]


def approximately(values: dict[str, float]) -> dict[str, object]:
    """Figures equal to the penny: rounding may fall on either side."""
    return {key: pytest.approx(value, abs=0.011) for key, value in values.items()}


def assert_equals_truth(report: LeadersReport, market: Market, location: str, level: str | None) -> None:
    """Every number of `report` is the truth's."""
    on = report.snapshot_date
    assert on is not None
    truth = market.sandbox.truth
    true = {row.company: row for row in truth.leaders(on, bucket=location, families=FAMILIES, level=level) if row.p50}
    assert [row.company for row in true.values()] == [leader.slug for leader in _by_p50_and_slug(report)]
    for leader in report.leaders:
        row = true[leader.slug]
        assert leader.p50 == pytest.approx(row.p50, abs=0.011)
        assert (leader.n, leader.open_roles, leader.states_pay) == (row.n, row.open_roles, row.disclosed)
        assert (leader.distinct, leader.n_posted, leader.n_points_reported) == (row.distinct, row.n, 0)
        assert leader.disclosure == row.disclosed / row.open_roles
        assert leader.is_low_confidence == (row.n < 3)
        if leader.p25 is not None:
            assert (leader.p25, leader.p75) == pytest.approx((row.p25, row.p75), abs=0.011)
    here = truth.select(on, bucket=location, families=FAMILIES, level=level)
    assert (report.open_roles, report.states_pay) == (len(here), sum(one.band is not None for one in here))
    assert report.rate_date == max((one.rate_date for one in here if one.rate_date), default=None)
    assert report.market_p50 == (pytest.approx(_median(one.gbp for one in here), abs=0.011) if true else None)
    for comparison in report.comparisons:
        asked = (comparison.before, on, location, FAMILIES, level)
        movers = {m.company: m.delta for m in truth.movers(*asked)}
        moved = {slug: delta for slug, delta in movers.items() if abs(delta) >= 0.5}
        assert {m.slug: m.delta for m in comparison.movers} == approximately(moved)
        for mover in comparison.movers:
            assert mover.split.total == pytest.approx(mover.delta, abs=1e-6)
        names = {company.slug: company.display_name for company in market.companies}
        entrants = truth.entrants(*asked)
        assert sorted(names[slug] for slug in entrants) == list(comparison.entrants)
        leavers = truth.leavers(*asked)
        assert sorted(names[slug] for slug in leavers) == list(comparison.leavers)


def _median(figures: Iterable[float | None]) -> float:
    return statistics.median(figure for figure in figures if figure is not None)


def _by_p50_and_slug(report: LeadersReport) -> list:  # type: ignore[type-arg]
    return sorted(report.leaders, key=lambda leader: (-round(leader.p50, 2), leader.slug))


async def test_twelve_weeks(make_market: Callable[..., Market]) -> None:
    """Medians, movers, counts and entrants are the truth's; tests/companions/weeks has the same through the flow."""
    today = datetime.now(UTC).date()
    market = make_market(companies=14, end=today, seed=3)
    for on in market.sandbox.world.dates:
        market.set_date(on)
        await market.refresh()
    report = await report_of(market)
    assert report.snapshot_date == today
    assert len(report.dates) == 12
    assert_equals_truth(report, market, "london", None)
    assert [(c.weeks, c.before, c.is_short) for c in report.comparisons] == [
        (1, today - WEEK, False),
        (12, today - 11 * WEEK, True),
    ]
    month = await report_of(market, trend_weeks=4)
    assert [(c.weeks, c.before, c.is_short) for c in month.comparisons] == [
        (1, today - WEEK, False),
        (4, today - 4 * WEEK, False),
    ]
    assert month.dates == tuple(today - weeks * WEEK for weeks in (4, 3, 2, 1, 0))
    assert_equals_truth(month, market, "london", None)
    for location, level in (("uk", None), ("london", Level.SENIOR), ("remote-uk", None)):
        asked = await report_of(market, location=location, level=level)
        assert_equals_truth(asked, market, location, level.value if level else None)


async def test_equal_medians_share_a_rank(make_market: Callable[..., Market]) -> None:
    """Two companies with one p50 have one rank, by name; the next one is counted on."""
    market = make_market(companies=12)
    await market.refresh()
    async with market.database() as database:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(
                "UPDATE job_hunter.comp_snapshots SET base_gbp = 400000, total_gbp = NULL WHERE company_id IN "
                "(SELECT DISTINCT company_id FROM job_hunter.comp_snapshots WHERE location_bucket = 'london' "
                "AND family = 'engineering' ORDER BY 1 LIMIT 2)"
            )
        report = await analyze(database, top_n=99, at=market.at)
    first, second, third = report.leaders[:3]
    assert (first.rank, second.rank, third.rank) == (1, 1, 3)
    assert first.p50 == second.p50 == 400_000
    assert first.name < second.name


async def test_the_report_agrees_with_the_contract_query(market: Market) -> None:
    """The saved SQL over all families and the report over all families show the same medians."""
    market.set_date(market.sandbox.world.dates[-1])
    await market.refresh()
    report = await report_of(market, families=tuple(Family))
    rows = await market.rows(
        "SELECT c.display_name, percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp)) "
        "FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id "
        "WHERE s.location_bucket = 'london' GROUP BY c.display_name"
    )
    assert {name: p50 for name, p50 in rows if p50 is not None} == {row.name: row.p50 for row in report.leaders}


async def test_no_history_and_one_week_of_it(market: Market) -> None:
    """Without a snapshot the report says what to do; with one, that movers begin with the second."""
    empty = await report_of(market)
    assert (empty.snapshot_date, empty.leaders) == (None, ())
    assert "run a refresh" in empty.headline
    await market.refresh()
    first = await report_of(market)
    assert first.comparisons == ()
    assert any("first snapshot" in note for note in first.notes)
    assert_equals_truth(first, market, "london", None)


async def test_a_board_missing_this_week_is_missing_and_no_news(market: Market) -> None:
    """Its company is named with the day it was last read; it neither leaves nor moves."""
    await market.refresh()
    first = await report_of(market)
    leader = first.leaders[0]
    token = next(company.ats_id for company in market.companies if company.slug == leader.slug)
    market.sandbox.fault("error", board=token)
    market.at += timedelta(days=7)
    await market.refresh()
    second = await report_of(market)
    assert leader.slug not in {row.slug for row in second.leaders}
    assert [(leader.name, first.snapshot_date)] == [(board.company, board.since) for board in second.missing]
    assert all(leader.name not in (*c.entrants, *c.leavers) for c in second.comparisons)
    market.sandbox.clear_faults()
    market.at += timedelta(days=7)
    await market.refresh()
    third = await report_of(market)
    week = third.comparisons[0]
    assert leader.name not in week.entrants


async def test_a_changed_reading_is_no_market_move(market: Market) -> None:
    """A figure that changed because it was read differently is split off as `reading`."""
    await market.refresh()
    before = await report_of(market)
    leader = before.leaders[0]
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "UPDATE job_hunter.roles r SET parsed_base_min = parsed_base_min * 2, payload_hash = payload_hash "
            "FROM job_hunter.companies c WHERE c.id = r.company_id AND c.slug = '" + leader.slug + "'"
        )
        await connection.exec_driver_sql(
            "UPDATE job_hunter.comp_snapshots s SET base_gbp = base_gbp * 2, total_gbp = total_gbp * 2, "
            "base_value = base_value * 2, total_value = total_value * 2 "
            "FROM job_hunter.companies c WHERE c.id = s.company_id AND c.slug = '" + leader.slug + "'"
        )
    market.at += timedelta(days=7)
    await market.refresh(readings=replace(market.readings, digest="another"))
    after = await report_of(market)
    mover = next(mover for mover in after.comparisons[0].movers if mover.slug == leader.slug)
    assert mover.delta < 0
    assert abs(mover.split.reading) > abs(mover.delta) / 2
    assert mover.split.total == pytest.approx(mover.delta)
