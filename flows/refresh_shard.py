"""refresh-shard/refresh-shard: some boards of a refresh that has thousands. Started by the refresh, never by hand."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.states import Completed, State

from flows.fan_out import refresh_in_chunks
from flows.runtime import FETCHES_AT_ONCE, now, open_flow_runtime, resolve_settings
from job_hunter.config import load_employers
from job_hunter.runtime import load_readings
from job_hunter.usecases.shards import join_run, seat_lock


@flow(name="refresh-shard", validate_parameters=True)
async def refresh_shard(run_id: UUID, shard: int, seat: int = 0, seats: int = 1) -> State[Any]:
    """Fetch and store the boards of one shard that have no line in the ledger of their refresh yet.

    Args:
        run_id: the refresh that planned the shard and still runs.
        shard: its number, from 0.
        seat: the seat it sits on; one shard at a time does.
        seats: how many seats share the connections that a host allows.
    """
    settings = await resolve_settings()
    companies = load_employers(settings.config_dir)
    readings = load_readings(settings.config_dir)
    async with open_flow_runtime(migrated=True) as opened, seat_lock(opened.db, seat):
        plan = await join_run(opened.db, companies, readings, run_id=run_id, shard=shard, at=now())
        get_run_logger().info("shard %s: %s boards", shard, len(plan.boards))
        await refresh_in_chunks(
            opened, plan, readings, is_shared=True, at_once=max(1, FETCHES_AT_ONCE // max(1, seats))
        )
    return Completed(message=f"shard {shard}: {len(plan.boards)} boards")
