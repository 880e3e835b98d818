"""The store path: one COPY of what changed, then set-based statements, all in the caller's transaction.

A posting that did not change is not written at all: it never gets this far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.storage.database import copy_records
from job_hunter.storage.tables import RoleRow


class KnownRole(NamedTuple):
    """An open role of a board as we hold it. `is_current` says that this reading version read it."""

    id: int
    payload_hash: bytes | None
    is_current: bool
    dedup_key: bytes | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing a batch did. The ids are of rows that were written."""

    new_ids: tuple[int, ...] = ()
    reopened: int = 0


STAGING: Sequence[tuple[str, str]] = (
    ("external_id", "text"),
    ("company_id", "integer"),
    ("internal_id", "text"),
    ("title", "text"),
    ("department", "text"),
    ("location", "text"),
    ("primary_location", "text"),
    ("remote_policy", "text"),
    ("family", "text"),
    ("level_id", "smallint"),
    ("posted_at", "timestamptz"),
    ("apply_url", "text"),
    ("parsed_base_min", "float8"),
    ("parsed_base_max", "float8"),
    ("parsed_currency", "text"),
    ("parsed_period", "text"),
    ("parsed_basis", "text"),
    ("parsed_base_gbp", "float8"),
    ("rate_date", "date"),
    ("salary_parse_confidence", "float8"),
    ("pay_evidence", "text"),
    ("pay_bands", "jsonb"),
    ("dedup_key", "bytea"),
    ("payload_hash", "bytea"),
    ("cities", "text[]"),
    ("countries", "text[]"),
    ("body", "bytea"),
    ("point_value", "float8"),
    ("point_gbp", "float8"),
    ("point_currency", "text"),
    ("point_period", "text"),
    ("point_is_total", "boolean"),
    ("point_is_annualised", "boolean"),
    ("point_statistic", "text"),
    ("effective_date", "date"),
)
COLUMNS = tuple(name for name, _ in STAGING)
_DDL = "CREATE TEMP TABLE IF NOT EXISTS staging_roles ({}) ON COMMIT DELETE ROWS".format(
    ", ".join(f"{name} {kind}" for name, kind in STAGING)
)

_KEPT = frozenset({"id", "source", "external_id", "first_seen_at", "is_canonical", "lineage_id"})
_SET_ALWAYS = frozenset({"fetched_at", "closed_at"})
_STAGED = tuple(c.name for c in RoleRow.__table__.columns if c.name in COLUMNS)  # type: ignore[attr-defined]
_SETTABLE = tuple(name for name in _STAGED if name not in _KEPT)


def _row(names: Iterable[str], prefix: str) -> str:
    return "(" + ", ".join(f"{prefix}.{name}" for name in names) + ")"


_PAY = ("parsed_base_min", "parsed_base_max", "parsed_currency", "parsed_period", "parsed_basis")

_PAY_EVENTS = f"""
    INSERT INTO job_hunter.role_events (role_id, kind, happened_at, run_id, detail)
    SELECT r.id, 'pay_changed', :at, :run, jsonb_build_object(
        'cause', CASE WHEN r.payload_hash = s.payload_hash THEN 'reading' ELSE 'posting' END,
        'from', jsonb_build_object('min', r.parsed_base_min, 'max', r.parsed_base_max, 'currency', r.parsed_currency,
                                   'period', r.parsed_period, 'basis', r.parsed_basis),
        'to', jsonb_build_object('min', s.parsed_base_min, 'max', s.parsed_base_max, 'currency', s.parsed_currency,
                                 'period', s.parsed_period, 'basis', s.parsed_basis))
    FROM staging_roles s JOIN job_hunter.roles r ON r.source = :source AND r.external_id = s.external_id
    WHERE {_row(_PAY, "r")} IS DISTINCT FROM {_row(_PAY, "s")}
"""

_REOPEN_EVENTS = """
    INSERT INTO job_hunter.role_events (role_id, kind, happened_at, run_id, detail)
    SELECT r.id, 'reopened', :at, :run, jsonb_build_object('closed_at', r.closed_at)
    FROM staging_roles s JOIN job_hunter.roles r ON r.source = :source AND r.external_id = s.external_id
    WHERE r.closed_at IS NOT NULL
"""

