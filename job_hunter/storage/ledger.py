"""The ledger: every run, and what became of every board in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import BoardHistory, FetchStatus
from job_hunter.domain.run import BoardResult, BoardState, Filled, Run, SourceRun
from job_hunter.storage.tables import BoardFetchRow, RefreshRunRow

RECEIVER = "cdio"  # the door of runs that hold no lock and read single pages
REFRESH_LOCK = 0x6A68_7266  # "jhrf": one refresh at a time


async def write_run(
    connection: AsyncConnection, run: Run, *, parser_version: str, boards_planned: int, is_narrow: bool
) -> None:
    """Open the ledger's row of `run`; a retry of the same run leaves it as it is.

    `is_narrow` when some companies or sources only are asked: the day is then one of the series only if another run
    of it asks all, or as long as no run ever has.
    """
    table = RefreshRunRow.__table__  # type: ignore[attr-defined]
    await connection.execute(
        insert(table)
        .values(
            id=run.id,
            snapshot_date=run.snapshot_date,
            started_at=run.started_at,
            door=run.door,
            status="running",
            parser_version=parser_version,
            reading_version=run.reading_version,
            boards_planned=boards_planned,
            is_narrow=is_narrow,
        )
        .on_conflict_do_nothing()
    )


async def write_run_end(
    connection: AsyncConnection, run: Run, *, finished_at: datetime, status: str, message: str | None
) -> None:
    """Close the ledger's row of `run`, and of others that were killed before they could.

    The caller holds the refresh lock, so that every other refresh still `running` is dead, whatever the clock said at
    its start. Of the receiver's runs, which hold no lock, those of another day are.
    """
    await connection.execute(
        text(
            "UPDATE job_hunter.refresh_runs SET finished_at = :at, status = CASE WHEN id = :id THEN :status "
            "ELSE 'killed' END, message = CASE WHEN id = :id THEN :message ELSE 'ended without a word' END "
            "WHERE id = :id OR (status = 'running' AND (door <> :receiver OR started_at < :a_day_ago))"
        ),
        {
            "id": run.id,
            "at": finished_at,
            "status": status,
            "message": message,
            "receiver": RECEIVER,
            "a_day_ago": finished_at - timedelta(days=1),
        },
    )


async def read_board_states(
    connection: AsyncConnection, boards: Iterable[tuple[str, str]], *, reading_version: int
) -> dict[tuple[str, str], BoardState]:
    """The state of each (source, board).

    Validators are given only when the last complete fetch was read by this very reading version and all it held is
    still open here, so that a 304 can never hide a better reading or a role that was closed meanwhile.
    """
    pairs = list(boards)
    rows = await connection.execute(
        text(
            """
            SELECT b.source, b.board, done.postings, short.since,
                   CASE WHEN done.is_kept AND short.since IS NULL THEN done.etag END,
                   CASE WHEN done.is_kept AND short.since IS NULL THEN done.last_modified END
            FROM unnest(CAST(:sources AS text[]), CAST(:boards AS text[])) AS b(source, board)
            LEFT JOIN LATERAL (
                SELECT f.postings, f.fetched_at, f.etag, f.last_modified,
                       f.reading_version = :version AND f.postings - f.rejected = (
                           SELECT count(*) FROM job_hunter.roles r
                           WHERE r.source = f.source AND r.board = f.board AND r.closed_at IS NULL) AS is_kept
                FROM job_hunter.board_fetches f
                WHERE f.source = b.source AND f.board = b.board
                  AND (f.status = 'complete' OR f.accepted_at IS NOT NULL)
                ORDER BY f.fetched_at DESC LIMIT 1) done ON true
            LEFT JOIN LATERAL (
                SELECT min(f.fetched_at) AS since FROM job_hunter.board_fetches f
                WHERE f.source = b.source AND f.board = b.board AND f.status = 'quarantined'
                  AND f.accepted_at IS NULL AND f.fetched_at > done.fetched_at) short ON true
            """
        ),
        {
            "sources": [source for source, _ in pairs],
            "boards": [board for _, board in pairs],
            "version": reading_version,
        },
    )
    return {
        (source, board): BoardState(BoardHistory(count, since), etag, last_modified)
        for source, board, count, since, etag, last_modified in rows
    }


_NAMED_ALIKE = (
    "http_status",
    "is_not_modified",
    "tries",
    "seconds",
    "wire_bytes",
    "etag",
    "last_modified",
    "postings",
    "new",
    "changed",
    "unchanged",
    "closed",
    "reopened",
    "rejected",
    "with_pay",
    "with_level",
    "with_place",
    "message",
)
"""Columns of a board's row that a result names alike."""


