"""What cost others their history: each broken answer, odd hour and double run, and what it must not do here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company
from job_hunter.domain.run import BoardResult, Summary
from job_hunter.errors import ClockBehind, RefreshInProgress
from job_hunter.usecases.doctor import forget_future
from job_hunter.usecases.refresh import refresh_lock
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.tables import contents
from tests.usecases.conftest import END, Market

DAY = timedelta(days=1)
OPEN = """
    SELECT c.slug, r.external_id FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
    WHERE r.closed_at IS NULL ORDER BY 1, 2"""
ROWS = """
    SELECT c.slug, count(*) FROM job_hunter.roles_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
    WHERE s.snapshot_date = :on GROUP BY 1 ORDER BY 1"""
PAY_ROWS = """
    SELECT c.slug, s.lineage_id, s.base_gbp, s.total_gbp, s.location_bucket
    FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
    WHERE s.snapshot_date = :on ORDER BY 1, 2, 3, 4"""
COUNTED = """
    SELECT r.external_id, s.is_canonical, s.primary_location FROM job_hunter.roles_snapshots s
    JOIN job_hunter.roles r ON r.id = s.role_id WHERE s.snapshot_date = :on ORDER BY 1"""
EVENTS = "SELECT count(*) FROM job_hunter.role_events"
DOUBLES = """
    SELECT 'roles', source, external_id, count(*) FROM job_hunter.roles GROUP BY 2, 3 HAVING count(*) > 1
    UNION ALL SELECT 'roles_snapshots', snapshot_date::text, role_id::text, count(*) FROM job_hunter.roles_snapshots
    GROUP BY 2, 3 HAVING count(*) > 1
    UNION ALL SELECT 'comp_snapshots', c.snapshot_date::text, p.role_id::text, count(*) FROM job_hunter.comp_snapshots c
    JOIN job_hunter.comp_points p ON p.id = c.comp_point_id GROUP BY 2, 3 HAVING count(*) > 1
    UNION ALL SELECT 'role_events', kind, role_id::text, count(*) FROM job_hunter.role_events
    GROUP BY kind, role_id, happened_at HAVING count(*) > 1"""


def _of(summary: Summary, company: Company) -> BoardResult:
    return next(result for result in summary.results if result.company_slug == company.slug)


def _largest(market: Market, source: str, *, odd: bool = False) -> Company:
    """The company of that source with the most openings (an odd number of them: the sandbox halves downwards)."""
    truth = market.sandbox.truth
    sizes = {c.slug: len(truth.openings(END, c.slug)) for c in market.companies if c.ats_type == source}
    fit = {slug: size for slug, size in sizes.items() if not odd or size % 2}
    slug = max(fit, key=lambda slug: fit[slug])
    assert fit[slug] >= 5
    return next(company for company in market.companies if company.slug == slug)


@pytest.mark.parametrize("source", ["greenhouse", "lever", "ashby"])
@pytest.mark.parametrize("fault", ["empty", "half"])
async def test_a_broken_answer_closes_nothing_and_leaves_no_rows(
    make_market: Callable[..., Market], source: str, fault: str
) -> None:
    """Three broken answers within a day: quarantined, no rows, all still open; healed, as if nothing had been."""
    market = make_market(companies=20, max_openings=20)
    await market.refresh()
    company = _largest(market, source, odd=True)
    before, events = await market.rows(OPEN), await market.value(EVENTS)
    market.sandbox.fault(fault, board=company.ats_id, source=source)
    for hours in (24, 8, 8):
        market.at += timedelta(hours=hours)
        result = _of(await market.refresh(only=[company.slug]), company)
        assert (result.status, result.closed, result.tries) == (FetchStatus.QUARANTINED, 0, 1)
        assert "kept until a harvest of a later day confirms it" in (result.message or "")
    assert await market.rows(ROWS, on=END + DAY) == []
    assert before == await market.rows(OPEN)
    market.sandbox.clear_faults()
    market.at += timedelta(hours=1)
    healed = _of(await market.refresh(only=[company.slug]), company)
    assert (healed.status, healed.new, healed.closed, healed.reopened) == (FetchStatus.COMPLETE, 0, 0, 0)
    assert before == await market.rows(OPEN)
    assert events == await market.value(EVENTS)


@pytest.mark.parametrize("fault", ["empty", "half"])
async def test_what_stays_short_is_believed_on_a_later_day(market: Market, fault: str) -> None:
    """A mass closure is real when a harvest twenty hours later shows it too: all that it lacks closes, once."""
    await market.refresh()
    company = _largest(market, "greenhouse", odd=True)
    size = len(market.sandbox.truth.openings(END, company.slug))
    kept = size // 2 if fault == "half" else 0
    market.sandbox.fault(fault, board=company.ats_id)
    market.at += DAY
    assert _of(await market.refresh(), company).status is FetchStatus.QUARANTINED
    market.at += timedelta(hours=21)
    confirmed = _of(await market.refresh(), company)
    assert (confirmed.status, confirmed.closed) == (FetchStatus.COMPLETE, size - kept)
    assert kept == dict(await market.rows(ROWS, on=market.at.date())).get(company.slug, 0)
    market.at += DAY
    again = _of(await market.refresh(), company)
    assert (again.status, again.closed) == (FetchStatus.COMPLETE, 0)


async def test_a_week_of_404_is_missing_not_zero(market: Market) -> None:
    """Seven days without the board: nothing closes, no rows, the ledger says why each day; back, nothing is new."""
    await market.refresh()
    company = _largest(market, "greenhouse")
    before = await market.rows(OPEN)
    market.sandbox.fault("not_found", board=company.ats_id)
    for _ in range(7):
        market.at += DAY
        result = _of(await market.refresh(), company)
        assert (result.status, result.http_status, result.tries) == (FetchStatus.SKIPPED, 404, 1)
        rows = dict(await market.rows(ROWS, on=market.at.date()))
        assert company.slug not in rows
        assert len(rows) == len(market.companies) - 1
    assert before == await market.rows(OPEN)
    assert (
        await market.value(
            "SELECT count(*) FROM job_hunter.coverage WHERE company_slug = :slug AND NOT is_covered "
            "AND message LIKE '%404%'",
            slug=company.slug,
        )
        == 7
    )
    market.sandbox.clear_faults()
    market.at += DAY
    back = _of(await market.refresh(), company)
    assert (back.status, back.new, back.closed, back.reopened) == (FetchStatus.COMPLETE, 0, 0, 0)


async def test_two_runs_on_one_day(market: Market) -> None:
    """The second run's boards replace the first's rows: what closed at noon has none, what is new has one."""
    earlier, later = market.sandbox.world.dates[-2:]
    market.set_date(earlier)
    market.at = market.at.replace(year=later.year, month=later.month, day=later.day)
    await market.refresh()  # in the morning of the later day the boards still are what they were a week ago
    market.sandbox.set_date(later)
    market.at += timedelta(hours=8)
    second = await market.refresh()
    truth = market.sandbox.truth
    changes = truth.changes(earlier, later)
    assert len(changes.closed) == second.totals()["closed"] > 0
    appeared = second.totals()["new"] + second.totals()["reopened"]
    assert len(changes.opened | changes.reopened) == appeared > 0
    found = await market.rows(
        "SELECT c.slug, r.external_id FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id "
        "JOIN job_hunter.companies c ON c.id = s.company_id"
    )
    assert sorted((o.company, o.external_id) for o in truth.openings(later)) == sorted(found)
    assert await market.rows(DOUBLES) == []
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs WHERE snapshot_date = :on", on=later) == 2


RERUNS = [
    # fault of the second run, its status
    ("not_found", FetchStatus.SKIPPED),
    ("wrong_total", FetchStatus.PARTIAL),
    ("empty", FetchStatus.QUARANTINED),
]


@pytest.mark.parametrize(("fault", "status"), RERUNS)
async def test_a_broken_second_run_keeps_the_rows_of_the_first(
    make_market: Callable[..., Market], tmp_path: Path, fault: str, status: FetchStatus
) -> None:
    """Whatever a skipped, partial or quarantined rerun brings, the day's rows stay; a whole one replaces them.

    The rerun brings eleven weeks of news, and reads places another way: points of pay get other buckets.
    """
    market = make_market(companies=10, seed=3, sources=("greenhouse",))
    earlier, later = market.sandbox.world.dates[0], market.sandbox.world.dates[-1]
    market.set_date(later)
    market.sandbox.set_date(earlier)
    await market.refresh()
    kept = [await market.rows(query, on=later) for query in (ROWS, PAY_ROWS, COUNTED)]
    assert all(kept)
    market.sandbox.set_date(later)
    market.sandbox.fault(fault, source="greenhouse")
    market.at += timedelta(hours=3)
    other = edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON)
    results = (await market.refresh(readings=other)).results
    assert {status} == {result.status for result in results}
    assert (status is FetchStatus.PARTIAL) == any(result.changed for result in results)
    assert kept == [await market.rows(query, on=later) for query in (ROWS, PAY_ROWS, COUNTED)]
    market.sandbox.clear_faults()
    market.at += timedelta(hours=3)
    assert {"complete"} == {result.status.value for result in (await market.refresh(readings=other)).results}
    truth = market.sandbox.truth.openings(later)
    assert sorted(opening.external_id for opening in truth) == [row[0] for row in await market.rows(COUNTED, on=later)]
    assert sum(opening.band is not None for opening in truth) == len(await market.rows(PAY_ROWS, on=later))
    assert await market.rows(DOUBLES) == []


async def test_a_run_across_midnight(market: Market) -> None:
    """All it stores is of the day on which it began; the run after it has the new day, and both have every role."""
    market.at = market.at.replace(hour=23, minute=59, second=56)
    first = await market.refresh()
    assert market.at.date() == END + DAY
    assert first.run.snapshot_date == END
    second = await market.refresh()
    assert second.run.snapshot_date == END + DAY
    openings = len(market.sandbox.truth.openings(END))
    assert [(END, openings), (END + DAY, openings)] == await market.rows(
        "SELECT snapshot_date, count(*) FROM job_hunter.roles_snapshots GROUP BY 1 ORDER BY 1"
    )
    assert {END, END + DAY} == {row[0] for row in await market.rows("SELECT snapshot_date FROM job_hunter.coverage")}


async def test_a_second_refresh_at_once_stops(market: Market) -> None:
    """Started together, one runs and the other stops with a clear sentence; the tables are those of one run."""
    ended = await asyncio.gather(market.refresh(), market.refresh(), return_exceptions=True)
    refused = [result for result in ended if isinstance(result, RefreshInProgress)]
    assert [str(error) for error in refused] == ["Another refresh is running: wait until it ends, then run again."]
    assert sum(isinstance(result, Summary) for result in ended) == 1
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs") == 1
    assert len(market.sandbox.truth.openings(END)) == len(await market.rows(OPEN))
    assert await market.rows(DOUBLES) == []


async def test_the_lock_goes_with_its_holder(market: Market) -> None:
    """A refresh that was killed leaves no lock behind: its connection is gone, and with it the lock."""
    async with market.database() as database, refresh_lock(database):
        holder = await market.value("SELECT pid FROM pg_locks WHERE locktype = 'advisory'")
        with pytest.raises(RefreshInProgress):
            await market.refresh()
        assert await market.value("SELECT pg_terminate_backend(:pid, 5000)", pid=holder)
        await market.refresh()
    assert await market.value("SELECT status FROM job_hunter.refresh_runs") == "completed"


async def test_a_clock_that_was_moved_back_writes_nothing(market: Market) -> None:
    """The days behind the newest one are fixed: a refresh dated into them stops and names the remedies."""
    before, now = market.sandbox.world.dates[-2:]
    market.set_date(now)
    await market.refresh()
    kept = await contents(market.dsn)
    market.at -= timedelta(days=2)
    market.sandbox.set_date(before)
    with pytest.raises(ClockBehind, match=f"a run of {now}, and the clock says {now - 2 * DAY}: nothing was writ"):
        await market.refresh()
    assert kept == await contents(market.dsn)
    market.set_date(now, hour=9)
    assert (await market.refresh()).totals()["changed"] == 0


async def test_an_hour_back_on_the_same_day_is_another_run_of_the_day(market: Market) -> None:
    """A clock that was corrected a little stops nobody, and loses and closes nothing."""
    await market.refresh()
    before = await market.rows(OPEN)
    market.at -= timedelta(hours=1)
    again = await market.refresh()
    assert {"complete"} == {result.status.value for result in again.results}
    assert before == await market.rows(OPEN)
    assert await market.rows(DOUBLES) == []


async def test_days_recorded_under_a_clock_that_was_ahead_are_taken_back(market: Market) -> None:
    """A run dated a year ahead, then the clock set right: one command, and all is as if it had run today."""
    earlier, later = market.sandbox.world.dates[-5], market.sandbox.world.dates[-1]
    market.set_date(earlier)
    await market.refresh()
    market.set_date(later)
    market.at += 365 * DAY
    ahead = await market.refresh()
    assert ahead.totals()["new"] > 0 < ahead.totals()["closed"]
    market.set_date(later)
    with pytest.raises(ClockBehind, match="doctor --forget-future"):
        await market.refresh()
    async with market.database() as database:
        gone = await forget_future(database, at=market.at)
    assert (1, ahead.totals()["closed"]) == (gone.runs, gone.reopened)
    await market.refresh()
    truth = market.sandbox.truth
    for on in (earlier, later):
        assert len(truth.openings(on)) == sum(count for _, count in await market.rows(ROWS, on=on))
    assert later == await market.value("SELECT max(snapshot_date) FROM job_hunter.roles_snapshots")
    assert later == await market.value("SELECT max(GREATEST(first_seen_at, closed_at))::date FROM job_hunter.roles")
    assert len(truth.openings(later)) == len(await market.rows(OPEN))
    assert await market.rows(DOUBLES) == []


async def test_a_company_taken_off_the_list_at_noon_has_no_row_that_day(market: Market) -> None:
    """A closed role has no row from its closing day on; what stood behind it under another source counts now."""
    await market.refresh()
    gone, *rest = market.companies
    row = f"""
        INSERT INTO job_hunter.roles (source, external_id, company_id, board, title, location, first_seen_at,
                                      fetched_at, dedup_key, is_canonical)
        SELECT 'hn', 'copy', company_id, 'thread', title, location, first_seen_at, fetched_at, dedup_key, false
        FROM job_hunter.roles WHERE board = '{gone.ats_id}' ORDER BY id LIMIT 1"""
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(row)
    market.at += timedelta(hours=6)
    await market.refresh(tuple(rest))
    assert gone.slug not in dict(await market.rows(ROWS, on=END))
    assert gone.slug not in {row[0] for row in await market.rows(PAY_ROWS, on=END)}
    assert len(rest) == len(await market.rows(ROWS, on=END))
    assert await market.value("SELECT is_canonical FROM job_hunter.roles WHERE external_id = 'copy'")