_UPSERT = f"""
    INSERT INTO job_hunter.roles AS r
        (id, lineage_id, source, board, first_seen_at, fetched_at, reading_version, {", ".join(_STAGED)})
    SELECT n.id, n.id, :source, :board, :at, :at, :version, {", ".join(f"n.{name}" for name in _STAGED)}
    FROM (SELECT COALESCE(k.id, nextval(pg_get_serial_sequence('job_hunter.roles', 'id'))) AS id, s.*
          FROM staging_roles s
          LEFT JOIN job_hunter.roles k ON k.source = :source AND k.external_id = s.external_id
          ORDER BY s.external_id) n
    ON CONFLICT (source, external_id) DO UPDATE SET
        board = excluded.board, reading_version = excluded.reading_version, fetched_at = excluded.fetched_at,
        closed_at = NULL, {", ".join(f"{name} = excluded.{name}" for name in _SETTABLE)}
    WHERE (r.board, r.reading_version, r.closed_at, {", ".join(f"r.{name}" for name in _SETTABLE)})
        IS DISTINCT FROM
          (excluded.board, excluded.reading_version, NULL::timestamptz,
           {", ".join(f"excluded.{name}" for name in _SETTABLE)})
    RETURNING r.id, (xmax = 0) AS is_new
"""

_PLACES_GONE = """
    DELETE FROM job_hunter.role_places p USING staging_roles s, job_hunter.roles r
    WHERE r.source = :source AND r.external_id = s.external_id AND p.role_id = r.id
      AND p.n >= COALESCE(cardinality(s.countries), 0)
"""

_PLACES = """
    INSERT INTO job_hunter.role_places AS p (role_id, n, city, country)
    SELECT r.id, u.n - 1, u.city, u.country
    FROM staging_roles s JOIN job_hunter.roles r ON r.source = :source AND r.external_id = s.external_id,
         LATERAL unnest(s.cities, s.countries) WITH ORDINALITY AS u(city, country, n)
    ON CONFLICT (role_id, n) DO UPDATE SET city = excluded.city, country = excluded.country
    WHERE (p.city, p.country) IS DISTINCT FROM (excluded.city, excluded.country)
"""

_POINT_ID = "s.external_id || '/' || COALESCE(s.primary_location, '-')"

_POINTS_GONE = f"""
    WITH gone AS (
        DELETE FROM job_hunter.comp_points p USING staging_roles s, job_hunter.roles r
        WHERE r.source = :source AND r.external_id = s.external_id AND p.role_id = r.id
          AND (s.point_value IS NULL OR p.external_id <> {_POINT_ID})
        RETURNING p.id)
    DELETE FROM job_hunter.comp_snapshots c USING gone
    WHERE c.snapshot_date = :on AND c.comp_point_id = gone.id
"""

_POINT_COLUMNS = [
    "role_id",
    "company_id",
    "level_id",
    "family",
    "location_bucket",
    "base_value",
    "base_gbp",
    "total_value",
    "total_gbp",
    "currency",
    "period",
    "is_annualised",
    "statistic",
    "rate_date",
    "effective_date",
    "evidence",
]

_POINTS = f"""
    INSERT INTO job_hunter.comp_points AS p (source, external_id, fetched_at, {", ".join(_POINT_COLUMNS)})
    SELECT :source, {_POINT_ID}, :at, r.id, s.company_id, s.level_id, s.family, s.primary_location,
           CASE WHEN NOT s.point_is_total THEN s.point_value END, CASE WHEN NOT s.point_is_total THEN s.point_gbp END,
           CASE WHEN s.point_is_total THEN s.point_value END, CASE WHEN s.point_is_total THEN s.point_gbp END,
           s.point_currency, s.point_period, s.point_is_annualised, s.point_statistic, s.rate_date, s.effective_date,
           'posted'
    FROM staging_roles s JOIN job_hunter.roles r ON r.source = :source AND r.external_id = s.external_id
    WHERE s.point_value IS NOT NULL
    ORDER BY s.external_id
    ON CONFLICT (source, external_id) DO UPDATE SET fetched_at = excluded.fetched_at,
        {", ".join(f"{name} = excluded.{name}" for name in _POINT_COLUMNS)}
    WHERE {_row(_POINT_COLUMNS, "p")} IS DISTINCT FROM {_row(_POINT_COLUMNS, "excluded")}
"""

