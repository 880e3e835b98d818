"""Companies, levels and reading versions: the small tables that rows of the large ones point to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.company import Company
from job_hunter.storage.tables import CompanyRow, ReadingVersionRow

_ROWS_AT_ONCE = 1000  # a statement takes at most 32,767 values
CONFIGURED_SOURCES = ("greenhouse", "lever", "ashby", "changedetection")


@dataclass(frozen=True, slots=True)
class Synced:
    """What a change of the configuration did: company ids by slug, and the slugs that were retired."""

    ids: Mapping[str, int]
    retired: tuple[str, ...]


async def upsert_companies(connection: AsyncConnection, companies: Iterable[Company]) -> dict[str, int]:
    """Write `companies` as configured; returns ids by slug. A company that comes back is no longer retired."""
    table = CompanyRow.__table__  # type: ignore[attr-defined]
    rows = [
        {
            "slug": company.slug,
            "display_name": company.display_name,
            "ats_type": company.ats_type,
            "ats_id": company.ats_id,
            "careers_url": company.careers_url,
            "also_known_as": list(company.also_known_as),
            "domains": list(company.domains),
            "sector": company.sector.value,
            "retired_at": None,
        }
        for company in companies
    ]
    if rows:
        # Two companies may have swapped boards: free the pairs first, the upsert sets them again.
        await connection.execute(
            text(
                "UPDATE job_hunter.companies c SET ats_id = c.ats_id || ' (formerly of ' || c.slug || ')' "
                "FROM unnest(CAST(:slugs AS text[]), CAST(:types AS text[]), CAST(:ids AS text[])) AS n(slug, t, i) "
                "WHERE c.ats_type = n.t AND c.ats_id = n.i AND c.slug <> n.slug"
            ),
            {
                "slugs": [row["slug"] for row in rows],
                "types": [row["ats_type"] for row in rows],
                "ids": [row["ats_id"] for row in rows],
            },
        )
        settable = [name for name in rows[0] if name != "slug"]
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            statement = insert(table).values(rows[start : start + _ROWS_AT_ONCE])
            excluded = statement.excluded
            changed = or_(*(table.c[name].is_distinct_from(excluded[name]) for name in settable))
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["slug"], set_={name: excluded[name] for name in settable}, where=changed
                )
            )
    return await read_company_ids(connection)


async def read_company_ids(connection: AsyncConnection) -> dict[str, int]:
    """Ids of all companies by slug."""
    found = await connection.execute(text("SELECT slug, id FROM job_hunter.companies"))
    return {row.slug: row.id for row in found}


async def sync_companies(connection: AsyncConnection, companies: Collection[Company], *, at: datetime) -> Synced:
    """Make the table equal to the configuration, and close the roles of boards that are no longer configured.

    Companies found in threads (ats_type `hn`) are left alone. Roles of a board that was removed, or moved to another
    ATS, are closed with the event `retired`; their lineage carries them over when they reappear elsewhere.
    """
    slugs = [company.slug for company in companies]
    retired = await connection.execute(
        text(
            "UPDATE job_hunter.companies SET retired_at = :at WHERE retired_at IS NULL "
            "AND ats_type = ANY(:sources) AND slug <> ALL(:slugs) RETURNING slug"
        ),
        {"at": at, "sources": list(CONFIGURED_SOURCES), "slugs": slugs},
    )
    names = tuple(sorted(retired.scalars()))
    ids = await upsert_companies(connection, companies)
    await connection.execute(
        text(
            """
            WITH gone AS (
                UPDATE job_hunter.roles r SET closed_at = :at
                FROM job_hunter.companies c
                WHERE c.id = r.company_id AND r.closed_at IS NULL
                  AND r.source IN ('greenhouse', 'lever', 'ashby')
                  AND (c.retired_at IS NOT NULL OR (c.ats_type, c.ats_id) <> (r.source, r.board))
                RETURNING r.id)
            INSERT INTO job_hunter.role_events (role_id, kind, happened_at)
            SELECT id, 'retired', :at FROM gone ORDER BY id
            """
        ),
        {"at": at},
    )
    return Synced(ids=ids, retired=names)


async def read_level_ids(connection: AsyncConnection) -> dict[str, int]:
    """Ids of the generic ladder's rungs by slug."""
    rows = await connection.execute(text("SELECT slug, id FROM job_hunter.levels WHERE company_id IS NULL"))
    return {row.slug: row.id for row in rows}


async def upsert_reading_version(
    connection: AsyncConnection,
    *,
    parser_version: str,
    config_digest: str,
    at: datetime,
    check: Callable[[], None],
) -> int:
    """The id of this version of the readings; at its first use it is written, unless `check` raises."""
    table = ReadingVersionRow.__table__  # type: ignore[attr-defined]
    found = text(
        "SELECT id FROM job_hunter.reading_versions WHERE parser_version = :parser_version AND config_digest = :digest"
    )
    wanted = {"parser_version": parser_version, "digest": config_digest}
    known: int | None = await connection.scalar(found, wanted)
    if known is None:
        check()
        await connection.execute(
            insert(table)
            .values(parser_version=parser_version, config_digest=config_digest, first_used_at=at)
            .on_conflict_do_nothing()
        )
        known = await connection.scalar(found, wanted)
    assert known is not None
    return known
