"""What `doctor` and `report` ask of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class FailingBoard:
    """A board whose newest fetches failed, `times` in a row."""

    source: str
    board: str
    company_slug: str
    times: int
    message: str | None


@dataclass(frozen=True, slots=True)
class QuarantinedBoard:
    """A board whose short harvest awaits confirmation."""

    source: str
    board: str
    company_slug: str
    since: datetime
    count: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Archive:
    """The raw archive: how many postings, and the bytes they take with their index."""

    postings: int
    size_bytes: int


async def read_newest_snapshot(connection: AsyncConnection) -> date | None:
    """The newest day with snapshot rows of roles."""
    newest: date | None = await connection.scalar(text("SELECT max(snapshot_date) FROM job_hunter.roles_snapshots"))
    return newest


async def read_failing_boards(connection: AsyncConnection, *, times: int) -> list[FailingBoard]:
    """Boards of current companies that were skipped in each of their last `times` runs or more."""
    rows = await connection.execute(
        text(
            """
            WITH ranked AS (
                SELECT f.source, f.board, c.slug, f.status, f.message,
                       row_number() OVER (PARTITION BY f.source, f.board ORDER BY f.fetched_at DESC) AS n
                FROM job_hunter.board_fetches f JOIN job_hunter.companies c ON c.id = f.company_id
                WHERE c.retired_at IS NULL AND c.ats_type = f.source AND c.ats_id = f.board),
            runs AS (
                SELECT source, board, slug,
                       COALESCE(min(n) FILTER (WHERE status <> 'skipped'), max(n) + 1) - 1 AS failed,
                       max(message) FILTER (WHERE n = 1) AS message
                FROM ranked GROUP BY source, board, slug)
            SELECT source, board, slug, failed, message FROM runs WHERE failed >= :times ORDER BY failed DESC, slug
            """
        ),
        {"times": times},
    )
    return [FailingBoard(*row) for row in rows]


async def read_quarantined_boards(connection: AsyncConnection) -> list[QuarantinedBoard]:
    """Boards with a quarantined harvest that no complete one has followed and nobody accepted."""
    rows = await connection.execute(
        text(
            """
            WITH newest AS (
                SELECT source, board,
                       max(fetched_at) FILTER (WHERE status = 'complete' OR accepted_at IS NOT NULL) AS done
                FROM job_hunter.board_fetches GROUP BY source, board)
            SELECT f.source, f.board, COALESCE(c.slug, f.board), min(f.fetched_at),
                   (array_agg(f.postings ORDER BY f.fetched_at DESC))[1],
                   (SELECT d.postings FROM job_hunter.board_fetches d
                    WHERE d.source = f.source AND d.board = f.board AND d.fetched_at = n.done LIMIT 1)
            FROM job_hunter.board_fetches f
            JOIN newest n USING (source, board)
            LEFT JOIN job_hunter.companies c ON c.id = f.company_id
            WHERE f.status = 'quarantined' AND f.accepted_at IS NULL AND f.fetched_at > COALESCE(n.done, '-infinity')
            GROUP BY f.source, f.board, c.slug, n.done
            ORDER BY f.source, f.board
            """
        )
    )
    return [QuarantinedBoard(*row) for row in rows]


async def read_latest_quarantine(connection: AsyncConnection, source: str, board: str) -> tuple[Any, date] | None:
    """The run and snapshot date of a board's newest quarantined harvest, None when nothing is quarantined."""
    row = (
        await connection.execute(
            text(
                "SELECT run_id, snapshot_date FROM job_hunter.board_fetches WHERE source = :source AND board = :board "
                "AND status = 'quarantined' AND accepted_at IS NULL ORDER BY fetched_at DESC LIMIT 1"
            ),
            {"source": source, "board": board},
        )
    ).first()
    return (row[0], row[1]) if row else None


async def write_accepted(connection: AsyncConnection, source: str, board: str, *, at: datetime) -> None:
    """Mark a board's quarantined harvests as accepted by a person: the next short one is then complete."""
    await connection.execute(
        text(
            "UPDATE job_hunter.board_fetches SET accepted_at = :at WHERE source = :source AND board = :board "
            "AND status = 'quarantined' AND accepted_at IS NULL"
        ),
        {"source": source, "board": board, "at": at},
    )


