"""refresh/refresh: every board fetched and stored, the feeds beside them, then the report is started.

`python -m flows.refresh [source …]` runs it once, without starting the report.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from enum import StrEnum
from threading import BoundedSemaphore
from typing import Any, cast

from prefect import allow_failure, flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.deployments.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed, State

from flows.cdio_ingest import read_pages
from flows.fan_out import Mode, mode_for, run_chunks, run_shards
from flows.feed_tasks import results_of_feeds, start_feeds
from flows.runtime import (
    FETCH_TAG,
    STORE_TAG,
    apply_tag_limits,
    now,
    open_flow_runtime,
    resolve_settings,
    result_of,
)
from job_hunter.config import load_employers, load_sources
from job_hunter.domain.company import Board
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult, Summary
from job_hunter.errors import DatabaseUnavailable, SourceChanged, SourceError, SourceUnavailable
from job_hunter.report.escape import markdown
from job_hunter.report.refresh_summary import render_refresh_summary
from job_hunter.runtime import Runtime, load_readings
from job_hunter.sources.contract import Harvest
from job_hunter.sources.hosts import OwnHosts
from job_hunter.storage.database import Database
from job_hunter.usecases.board import fetch_board as fetch_one
from job_hunter.usecases.board import store_board as store_one
from job_hunter.usecases.boards import RETRY_DELAY, retry_wait, tries_of
from job_hunter.usecases.feeds import default_sources
from job_hunter.usecases.plan import Plan, begin_run
from job_hunter.usecases.rates import refresh_rates
from job_hunter.usecases.refresh import finish_run, refresh_lock

BOARDS_IN_MEMORY = 12
"""Harvests that may wait for their store at once: a large board is megabytes."""


class Job:
    """One board of a run with all its tasks need; a plain object, so that Prefect does not walk through it."""

    __slots__ = ("board", "hosts", "plan", "readings", "room", "wait")

    def __init__(self, board: Board, plan: Plan, readings: Readings, room: BoundedSemaphore, hosts: OwnHosts) -> None:
        self.board = board
        self.plan = plan
        self.readings = readings
        self.room = room
        self.hosts = hosts
        self.wait = 0.0

    @property
    def slug(self) -> str:
        """For the task's name."""
        return self.board.slug


class Source(StrEnum):
    """The sources a refresh can be asked for."""

    ATS = "ats"
    HN = "hn"
    LEVELS_FYI = "levels_fyi"
    LINKEDIN_GUEST = "linkedin_guest"


async def worth_retrying(task: Any, task_run: Any, state: State[Any]) -> bool:
    """Only what may answer the next time is asked again: 5xx, 429, network errors and timeouts."""
    return isinstance(await result_of(state), SourceUnavailable)


@task(
    retries=1,
    retry_delay_seconds=RETRY_DELAY,
    retry_condition_fn=worth_retrying,  # type: ignore[arg-type]
    tags=[FETCH_TAG],
    task_run_name="fetch {job.slug}",
)
async def fetch_board(job: Job) -> Harvest:
    """Fetch one board. The retried attempt first waits as long as the source asked for, up to 30 s."""
    tries = runtime.task_run.run_count or 1
    if tries > 1:
        await asyncio.sleep(max(0.0, job.wait - RETRY_DELAY))
    await asyncio.to_thread(job.room.acquire)  # fetches run ahead of stores by so many boards, and no further
    try:
        async with open_flow_runtime(hosts=lambda _: job.hosts) as opened:
            harvest = await fetch_one(opened.http, job.board, job.plan.state(job.board))
    except BaseException as error:
        job.room.release()
        if isinstance(error, SourceUnavailable):
            job.wait = retry_wait(error)
        raise
    harvest.tries = tries
    return harvest


@task(tags=[STORE_TAG], task_run_name="store {job.slug}")
async def store_board(job: Job, outcome: Any) -> BoardResult:
    """Store what the fetch came to; a failed fetch arrives as its exception and gets its line in the ledger."""
    if not isinstance(outcome, Harvest | SourceError):
        outcome = SourceChanged(
            f"{job.slug}: the fetch ended in an unforeseen way ({type(outcome).__name__}: {outcome})"
        )
    try:
        async with open_flow_runtime() as opened:
            return await _store(job, outcome, opened.db)
    finally:
        if isinstance(outcome, Harvest):
            job.room.release()


async def _store(job: Job, outcome: Harvest | SourceError, db: Database) -> BoardResult:
    return await store_one(
        db,
        job.plan.run,
        job.board,
        job.plan.state(job.board),
        outcome,
        job.readings,
        company_id=job.plan.company_ids[job.slug],
        level_ids=job.plan.level_ids,
        at=now(),
        tries=tries_of(outcome) if isinstance(outcome, SourceError) else outcome.tries,
    )


