"""levels.fyi against a replica whose truth is known: which figures are kept, and how patiently the site is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from job_hunter.domain.feed_settings import FeedSettings, PayFamily, PayPlace
from job_hunter.domain.level import Family
from job_hunter.usecases.analyze import analyze
from tests.usecases.conftest import END, Market
from tests.usecases.pacing import Ticker, pauses

LEVELS = ("levels_fyi",)
PLACE = "london-metro-area"
POINTS = """
    SELECT c.slug, split_part(p.external_id, '/', 4) AS rung, p.total_gbp, p.base_gbp, p.rsu_annual_gbp, p.bonus_gbp,
           p.n_reported, p.statistic, l.slug AS level, p.currency, p.location_bucket, p.family, p.evidence,
           p.effective_date, p.rate_date
    FROM job_hunter.comp_points p JOIN job_hunter.companies c ON c.id = p.company_id
    LEFT JOIN job_hunter.levels l ON l.id = p.level_id WHERE p.source = 'levels_fyi' ORDER BY 1, 2"""


@pytest.fixture
def large(make_market: Callable[..., Market]) -> Market:
    """Thirty companies: among them every trap the replica knows."""
    return make_market(companies=30, max_openings=4)


def _asks(market: Market) -> list[Any]:
    return market.sandbox.requests(source="levels_fyi")


async def test_what_is_reported_is_the_truth(large: Market) -> None:
    """Every published rung of pages about London in pounds, and nothing else; medians and means are labelled."""
    await large.refresh(sources=LEVELS)
    truth = {
        (page.company.slug, rung.title.casefold()): (page, rung)
        for page, rung in large.sandbox.state.levels_fyi.reported(END, place=PLACE)
    }
    rows = await large.rows(POINTS)
    found = {(row[0], row[1]): row for row in rows}
    assert large.sandbox.most_at_once(source="levels_fyi") == 1
    assert set(truth) == set(found)
    assert len(found) == len(rows) > 40
    for key, (page, rung) in truth.items():
        _, _, total, base, stock, bonus, count, statistic, level, *same = found[key]
        assert rung.total == pytest.approx(total, abs=1), key
        assert rung.level in (level, None), key  # the site's "False" is no level, the title beside it is
        assert ["GBP", "london", "engineering", "reported", page.updated, None] == same
        if page.company.index % 8 == 7:  # no table in the Markdown: means of the page's data
            assert statistic == "mean"
            assert count == rung.count
            amounts = (rung.base, rung.stock, rung.bonus)
            assert [pytest.approx(amount, abs=1) if amount else None for amount in amounts] == [base, stock, bonus]
        else:
            assert (statistic, count, base, stock, bonus) == ("median", None, None, None, None)
    assert {"mean", "median"} == {row[7] for row in rows}


async def test_a_page_about_another_place_gives_nothing(large: Market) -> None:
    """Where the site falls back to another country, the ledger says so and no figure is taken."""
    summary = await large.refresh(sources=LEVELS)
    strayed = {
        company.slug
        for company in large.sandbox.world.companies
        if company.levels_fyi and (page := large.sandbox.state.levels_fyi.page(
            company.levels_fyi, "software-engineer", PLACE, END
        )) and page.served != PLACE
    }  # fmt: skip
    assert strayed
    said = {result.company_slug: result for result in summary.results if result.message}
    assert strayed == set(said)
    for result in said.values():
        assert "United States" in (result.message or "")
        assert (result.status, result.postings) == ("complete", 0)
    assert strayed.isdisjoint(row[0] for row in await large.rows(POINTS))


async def test_dollars_of_a_page_are_converted_at_their_day(large: Market) -> None:
    """A page about the United States is in dollars: the figures keep them, and pounds at the ECB's rate of the day."""
    settings = FeedSettings(places=(PayPlace("united-states", "us"),))
    await large.refresh(sources=LEVELS, settings=settings)
    rows = await large.rows(
        "SELECT p.total_value, p.total_gbp, p.currency, p.rate_date, p.effective_date, u.rate, g.rate "
        "FROM job_hunter.comp_points p "
        "JOIN job_hunter.fx_rates u ON u.rate_date = p.rate_date AND u.currency = 'USD' "
        "JOIN job_hunter.fx_rates g ON g.rate_date = p.rate_date AND g.currency = 'GBP'"
    )
    assert len(rows) == await large.value("SELECT count(*) FROM job_hunter.comp_points") > 20
    for value, gbp, currency, rate_date, effective, usd, pound in rows:
        assert currency == "USD"
        assert gbp == pytest.approx(value / usd * pound, abs=0.01)
        assert timedelta(0) <= effective - rate_date <= timedelta(days=7)


