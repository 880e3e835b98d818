"""What a Prefect server leaves lying: runs whose pod is gone, and the history of years.

`python -m flows.tidy` needs nothing but the Prefect API; a CronJob runs it every hour. A run whose pod died unseen (its
migration failed, the worker was away) stays pending or running for ever and holds a slot of its pool: five of them and
no flow ever starts again.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timedelta

import typer
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from flows.runtime import now

SLACK = timedelta(minutes=30)
"""Added to a run's deadline: pulling the image, the grace of its end, and clocks that differ."""

PAGE = 200
MOST = 5000
"""Runs forgotten at once: the rest waits for the next hour."""

UNENDED = ("PENDING", "RUNNING", "CANCELLING")
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def deadline_of(pool: WorkPool, job_variables: dict[str, object]) -> timedelta | None:
    """The time Kubernetes gives a run of the pool with these job variables; None when nothing ends it."""
    default = pool.base_job_template.get("variables", {}).get("properties", {}).get("active_deadline_seconds", {})
    seconds = job_variables.get("active_deadline_seconds", default.get("default"))
    return timedelta(seconds=seconds) if pool.type == "kubernetes" and isinstance(seconds, int) else None


def is_lost(run: FlowRun, deadline: timedelta, at: datetime) -> bool:
    """Whether Kubernetes must have ended the run's pod long since, though Prefect never heard of it."""
    began = run.start_time or (run.state.timestamp if run.state else None)
    return began is not None and at - began > deadline + SLACK


async def end_lost_runs(client: PrefectClient, at: datetime) -> list[str]:
    """Mark lost runs as crashed, which gives back their slots; returns their names."""
    pools = {pool.name: pool for pool in await client.read_work_pools()}
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter.parse_obj({"state": {"type": {"any_": UNENDED}}}), limit=PAGE
    )
    ended = []
    for run in found:
        pool = pools.get(run.work_pool_name or "")
        if pool is None:
            continue
        job_variables: dict[str, object] = {}
        if run.deployment_id is not None:
            try:
                job_variables = (await client.read_deployment(run.deployment_id)).job_variables
            except ObjectNotFound:
                pass  # the deployment was deleted while its run was lost: the pool's deadline counts
        deadline = deadline_of(pool, {**job_variables, **(run.job_variables or {})})
        if deadline is not None and is_lost(run, deadline, at):
            message = f"Its pod is gone: Kubernetes ends a run of this deployment after {deadline}."
            await client.set_flow_run_state(run.id, Crashed(message=message), force=True)
            ended.append(run.name)
    return ended


async def forget_runs(client: PrefectClient, before: datetime) -> int:
    """Delete ended runs that were due before that time, with their task runs; returns how many."""
    wanted = FlowRunFilter.parse_obj({"state": {"type": {"any_": ENDED}}, "expected_start_time": {"before_": before}})
    forgotten = 0
    while forgotten < MOST:
        runs = await client.read_flow_runs(flow_run_filter=wanted, limit=PAGE)
        if not runs:
            break
        for run in runs:
            try:
                await client.delete_flow_run(run.id)
            except ObjectNotFound:
                pass  # a run deletes the runs it started with it
        forgotten += len(runs)
    return forgotten


async def tidy(*, keep_days: int, at: datetime) -> list[str]:
    """Do both; returns one line for each."""
    async with get_client() as client:
        ended = await end_lost_runs(client, at)
        forgotten = await forget_runs(client, at - timedelta(days=keep_days))
    return [
        f"lost runs ended: {len(ended)}{' (' + ', '.join(ended) + ')' if ended else ''}",
        f"old runs forgotten: {forgotten}",
    ]


def main(keep_days: int = typer.Option(180, min=7, help="Days for which ended runs are kept.")) -> None:
    """End the runs whose pod is gone, and forget old ones, at the Prefect server of PREFECT_API_URL."""
    for line in asyncio.run(tidy(keep_days=keep_days, at=now())):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    typer.run(main)