@flow(name="refresh", validate_parameters=True)
async def refresh(
    sources: list[Source] | None = None,
    companies: list[str] | None = None,
    only_missing: bool = False,
    start_report: bool = True,
    mode: Mode | None = None,
    shards: int | None = None,
) -> State[Any]:
    """Fetch every board and feed, store what changed, write today's snapshot rows, and start the leaders report.

    Args:
        sources: which sources to ask; when left out the boards of companies.yaml (ats), Hacker News and levels.fyi, and
            LinkedIn where sources.yaml enables it. Naming linkedin_guest reads it against LinkedIn's terms.
        companies: slugs of companies.yaml; all of them when left out. Feeds that cannot be asked about one company are
            left out then, unless named.
        only_missing: only boards without a complete fetch today (a second run that costs nothing when all went well).
        start_report: start the deployment leaders-report/leaders-report at the end.
        mode: how the boards are spread: a task each (tasks), chunks in this flow run (chunks), or other flow runs
            (shards). When left out their number decides: up to 100, up to 2,000, above.
        shards: how many shards; when left out one for every 500 boards.
    """
    logger = get_run_logger()
    settings = await resolve_settings()
    configured = load_employers(settings.config_dir)
    readings = load_readings(settings.config_dir)
    feed_settings = load_sources(settings.config_dir)
    only = tuple(companies or ())
    chosen = [Source(source).value for source in sources] if sources else default_sources(feed_settings, only=only)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_flow_runtime(migrated=True))
        await stack.enter_async_context(refresh_lock(opened.db))
        await apply_tag_limits(reset=True)
        warning = await refresh_rates(opened.db, opened.http, today=now().date())
        plan = await begin_run(
            opened.db,
            configured,
            readings,
            at=now(),
            door="flow",
            only=only,
            only_missing=only_missing,
            sources=chosen,
        )
        feeds = await start_feeds(plan, configured, readings, feed_settings, only)
        results = await _run_boards(opened, plan, readings, mode or mode_for(len(plan.boards)), shards)
        results += await results_of_feeds(feeds, opened)
        summary = await finish_run(
            opened.db,
            plan,
            results,
            at=now(),
            warnings=[warning] if warning else [],
            archive_years=settings.archive_years,
        )
        if opened.settings.cdio_base_url is not None and not only and "ats" in chosen:
            await _read_pages(opened)
    await create_markdown_artifact(
        key="refresh-summary", markdown=render_refresh_summary(summary), description=markdown(summary.sentence())
    )
    logger.info("%s", summary.sentence())
    if start_report and not summary.is_failed:
        await _start_report(str(plan.run.id))
    return final_state(summary)


async def _read_pages(opened: Runtime) -> None:
    """The watched careers pages get their rows of the day before the report counts it; their failure is theirs."""
    try:
        await read_pages(opened, is_sweep=True)
    except DatabaseUnavailable:
        raise
    except Exception:
        get_run_logger().exception("the watched careers pages could not be read: the next cdio-ingest tries again")


async def _run_boards(
    opened: Runtime, plan: Plan, readings: Readings, mode: Mode, shards: int | None
) -> list[BoardResult]:
    if not plan.boards:
        return []
    if mode is Mode.CHUNKS:
        return await run_chunks(opened, plan, readings)
    if mode is Mode.SHARDS:
        return await run_shards(opened, plan, readings, shards=shards)
    return await _run_tasks(plan, readings)


async def _run_tasks(plan: Plan, readings: Readings) -> list[BoardResult]:
    room, hosts = BoundedSemaphore(BOARDS_IN_MEMORY), OwnHosts()
    jobs = [Job(board, plan, readings, room, hosts) for board in plan.boards]
    fetch, store = cast(Any, fetch_board), cast(Any, store_board)  # Prefect 2 types its awaited `map` wrongly
    harvests = await fetch.map(list(jobs))
    stored = await store.map(list(jobs), cast(Any, allow_failure)(harvests))
    results = []
    for job, future in zip(jobs, stored, strict=True):
        result = await result_of(await future.wait())
        if not isinstance(result, BoardResult):
            get_run_logger().error("store of company=%s failed: %s", job.slug, result)
            failure = SourceChanged(f"the board could not be stored ({type(result).__name__})")
            result = await store_board.fn(job, failure)
        results.append(result)
    return results


def final_state(summary: Summary) -> State[Any]:
    """Failed when every board failed; Completed otherwise, and named so that skips are seen."""
    if summary.is_failed:
        return Failed(message=summary.sentence())
    troubled = any(result.status != "complete" for result in summary.results)
    return Completed(name="CompletedWithSkips" if troubled else "Completed", message=summary.sentence())


async def _start_report(run_id: str) -> None:
    try:
        await run_deployment(
            "leaders-report/leaders-report", parameters={"run_id": run_id}, timeout=0, as_subflow=False
        )
    except ObjectNotFound:
        get_run_logger().warning(
            "the report was not started: there is no deployment leaders-report/leaders-report; "
            "`python -m flows.bootstrap` creates it"
        )


if __name__ == "__main__":
    asyncio.run(refresh(sources=[Source(name) for name in sys.argv[1:]] or None, start_report=False))  # type: ignore[arg-type]
