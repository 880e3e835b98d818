"""The raw archive: postings as received, read again by `reparse`, let go when nothing has pointed to them for long."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from isal import isal_zlib
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.company import Company, Sector


class ArchivedBoard(NamedTuple):
    """A board with open roles that another version of the readings read."""

    source: str
    board: str
    roles: int


class Archived(NamedTuple):
    """An open role's posting as received, and what is read in it so far; `raw` is None when the archive lacks it."""

    external_id: str
    company_id: int
    first_seen_at: datetime
    raw: bytes | None
    level: str | None
    location: str | None
    min: float | None
    max: float | None
    currency: str | None
    period: str | None
    basis: str | None
    gbp: float | None
    dedup_key: bytes | None


async def find_reading_version(connection: AsyncConnection, *, parser_version: str, config_digest: str) -> int | None:
    """The id of a version of the readings, None when it was never used."""
    found: int | None = await connection.scalar(
        text("SELECT id FROM job_hunter.reading_versions WHERE parser_version = :parser AND config_digest = :digest"),
        {"parser": parser_version, "digest": config_digest},
    )
    return found


async def read_archived_boards(
    connection: AsyncConnection, *, sources: list[str], slugs: list[str], version: int | None
) -> list[ArchivedBoard]:
    """Boards of `sources` with open roles that `version` did not read (None: any); of `slugs` alone, if given."""
    rows = await connection.execute(
        text(
            """
            SELECT r.source, r.board, count(*) FROM job_hunter.roles r
            JOIN job_hunter.companies c ON c.id = r.company_id
            WHERE r.closed_at IS NULL AND r.source = ANY(:sources)
              AND (cardinality(CAST(:slugs AS text[])) = 0 OR c.slug = ANY(:slugs))
              AND (CAST(:version AS smallint) IS NULL OR r.reading_version IS DISTINCT FROM :version)
            GROUP BY 1, 2 ORDER BY 1, 2
            """
        ),
        {"sources": sources, "slugs": slugs, "version": version},
    )
    return [ArchivedBoard(*row) for row in rows]


async def read_archived(
    connection: AsyncConnection, source: str, board: str, *, version: int | None, after: str, most: int
) -> list[Archived]:
    """The first `most` open roles of a board, by external id past `after`, that `version` (None: any) did not read.

    Their postings are unpacked.
    """
    rows = await connection.execute(
        text(
            """
            SELECT r.external_id, r.company_id, r.first_seen_at, a.body, l.slug, r.primary_location, r.parsed_base_min,
                   r.parsed_base_max, r.parsed_currency, r.parsed_period, r.parsed_basis,
                   COALESCE(p.total_gbp, p.base_gbp), r.dedup_key
            FROM job_hunter.roles r LEFT JOIN job_hunter.raw_payloads a ON a.content_hash = r.payload_hash
            LEFT JOIN job_hunter.levels l ON l.id = r.level_id
            LEFT JOIN job_hunter.comp_points p ON p.role_id = r.id
            WHERE r.source = :source AND r.board = :board AND r.closed_at IS NULL
              AND r.external_id > :after
              AND (CAST(:version AS smallint) IS NULL OR r.reading_version IS DISTINCT FROM :version)
            ORDER BY r.external_id LIMIT :most
            """
        ),
        {"source": source, "board": board, "version": version, "after": after, "most": most},
    )
    return [
        Archived(row[0], row[1], row[2], None if row[3] is None else isal_zlib.decompress(row[3]), *row[4:])
        for row in rows
    ]


async def read_companies_of(connection: AsyncConnection, ids: set[int]) -> dict[int, Company]:
    """The companies with those ids, as they were last configured or met."""
    rows = await connection.execute(
        text("SELECT id, slug, display_name, ats_type, ats_id, sector FROM job_hunter.companies WHERE id = ANY(:ids)"),
        {"ids": sorted(ids)},
    )
    return {row[0]: Company(row[1], row[2], row[3], row[4], Sector(row[5])) for row in rows}


async def prune_archive(connection: AsyncConnection, *, before: datetime) -> int:
    """Let go of postings that no role has pointed to since `before`; returns how many."""
    done = await connection.execute(
        text(
            "DELETE FROM job_hunter.raw_payloads a WHERE a.archived_at < :before "
            "AND NOT EXISTS (SELECT 1 FROM job_hunter.roles r WHERE r.payload_hash = a.content_hash)"
        ),
        {"before": before},
    )
    return int(done.rowcount)
