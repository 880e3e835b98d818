"""What was not read is missing, never zero and never news: boards, days, rates, and what nobody asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.leaders import Leader, LeadersReport
from job_hunter.domain.level import Level
from job_hunter.errors import UsageError
from job_hunter.report import render_markdown
from job_hunter.storage.asking import Wanted
from job_hunter.usecases.asking import comp_table
from job_hunter.usecases.doctor import examine
from job_hunter.usecases.feeds import default_sources
from tests.usecases.conftest import Market
from tests.usecases.test_leaders_truth import report_of

WEEK = timedelta(days=7)
SETTINGS = FeedSettings()
ALL = default_sources(SETTINGS)


@pytest.fixture
async def mixed(make_market: Callable[..., Market]) -> Market:
    """A market of boards and levels.fyi, refreshed a week ago."""
    market = make_market(companies=10, max_openings=30)
    market.set_date(market.sandbox.world.end - WEEK)
    await market.refresh(sources=ALL, settings=SETTINGS)
    market.set_date(market.sandbox.world.end)
    return market


def _with_both(report: LeadersReport) -> Leader:
    """A leader that both its openings and levels.fyi speak of."""
    return next(leader for leader in report.leaders if leader.n_posted and leader.n_points_reported)


async def test_a_company_whose_board_was_down_is_not_known(mixed: Market) -> None:
    """Its reported figures stay, said to be alone; openings are unknown; it neither moves nor leads the headline."""
    leader = _with_both(await report_of(mixed))
    token = next(company.ats_id for company in mixed.companies if company.slug == leader.slug)
    mixed.sandbox.fault("error", board=token)
    await mixed.refresh(sources=ALL, settings=SETTINGS)
    report = await report_of(mixed)
    now = next(one for one in report.leaders if one.slug == leader.slug)
    assert (now.is_unread, now.open_roles, now.openings[-1], now.disclosure) == (True, None, None, None)
    assert now.open_before == leader.open_roles
    assert now.n_posted == 0
    assert all(leader.slug not in {mover.slug for mover in one.movers} for one in report.comparisons)
    assert sum(leader.name in note and "Not compared with" in note for note in report.notes) == 1
    assert any(leader.name in caveat and "was not read" in caveat for caveat in report.caveats)
    assert not report.headline.startswith(leader.name)
    others = [one for one in report.leaders if one.slug != leader.slug]
    assert not any(one.is_unread for one in others)


async def test_caveats_stand_only_where_they_apply(mixed: Market) -> None:
    """Each of a row that is shown; the credit of levels.fyi wherever one of its figures is ranked."""
    await mixed.refresh(sources=ALL, settings=SETTINGS)
    outcomes: dict[str, set[bool]] = defaultdict(set)
    for location, level, top_n in product(("london", "uk", "new-york", "dublin"), (None, *Level), (1, 99)):
        report = await report_of(mixed, location=location, level=level, top_n=top_n)
        ranked = (await report_of(mixed, location=location, level=level)).leaders
        few = ", ".join(leader.name for leader in report.leaders if leader.n < 3)
        applies = {
            "is a floor": any(leader.sector == "hft_quant" and leader.n_posted for leader in report.leaders),
            "lag the market by a quarter or two. Data: Levels.fyi": any(one.n_points_reported for one in ranked),
            f"Fewer than three figures stand behind {few}:": bool(few),
        }
        for words, expected in applies.items():
            assert expected == any(words in caveat for caveat in report.caveats), (location, level, top_n, words)
            outcomes[words.split(" stand behind")[0]].add(expected)
        assert few or not any("Fewer than three" in caveat for caveat in report.caveats)
    assert set(map(frozenset, outcomes.values())) == {frozenset({True, False})}


async def test_one_company_read_alone_makes_no_week(mixed: Market) -> None:
    """Report, table and doctor stay with the last whole refresh; a whole one on the same day makes it one."""
    await mixed.refresh(sources=ALL, settings=SETTINGS)
    whole = await report_of(mixed)
    for only, sources in ((mixed.companies[0].slug, ("ats",)), (None, ("hn",))):
        mixed.at += timedelta(days=1)
        await mixed.refresh(only=[only] if only else (), sources=sources, settings=SETTINGS)
        report = await report_of(mixed)
        assert (report.snapshot_date, report.leaders, report.comparisons) == (
            whole.snapshot_date,
            whole.leaders,
            whole.comparisons,
        )
        async with mixed.database() as database:
            table = await comp_table(database, Wanted(location="london"))
            checks = {check.name: check.message for check in await examine(database, at=mixed.at)}
        assert table.snapshot_date == whole.snapshot_date
        assert str(whole.snapshot_date) in checks["snapshots"]
    await mixed.refresh(sources=ALL, settings=SETTINGS)
    assert (await report_of(mixed)).snapshot_date == mixed.at.date()


async def test_the_first_company_ever_read_is_a_beginning(market: Market) -> None:
    """Whoever tries one company first sees it; the first whole refresh ends that."""
    slug = market.companies[0].slug
    await market.refresh(only=[slug])
    assert (await report_of(market)).snapshot_date == market.at.date()


async def test_after_a_long_silence_the_last_day_known_is_compared(market: Market) -> None:
    """Nobody looked for longer than the window: movers are told since then, with the real distance."""
    await market.refresh()
    first = market.at.date()
    market.at += 20 * WEEK
    await market.refresh()
    report = await report_of(market)
    assert report.dates == (first, market.at.date())
    assert {(one.before, one.days) for one in report.comparisons} == {(first, 140)}
    assert "This is the first snapshot" not in " ".join(report.notes)
    assert f"over 140 days, since {first}" in render_markdown(report)


async def test_a_day_before_the_first_is_told_with_the_first(market: Market) -> None:
    """Not as if there were no history at all; the day itself, and any later one, has a report."""
    await market.refresh()
    first = market.at.date()
    with pytest.raises(UsageError, match=f"there is no snapshot up to {first - WEEK}: the first is of {first}"):
        await report_of(market, on=first - WEEK)
    assert (await report_of(market, on=first)).snapshot_date == first


async def test_a_board_that_nobody_asked_is_missing(market: Market) -> None:
    """A run that was killed after some boards, say: the rest is named with the day it was last read."""
    await market.refresh()
    first = market.at.date()
    rest = market.companies[2:]
    market.at += WEEK
    await market.refresh(only=[company.slug for company in market.companies[:2]])
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE job_hunter.refresh_runs SET is_narrow = false")
    report = await report_of(market)
    assert report.snapshot_date == market.at.date()
    assert {(company.display_name, first) for company in rest} == {
        (board.company, board.since) for board in report.missing
    }
    assert report.boards_covered == 2


async def test_a_currency_without_a_rate_is_no_coming_and_going(market: Market) -> None:
    """Nobody enters or leaves for a rate that is missing on one of the days; how many figures lack one is said."""
    await market.refresh()
    market.at += WEEK
    await market.refresh()
    leader = (await report_of(market)).leaders[0]
    for day in (market.at.date(), market.at.date() - WEEK):
        async with market.database() as database, database.transaction() as connection:
            await connection.exec_driver_sql(
                "UPDATE job_hunter.comp_snapshots s SET base_gbp = NULL, total_gbp = NULL "
                "FROM job_hunter.companies c WHERE c.id = s.company_id AND c.slug = '" + leader.slug + "' "
                "AND s.snapshot_date = '" + str(day) + "'"
            )
        report = await report_of(market)
        assert all(leader.name not in (*one.entrants, *one.leavers) for one in report.comparisons)
        assert any(f"Left out on {day}, having no exchange rate: figures " in note for note in report.notes)
        async with market.database() as database, database.transaction() as connection:
            await connection.exec_driver_sql(
                "UPDATE job_hunter.comp_snapshots s SET base_gbp = base_value, total_gbp = total_value "
                "WHERE s.base_gbp IS NULL AND s.total_gbp IS NULL"
            )


async def test_the_run_is_the_refresh_and_the_people_are_counted_where_they_are(mixed: Market) -> None:
    """A page that changed later that day is no refresh; a median without a number of people has none."""
    summary = await mixed.refresh(sources=ALL, settings=SETTINGS)
    async with mixed.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO job_hunter.refresh_runs (id, snapshot_date, started_at, door, status, parser_version) "
            f"VALUES (gen_random_uuid(), '{mixed.at.date()}', '{mixed.at + timedelta(hours=2)}', 'cdio', 'done', 'x')"
        )
        await connection.exec_driver_sql("UPDATE job_hunter.comp_snapshots SET n_reported = NULL")
    report = await report_of(mixed)
    assert (report.run_id, report.parser_version) != (None, "x")
    assert report.run_id == str(summary.run.id)
    assert {leader.n_reported for leader in report.leaders} == {None}
