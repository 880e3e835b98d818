"""One refresh: rates first, then every board, then the day's reported points and the ledger's last word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta

from job_hunter.domain.company import Company
from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult, Summary
from job_hunter.errors import RefreshInProgress, UsageError
from job_hunter.sources.http import Http
from job_hunter.storage import ledger, snapshots
from job_hunter.storage.archive import prune_archive
from job_hunter.storage.database import Database
from job_hunter.storage.lock import session_lock
from job_hunter.usecases.boards import Clock, Sleep, refresh_boards
from job_hunter.usecases.feed_parts import FeedContext
from job_hunter.usecases.feeds import refresh_feed
from job_hunter.usecases.linkedin_feed import expire_linkedin
from job_hunter.usecases.plan import Plan, begin_run
from job_hunter.usecases.rates import refresh_rates


@asynccontextmanager
async def refresh_lock(db: Database) -> AsyncIterator[None]:
    """Hold the lock that lets one refresh run at a time. Raises RefreshInProgress when another holds it."""
    async with session_lock(db, ledger.REFRESH_LOCK) as is_ours:
        if not is_ours:
            raise RefreshInProgress("Another refresh is running: wait until it ends, then run again.")
        yield


def feed_context(
    db: Database,
    http: Http,
    plan: Plan,
    companies: Sequence[Company],
    readings: Readings,
    *,
    settings: FeedSettings,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    only: Collection[str] = (),
) -> FeedContext:
    """What the feeds of `plan` work with."""
    return FeedContext(
        db=db,
        http=http,
        run=plan.run,
        companies=companies,
        readings=readings,
        level_ids=plan.level_ids,
        company_ids=plan.company_ids,
        settings=settings,
        clock=clock,
        sleep=sleep,
        only=only,
        covered=plan.covered,
    )


async def finish_run(
    db: Database,
    plan: Plan,
    results: Sequence[BoardResult],
    *,
    at: datetime,
    warnings: Sequence[str] = (),
    archive_years: int = 2,
) -> Summary:
    """Close what LinkedIn no longer showed, write the day's reported points and the ledger's end; gives the summary.

    Archived postings that no role points to are let go after `archive_years`.
    """
    await db.again(lambda: expire_linkedin(db, plan.run, at=at))
    return await db.again(lambda: _close_ledger(db, plan, results, at=at, warnings=warnings, years=archive_years))


async def _close_ledger(
    db: Database, plan: Plan, results: Sequence[BoardResult], *, at: datetime, warnings: Sequence[str], years: int
) -> Summary:
    async with db.transaction() as connection:
        sources = await ledger.read_source_runs(connection, plan.run)
        summary = Summary(plan.run, tuple(results), plan.retired, tuple(warnings), sources)
        await snapshots.snapshot_reported(connection, on=plan.run.snapshot_date)
        await prune_archive(connection, before=at - timedelta(days=365 * years))
        await ledger.write_run_end(
            connection,
            plan.run,
            finished_at=at,
            status="failed" if summary.is_failed else "completed",
            message=summary.sentence(),
        )
    return summary


async def refresh(
    db: Database,
    http: Http,
    companies: Sequence[Company],
    readings: Readings,
    *,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    door: str = "cli",
    only: Collection[str] = (),
    only_missing: bool = False,
    sources: Collection[str] = ("ats",),
    settings: FeedSettings = FeedSettings(),  # noqa: B008 immutable
    archive_years: int = 2,
    is_replay: bool = False,
    on_result: Callable[[BoardResult], None] = lambda result: None,
) -> Summary:
    """Refresh the boards of `companies` and the feeds among `sources` without an orchestrator.

    This door owns the one retry of boards. At most 8 boards are fetched and 4 stored at once. A board that fails costs
    that board; the summary says which and why. Raises RefreshInProgress when another refresh runs, and ClockBehind for
    a day before the newest one of the ledger unless it is a replay.
    """
    async with refresh_lock(db):
        warning = await refresh_rates(db, http, today=clock().astimezone(UTC).date(), sleep=sleep)
        plan = await begin_run(
            db,
            companies,
            readings,
            at=clock(),
            door=door,
            only=only,
            only_missing=only_missing,
            sources=sources,
            is_replay=is_replay,
        )

        async def feed(name: str) -> list[BoardResult]:
            found = await refresh_feed(name, context)
            for result in found:
                on_result(result)
            return found

        context = feed_context(
            db, http, plan, companies, readings, settings=settings, clock=clock, sleep=sleep, only=only
        )
        async with asyncio.TaskGroup() as group:
            fed = [group.create_task(feed(name)) for name in plan.feeds]
            boards = group.create_task(
                refresh_boards(db, http, plan, plan.boards, readings, clock=clock, sleep=sleep, on_result=on_result)
            )
        results = boards.result() + [result for task in fed for result in task.result()]
        return await finish_run(
            db, plan, results, at=clock(), warnings=[warning] if warning else [], archive_years=archive_years
        )


def check_date(on: date | None, *, today: date, redirected: Mapping[str, str], needed: Collection[str]) -> None:
    """Refuse a refresh for another day than today unless every source is a replica.

    Live boards show today's openings only: a snapshot of another day taken from them would be invented. Raises
    UsageError.
    """
    if on is None or on == today:
        return
    live = sorted(set(needed) - set(redirected))
    if live:
        names = ", ".join(f"JOB_HUNTER_{name.upper()}_BASE_URL" for name in live)
        raise UsageError(
            f"--date {on} is not today: live boards cannot show another day. Leave --date out, or point every source "
            f"to a replica ({names} not set)."
        )


def clock_at(on: date, clock: Clock) -> Clock:
    """A clock that shows the time of `clock` on the day `on`, for replicas that replay another day."""
    shift = timedelta(days=(on - clock().astimezone(UTC).date()).days)
    return lambda: clock() + shift
