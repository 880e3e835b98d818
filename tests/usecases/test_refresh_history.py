"""The refresh over days: what is written, what is not, and what a broken answer must never do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import NoReturn

import pytest

from job_hunter.domain.closing import FetchStatus
from job_hunter.errors import ConfigError, RefreshInProgress, UsageError
from job_hunter.usecases.plan import boards_of
from job_hunter.usecases.refresh import check_date, refresh_lock
from tests.usecases.conftest import END, Market

OPEN = "SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL"
CTIDS = "SELECT source, external_id, ctid::text FROM job_hunter.roles ORDER BY 1, 2"
ROLE_ROWS = "SELECT count(*) FROM job_hunter.roles_snapshots WHERE snapshot_date = :on"
DAY = timedelta(days=1)


async def test_a_second_run_the_same_day_writes_nothing_new(market: Market) -> None:
    """As many roles as openings, one snapshot row a role, and no row version changes on the second run."""
    first = await market.refresh()
    before = await market.rows(CTIDS)
    second = await market.refresh()
    truth = market.sandbox.truth.openings(END)
    assert len(truth) == first.totals()["postings"] == first.totals()["new"] == await market.value(OPEN)
    assert len(truth) == await market.value(ROLE_ROWS, on=END)
    assert before == await market.rows(CTIDS)
    assert tuple(second.totals()[name] for name in ("new", "changed", "closed")) == (0, 0, 0)
    assert len(truth) == second.totals()["unchanged"]


async def test_an_unchanged_board_costs_a_304(market: Market) -> None:
    """Validators are sent back, and the snapshot rows are written all the same."""
    await market.refresh()
    market.set_date(END, hour=10)
    second = await market.refresh()
    assert any(result.is_not_modified for result in second.results)
    market.at += DAY
    third = await market.refresh()
    assert any(result.is_not_modified for result in third.results)
    assert third.totals()["postings"] == await market.value(ROLE_ROWS, on=END + DAY)


async def test_twelve_weeks_follow_the_truth(market: Market) -> None:
    """Open, new, closed and reopened roles of each week are those of the sandbox."""
    earlier: date | None = None
    for on in market.sandbox.world.dates:
        market.set_date(on)
        summary = await market.refresh()
        truth = market.sandbox.truth
        assert len(truth.openings(on)) == await market.value(ROLE_ROWS, on=on)
        if earlier is not None:
            changes = truth.changes(earlier, on)
            totals = summary.totals()
            assert (len(changes.opened | changes.reopened), len(changes.closed)) == (
                totals["new"] + totals["reopened"],
                totals["closed"],
            )
        earlier = on


def _board(market: Market, source: str = "greenhouse") -> tuple[str, str]:
    company = next(company for company in market.companies if company.ats_type == source)
    return company.slug, company.ats_id


async def test_an_empty_answer_closes_nothing_until_a_later_day_confirms_it(market: Market) -> None:
    """Empty on Sunday: quarantined, nothing closed, no rows. Empty on Monday again: closed."""
    await market.refresh()
    slug, token = _board(market)
    before = await market.value(OPEN)
    market.sandbox.fault("empty", board=token)
    market.set_date(END, hour=10)
    again = await market.refresh()
    quarantined = next(result for result in again.results if result.company_slug == slug)
    assert quarantined.status is FetchStatus.QUARANTINED
    assert before == await market.value(OPEN)
    market.at += DAY
    confirmed = await market.refresh()
    result = next(result for result in confirmed.results if result.company_slug == slug)
    assert result.status is FetchStatus.COMPLETE
    assert result.closed > 0
    assert before - result.closed == await market.value(OPEN)


async def test_a_board_that_was_down_has_no_rows_and_loses_nothing(market: Market) -> None:
    """A week of 404: missing in the snapshots, not zero; all roles still open afterwards."""
    await market.refresh()
    slug, token = _board(market)
    market.sandbox.fault("not_found", board=token)
    market.at += timedelta(days=7)
    summary = await market.refresh()
    assert [slug] == [result.company_slug for result in summary.skipped]
    on = END + timedelta(days=7)
    rows = await market.rows(
        "SELECT c.slug, count(*) FROM job_hunter.roles_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id "
        "WHERE snapshot_date = :on GROUP BY 1",
        on=on,
    )
    assert slug not in dict(rows)
    assert await market.rows(
        "SELECT is_covered, status FROM job_hunter.coverage WHERE snapshot_date = :on AND company_slug = :slug",
        on=on,
        slug=slug,
    ) == [(False, "skipped")]
    market.sandbox.clear_faults()
    healed = await market.refresh()
    assert healed.totals()["new"] == 0


async def test_a_company_that_leaves_the_configuration_is_retired(market: Market) -> None:
    """Its roles close with the event `retired`; back again, they reopen and are no news."""
    await market.refresh()
    before = await market.value(OPEN)
    gone, *rest = market.companies
    summary = await market.refresh(tuple(rest))
    assert (gone.slug,) == summary.retired
    assert await market.value(OPEN) < before
    assert await market.value("SELECT count(*) FROM job_hunter.role_events WHERE kind = 'retired'") > 0
    back = await market.refresh()
    assert before == await market.value(OPEN)
    assert back.totals()["new"] == 0
    assert back.totals()["reopened"] > 0


async def test_a_changed_reading_reaches_every_posting(market: Market) -> None:
    """Another digest of the tables: every posting is read again although no payload changed."""
    await market.refresh()
    summary = await market.refresh(readings=replace(market.readings, digest="another"))
    assert summary.totals()["unchanged"] == 0
    assert summary.totals()["changed"] == 0
    versions = await market.rows("SELECT count(DISTINCT reading_version), count(*) FROM job_hunter.roles")
    assert versions[0][0] == 1


async def test_tables_are_checked_at_their_first_use_and_not_made_without_need(market: Market) -> None:
    """A malformed file of readings stops the run before anything is written; a run without news makes no table."""

    def broken() -> NoReturn:
        raise ConfigError("levels.yaml: marks: 'senoir' is not one of …")

    with pytest.raises(ConfigError, match="senoir"):
        await market.refresh(readings=replace(market.readings, load_ladder=broken, digest="edited"))
    assert await market.value("SELECT count(*) FROM job_hunter.reading_versions WHERE config_digest = 'edited'") == 0
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs") == 0
    await market.refresh()
    again = await market.refresh(readings=replace(market.readings, load_gazetteer=broken, load_ladder=broken))
    assert again.totals()["unchanged"] == again.totals()["postings"] > 0


async def test_two_refreshes_at_once(market: Market) -> None:
    """The second one stops with a clear sentence and writes nothing."""
    async with market.database() as database, refresh_lock(database):
        with pytest.raises(RefreshInProgress, match="Another refresh is running"):
            await market.refresh()
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs") == 0


async def test_a_run_across_midnight_keeps_its_date(market: Market) -> None:
    """The snapshot date is that of the run's start, for boards stored after midnight too."""
    market.at = market.at.replace(hour=23, minute=59, second=57)
    await market.refresh()
    assert await market.rows("SELECT DISTINCT snapshot_date FROM job_hunter.roles_snapshots") == [(END,)]
    assert await market.rows("SELECT DISTINCT snapshot_date FROM job_hunter.board_fetches") == [(END,)]


