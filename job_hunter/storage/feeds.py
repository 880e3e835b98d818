"""What the sources beside the boards need of the database: companies met there, sightings, reported pay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.company import Company, Sector
from job_hunter.domain.company_match import FOUND_TYPE
from job_hunter.domain.level import Family
from job_hunter.domain.run import Filled
from job_hunter.storage.roles import KnownRole
from job_hunter.storage.tables import CompanyRow, CompPointRow


class OpenBoard(NamedTuple):
    """A board with open roles, their ids, and their dedup keys."""

    board: str
    role_ids: tuple[int, ...]
    dedup_keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ReportedPoint:
    """Pay reported of one level of a company; yearly, `_gbp` NULL where there is no rate."""

    external_id: str
    level_id: int | None
    family: Family
    location_bucket: str
    currency: str
    statistic: str
    effective_date: date
    rate_date: date | None
    n_reported: int | None
    values: Mapping[str, float | None]
    """`total`, `base`, `rsu_annual`, `bonus` in `currency`."""
    gbp: Mapping[str, float | None]
    """The same in pounds."""


class Written(NamedTuple):
    """How many points were new, changed, and as before."""

    new: int
    changed: int
    unchanged: int


class Standing(NamedTuple):
    """What the last complete fetch of a page left behind: its validators and the points it showed."""

    etag: str | None
    last_modified: str | None
    postings: int
    fetched_at: datetime


async def read_found_companies(connection: AsyncConnection) -> list[Company]:
    """The companies that were met in threads and searches only, oldest first."""
    rows = await connection.execute(
        text(
            "SELECT slug, display_name, ats_id, also_known_as, domains FROM job_hunter.companies "
            "WHERE ats_type = :found ORDER BY id"
        ),
        {"found": FOUND_TYPE},
    )
    return [
        Company(
            slug=row.slug,
            display_name=row.display_name,
            ats_type=FOUND_TYPE,
            ats_id=row.ats_id,
            sector=Sector.OTHER,
            also_known_as=tuple(row.also_known_as),
            domains=tuple(row.domains),
        )
        for row in rows
    ]


async def insert_found_companies(connection: AsyncConnection, companies: Iterable[Company]) -> dict[str, int]:
    """Write those of `companies` we have no row of; returns the ids of all of them by slug. Rows are never changed."""
    wanted = {company.slug: company for company in companies}
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
        }
        for company in wanted.values()
        if company.ats_type == FOUND_TYPE
    ]
    if rows:
        table = CompanyRow.__table__  # type: ignore[attr-defined]
        await connection.execute(insert(table).values(rows).on_conflict_do_nothing())
    found = await connection.execute(
        text("SELECT slug, id FROM job_hunter.companies WHERE slug = ANY(:slugs)"), {"slugs": sorted(wanted)}
    )
    return {row.slug: row.id for row in found}


async def read_open_boards(connection: AsyncConnection, source: str) -> list[OpenBoard]:
    """The boards of a source that have open roles."""
    rows = await connection.execute(
        text(
            "SELECT board, array_agg(id ORDER BY id), array_agg(dedup_key ORDER BY id) FROM job_hunter.roles "
            "WHERE source = :source AND closed_at IS NULL GROUP BY board ORDER BY board"
        ),
        {"source": source},
    )
    return [OpenBoard(board, tuple(ids), tuple(key for key in keys if key)) for board, ids, keys in rows]


async def read_unseen(connection: AsyncConnection, source: str, *, before: datetime) -> OpenBoard:
    """The open roles of a source that were last seen before `before`, of whatever board."""
    rows = await connection.execute(
        text(
            "SELECT id, dedup_key FROM job_hunter.roles "
            "WHERE source = :source AND closed_at IS NULL AND fetched_at < :before ORDER BY id"
        ),
        {"source": source, "before": before},
    )
    found = rows.all()
    return OpenBoard("", tuple(row[0] for row in found), tuple(row[1] for row in found if row[1]))


async def read_known_of_source(
    connection: AsyncConnection, source: str, *, reading_version: int
) -> dict[str, KnownRole]:
    """The open roles of a source on whatever board, by external id."""
    rows = await connection.execute(
        text(
            "SELECT external_id, id, payload_hash, reading_version = :version, dedup_key FROM job_hunter.roles "
            "WHERE source = :source AND closed_at IS NULL"
        ),
        {"source": source, "version": reading_version},
    )
    return {row[0]: KnownRole(row[1], row[2], bool(row[3]), row[4]) for row in rows}


async def touch_roles(
    connection: AsyncConnection,
    source: str,
    external_ids: Collection[str],
    *,
    board: str,
    boards: Collection[str],
    at: datetime,
) -> None:
    """Note that open roles were seen again; those on none of `boards` move to `board`. Nothing else of them changes."""
    if external_ids:
        await connection.execute(
            text(
                "UPDATE job_hunter.roles SET fetched_at = :at, "
                "board = CASE WHEN board = ANY(:boards) THEN board ELSE :board END "
                "WHERE source = :source AND external_id = ANY(:ids) AND closed_at IS NULL"
            ),
            {"at": at, "board": board, "boards": sorted(boards), "source": source, "ids": sorted(external_ids)},
        )


async def read_fill_of(connection: AsyncConnection, source: str, external_ids: Collection[str]) -> Filled:
    """What is known of those open roles, whatever else their board holds."""
    row = await connection.execute(
        text(
            "SELECT count(*), count(parsed_currency), count(level_id), count(primary_location) FROM job_hunter.roles "
            "WHERE source = :source AND external_id = ANY(:ids) AND closed_at IS NULL"
        ),
        {"source": source, "ids": sorted(external_ids)},
    )
    return Filled(*row.one())


async def read_standing(
    connection: AsyncConnection, source: str, boards: Sequence[str], *, reading_version: int
) -> dict[str, Standing]:
    """What the last complete fetch of each page left behind, as far as this reading version read it."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT ON (board) board, etag, last_modified, postings, fetched_at, "
            "reading_version = :version AS is_current FROM job_hunter.board_fetches "
            "WHERE source = :source AND board = ANY(:boards) AND status = 'complete' "
            "ORDER BY board, fetched_at DESC"
        ),
        {"source": source, "boards": list(boards), "version": reading_version},
    )
    return {
        row.board: Standing(row.etag, row.last_modified, row.postings, row.fetched_at) for row in rows if row.is_current
    }


