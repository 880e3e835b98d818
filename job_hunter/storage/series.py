"""The dated series, read for the report. Every query is bounded by snapshot dates, so that partitions are pruned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.leaders import MissingBoard, OwnComp
from job_hunter.storage.ledger import RECEIVER


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows count: a bucket, a level id (None: all), families."""

    location: str
    level_id: int | None
    families: tuple[str, ...]

    def values(self) -> dict[str, Any]:
        """The bound values."""
        return {"location": self.location, "level": self.level_id, "families": list(self.families)}


@dataclass(frozen=True, slots=True)
class PointRow:
    """One comp point of one snapshot date."""

    on: date
    company_id: int
    point: int
    lineage: int | None
    gbp: float
    native: float
    currency: str
    evidence: str
    n_reported: int | None
    rate_date: date | None


@dataclass(frozen=True, slots=True)
class UnpricedRow:
    """How many figures of a company in one currency have no pounds on a snapshot date."""

    on: date
    company_id: int
    currency: str
    count: int


@dataclass(frozen=True, slots=True)
class CompanyName:
    """What the report shows of a company."""

    slug: str
    name: str
    sector: str


class ReadingVersion(NamedTuple):
    """A version of the readings: its id, which the tables of levels and places share, and that of the parsers."""

    id: int
    parsers: str


_COUNTED = """s.is_canonical AND s.{bucket} = :location AND s.family = ANY(:families)
    AND (CAST(:level AS smallint) IS NULL OR s.level_id = :level)"""
_POINTS = _COUNTED.format(bucket="location_bucket")
_ROLES = _COUNTED.format(bucket="primary_location")


async def read_dates(connection: AsyncConnection, *, since: date, until: date) -> list[date]:
    """The days of the series in a window, oldest first: a whole refresh ran, and a board was read completely."""
    rows = await connection.execute(
        text(
            "SELECT snapshot_date FROM job_hunter.snapshot_days WHERE snapshot_date BETWEEN :since AND :until "
            "ORDER BY snapshot_date"
        ),
        {"since": since, "until": until},
    )
    return list(rows.scalars())


async def read_newest_date(connection: AsyncConnection, *, until: date) -> date | None:
    """The newest day of the series up to `until` (see `read_dates`)."""
    newest: date | None = await connection.scalar(
        text(
            "SELECT snapshot_date FROM job_hunter.snapshot_days WHERE snapshot_date <= :until "
            "ORDER BY snapshot_date DESC LIMIT 1"
        ),
        {"until": until},
    )
    return newest


async def read_first_date(connection: AsyncConnection) -> date | None:
    """The first day of the series."""
    first: date | None = await connection.scalar(
        text("SELECT snapshot_date FROM job_hunter.snapshot_days ORDER BY snapshot_date LIMIT 1")
    )
    return first


async def read_points(connection: AsyncConnection, which: Filter, dates: Sequence[date]) -> list[PointRow]:
    """The figures in pounds on each of `dates`."""
    rows = await connection.execute(
        text(
            f"""
            SELECT s.snapshot_date, s.company_id, s.comp_point_id, s.lineage_id, COALESCE(s.total_gbp, s.base_gbp),
                   COALESCE(s.total_value, s.base_value), s.currency, s.evidence, s.n_reported, s.rate_date
            FROM job_hunter.comp_snapshots s
            WHERE s.snapshot_date = ANY(:dates) AND {_POINTS} AND COALESCE(s.total_gbp, s.base_gbp) IS NOT NULL
            """
        ),
        {**which.values(), "dates": list(dates)},
    )
    return [PointRow(*row) for row in rows]


async def read_unpriced(connection: AsyncConnection, which: Filter, dates: Sequence[date]) -> list[UnpricedRow]:
    """The yearly figures on each of `dates` that have no pounds, because there is no exchange rate of their day."""
    rows = await connection.execute(
        text(
            f"""
            SELECT s.snapshot_date, s.company_id, s.currency, count(*)
            FROM job_hunter.comp_snapshots s JOIN job_hunter.comp_points p ON p.id = s.comp_point_id
            WHERE s.snapshot_date = ANY(:dates) AND {_POINTS} AND COALESCE(s.total_gbp, s.base_gbp) IS NULL
              AND COALESCE(s.total_value, s.base_value) IS NOT NULL AND p.period = 'year'
            GROUP BY s.snapshot_date, s.company_id, s.currency
            """
        ),
        {**which.values(), "dates": list(dates)},
    )
    return [UnpricedRow(*row) for row in rows]