async def test_an_unmodified_page_costs_one_request_and_no_change(large: Market) -> None:
    """The second run gets 304s for what has levels in Markdown: all points stand, seen anew, none written otherwise."""
    first = await large.refresh(sources=LEVELS)
    before = await large.rows(POINTS)
    large.sandbox.clear_requests()
    large.at += timedelta(days=1)
    second = await large.refresh(sources=LEVELS)
    assert before == await large.rows(POINTS)
    assert {304} == {request.status for request in _asks(large) if request.path.endswith(".md")} - {200}
    assert (second.totals()["new"], second.totals()["changed"]) == (0, 0)
    assert [result.postings for result in first.results] == [result.postings for result in second.results]
    assert [result.with_level for result in first.results] == [result.with_level for result in second.results]
    days = await large.rows("SELECT snapshot_date, count(*) FROM job_hunter.comp_snapshots GROUP BY 1 ORDER BY 1")
    assert [(END, len(before)), (END + timedelta(days=1), len(before))] == days


async def test_a_new_month_changes_figures_in_place(large: Market) -> None:
    """The same points with other figures."""
    large.set_date(END - timedelta(days=28))
    await large.refresh(sources=LEVELS)
    large.set_date(END)
    summary = await large.refresh(sources=LEVELS)
    assert summary.totals()["new"] == 0
    assert summary.totals()["changed"] == len(await large.rows(POINTS))


async def test_points_stand_for_sixty_days(large: Market) -> None:
    """With the site blocked, a day 60 days on still has the points, and the next one has none."""
    await large.refresh(sources=LEVELS)
    count = len(await large.rows(POINTS))
    large.sandbox.fault("forbidden", source="levels_fyi")
    for days in (60, 61):
        large.set_date(END + timedelta(days=days))
        await large.refresh(sources=LEVELS)
    rows = await large.rows("SELECT snapshot_date, count(*) FROM job_hunter.comp_snapshots GROUP BY 1 ORDER BY 1")
    assert [(END, count), (END + timedelta(days=60), count)] == rows


async def test_the_site_is_asked_slowly(large: Market) -> None:
    """At least 3 and at most 4.5 seconds between any two requests, never in step."""
    ticker = Ticker(large.sandbox)
    await large.refresh(sources=LEVELS, pacing=ticker.pacing)
    waited = pauses(_asks(large))
    assert len(waited) > 20
    assert 3.0 <= min(waited) <= max(waited) <= 4.5
    assert len(set(waited)) > len(waited) / 2


BLOCKS: list[tuple[str, dict[str, Any], int | None]] = [
    # fault, its options, HTTP status in the ledger
    ("forbidden", {}, 403),
    ("rate_limited", {"retry_after": 1}, 429),
    ("status", {"status": 401}, 401),
    ("status", {"status": 503}, 503),
    ("block_page", {}, 200),
    ("empty_body", {}, 200),
]


