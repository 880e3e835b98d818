"""Which boards of a running refresh are whose: written by the parent, read by its shards, gone when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.run import Run
from job_hunter.storage.hosts import forget_hosts
from job_hunter.storage.ledger import RECEIVER

SEAT_LOCK = 0x6A68_7300_0000  # "jhs": one shard at a time on each seat, the seat's number added

_UNFETCHED = """
    FROM job_hunter.planned_boards p
    WHERE p.run_id = :run AND p.shard = :shard
      AND NOT EXISTS (SELECT 1 FROM job_hunter.board_fetches f
                      WHERE f.run_id = p.run_id AND f.source = p.source AND f.board = p.board)"""


async def write_planned_boards(
    connection: AsyncConnection, run_id: UUID, boards: Iterable[tuple[str, str, int]]
) -> None:
    """Write the (source, board, shard) of `run_id`; what an earlier refresh left is dropped. Its lock is held."""
    rows = list(boards)
    await connection.execute(text("DELETE FROM job_hunter.planned_boards"))
    await forget_hosts(connection)
    await connection.execute(
        text(
            "INSERT INTO job_hunter.planned_boards (run_id, source, board, shard) SELECT :run, source, board, shard "
            "FROM unnest(CAST(:sources AS text[]), CAST(:boards AS text[]), CAST(:shards AS int[])) "
            "AS n(source, board, shard)"
        ),
        {
            "run": run_id,
            "sources": [source for source, _, _ in rows],
            "boards": [board for _, board, _ in rows],
            "shards": [shard for _, _, shard in rows],
        },
    )


async def read_unfetched(connection: AsyncConnection, run_id: UUID, shard: int) -> list[tuple[str, str]]:
    """The (source, board) pairs of a shard that have no line in the run's ledger yet."""
    rows = await connection.execute(text(f"SELECT p.source, p.board {_UNFETCHED}"), {"run": run_id, "shard": shard})
    return [(source, board) for source, board in rows]


async def read_current_run(connection: AsyncConnection) -> Run | None:
    """The run that was begun last, if it is still running."""
    row = (
        await connection.execute(
            text(
                "SELECT id, started_at, snapshot_date, door, reading_version, status FROM job_hunter.refresh_runs "
                "WHERE door <> :receiver ORDER BY started_at DESC, id LIMIT 1"
            ),
            {"receiver": RECEIVER},
        )
    ).one_or_none()
    if row is None or row.status != "running":
        return None
    return Run(row.id, row.started_at, row.snapshot_date, row.door, row.reading_version)


async def forget_planned_boards(connection: AsyncConnection) -> None:
    """Drop the plan of shards: the refresh has ended."""
    await connection.execute(text("DELETE FROM job_hunter.planned_boards"))
    await forget_hosts(connection)
