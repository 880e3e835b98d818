"""backfill-fx/backfill-fx: load the exchange rates that are missing, and price again what has no pounds."""

from __future__ import annotations

from datetime import date, timedelta

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows.runtime import now, open_flow_runtime
from job_hunter.report.escape import markdown
from job_hunter.usecases.backfill_fx import backfill_fx as fill
from job_hunter.usecases.backfill_fx import sentences

RETRIES, RETRY_SECONDS = 3, 120
"""A refresh that holds the lock is waited for."""


@flow(name="backfill-fx", validate_parameters=True, retries=RETRIES, retry_delay_seconds=RETRY_SECONDS)
async def backfill_fx(days: int | None = None, since: date | None = None) -> list[str]:
    """Load missing rates of the ECB and price again; a second run finds nothing to do.

    Args:
        days: so many days back from today (UTC).
        since: from this day on; the oldest figure in another currency when neither is given.
    """
    today = now().date()
    if days is not None and days < 1:
        raise ValueError(f"days: {days} is less than 1")
    first = since if days is None else today - timedelta(days=days)
    async with open_flow_runtime(migrated=True) as opened:
        done = await fill(opened.db, opened.http, today=today, since=first)
    lines = sentences(done)
    for line in lines:
        get_run_logger().info("%s", line)
    await create_markdown_artifact(
        key="backfill-fx",
        markdown="\n".join(f"- {markdown(line)}" for line in lines),
        description=f"Exchange rates from {done.since} to {done.until}",
    )
    return lines
