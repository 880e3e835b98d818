"""Half a year of the sandbox: every number of the report is the truth's, for several places and levels."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from job_hunter.domain.level import Level
from job_hunter.storage.health import read_archive
from tests.usecases.conftest import END, Market, make_market, readings  # noqa: F401 the same market
from tests.usecases.test_leaders_truth import approximately, assert_equals_truth, report_of

WEEKS = 26
PLACES = ("london", "uk", "new-york", "dublin", "remote-uk")
LEVELS = ("junior", "senior", "staff", "director")
GAP = (END - timedelta(days=70), 50)
"""No rates for 50 days in the middle: what was posted after the first week of them can't be converted."""


@pytest.mark.slow
async def test_half_a_year_equals_the_truth(make_market: Callable[..., Market]) -> None:  # noqa: F811
    """Medians, spreads, counts, movers with their split, entrants, leavers, whichever place or level is asked for."""
    market = make_market(companies=16, weeks=WEEKS, seed=11)
    market.sandbox.state.suspend_rates(*GAP)
    for on in market.sandbox.world.dates:
        market.set_date(on)
        await market.refresh()
    unpriced = await market.value(
        "SELECT count(*) FROM job_hunter.comp_points WHERE base_gbp IS NULL AND total_gbp IS NULL AND period = 'year' "
        "AND currency NOT IN ('AED', 'BGN')"
    )
    assert unpriced > 0
    single = silent = 0
    for place in PLACES:
        report = await report_of(market, location=place, trend_weeks=WEEKS - 1)
        assert_equals_truth(report, market, place, None)
        single += sum(leader.n == 1 for leader in report.leaders)
        silent += sum(value is None for leader in report.leaders for value in leader.trend)
        for level in LEVELS:
            assert_equals_truth(await report_of(market, location=place, level=Level(level)), market, place, level)
    assert single > 0
    assert silent > 0
    trend = await report_of(market, trend_weeks=WEEKS - 1)
    truth = market.sandbox.truth
    for n, day in enumerate(trend.dates):
        medians = truth.p50(day, "london", ["engineering", "trading", "research"])
        shown = {leader.slug: leader.trend[n] for leader in trend.leaders if leader.trend[n] is not None}
        assert shown == approximately({slug: value for slug, value in medians.items() if slug in shown})


@pytest.mark.slow
async def test_the_archive_of_twelve_weeks_is_small(
    make_market: Callable[..., Market],  # noqa: F811
    capsys: pytest.CaptureFixture[str],
) -> None:
    """35 companies with up to 80 openings over twelve weeks, as in the demo: under 30 MB; the figure is printed."""
    market = make_market(companies=35, max_openings=80)
    for on in market.sandbox.world.dates:
        market.set_date(on)
        await market.refresh()
    async with market.database() as database, database.reading() as connection:
        archive = await read_archive(connection)
    with capsys.disabled():
        sys.stdout.write(
            f"\narchive of twelve weeks: {archive.postings:,} postings, {archive.size_bytes / 1e6:.1f} MB, "
            f"{archive.size_bytes / archive.postings:,.0f} bytes each\n"
        )
    assert archive.postings > 2_000
    assert archive.size_bytes < 30e6
