"""Dated snapshots: one row per open role and per standing comp point and day, by INSERT … SELECT."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

A_DAY = timedelta(days=1)
REPORTED_FOR = timedelta(days=60)

_ROLE_COLUMNS = [
    "lineage_id",
    "company_id",
    "level_id",
    "reading_version",
    "is_canonical",
    "states_pay",
    "primary_location",
    "family",
    "origin",
]
_COMP_COLUMNS = [
    "lineage_id",
    "base_gbp",
    "total_gbp",
    "base_value",
    "total_value",
    "company_id",
    "n_reported",
    "rate_date",
    "level_id",
    "reading_version",
    "is_canonical",
    "location_bucket",
    "family",
    "currency",
    "evidence",
    "origin",
]


def _replace(names: list[str], table: str) -> str:
    values = ", ".join(f"{name} = excluded.{name}" for name in names)
    old = ", ".join(f"{table}.{name}" for name in names)
    new = ", ".join(f"excluded.{name}" for name in names)
    return f"DO UPDATE SET {values} WHERE ({old}) IS DISTINCT FROM ({new})"


def _roles(where: str, conflict: str) -> str:
    return f"""
    INSERT INTO job_hunter.roles_snapshots AS s (snapshot_date, role_id, {", ".join(_ROLE_COLUMNS)})
    SELECT :on, r.id, r.lineage_id, r.company_id, r.level_id, r.reading_version, r.is_canonical,
           r.parsed_currency IS NOT NULL, r.primary_location, r.family, :origin
    FROM job_hunter.roles r WHERE {where}
    ON CONFLICT (snapshot_date, role_id) {conflict}"""


def _points(where: str, conflict: str) -> str:
    return f"""
    INSERT INTO job_hunter.comp_snapshots AS s (snapshot_date, comp_point_id, {", ".join(_COMP_COLUMNS)})
    SELECT :on, p.id, r.lineage_id, p.base_gbp, p.total_gbp, p.base_value, p.total_value, p.company_id, p.n_reported,
           p.rate_date, p.level_id, r.reading_version, COALESCE(r.is_canonical, true), p.location_bucket, p.family,
           p.currency, p.evidence, :origin
    FROM job_hunter.comp_points p LEFT JOIN job_hunter.roles r ON r.id = p.role_id
    WHERE {where}
    ON CONFLICT (snapshot_date, comp_point_id) {conflict}"""


_BOARD = "r.source = :source AND r.board = :board AND r.closed_at IS NULL"
_BOARD_ROLES = _roles(_BOARD, _replace(_ROLE_COLUMNS, "s"))
# An incomplete rerun of the day keeps the rows it finds, of points too that it takes away; a complete one clears them.
_POINTS_LEFT_BEHIND = """
    DELETE FROM job_hunter.comp_snapshots c
    WHERE c.snapshot_date = :on AND c.evidence = 'posted'
      AND EXISTS (SELECT 1 FROM job_hunter.board_fetches f WHERE f.snapshot_date = :on AND f.source = :source
                  AND f.board = :board AND f.status IN ('partial', 'quarantined'))
      AND NOT EXISTS (SELECT 1 FROM job_hunter.comp_points p WHERE p.id = c.comp_point_id)
      AND EXISTS (SELECT 1 FROM job_hunter.roles r
                  WHERE r.lineage_id = c.lineage_id AND r.source = :source AND r.board = :board)"""
_BOARD_POINTS = f"WITH left_behind AS ({_POINTS_LEFT_BEHIND}) {_points(_BOARD, _replace(_COMP_COLUMNS, 's'))}"
_REPORTED_POINTS = _points(
    "p.evidence = 'reported' AND p.fetched_at >= :since AND p.fetched_at < :until", _replace(_COMP_COLUMNS, "s")
)

_COVERED = (
    "EXISTS (SELECT 1 FROM job_hunter.board_fetches f WHERE f.snapshot_date = :on AND f.status = 'complete' "
    "AND f.source = r.source AND f.board = r.board)"
)
# `closed_at` is of the last closing only: what was closed on the day and came back later did not stand either.
_STOOD = f"""r.first_seen_at < :until AND (r.closed_at IS NULL OR r.closed_at >= :until) AND {_COVERED}
    AND COALESCE((SELECT e.kind = 'reopened' FROM job_hunter.role_events e
                  WHERE e.role_id = r.id AND e.kind IN ('closed', 'retired', 'reopened') AND e.happened_at < :until
                  ORDER BY e.happened_at DESC, e.id DESC LIMIT 1), true)"""
_FILLED_ROLES = _roles(_STOOD, "DO NOTHING")
# A point whose place is read another way since has another id, and the row of its old one stands for it.
_FILLED_POINTS = _points(
    f"""{_STOOD} AND p.effective_date <= :on
    AND NOT EXISTS (SELECT 1 FROM job_hunter.comp_snapshots c
                    WHERE c.snapshot_date = :on AND c.lineage_id = r.lineage_id)""",
    "DO NOTHING",
)


async def snapshot_board(connection: AsyncConnection, *, source: str, board: str, on: date) -> None:
    """Write the rows of the day `on` for the open roles of a board fetched completely, and their comp points.

    Rows of the day that are equal already are not rewritten; closing takes rows out (`roles.close_roles`), and so does
    this for points that an incomplete fetch of the same day took away.
    """
    values = {"source": source, "board": board, "on": on, "origin": "refresh"}
    await connection.execute(text(_BOARD_ROLES), values)
    await connection.execute(text(_BOARD_POINTS), values)


async def remove_retired(connection: AsyncConnection, *, on: date, at: datetime) -> list[bytes]:
    """Take the roles that were retired `at` out of the day `on`; returns their dedup keys."""
    retired = "job_hunter.role_events e WHERE e.happened_at = :at AND e.kind = 'retired'"
    keys = await connection.scalars(
        text(
            f"SELECT DISTINCT r.dedup_key FROM job_hunter.roles r WHERE r.dedup_key IS NOT NULL "
            f"AND r.id IN (SELECT e.role_id FROM {retired})"
        ),
        {"at": at},
    )
    await connection.execute(
        text(
            f"DELETE FROM job_hunter.roles_snapshots WHERE snapshot_date = :on AND role_id IN (SELECT e.role_id "
            f"FROM {retired})"
        ),
        {"on": on, "at": at},
    )
    await connection.execute(
        text(
            f"DELETE FROM job_hunter.comp_snapshots WHERE snapshot_date = :on AND comp_point_id IN (SELECT p.id "
            f"FROM job_hunter.comp_points p WHERE p.role_id IN (SELECT e.role_id FROM {retired}))"
        ),
        {"on": on, "at": at},
    )
    return list(keys)


async def snapshot_reported(connection: AsyncConnection, *, on: date) -> int:
    """Write the rows of the day `on` for the reported points seen in the 60 days up to it."""
    written = await connection.execute(
        text(_REPORTED_POINTS),
        {"on": on, "origin": "refresh", "since": _start_of(on - REPORTED_FOR), "until": _start_of(on + A_DAY)},
    )
    return int(written.rowcount)


async def fill_snapshot(connection: AsyncConnection, *, on: date) -> tuple[int, int, int]:
    """Insert what is missing for the day `on`, marked `filled`; rows that exist stay as they are.

    Only boards with a complete fetch that day are filled: what was not seen stays missing. Returns the rows inserted
    (roles, comp points) and how many boards were read completely that day.
    """
    values = {"on": on, "origin": "filled", "until": _start_of(on + A_DAY)}
    roles = await connection.execute(text(_FILLED_ROLES), values)
    points = await connection.execute(text(_FILLED_POINTS), values)
    boards = await connection.scalar(
        text("SELECT count(*) FROM job_hunter.coverage WHERE snapshot_date = :on AND is_covered"), {"on": on}
    )
    return int(roles.rowcount), int(points.rowcount), int(boards or 0)


def _start_of(day: date) -> datetime:
    """When the day begins: days are UTC days, whatever the server's or this machine's time zone."""
    return datetime.combine(day, time(), UTC)