async def test_only_missing_boards_are_fetched_again(market: Market) -> None:
    """The second schedule fetches what the day's ledger lacks, and nothing when all is there."""
    slug, token = _board(market)
    market.sandbox.fault("error", board=token)
    await market.refresh()
    market.sandbox.clear_faults()
    second = await market.refresh(only_missing=True)
    assert [slug] == [result.company_slug for result in second.results]
    third = await market.refresh(only_missing=True)
    assert third.results == ()
    assert not third.is_failed


async def test_all_boards_failing_fails_the_run(make_market: Callable[..., Market]) -> None:
    """A run that stored nothing is failed, in its summary and in the ledger."""
    market = make_market(companies=3)
    for source in ("greenhouse", "lever", "ashby"):
        market.sandbox.fault("not_found", source=source)
    summary = await market.refresh()
    assert summary.is_failed
    assert await market.value("SELECT status FROM job_hunter.refresh_runs") == "failed"


def test_an_unknown_company_is_named(market: Market) -> None:
    """A misspelt slug is refused before anything is fetched."""
    with pytest.raises(UsageError, match="has no company nosuch"):
        boards_of(market.companies, only=("nosuch",))


def test_another_day_is_refused_on_live_boards() -> None:
    """--date needs every source redirected to a replica."""
    check_date(END, today=END, redirected={}, needed={"greenhouse"})
    check_date(END - DAY, today=END, redirected={"greenhouse": "x"}, needed={"greenhouse"})
    with pytest.raises(UsageError, match="JOB_HUNTER_GREENHOUSE_BASE_URL"):
        check_date(END - DAY, today=END, redirected={}, needed={"greenhouse"})
