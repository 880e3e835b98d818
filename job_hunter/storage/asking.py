"""What an analyst asks of the current openings and of the newest snapshot, by company, level, place, family, title."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.title_words import title_forms


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows count; what is None or empty lets everything through.

    `title` is looked for within titles, with its abbreviations written out too.
    """

    companies: tuple[str, ...] = ()
    level: str | None = None
    location: str | None = None
    families: tuple[str, ...] = ()
    title: str | None = None

    def values(self) -> dict[str, Any]:
        """The bound values."""
        return {
            "companies": list(self.companies),
            "level": self.level,
            "location": self.location,
            "families": list(self.families),
            "titles": [f"%{_literal(form)}%" for form in title_forms(self.title)] if self.title else None,
        }


def _literal(words: str) -> str:
    """`words` without a meaning for LIKE."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


class StatedBand(NamedTuple):
    """One band as openings of a company state it, and how many do. `gbp` is its comparable figure in pounds."""

    company: str
    title: str
    level: str | None
    location: str | None
    min: float | None
    max: float | None
    currency: str
    period: str
    basis: str
    gbp: float | None
    openings: int
    newest: datetime | None


class Band(NamedTuple):
    """The spread of one kind of evidence: pounds a year; `people` stand behind reported figures, None for posted."""

    company: str
    evidence: str
    n: int
    distinct: int
    people: int | None
    low: float
    p25: float
    p50: float
    p75: float
    high: float


class Cell(NamedTuple):
    """A company's p50 at one level (None: titles that state none), in pounds a year."""

    company: str
    level: str | None
    n: int
    n_reported: int
    p50: float


class Opening(NamedTuple):
    """One open role, with its pay where it states any."""

    company: str
    title: str
    level: str | None
    location: str | None
    place: str
    remote: str | None
    min: float | None
    max: float | None
    currency: str | None
    period: str | None
    basis: str | None
    gbp: float | None
    confidence: float | None
    evidence: str | None
    posted_at: datetime | None
    first_seen_at: datetime
    source: str
    url: str | None


_ROLES = """
    FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
    LEFT JOIN job_hunter.levels l ON l.id = r.level_id
    LEFT JOIN job_hunter.comp_points p ON p.role_id = r.id
    WHERE r.closed_at IS NULL AND r.is_canonical
      AND (cardinality(CAST(:companies AS text[])) = 0 OR c.slug = ANY(:companies))
      AND (CAST(:level AS text) IS NULL OR l.slug = :level)
      AND (CAST(:location AS text) IS NULL OR r.primary_location = :location)
      AND (cardinality(CAST(:families AS text[])) = 0 OR r.family = ANY(:families))
      AND (CAST(:titles AS text[]) IS NULL OR r.title ILIKE ANY(:titles))"""
_POINTS = """
    FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
    LEFT JOIN job_hunter.levels l ON l.id = s.level_id
    WHERE s.snapshot_date = :on AND s.is_canonical AND COALESCE(s.total_gbp, s.base_gbp) IS NOT NULL
      AND (cardinality(CAST(:companies AS text[])) = 0 OR c.slug = ANY(:companies))
      AND (CAST(:level AS text) IS NULL OR l.slug = :level)
      AND (CAST(:location AS text) IS NULL OR s.location_bucket = :location)
      AND (cardinality(CAST(:families AS text[])) = 0 OR s.family = ANY(:families))"""
_GBP = "COALESCE(s.total_gbp, s.base_gbp)"


async def read_stated_bands(connection: AsyncConnection, wanted: Wanted, *, limit: int) -> list[StatedBand]:
    """The bands that open roles state, each once a company, title, level and place; the best paid first."""
    rows = await connection.execute(
        text(
            f"""
            SELECT c.display_name, r.title, l.slug, r.primary_location, r.parsed_base_min, r.parsed_base_max,
                   r.parsed_currency, r.parsed_period, r.parsed_basis, max(COALESCE(p.total_gbp, p.base_gbp)), count(*),
                   max(r.posted_at)
            {_ROLES} AND r.parsed_currency IS NOT NULL
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
            ORDER BY 10 DESC NULLS LAST, 1, 2, 4 LIMIT :limit
            """
        ),
        {**wanted.values(), "limit": limit},
    )
    return [StatedBand(*row) for row in rows]


async def read_bands(connection: AsyncConnection, wanted: Wanted, *, on: date) -> list[Band]:
    """The spread of pay on the day `on` by kind of evidence, never blended, and company: the best paid first."""
    rows = await connection.execute(
        text(
            f"""
            SELECT c.display_name, s.evidence, count(*), count(DISTINCT round(CAST({_GBP} AS numeric), 2)),
                   CAST(sum(s.n_reported) AS bigint), min({_GBP}),
                   percentile_cont(0.25) WITHIN GROUP (ORDER BY {_GBP}),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY {_GBP}),
                   percentile_cont(0.75) WITHIN GROUP (ORDER BY {_GBP}), max({_GBP})
            {_POINTS} GROUP BY 1, 2 ORDER BY 2, 8 DESC, 1
            """
        ),
        {**_without_title(wanted), "on": on},
    )
    return [Band(*row) for row in rows]