async def read_medians(
    connection: AsyncConnection, which: Filter, *, since: date, until: date
) -> dict[tuple[date, int], float]:
    """Each company's p50 on each snapshot date of a window."""
    rows = await connection.execute(
        text(
            f"""
            SELECT s.snapshot_date, s.company_id,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp))
            FROM job_hunter.comp_snapshots s
            WHERE s.snapshot_date BETWEEN :since AND :until AND {_POINTS}
              AND COALESCE(s.total_gbp, s.base_gbp) IS NOT NULL
            GROUP BY s.snapshot_date, s.company_id
            """
        ),
        {**which.values(), "since": since, "until": until},
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def read_openings(
    connection: AsyncConnection, which: Filter, *, since: date, until: date
) -> dict[tuple[date, int], tuple[int, int]]:
    """Each company's open roles, and those that state pay, on each snapshot date of a window."""
    rows = await connection.execute(
        text(
            f"""
            SELECT s.snapshot_date, s.company_id, count(*), count(*) FILTER (WHERE s.states_pay)
            FROM job_hunter.roles_snapshots s
            WHERE s.snapshot_date BETWEEN :since AND :until AND {_ROLES}
            GROUP BY s.snapshot_date, s.company_id
            """
        ),
        {**which.values(), "since": since, "until": until},
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class Coverage:
    """On which days of a window companies' own boards were read completely, as (date, company id).

    `boarded` are the companies that have a board or a watched page; of the others, who are known from threads, nothing
    is ever known to be missing.
    """

    read: frozenset[tuple[date, int]]
    boarded: frozenset[int]

    def is_missing(self, day: date, company: int) -> bool:
        """Whether the company has a board and it was not read on `day`."""
        return company in self.boarded and (day, company) not in self.read


async def read_covered_companies(connection: AsyncConnection, *, since: date, until: date) -> Coverage:
    """Which companies' own boards were asked in a window, and on which of its dates they were read completely."""
    rows = await connection.execute(
        text(
            "SELECT snapshot_date, company_id, bool_or(status = 'complete') FROM job_hunter.board_fetches "
            "WHERE snapshot_date BETWEEN :since AND :until AND company_id IS NOT NULL AND source <> 'levels_fyi' "
            "GROUP BY snapshot_date, company_id"
        ),
        {"since": since, "until": until},
    )
    found = rows.all()
    return Coverage(frozenset((row[0], row[1]) for row in found if row[2]), frozenset(row[1] for row in found))


_REREAD = """
    WITH ends AS (
        SELECT COALESCE((SELECT max(finished_at) FROM job_hunter.refresh_runs
                         WHERE snapshot_date = :after AND door <> 'cdio'),
                        CAST(:after AS date) + 1) AS first,
               COALESCE((SELECT max(finished_at) FROM job_hunter.refresh_runs
                         WHERE snapshot_date = :until AND door <> 'cdio'),
                        CAST(:until AS date) + 1) AS last),
    pay AS (
        SELECT r.lineage_id FROM ends, job_hunter.role_events e JOIN job_hunter.roles r ON r.id = e.role_id
        WHERE e.kind = 'pay_changed' AND e.happened_at > ends.first AND e.happened_at <= ends.last
        GROUP BY r.lineage_id HAVING bool_and(e.detail ->> 'cause' = 'reading')),
    place AS (
        SELECT a.lineage_id FROM job_hunter.roles_snapshots b
        JOIN job_hunter.roles_snapshots a ON a.role_id = b.role_id AND a.snapshot_date = :until
        JOIN job_hunter.roles r ON r.id = a.role_id
        JOIN job_hunter.raw_payloads p ON p.content_hash = r.payload_hash CROSS JOIN ends
        WHERE b.snapshot_date = :after AND p.archived_at <= ends.first
          AND (a.primary_location, a.family, a.level_id) IS DISTINCT FROM (b.primary_location, b.family, b.level_id)),
    reread AS (SELECT lineage_id FROM pay UNION SELECT lineage_id FROM place)
    SELECT lineage_id FROM reread
    WHERE EXISTS (SELECT 1 FROM job_hunter.roles_snapshots s
                  WHERE s.snapshot_date = :after AND s.lineage_id = reread.lineage_id)
      AND EXISTS (SELECT 1 FROM job_hunter.roles_snapshots s
                  WHERE s.snapshot_date = :until AND s.lineage_id = reread.lineage_id)"""


async def read_reread_lineages(connection: AsyncConnection, *, after: date, until: date) -> frozenset[int]:
    """Lineages open on both days whose pay, place, family or level changed only because they were read differently.

    A changed place, family or level is ours when the posting itself is still the one archived by the earlier day. A
    day's snapshot shows what stood when its last refresh ended: what `reparse` changed later that day is news to the
    next one.
    """
    return frozenset((await connection.execute(text(_REREAD), {"after": after, "until": until})).scalars())


async def read_parser_versions(connection: AsyncConnection, dates: Sequence[date]) -> dict[date, ReadingVersion]:
    """With which version of the readings each of `dates` was read last."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT ON (f.snapshot_date) f.snapshot_date, v.id, v.parser_version "
            "FROM job_hunter.refresh_runs f JOIN job_hunter.reading_versions v ON v.id = f.reading_version "
            "WHERE f.snapshot_date = ANY(:dates) AND f.door <> :receiver ORDER BY f.snapshot_date, f.started_at DESC"
        ),
        {"dates": list(dates), "receiver": RECEIVER},
    )
    return {row[0]: ReadingVersion(row[1], row[2]) for row in rows}


async def read_company_names(connection: AsyncConnection) -> dict[int, CompanyName]:
    """Every company by id."""
    rows = await connection.execute(text("SELECT id, slug, display_name, sector FROM job_hunter.companies"))
    return {row[0]: CompanyName(*row[1:]) for row in rows}


async def read_missing_boards(connection: AsyncConnection, *, on: date) -> tuple[list[MissingBoard], int]:
    """Boards without a complete fetch on `on`, with the day they were last read; and how many boards were read.

    Those of current companies that no run of the day asked, as after a run that was killed, are missing too.

    Boards that were not asked because their source had refused before are one entry a source: they say nothing new.
    """
    rows = await connection.execute(
        text(
            """
            SELECT COALESCE(v.display_name, v.board), v.source, v.status,
                   (SELECT max(f.snapshot_date) FROM job_hunter.board_fetches f
                    WHERE f.source = v.source AND f.board = v.board AND f.status = 'complete'
                      AND f.snapshot_date < :on) AS last_read, v.message, v.is_covered
            FROM job_hunter.coverage v WHERE v.snapshot_date = :on
            UNION ALL
            SELECT c.display_name, c.ats_type, 'skipped', max(f.snapshot_date), 'nobody asked it that day', false
            FROM job_hunter.companies c JOIN job_hunter.board_fetches f
              ON (f.source, f.board) = (c.ats_type, c.ats_id) AND f.status = 'complete' AND f.snapshot_date < :on
            WHERE c.retired_at IS NULL AND c.ats_type IN ('greenhouse', 'lever', 'ashby')
              AND NOT EXISTS (SELECT 1 FROM job_hunter.board_fetches n
                              WHERE (n.source, n.board, n.snapshot_date) = (c.ats_type, c.ats_id, :on))
            GROUP BY c.id
            ORDER BY 1, 2
            """
        ),
        {"on": on},
    )
    found = rows.all()
    missing = [MissingBoard(*row[:5]) for row in found if not row[5]]
    unasked: dict[tuple[str, str], list[MissingBoard]] = {}
    for board in missing:
        if (board.message or "").startswith("not asked: "):
            unasked.setdefault((board.source, board.message or ""), []).append(board)
    kept = [board for board in missing if not (board.message or "").startswith("not asked: ")]
    for (source, message), boards in unasked.items():
        days = [board.since for board in boards if board.since]
        kept.append(MissingBoard(f"{len(boards)} more", source, "skipped", max(days, default=None), message))
    return kept, sum(bool(row[5]) for row in found)


async def read_filled(connection: AsyncConnection, dates: Sequence[date]) -> dict[date, int]:
    """How many of the openings of each of `dates` were filled in afterwards; days without any are left out."""
    rows = await connection.execute(
        text(
            "SELECT snapshot_date, count(*) FROM job_hunter.roles_snapshots "
            "WHERE snapshot_date = ANY(:dates) AND origin = 'filled' GROUP BY snapshot_date ORDER BY snapshot_date"
        ),
        {"dates": list(dates)},
    )
    return {row[0]: row[1] for row in rows}


async def read_run_of(connection: AsyncConnection, *, on: date) -> tuple[str, str | None] | None:
    """The newest refresh of a day and the version of its parsers."""
    row = (
        await connection.execute(
            text(
                "SELECT id, parser_version FROM job_hunter.refresh_runs WHERE snapshot_date = :on "
                "AND door <> :receiver ORDER BY started_at DESC LIMIT 1"
            ),
            {"on": on, "receiver": RECEIVER},
        )
    ).first()
    return (str(row[0]), row[1]) if row else None


async def read_own_comp(connection: AsyncConnection) -> list[OwnComp]:
    """The analyst's own figures in pounds, total where it is known, else base."""
    rows = await connection.execute(
        text(
            "SELECT label, COALESCE(total_gbp, base_gbp) FROM job_hunter.own_comp "
            "WHERE COALESCE(total_gbp, base_gbp) IS NOT NULL ORDER BY label"
        )
    )
    return [OwnComp(row[0], row[1]) for row in rows]


async def read_level_id(connection: AsyncConnection, slug: str) -> int | None:
    """The id of a rung of the generic ladder."""
    found: int | None = await connection.scalar(
        text("SELECT id FROM job_hunter.levels WHERE company_id IS NULL AND slug = :slug"), {"slug": slug}
    )
    return found
