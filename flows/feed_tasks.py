"""The feeds of a refresh, as tasks beside its boards: each paces itself, fails alone, and is never retried here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prefect import get_run_logger, task
from prefect.states import State

from flows.runtime import now, open_flow_runtime, result_of
from job_hunter.domain.company import Company
from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult
from job_hunter.errors import SourceChanged
from job_hunter.runtime import Runtime
from job_hunter.usecases.feed_parts import FeedContext, skipped, write_skipped
from job_hunter.usecases.feeds import refresh_feed as refresh_one_feed
from job_hunter.usecases.plan import Plan
from job_hunter.usecases.refresh import feed_context


class FeedJob:
    """One feed of a run with all its task needs; a plain object so that Prefect does not walk through it."""

    __slots__ = ("companies", "name", "only", "plan", "readings", "settings")

    def __init__(
        self,
        name: str,
        plan: Plan,
        companies: Sequence[Company],
        readings: Readings,
        settings: FeedSettings,
        only: Sequence[str],
    ) -> None:
        self.name = name
        self.plan = plan
        self.companies = companies
        self.readings = readings
        self.settings = settings
        self.only = only


@task(task_run_name="feed {job.name}")
async def refresh_feed(job: FeedJob) -> list[BoardResult]:
    """Fetch and store one feed. It paces itself and owns its one retry, so it is a single task and never retried."""
    async with open_flow_runtime() as opened:
        return await refresh_one_feed(job.name, _feed_context(job, opened))


def _feed_context(job: FeedJob, opened: Runtime) -> FeedContext:
    return feed_context(
        opened.db,
        opened.http,
        job.plan,
        job.companies,
        job.readings,
        settings=job.settings,
        clock=now,
        only=job.only,
    )


async def start_feeds(
    plan: Plan,
    companies: Sequence[Company],
    readings: Readings,
    settings: FeedSettings,
    only: Sequence[str],
) -> list[tuple[FeedJob, Any]]:
    """Start the feeds of `plan`; each with the future of its task."""
    jobs = [FeedJob(name, plan, companies, readings, settings, only) for name in plan.feeds]
    return [(job, await refresh_feed.submit(job)) for job in jobs]


async def results_of_feeds(started: Sequence[tuple[FeedJob, Any]], opened: Runtime) -> list[BoardResult]:
    """What became of all that the feeds asked for."""
    return [result for job, future in started for result in await _feed_results(job, await future.wait(), opened)]


async def _feed_results(job: FeedJob, state: State[Any], opened: Runtime) -> list[BoardResult]:
    results = await result_of(state)
    if isinstance(results, list):
        return results
    get_run_logger().error("the feed %s failed: %s", job.name, results)
    failure = SourceChanged(f"the feed could not be read ({type(results).__name__})")
    return [await write_skipped(_feed_context(job, opened), skipped(job.name, job.name, failure))]