_MONEY = ("base", "bonus", "rsu_annual", "total")


async def upsert_reported(
    connection: AsyncConnection, source: str, company_id: int, points: Sequence[ReportedPoint], *, at: datetime
) -> Written:
    """Write reported points as seen `at`; a sighting alone renews `fetched_at` and counts as unchanged."""
    if not points:
        return Written(0, 0, 0)
    table = CompPointRow.__table__  # type: ignore[attr-defined]
    rows: list[dict[str, Any]] = [
        {
            "source": source,
            "external_id": point.external_id,
            "company_id": company_id,
            "level_id": point.level_id,
            "family": point.family.value,
            "location_bucket": point.location_bucket,
            **{f"{name}_value": point.values.get(name) for name in _MONEY},
            **{f"{name}_gbp": point.gbp.get(name) for name in _MONEY},
            "currency": point.currency,
            "period": "year",
            "is_annualised": False,
            "statistic": point.statistic,
            "rate_date": point.rate_date,
            "effective_date": point.effective_date,
            "evidence": "reported",
            "n_reported": point.n_reported,
            "fetched_at": at,
        }
        for point in points
    ]
    facts = [name for name in rows[0] if name not in ("source", "external_id", "fetched_at")]
    known = await connection.execute(
        text(
            f"SELECT external_id, {', '.join(facts)} FROM job_hunter.comp_points "
            "WHERE source = :source AND external_id = ANY(:ids)"
        ),
        {"source": source, "ids": [row["external_id"] for row in rows]},
    )
    before = {row.external_id: {name: getattr(row, name) for name in facts} for row in known}
    statement = insert(table).values(rows)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "external_id"],
            set_={name: statement.excluded[name] for name in (*facts, "fetched_at")},
        )
    )
    same = sum(before.get(row["external_id"]) == {name: row[name] for name in facts} for row in rows)
    new = sum(row["external_id"] not in before for row in rows)
    return Written(new, len(rows) - new - same, same)


async def touch_reported(
    connection: AsyncConnection, source: str, board: str, *, since: datetime, at: datetime
) -> tuple[int, int]:
    """Renew the points of an unmodified page that stood at its last sighting, at or after `since`.

    Returns how many they are, and how many of them are of a known level.
    """
    done = await connection.execute(
        text(
            "UPDATE job_hunter.comp_points SET fetched_at = :at "
            "WHERE source = :source AND starts_with(external_id, :prefix) AND fetched_at >= :since RETURNING level_id"
        ),
        {"at": at, "source": source, "prefix": f"{board}/", "since": since},
    )
    levels = [row.level_id for row in done]
    return len(levels), len(levels) - levels.count(None)