@pytest.mark.parametrize(("fault", "options", "status"), BLOCKS)
async def test_a_block_ends_the_run_and_says_so(
    large: Market, fault: str, options: dict[str, Any], status: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """After four good answers the site refuses: that is the last request, the rest are skipped as not asked."""
    large.sandbox.fault(fault, source="levels_fyi", skip=4, **options)
    summary = await large.refresh(sources=LEVELS)
    assert len(_asks(large)) == 5
    assert large.slept == []
    complete = [result for result in summary.results if result.status == "complete"]
    blocked, *rest = [result for result in summary.results if result.status == "skipped"]
    assert len(complete) == 4
    assert status == blocked.http_status
    assert len(rest) > 10
    assert all((result.message or "").startswith("not asked: levels.fyi ") for result in rest)
    assert sum("stopped for this run" in record.getMessage() for record in caplog.records) == 1
    assert await large.value("SELECT count(*) FROM job_hunter.comp_points") > 0


async def test_the_report_names_a_block_once(large: Market) -> None:
    """The page that was refused, and one line for all that were not asked after it."""
    large.sandbox.fault("forbidden", source="levels_fyi", skip=4)
    await large.refresh(sources=("ats", *LEVELS))
    async with large.database() as database:
        report = await analyze(database, at=datetime(2026, 11, 22, tzinfo=UTC))
    blocked, unasked = sorted(report.missing, key=lambda board: board.company.endswith(" more"))
    assert "turned us away" in (blocked.message or "")
    assert int(unasked.company.removesuffix(" more")) > 10
    assert (unasked.source, unasked.status) == ("levels_fyi", "skipped")


async def test_a_site_that_is_down_is_left_alone_after_three_pages(large: Market) -> None:
    """Each failing page is asked once more; after three of them the rest is left to the next run."""
    large.sandbox.fault("error", source="levels_fyi")
    summary = await large.refresh(sources=LEVELS)
    assert len(_asks(large)) == 6
    assert large.slept == [1.0] * 3
    assert summary.is_failed
    assert sum("3 pages in a row" in (result.message or "") for result in summary.results) == len(summary.results) - 3


async def test_one_bad_page_costs_one_page(large: Market) -> None:
    """A page that is no page and one that fails once: the others are read."""
    slugs = [company.levels_fyi for company in large.companies if company.levels_fyi]
    large.sandbox.fault("not_json", board=slugs[1], source="levels_fyi")
    large.sandbox.fault("error_once", board=slugs[2], source="levels_fyi")
    summary = await large.refresh(sources=LEVELS)
    assert [slugs[1]] == [result.company_slug for result in summary.skipped]
    assert {2} == {result.tries for result in summary.results if result.company_slug == slugs[2]}


async def test_every_family_and_place_has_its_page(market: Market) -> None:
    """Two families and two places: four boards a company, each named after both."""
    settings = replace(
        FeedSettings(),
        places=(PayPlace(PLACE, "london"), PayPlace("united-kingdom", "uk")),
        families=(
            PayFamily("software-engineer", Family.ENGINEERING),
            PayFamily("quantitative-researcher", Family.RESEARCH),
        ),
    )
    slug = next(company.slug for company in market.companies if company.levels_fyi)
    summary = await market.refresh(sources=LEVELS, settings=settings, only=(slug,))
    assert {
        f"{slug}/{place}/{family}"
        for place in (PLACE, "united-kingdom")
        for family in ("software-engineer", "quantitative-researcher")
    } == {result.board for result in summary.results}
    rows = await market.rows("SELECT DISTINCT location_bucket, family FROM job_hunter.comp_points ORDER BY 1, 2")
    assert [(b, f) for b in ("london", "uk") for f in ("engineering", "research")] == rows


async def test_the_report_credits_the_source_of_reported_pay(market: Market) -> None:
    """`Data: Levels.fyi` stands in the report as soon as one of their figures is behind it, and not before."""
    await market.refresh()
    async with market.database() as database:
        plain = await analyze(database, at=datetime(2026, 11, 22, tzinfo=UTC), top_n=1)
    await market.refresh(sources=LEVELS)
    async with market.database() as database:
        credited = await analyze(database, at=datetime(2026, 11, 22, tzinfo=UTC), top_n=1)
    assert not any("Levels.fyi" in caveat for caveat in plain.caveats)
    assert any("Data: Levels.fyi" in caveat for caveat in credited.caveats)
    assert credited.evidence["reported"] > 0