@cache
def _board_upsert(names: tuple[str, ...]) -> Insert:
    """The statement that writes those columns of a board's row; composing it takes longer than running it."""
    statement = insert(BoardFetchRow.__table__)  # type: ignore[attr-defined]
    keys = ("run_id", "source", "board")
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


async def write_board_result(
    connection: AsyncConnection, run: Run, result: BoardResult, *, company_id: int | None, at: datetime
) -> None:
    """Write the ledger's row of one board; a retry within the run replaces it."""
    values: dict[str, Any] = {
        "run_id": run.id,
        "source": result.source,
        "board": result.board,
        "company_id": company_id,
        "snapshot_date": run.snapshot_date,
        "fetched_at": at,
        "status": result.status.value,
        "reading_version": run.reading_version,
        "shard": run.shard,
        "lookup_misses": dict(result.lookup_misses) or None,
        "rejects": list(result.rejects) or None,
        "unread_fields": dict(result.unread_fields) or None,
    }
    values |= {name: getattr(result, name) for name in _NAMED_ALIKE}
    await connection.execute(_board_upsert(tuple(values)), values)


async def read_newest_day(connection: AsyncConnection) -> date | None:
    """The latest snapshot date of any run."""
    newest: date | None = await connection.scalar(text("SELECT max(snapshot_date) FROM job_hunter.refresh_runs"))
    return newest


async def read_covered_boards(connection: AsyncConnection, on: date) -> set[tuple[str, str]]:
    """The (source, board) pairs that have a complete fetch on `on`."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT source, board FROM job_hunter.board_fetches "
            "WHERE snapshot_date = :on AND status = 'complete'"
        ),
        {"on": on},
    )
    return {(source, board) for source, board in rows}


async def read_run_results(connection: AsyncConnection, run_id: UUID) -> list[BoardResult]:
    """All board results of a run, as the ledger holds them."""
    rows = await connection.execute(
        text(
            "SELECT f.*, COALESCE(c.slug, f.board) AS company_slug FROM job_hunter.board_fetches f "
            "LEFT JOIN job_hunter.companies c ON c.id = f.company_id WHERE f.run_id = :run ORDER BY f.source, f.board"
        ),
        {"run": run_id},
    )
    names = BoardResult.__dataclass_fields__
    results = []
    for row in rows.mappings():
        values = {name: row[name] for name in names}
        values["status"] = FetchStatus(values["status"])
        values["rejects"] = tuple(values["rejects"] or ())
        values["lookup_misses"] = values["lookup_misses"] or {}
        values["unread_fields"] = values["unread_fields"] or {}
        results.append(BoardResult(**values))
    return results


async def read_source_runs(connection: AsyncConnection, run: Run) -> dict[str, SourceRun]:
    """What the ledger knows of each source of `run`: how long it took, and its fill rates beside the last run's."""
    terms = ("{0}.postings - {0}.rejected", "{0}.with_pay", "{0}.with_level", "{0}.with_place")
    sums = ", ".join(
        f"COALESCE(sum({term.format(alias)}) FILTER (WHERE b.run_id IS NOT NULL), 0)"
        for alias in "nb"
        for term in terms
    )
    rows = await connection.execute(
        text(
            f"""
            SELECT n.source, extract(epoch FROM max(n.fetched_at) - :started), {sums}
            FROM job_hunter.board_fetches n LEFT JOIN LATERAL (
                SELECT f.* FROM job_hunter.board_fetches f
                WHERE f.source = n.source AND f.board = n.board AND f.status = 'complete' AND f.run_id <> n.run_id
                  AND f.fetched_at < n.fetched_at
                ORDER BY f.fetched_at DESC LIMIT 1) b ON n.status = 'complete'
            WHERE n.run_id = :run GROUP BY n.source ORDER BY n.source"""
        ),
        {"run": run.id, "started": run.started_at},
    )
    return {
        source: SourceRun(max(0.0, float(seconds)), Filled(*map(int, found[:4])), Filled(*map(int, found[4:])))
        for source, seconds, *found in rows
    }


def to_json(value: object) -> str:
    """`value` as JSON text, for jsonb columns that are filled by COPY."""
    return orjson.dumps(value).decode()