# The archive keeps what nothing points to any more for some years: from now on.
_RELEASE = """
    UPDATE job_hunter.raw_payloads a SET archived_at = :at
    FROM staging_roles s JOIN job_hunter.roles r ON r.source = :source AND r.external_id = s.external_id
    WHERE a.content_hash = r.payload_hash AND r.payload_hash <> s.payload_hash
"""

_ARCHIVE = """
    INSERT INTO job_hunter.raw_payloads (content_hash, source, body, archived_at)
    SELECT DISTINCT ON (payload_hash) payload_hash, :source, body, :at FROM staging_roles
    WHERE body IS NOT NULL ORDER BY payload_hash
    ON CONFLICT (content_hash) DO NOTHING
"""

SOURCE_RANK = (
    "array_position(ARRAY['greenhouse', 'lever', 'ashby', 'changedetection', 'hn', 'linkedin_guest'], r.source)"
)

# OFFSET 0: each key by its index alone. Of a table that was empty a minute ago the planner expects next to nothing to
# be open, and would read all that is for every key.
_MISTAKEN = f"""
    SELECT id, is_first
    FROM (SELECT r.id, r.is_canonical,
                 row_number() OVER (PARTITION BY k.key ORDER BY {SOURCE_RANK}, r.first_seen_at, r.id) = 1 AS is_first
          FROM unnest(CAST(:keys AS bytea[])) AS k(key)
          CROSS JOIN LATERAL (
              SELECT o.id, o.source, o.first_seen_at, o.is_canonical, o.closed_at FROM job_hunter.roles o
              WHERE o.dedup_key = k.key OFFSET 0) r
          WHERE r.closed_at IS NULL) ranked
    WHERE is_canonical <> is_first
"""

_CANONICAL = """
    WITH flipped AS (
        UPDATE job_hunter.roles r SET is_canonical = m.is_first
        FROM unnest(CAST(:ids AS bigint[]), CAST(:firsts AS boolean[])) AS m(id, is_first)
        WHERE r.id = m.id
        RETURNING r.id, r.is_canonical),
    roles_today AS (
        UPDATE job_hunter.roles_snapshots s SET is_canonical = f.is_canonical FROM flipped f
        WHERE s.snapshot_date = :on AND s.role_id = f.id)
    UPDATE job_hunter.comp_snapshots c SET is_canonical = f.is_canonical
    FROM flipped f JOIN job_hunter.comp_points p ON p.role_id = f.id
    WHERE c.snapshot_date = :on AND c.comp_point_id = p.id
"""

_REPOSTED = """
    WITH candidates AS (
        SELECT DISTINCT ON (n.id) n.id AS new_id, p.id AS old_id, p.lineage_id
        FROM job_hunter.roles n
        JOIN job_hunter.roles p ON p.company_id = n.company_id AND p.id <> n.id AND p.closed_at IS NOT NULL
         AND p.closed_at >= :since
         AND (p.dedup_key = n.dedup_key
              OR (p.source = n.source AND p.internal_id = n.internal_id AND p.location = n.location))
        WHERE n.id = ANY(:ids)
          AND NOT EXISTS (SELECT 1 FROM job_hunter.roles o
                          WHERE o.lineage_id = p.lineage_id AND o.company_id = p.company_id AND o.closed_at IS NULL)
        ORDER BY n.id, p.closed_at DESC, p.id DESC),
    pairs AS (SELECT DISTINCT ON (lineage_id) * FROM candidates ORDER BY lineage_id, new_id),
    linked AS (
        UPDATE job_hunter.roles r SET lineage_id = pairs.lineage_id FROM pairs WHERE r.id = pairs.new_id
        RETURNING r.id, pairs.old_id)
    INSERT INTO job_hunter.role_events (role_id, kind, happened_at, run_id, detail)
    SELECT id, 'reposted', :at, :run, jsonb_build_object('earlier_role_id', old_id) FROM linked ORDER BY id
"""


class Fill(NamedTuple):
    """How many roles of a board are open, and how many of them state pay, bear a level, and name a place we know."""

    open_roles: int
    with_pay: int
    with_level: int
    with_place: int


async def read_fill(connection: AsyncConnection, source: str, board: str) -> Fill:
    """The fill counts of a board's open roles."""
    row = await connection.execute(
        text(
            "SELECT count(*), count(parsed_currency), count(level_id), count(primary_location) FROM job_hunter.roles "
            "WHERE source = :source AND board = :board AND closed_at IS NULL"
        ),
        {"source": source, "board": board},
    )
    return Fill(*row.one())


