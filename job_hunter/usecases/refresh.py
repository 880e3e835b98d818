"""One refresh: rates first, then every board, then the day's reported points and the ledger's last word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from job_hunter.config.files import did_you_mean
from job_hunter.domain.company import Board, Company, board_of
from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.role import PARSER_VERSION, Readings
from job_hunter.domain.run import BoardResult, BoardState, Run, Summary
from job_hunter.errors import ClockBehind, RefreshInProgress, SourceError, SourceUnavailable, UsageError
from job_hunter.sources import ATS
from job_hunter.sources.contract import Harvest
from job_hunter.sources.http import Http
from job_hunter.storage import companies as company_store
from job_hunter.storage import ledger, roles, snapshots
from job_hunter.storage.archive import prune_archive
from job_hunter.storage.database import Database
from job_hunter.storage.lock import session_lock
from job_hunter.usecases.board import fetch_board, store_board
from job_hunter.usecases.feed_parts import FeedContext
from job_hunter.usecases.feeds import feeds_of, refresh_feed
from job_hunter.usecases.linkedin_feed import expire_linkedin
from job_hunter.usecases.rates import refresh_rates

log = logging.getLogger(__name__)

FETCHES_AT_ONCE = 8
STORES_AT_ONCE = 2
RETRY_DELAY = 1.0
LONGEST_RETRY_AFTER = 30.0

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the tasks of one run need: the run, its boards, and what is known of each beforehand."""

    run: Run
    boards: tuple[Board, ...]
    states: Mapping[tuple[str, str], BoardState]
    company_ids: Mapping[str, int]
    level_ids: Mapping[str, int]
    retired: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    covered: frozenset[tuple[str, str]] = frozenset()

    def state(self, board: Board) -> BoardState:
        """What the ledger knows of `board`."""
        return self.states.get((board.source, board.token), BoardState())


def boards_of(companies: Collection[Company], *, only: Collection[str] = ()) -> tuple[Board, ...]:
    """The boards of `companies` that have one, or of those named in `only`. Raises UsageError for an unknown name."""
    unknown = set(only) - {company.slug for company in companies}
    if unknown:
        known = [company.slug for company in companies]
        named = ", ".join(f"{slug}{did_you_mean(slug, known)}" for slug in sorted(unknown))
        raise UsageError(f"companies.yaml has no company {named}: see the slugs there")
    chosen = [company for company in companies if company.ats_type in ATS and (not only or company.slug in only)]
    return tuple(board_of(company) for company in chosen)


@asynccontextmanager
async def refresh_lock(db: Database) -> AsyncIterator[None]:
    """Hold the lock that lets one refresh run at a time. Raises RefreshInProgress when another holds it."""
    async with session_lock(db, ledger.REFRESH_LOCK) as is_ours:
        if not is_ours:
            raise RefreshInProgress("Another refresh is running: wait until it ends, then run again.")
        yield


async def begin_run(
    db: Database,
    companies: Sequence[Company],
    readings: Readings,
    *,
    at: datetime,
    door: str,
    run_id: UUID | None = None,
    only: Collection[str] = (),
    only_missing: bool = False,
    sources: Collection[str] = ("ats",),
    is_replay: bool = False,
) -> Plan:
    """Open the ledger for a run started `at`, make the companies equal to the configuration, and plan its boards.

    `only_missing` leaves out boards that have a complete fetch on the run's snapshot date already. Days before the
    newest one of the ledger are fixed: raises ClockBehind for them, except in a replay against replicas.
    """
    planned = boards_of(companies, only=only) if "ats" in sources else ()
    chosen = run_id or uuid4()
    return await db.again(
        lambda: _open_ledger(
            db,
            companies,
            readings,
            planned,
            run_id=chosen,
            at=at,
            door=door,
            only_missing=only_missing,
            is_narrow=bool(only) or "ats" not in sources,
            sources=sources,
            is_replay=is_replay,
        )
    )


