"""snapshot/snapshot: fill the snapshot rows that a day lacks."""

from __future__ import annotations

from datetime import date

from prefect import flow, get_run_logger

from flows.runtime import now, open_flow_runtime
from job_hunter.usecases.snapshot import snapshot as fill


@flow(name="snapshot", validate_parameters=True)
async def snapshot(on: date | None = None) -> str:
    """Insert what is missing for a day, for boards fetched completely that day; rows that exist stay as they are.

    Args:
        on: the day to fill; today (UTC) when left out.
    """
    today = now().date()
    async with open_flow_runtime(migrated=True) as opened:
        filled = await fill(opened.db, on=on or today, today=today)
    message = f"{on or today}: {filled.roles} role rows and {filled.comp_points} pay rows inserted"
    get_run_logger().info("%s", message)
    return message
