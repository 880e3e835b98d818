"""How a refresh spreads its boards: a task each, chunks within a task, or shards that are flow runs of their own.

Prefect costs 100 ms a task run and more than that a board when there are thousands, so that task runs must not grow
with the boards; what a chunk or a shard did is read from the ledger.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from time import monotonic
from typing import Any, cast
from uuid import UUID

from prefect import get_client, get_run_logger, task
from prefect.deployments.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Cancelling, State

from flows.runtime import FETCHES_AT_ONCE, now, open_flow_runtime, result_of
from job_hunter.domain.company import Board
from job_hunter.domain.politeness import FAILURES_TO_OPEN
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult
from job_hunter.runtime import Runtime
from job_hunter.sources.hosts import OwnHosts
from job_hunter.storage.hosts import SharedHosts
from job_hunter.usecases.boards import refresh_boards
from job_hunter.usecases.plan import MANY_BOARDS, Plan
from job_hunter.usecases.shards import account, is_running, plan_shards, read_unfetched, unfetched

MOST_IN_CHUNKS = 2_000
CHUNK = 100
SHARD = 500
SEATS = 4
"""Shards at once; the connections that a host allows are shared among them."""
SHARD_SECONDS = 7200.0
"""A shard's deadline: its Job's, too, in prefect.yaml."""
START_SECONDS = 900.0
"""How long a worker may take to start a shard: pulling an image takes minutes."""
POLL_SECONDS = 2.0
SHARD_DEPLOYMENT = "refresh-shard/refresh-shard"


class Mode(StrEnum):
    """How boards are spread."""

    TASKS = "tasks"
    CHUNKS = "chunks"
    SHARDS = "shards"


def mode_for(boards: int) -> Mode:
    """The way that so many boards go: a task each up to 100, in chunks up to 2,000, above in shards."""
    if boards <= MANY_BOARDS:
        return Mode.TASKS
    return Mode.CHUNKS if boards <= MOST_IN_CHUNKS else Mode.SHARDS


class Chunk:
    """Some boards of a run with all their task needs; a plain object, so that Prefect does not walk through it."""

    __slots__ = ("at_once", "boards", "hosts", "name", "plan", "readings")

    def __init__(
        self, name: str, plan: Plan, boards: Sequence[Board], readings: Readings, hosts: Any, at_once: int
    ) -> None:
        self.name = name
        self.plan = plan
        self.boards = boards
        self.readings = readings
        self.hosts = hosts
        self.at_once = at_once


@task(task_run_name="boards {chunk.name}")
async def refresh_chunk(chunk: Chunk) -> int:
    """Fetch and store the boards of one chunk; the ledger says what became of each. Gives their number."""
    async with open_flow_runtime(
        pooled=True, connections=chunk.at_once, hosts=chunk.hosts, failures_to_open=FAILURES_TO_OPEN
    ) as opened:
        found = await refresh_boards(
            opened.db, opened.http, chunk.plan, chunk.boards, chunk.readings, clock=now, at_once=chunk.at_once
        )
    return len(found)


async def refresh_in_chunks(
    opened: Runtime,
    plan: Plan,
    readings: Readings,
    *,
    is_shared: bool = False,
    at_once: int = FETCHES_AT_ONCE,
    size: int = CHUNK,
) -> None:
    """Refresh the boards of `plan` chunk by chunk, so that no more than `at_once` are ever in flight.

    With `is_shared` what is known of hosts is shared with other programs of the same run, and the work ends early when
    that run does. A chunk that breaks is told in the log; its boards lack their lines in the ledger.
    """
    own = OwnHosts()
    hosts = SharedHosts if is_shared else lambda _: own
    boards = plan.boards
    for start in range(0, len(boards), size):
        if is_shared and not await is_running(opened.db, plan.run.id):
            get_run_logger().warning("the refresh that this shard belongs to has ended: the rest is left out")
            return
        part = boards[start : start + size]
        name = f"{start + 1}-{start + len(part)} of {len(boards)}"
        chunk = Chunk(name, plan, part, readings, hosts, at_once)
        state: State[int] = await cast(Any, refresh_chunk)(chunk, return_state=True)
        if not state.is_completed():
            get_run_logger().error("boards %s: %s", name, await result_of(state))


async def run_chunks(opened: Runtime, plan: Plan, readings: Readings) -> list[BoardResult]:
    """Every board of `plan` in chunks of this flow run; what became of each."""
    await refresh_in_chunks(opened, plan, readings)
    return await account(opened.db, plan, at=now(), why=lambda _: "its chunk broke off: the flow run's log says why")


async def run_shards(
    opened: Runtime,
    plan: Plan,
    readings: Readings,
    *,
    shards: int | None = None,
    seats: int = SEATS,
    start_seconds: float = START_SECONDS,
) -> list[BoardResult]:
    """Every board of `plan` in flow runs of their own, `seats` at a time; what became of each.

    A shard that ends before its boards are done is run once more, for what is missing. When there is no deployment, or
    no worker takes a shard within `start_seconds`, what is left goes in chunks here.
    """
    logger = get_run_logger()
    number = max(1, shards or -(-len(plan.boards) // SHARD))
    await plan_shards(opened.db, plan, number)
    waiting = deque(range(number))
    ended: set[str] = set()
    refusals: list[_NotTaken] = []

    async def work(seat: int) -> None:
        while waiting and not refusals:
            try:
                ended.add(await _run_shard(opened, plan.run.id, waiting.popleft(), seat, seats, start_seconds))
            except _NotTaken as refusal:
                refusals.append(refusal)

    async with asyncio.TaskGroup() as group:
        for seat in range(min(seats, number)):
            group.create_task(work(seat))
    if refusals:
        logger.warning("%s; what is left goes in chunks here", refusals[0])
        await refresh_in_chunks(opened, await unfetched(opened.db, plan), readings)
    said = ", ".join(sorted(ended))
    return await account(opened.db, plan, at=now(), why=lambda _: f"its shard ended without it ({said}), twice")


class _NotTaken(Exception):
    """Nobody runs shards here; the message says what is missing."""


async def _run_shard(opened: Runtime, run_id: UUID, shard: int, seat: int, seats: int, start_seconds: float) -> str:
    ended = "Completed"
    for attempt in (1, 2):
        try:
            run = await run_deployment(
                SHARD_DEPLOYMENT,
                parameters={"run_id": str(run_id), "shard": shard, "seat": seat, "seats": seats},
                flow_run_name=f"shard {shard} of {run_id} ({attempt})",
                idempotency_key=f"{run_id}/{shard}/{attempt}",
                timeout=0,
                as_subflow=False,
            )
        except ObjectNotFound:
            raise _NotTaken(
                f"there is no deployment {SHARD_DEPLOYMENT} (`python -m flows.bootstrap` creates it)"
            ) from None
        ended = await _end_of(run.id, start_seconds)
        missing = await read_unfetched(opened.db, run_id, shard)
        if not missing:
            break
        get_run_logger().warning(
            "shard %s ended (%s) with %s boards to go, try %s of 2", shard, ended, missing, attempt
        )
    return ended


async def _end_of(flow_run_id: UUID, start_seconds: float) -> str:
    """How a shard's flow run ended; one that nobody starts, or that outlives its deadline, is cancelled."""
    began = monotonic()
    async with get_client() as client:
        while True:
            run = await client.read_flow_run(flow_run_id)
            if run.state is not None and run.state.is_final():
                return str(run.state.name)
            waited = monotonic() - began
            is_taken = run.state is not None and run.state.is_running()
            if (not is_taken and waited >= start_seconds) or waited >= SHARD_SECONDS:
                end = Cancelling if is_taken else Cancelled  # a worker ends what is being cancelled
                await client.set_flow_run_state(flow_run_id, end(message="it took too long"), force=True)
                if is_taken:
                    return "TimedOut"
                raise _NotTaken(
                    f"no worker started a shard within {start_seconds:.0f} s: start one for the shards' work pool"
                )
            await asyncio.sleep(POLL_SECONDS)