async def read_market_bands(connection: AsyncConnection, wanted: Wanted, *, on: date) -> list[Band]:
    """The same over all companies together, one row a kind of evidence."""
    rows = await connection.execute(
        text(
            f"""
            SELECT 'all companies', s.evidence, count(*), count(DISTINCT round(CAST({_GBP} AS numeric), 2)),
                   CAST(sum(s.n_reported) AS bigint), min({_GBP}),
                   percentile_cont(0.25) WITHIN GROUP (ORDER BY {_GBP}),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY {_GBP}),
                   percentile_cont(0.75) WITHIN GROUP (ORDER BY {_GBP}), max({_GBP})
            {_POINTS} GROUP BY 2 ORDER BY 2
            """
        ),
        {**_without_title(wanted), "on": on},
    )
    return [Band(*row) for row in rows]


async def read_cells(connection: AsyncConnection, wanted: Wanted, *, on: date) -> list[Cell]:
    """Each company's p50 by level on the day `on`, as the leaders report computes it; levels in the ladder's order."""
    rows = await connection.execute(
        text(
            f"""
            SELECT c.display_name, l.slug, count(*), count(*) FILTER (WHERE s.evidence = 'reported'),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY {_GBP})
            {_POINTS} GROUP BY 1, 2, l.rank ORDER BY l.rank NULLS FIRST, 1
            """
        ),
        {**_without_title(wanted), "on": on},
    )
    return [Cell(*row) for row in rows]


async def read_openings(
    connection: AsyncConnection, wanted: Wanted, *, with_pay: bool, limit: int
) -> tuple[list[Opening], int]:
    """Open roles, those with pay and the surest first, and how many there are in all."""
    paid = " AND r.parsed_currency IS NOT NULL" if with_pay else ""
    rows = await connection.execute(
        text(
            f"""
            SELECT c.display_name, r.title, l.slug, r.primary_location, r.location, r.remote_policy, r.parsed_base_min,
                   r.parsed_base_max, r.parsed_currency, r.parsed_period, r.parsed_basis,
                   COALESCE(p.total_gbp, p.base_gbp), r.salary_parse_confidence, r.pay_evidence, r.posted_at,
                   r.first_seen_at, r.source, r.apply_url, count(*) OVER ()
            {_ROLES}{paid}
            ORDER BY r.salary_parse_confidence DESC NULLS LAST, 12 DESC NULLS LAST, c.display_name, r.title, r.id
            LIMIT :limit
            """
        ),
        {**wanted.values(), "limit": limit},
    )
    found = rows.all()
    return [Opening(*row[:-1]) for row in found], int(found[0][-1]) if found else 0


def _without_title(wanted: Wanted) -> dict[str, Any]:
    values = wanted.values()
    del values["titles"]
    return values


async def read_company_slugs(connection: AsyncConnection) -> list[str]:
    """Every company's slug."""
    return list((await connection.execute(text("SELECT slug FROM job_hunter.companies ORDER BY slug"))).scalars())


EXPORTS = {
    "roles": """
        SELECT r.id, c.slug AS company, c.display_name, r.source, r.external_id, r.title, r.department, r.family,
               l.slug AS level, r.location, r.primary_location, r.remote_policy, r.posted_at, r.first_seen_at,
               r.closed_at, r.parsed_base_min, r.parsed_base_max, r.parsed_currency, r.parsed_period, r.parsed_basis,
               r.parsed_base_gbp, r.rate_date, r.salary_parse_confidence, r.pay_evidence, r.is_canonical, r.lineage_id,
               r.apply_url
        FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id
        LEFT JOIN job_hunter.levels l ON l.id = r.level_id
        WHERE r.first_seen_at >= :since ORDER BY r.id""",
    "comp": """
        SELECT p.id, c.slug AS company, p.source, p.external_id, p.role_id, p.family, l.slug AS level,
               p.location_bucket, p.evidence, p.statistic, p.is_annualised, p.period, p.currency, p.base_value,
               p.bonus_value, p.rsu_annual_value, p.signon_value, p.total_value, p.base_gbp, p.bonus_gbp,
               p.rsu_annual_gbp, p.signon_gbp, p.total_gbp, p.rate_date, p.effective_date, p.n_reported, p.fetched_at
        FROM job_hunter.comp_points p JOIN job_hunter.companies c ON c.id = p.company_id
        LEFT JOIN job_hunter.levels l ON l.id = p.level_id
        WHERE p.fetched_at >= :since ORDER BY p.id""",
    "roles-snapshots": """
        SELECT s.snapshot_date, s.role_id, s.lineage_id, c.slug AS company, l.slug AS level, s.family,
               s.primary_location, s.states_pay, s.is_canonical, s.reading_version, s.origin
        FROM job_hunter.roles_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
        LEFT JOIN job_hunter.levels l ON l.id = s.level_id
        WHERE s.snapshot_date >= CAST(:since AS date) ORDER BY s.snapshot_date, s.role_id""",
    "comp-snapshots": """
        SELECT s.snapshot_date, s.comp_point_id, s.lineage_id, c.slug AS company, l.slug AS level, s.family,
               s.location_bucket, s.evidence, s.n_reported, s.currency, s.base_value, s.total_value, s.base_gbp,
               s.total_gbp, s.rate_date, s.is_canonical, s.reading_version, s.origin
        FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
        LEFT JOIN job_hunter.levels l ON l.id = s.level_id
        WHERE s.snapshot_date >= CAST(:since AS date) ORDER BY s.snapshot_date, s.comp_point_id""",
}
"""What can be exported, by name."""


async def stream_export(
    connection: AsyncConnection, what: str, *, since: datetime
) -> AsyncGenerator[tuple[Sequence[str], Sequence[Any]]]:
    """The rows of one export, one at a time with the names of their columns; memory stays flat."""
    result = await connection.stream(text(EXPORTS[what]), {"since": since})
    names = tuple(result.keys())
    async for row in result:
        yield names, tuple(row)
