"""A refresh that many programs share: the parent plans shards, each shard joins the run, the parent accounts for all.

What a shard has done is in the ledger, so one that died is run again for what is missing, and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Board, Company
from job_hunter.domain.role import PARSER_VERSION, Readings
from job_hunter.domain.run import BoardResult
from job_hunter.errors import ConfigError, RefreshInProgress, UsageError
from job_hunter.storage import companies as company_store
from job_hunter.storage import ledger, shards
from job_hunter.storage.database import Database
from job_hunter.storage.lock import session_lock
from job_hunter.usecases.plan import Plan, boards_of

SEAT_PATIENCE = 120.0
"""Seconds a shard waits for another one to leave its seat: one that was killed leaves it at once."""


async def plan_shards(db: Database, plan: Plan, number: int) -> None:
    """Write which boards of `plan` belong to which of `number` shards: as many to each, hosts mixed."""
    rows = [(board.source, board.token, n % number) for n, board in enumerate(plan.boards)]
    await db.write(lambda connection: shards.write_planned_boards(connection, plan.run.id, rows))


@asynccontextmanager
async def seat_lock(db: Database, seat: int, *, patience: float = SEAT_PATIENCE) -> AsyncIterator[None]:
    """Hold a seat: the connections to a host are shared among the seats, so one shard at a time sits on each.

    Raises RefreshInProgress when the shard before does not leave it within `patience` seconds.
    """
    try:
        lock = session_lock(db, shards.SEAT_LOCK + seat, is_waiting=True, wait_seconds=patience)
        async with lock:
            yield
    except TimeoutError:
        raise RefreshInProgress(
            f"Another shard has held seat {seat} for {patience:.0f} s: end its flow run, then start the refresh again "
            f"with only_missing."
        ) from None


async def join_run(
    db: Database, companies: Sequence[Company], readings: Readings, *, run_id: UUID, shard: int, at: datetime
) -> Plan:
    """The plan of one shard of a running refresh: those of its boards that have no line in the ledger yet.

    Raises UsageError when the refresh is not running any more, and ConfigError when its configuration is another.
    """

    async def read() -> Plan:
        async with db.reading() as connection:
            run = await shards.read_current_run(connection)
            if run is None or run.id != run_id:
                raise UsageError(
                    f"The refresh {run_id} is not the one that runs now: its shards are started by it alone."
                )
            wanted = set(await shards.read_unfetched(connection, run_id, shard))
            boards = tuple(board for board in boards_of(companies) if (board.source, board.token) in wanted)
            states = await ledger.read_board_states(
                connection,
                [(board.source, board.token) for board in boards],
                reading_version=run.reading_version,
            )
            ids = await company_store.read_company_ids(connection)
            levels = await company_store.read_level_ids(connection)
            return Plan(replace(run, shard=shard), boards, states, ids, levels)

    plan = await db.again(read)
    version = await db.write(
        lambda connection: company_store.upsert_reading_version(
            connection, parser_version=PARSER_VERSION, config_digest=readings.digest, at=at, check=readings.check
        )
    )
    if version != plan.run.reading_version:
        raise ConfigError(
            f"The shard {shard} has another program, levels.yaml or locations.yaml than its refresh: give both the "
            f"same image and the same config, then run `job-hunter refresh --only-missing`."
        )
    return plan


async def is_running(db: Database, run_id: UUID) -> bool:
    """Whether `run_id` is the refresh that runs now."""
    run = await db.read(shards.read_current_run)
    return run is not None and run.id == run_id


async def read_unfetched(db: Database, run_id: UUID, shard: int) -> int:
    """How many boards of a shard have no line in the ledger yet."""
    return len(await db.read(lambda connection: shards.read_unfetched(connection, run_id, shard)))


async def unfetched(db: Database, plan: Plan) -> Plan:
    """`plan` with those of its boards only that have no line in the ledger yet."""
    found = await db.read(lambda connection: ledger.read_run_results(connection, plan.run.id))
    done = {(result.source, result.board) for result in found}
    return replace(plan, boards=tuple(board for board in plan.boards if (board.source, board.token) not in done))


async def account(db: Database, plan: Plan, *, at: datetime, why: Callable[[Board], str]) -> list[BoardResult]:
    """What became of each board of `plan`, from the ledger; one that nobody got to is written down as skipped."""
    run = plan.run

    async def settle() -> list[BoardResult]:
        async with db.transaction() as connection:
            found = {(result.source, result.board) for result in await ledger.read_run_results(connection, run.id)}
            for board in plan.boards:
                if (board.source, board.token) in found:
                    continue
                missing = BoardResult(
                    source=board.source,
                    board=board.token,
                    company_slug=board.slug,
                    status=FetchStatus.SKIPPED,
                    message=why(board),
                )
                company = plan.company_ids[board.slug]
                await ledger.write_board_result(connection, run, missing, company_id=company, at=at)
            await shards.forget_planned_boards(connection)
            results = await ledger.read_run_results(connection, run.id)
        wanted = {(board.source, board.token) for board in plan.boards}
        return [result for result in results if (result.source, result.board) in wanted]

    return await db.again(settle)