async def _open_ledger(
    db: Database,
    companies: Sequence[Company],
    readings: Readings,
    boards: tuple[Board, ...],
    *,
    run_id: UUID,
    at: datetime,
    door: str,
    only_missing: bool,
    is_narrow: bool,
    sources: Collection[str],
    is_replay: bool,
) -> Plan:
    on = at.astimezone(UTC).date()
    async with db.transaction() as connection:
        if not is_replay:
            _check_clock(on, await ledger.read_newest_day(connection))
        synced = await company_store.sync_companies(connection, companies, at=at)
        await roles.mark_canonical(connection, await snapshots.remove_retired(connection, on=on, at=at), on=on)
        version = await company_store.upsert_reading_version(
            connection, parser_version=PARSER_VERSION, config_digest=readings.digest, at=at, check=readings.check
        )
        level_ids = await company_store.read_level_ids(connection)
        covered: frozenset[tuple[str, str]] = frozenset()
        if only_missing:
            covered = frozenset(await ledger.read_covered_boards(connection, on))
            boards = tuple(board for board in boards if (board.source, board.token) not in covered)
        run = Run(id=run_id, started_at=at, snapshot_date=on, door=door, reading_version=version)
        await ledger.write_run(
            connection, run, parser_version=PARSER_VERSION, boards_planned=len(boards), is_narrow=is_narrow
        )
        states = await ledger.read_board_states(
            connection, [(board.source, board.token) for board in boards], reading_version=version
        )
    if synced.retired:
        log.warning("companies: retired %s — no longer in companies.yaml", ", ".join(synced.retired))
    return Plan(run, boards, states, synced.ids, level_ids, synced.retired, feeds_of(sources), covered)


def _check_clock(on: date, newest: date | None) -> None:
    if newest is not None and newest > on:
        raise ClockBehind(
            f"The ledger holds a run of {newest}, and the clock says {on}: nothing was written. Set this machine's "
            f"clock, or, if it is right, run `job-hunter doctor --forget-future`."
        )


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


def tries_of(error: SourceError) -> int:
    """How often a board was asked before `error` was final: what is worth a retry got one."""
    return 2 if isinstance(error, SourceUnavailable) else 1


def retry_wait(error: SourceUnavailable) -> float:
    """Seconds to wait before the one retry: the source's Retry-After, up to 30."""
    return min(error.retry_after or RETRY_DELAY, LONGEST_RETRY_AFTER)


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
        fetching, storing = asyncio.Semaphore(FETCHES_AT_ONCE), asyncio.Semaphore(STORES_AT_ONCE)
        waiting = asyncio.Semaphore(FETCHES_AT_ONCE)

        async def one(board: Board) -> BoardResult:
            async with waiting:
                async with fetching:
                    outcome = await _fetch_with_retry(http, board, plan.state(board), sleep)
                async with storing:
                    result = await store_board(
                        db,
                        plan.run,
                        board,
                        plan.state(board),
                        outcome,
                        readings,
                        company_id=plan.company_ids[board.slug],
                        level_ids=plan.level_ids,
                        at=clock(),
                        tries=tries_of(outcome) if isinstance(outcome, SourceError) else outcome.tries,
                    )
            on_result(result)
            return result

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
            tasks = [group.create_task(one(board)) for board in plan.boards]
        results = [task.result() for task in tasks]
        results += [result for task in fed for result in task.result()]
        return await finish_run(
            db, plan, results, at=clock(), warnings=[warning] if warning else [], archive_years=archive_years
        )


async def _fetch_with_retry(http: Http, board: Board, state: BoardState, sleep: Sleep) -> Harvest | SourceError:
    try:
        return await fetch_board(http, board, state)
    except SourceUnavailable as error:
        await sleep(retry_wait(error))
    except SourceError as error:
        return error
    try:
        harvest = await fetch_board(http, board, state)
    except SourceError as error:
        return error
    harvest.tries = 2
    return harvest


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