async def read_unpriced(connection: AsyncConnection) -> dict[str, int]:
    """Yearly figures of open roles that no rate could convert, by currency."""
    rows = await connection.execute(
        text(
            "SELECT p.currency, count(*) FROM job_hunter.comp_points p "
            "LEFT JOIN job_hunter.roles r ON r.id = p.role_id "
            "WHERE p.period = 'year' AND p.base_gbp IS NULL AND p.total_gbp IS NULL "
            "AND COALESCE(p.base_value, p.total_value) IS NOT NULL AND r.closed_at IS NULL "
            "GROUP BY p.currency ORDER BY p.currency"
        )
    )
    return {row[0]: row[1] for row in rows}


async def read_archive(connection: AsyncConnection) -> Archive:
    """The size of the raw archive."""
    row = (
        await connection.execute(
            text("SELECT count(*), pg_total_relation_size('job_hunter.raw_payloads') FROM job_hunter.raw_payloads")
        )
    ).one()
    return Archive(row[0], row[1])


async def read_source_mix(connection: AsyncConnection, *, since: date) -> list[dict[str, Any]]:
    """Per snapshot date and source: open roles, those that state pay, and comp points by evidence."""
    rows = await connection.execute(
        text(
            """
            SELECT s.snapshot_date, r.source, count(*) AS open_roles, count(*) FILTER (WHERE s.is_canonical) AS counted,
                   count(*) FILTER (WHERE s.states_pay) AS with_pay
            FROM job_hunter.roles_snapshots s JOIN job_hunter.roles r ON r.id = s.role_id
            WHERE s.snapshot_date >= :since
            GROUP BY s.snapshot_date, r.source ORDER BY s.snapshot_date, r.source
            """
        ),
        {"since": since},
    )
    return [dict(row) for row in rows.mappings()]


async def read_evidence_mix(connection: AsyncConnection, *, since: date) -> list[dict[str, Any]]:
    """Per snapshot date: comp points by evidence."""
    rows = await connection.execute(
        text(
            "SELECT snapshot_date, evidence, count(*) AS points FROM job_hunter.comp_snapshots "
            "WHERE snapshot_date >= :since GROUP BY snapshot_date, evidence ORDER BY snapshot_date, evidence"
        ),
        {"since": since},
    )
    return [dict(row) for row in rows.mappings()]


async def read_coverage(connection: AsyncConnection, *, since: date) -> list[dict[str, Any]]:
    """Per snapshot date: boards by status, and those that are missing with their reason."""
    rows = await connection.execute(
        text(
            """
            SELECT snapshot_date, count(*) AS boards, count(*) FILTER (WHERE is_covered) AS covered,
                   COALESCE(jsonb_agg(jsonb_build_object('company', COALESCE(company_slug, board), 'source', source,
                            'status', status, 'message', message) ORDER BY company_slug, source)
                            FILTER (WHERE NOT is_covered), '[]'::jsonb) AS missing
            FROM job_hunter.coverage WHERE snapshot_date >= :since GROUP BY snapshot_date ORDER BY snapshot_date
            """
        ),
        {"since": since},
    )
    return [dict(row) for row in rows.mappings()]


async def read_runs(connection: AsyncConnection, *, since: date) -> list[dict[str, Any]]:
    """The runs of the ledger with the sums of their boards."""
    rows = await connection.execute(
        text(
            """
            SELECT r.id, r.snapshot_date, r.started_at, r.finished_at, r.door, r.status, r.parser_version, r.message,
                   r.boards_planned, count(f.board) AS boards, sum(f.postings) AS postings, sum(f.new) AS new,
                   sum(f.changed) AS changed, sum(f.unchanged) AS unchanged, sum(f.closed) AS closed,
                   sum(f.reopened) AS reopened, sum(f.rejected) AS rejected, sum(f.wire_bytes) AS wire_bytes,
                   count(*) FILTER (WHERE f.status = 'quarantined') AS quarantined,
                   count(*) FILTER (WHERE f.status = 'skipped') AS skipped
            FROM job_hunter.refresh_runs r LEFT JOIN job_hunter.board_fetches f ON f.run_id = r.id
            WHERE r.snapshot_date >= :since GROUP BY r.id ORDER BY r.started_at
            """
        ),
        {"since": since},
    )
    return [dict(row) for row in rows.mappings()]
