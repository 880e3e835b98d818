"""backfill-fx/backfill-fx: load the exchange rates that are missing, and price again what has no pounds."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed, State

from flows.runtime import is_refresh_running, now, open_flow_runtime
from job_hunter.report.escape import markdown
from job_hunter.usecases.backfill_fx import Backfill, first_day, sentence, sentences
from job_hunter.usecases.backfill_fx import backfill_fx as fill

RETRIES, RETRY_SECONDS = 3, 120
"""A refresh that holds the lock is waited for; nothing else is tried again: the ECB was asked twice already."""


@task(
    retries=RETRIES,
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=is_refresh_running,  # type: ignore[arg-type]
    task_run_name="load and price again",
)
async def load_and_price(today: date, since: date | None) -> Backfill:
    """The use case, in a runtime of its own."""
    async with open_flow_runtime(migrated=True) as opened:
        return await fill(opened.db, opened.http, today=today, since=since)


@flow(name="backfill-fx", validate_parameters=True)
async def backfill_fx(days: int | None = None, since: date | None = None) -> State[Any]:
    """Load missing rates of the ECB and price again; a second run finds nothing to do.

    Fails when the ECB gave nothing and rates are missing; what is held is used all the same.

    Args:
        days: so many days back from today (UTC); instead of `since`.
        since: from this day on; the oldest figure in another currency when neither is given.
    """
    today = now().date()
    done = await load_and_price(today, first_day(today=today, days=days, since=since))
    lines = sentences(done)
    for line in lines:
        get_run_logger().info("%s", line)
    await create_markdown_artifact(
        key="backfill-fx",
        markdown="\n".join(f"- {markdown(line)}" for line in lines),
        description=f"Exchange rates from {done.since} to {done.until}",
    )
    if done.warning:
        return Failed(message=done.warning)
    return Completed(message=sentence(done))