async def read_known_roles(
    connection: AsyncConnection, source: str, board: str, *, reading_version: int
) -> dict[str, KnownRole]:
    """The open roles of a board, by external id."""
    rows = await connection.execute(
        text(
            "SELECT external_id, id, payload_hash, reading_version = :version, dedup_key FROM job_hunter.roles "
            "WHERE source = :source AND board = :board AND closed_at IS NULL"
        ),
        {"source": source, "board": board, "version": reading_version},
    )
    return {row[0]: KnownRole(row[1], row[2], bool(row[3]), row[4]) for row in rows}


async def stage(connection: AsyncConnection, records: Iterable[Sequence[Any]]) -> None:
    """COPY `records`, tuples in the order of `COLUMNS`, each external id once, into this connection's staging table."""
    await connection.execute(text(_DDL))
    await copy_records(connection, "staging_roles", records, COLUMNS)


async def upsert_staged(
    connection: AsyncConnection, *, source: str, board: str, run: UUID, at: datetime, on: Any, version: int
) -> Stored:
    """Write the staged roles with their places, comp points, events and archived bodies."""
    common: Mapping[str, Any] = {"source": source, "board": board, "at": at, "run": run, "on": on, "version": version}

    async def execute(statement: str, *names: str) -> Any:
        return await connection.execute(text(statement), {name: common[name] for name in names})

    await execute(_PAY_EVENTS, "source", "at", "run")
    reopened = await execute(_REOPEN_EVENTS, "source", "at", "run")
    await execute(_RELEASE, "source", "at")
    written = (await execute(_UPSERT, "source", "board", "at", "version")).all()
    await execute(_PLACES_GONE, "source")
    await execute(_PLACES, "source")
    await execute(_POINTS_GONE, "source", "on")
    await execute(_POINTS, "source", "at")
    await execute(_ARCHIVE, "source", "at")
    return Stored(new_ids=tuple(row[0] for row in written if row[1]), reopened=reopened.rowcount)


async def close_roles(
    connection: AsyncConnection, ids: Sequence[int], *, run: UUID | None, at: datetime, on: Any
) -> None:
    """Close the roles with these ids, and take their rows of the day `on` out of the snapshots."""
    if not ids:
        return
    values = {"ids": list(ids), "at": at, "run": run}
    await connection.execute(
        text("UPDATE job_hunter.roles SET closed_at = :at WHERE id = ANY(:ids) AND closed_at IS NULL"),
        {"ids": list(ids), "at": at},
    )
    await connection.execute(
        text(
            "INSERT INTO job_hunter.role_events (role_id, kind, happened_at, run_id) "
            "SELECT id, 'closed', :at, :run FROM unnest(CAST(:ids AS bigint[])) AS id ORDER BY id"
        ),
        values,
    )
    await connection.execute(
        text("DELETE FROM job_hunter.roles_snapshots WHERE snapshot_date = :on AND role_id = ANY(:ids)"),
        {"on": on, "ids": list(ids)},
    )
    await connection.execute(
        text(
            "DELETE FROM job_hunter.comp_snapshots c USING job_hunter.comp_points p "
            "WHERE c.snapshot_date = :on AND c.comp_point_id = p.id AND p.role_id = ANY(:ids)"
        ),
        {"on": on, "ids": list(ids)},
    )


async def mark_canonical(connection: AsyncConnection, keys: Iterable[bytes], *, on: Any) -> None:
    """See to it that exactly one open role of each dedup key is canonical: ATS before HN before LinkedIn."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    mistaken = (await connection.execute(text(_MISTAKEN), {"keys": wanted})).all()
    if mistaken:
        ids, firsts = [row.id for row in mistaken], [row.is_first for row in mistaken]
        await connection.execute(text(_CANONICAL), {"ids": ids, "firsts": firsts, "on": on})


async def link_reposts(
    connection: AsyncConnection, new_ids: Sequence[int], *, run: UUID, at: datetime, since: datetime
) -> None:
    """Give new roles the lineage of the role they repost: same internal job and place, or same dedup key, now closed.

    Only roles closed after `since` count, and a lineage that is still open is never taken over.
    """
    if new_ids:
        await connection.execute(text(_REPOSTED), {"ids": list(new_ids), "run": run, "at": at, "since": since})
