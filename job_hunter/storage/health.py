"""What `doctor` and `report` ask of the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.storage.ledger import RECEIVER, REFRESH_LOCK


@dataclass(frozen=True, slots=True)
class FailingBoard:
    """A board whose newest fetches were not complete, `times` in a row; `status` and `message` are of the last one."""

    source: str
    board: str
    company_slug: str
    times: int
    status: str
    message: str | None


@dataclass(frozen=True, slots=True)
class FailingFeed:
    """A source beside the boards of which nothing came in its newest `times` runs; `message` is of the last one."""

    source: str
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
class LastRun:
    """The newest refresh; `stored` counts the boards that have a row in the ledger."""

    started_at: datetime
    status: str
    planned: int
    stored: int
    message: str | None


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Yearly figures in one currency without pounds; `convertible` counts those that a backfill can give them."""

    currency: str
    figures: int
    convertible: int


@dataclass(frozen=True, slots=True)
class RateGap:
    """Days between two rates of a currency that no look-back bridges."""

    currency: str
    after: date
    until: date


@dataclass(frozen=True, slots=True)
class Archive:
    """The raw archive: how many postings, and the bytes they take with their index.

    From 100,000 postings on their number is Postgres' own estimate: counting them takes longer each year.
    """

    postings: int
    size_bytes: int


async def read_newest_snapshot(connection: AsyncConnection) -> date | None:
    """The newest day of the series: a whole refresh ran, and a board was read completely."""
    newest: date | None = await connection.scalar(
        text("SELECT snapshot_date FROM job_hunter.snapshot_days ORDER BY snapshot_date DESC LIMIT 1")
    )
    return newest


async def read_failing_boards(connection: AsyncConnection, *, times: int) -> list[FailingBoard]:
    """Boards of current companies that were skipped or partial in each of their last `times` runs or more."""
    rows = await connection.execute(
        text(
            """
            SELECT c.ats_type, c.ats_id, c.slug, bad.failed, bad.status, bad.message
            FROM job_hunter.companies c
            LEFT JOIN LATERAL (
                SELECT f.fetched_at FROM job_hunter.board_fetches f
                WHERE f.source = c.ats_type AND f.board = c.ats_id AND f.company_id = c.id
                  AND f.status NOT IN ('skipped', 'partial') ORDER BY f.fetched_at DESC LIMIT 1) good ON true
            CROSS JOIN LATERAL (
                SELECT count(*) AS failed, (array_agg(f.status ORDER BY f.fetched_at DESC))[1] AS status,
                       (array_agg(f.message ORDER BY f.fetched_at DESC))[1] AS message
                FROM job_hunter.board_fetches f
                WHERE f.source = c.ats_type AND f.board = c.ats_id AND f.company_id = c.id
                  AND f.fetched_at > COALESCE(good.fetched_at, '-infinity')) bad
            WHERE c.retired_at IS NULL AND bad.failed >= :times
            ORDER BY bad.failed DESC, c.slug
            """
        ),
        {"times": times},
    )
    return [FailingBoard(*row) for row in rows]


async def read_failing_feeds(connection: AsyncConnection, *, times: int, since: datetime) -> list[FailingFeed]:
    """Sources beside the boards that were asked in `times` runs `since` then or more, all of the newest in vain."""
    rows = await connection.execute(
        text(
            """
            WITH runs AS (
                SELECT f.source, bool_or(f.status NOT IN ('skipped', 'partial')) AS is_answered,
                       max(f.message) AS message,
                       row_number() OVER (PARTITION BY f.source ORDER BY max(f.fetched_at) DESC) AS n
                FROM job_hunter.board_fetches f JOIN job_hunter.refresh_runs r ON r.id = f.run_id
                WHERE f.source NOT IN ('greenhouse', 'lever', 'ashby') AND r.door <> :receiver
                      AND f.fetched_at >= :since
                GROUP BY f.source, f.run_id),
            failed AS (
                SELECT source, COALESCE(min(n) FILTER (WHERE is_answered), max(n) + 1) - 1 AS times,
                       max(message) FILTER (WHERE n = 1) AS message
                FROM runs GROUP BY source)
            SELECT source, times, message FROM failed WHERE times >= :times ORDER BY source
            """
        ),
        {"times": times, "since": since, "receiver": RECEIVER},
    )
    return [FailingFeed(*row) for row in rows]


async def read_quarantined_boards(connection: AsyncConnection, *, since: datetime) -> list[QuarantinedBoard]:
    """Boards with a quarantined harvest that no complete one has followed and nobody accepted.

    Left out: boards that are configured no more, and those not read `since` then, like threads that nobody asks for.
    """
    rows = await connection.execute(
        text(
            """
            SELECT f.source, f.board, COALESCE(c.slug, f.board), min(f.fetched_at),
                   (array_agg(f.postings ORDER BY f.fetched_at DESC))[1], done.postings
            FROM job_hunter.board_fetches f
            LEFT JOIN LATERAL (
                SELECT d.fetched_at, d.postings
                FROM job_hunter.board_fetches d
                WHERE d.source = f.source AND d.board = f.board
                  AND (d.status = 'complete' OR d.accepted_at IS NOT NULL)
                ORDER BY d.fetched_at DESC LIMIT 1) done ON true
            LEFT JOIN job_hunter.companies c ON c.id = f.company_id
            WHERE f.status = 'quarantined' AND f.accepted_at IS NULL
              AND f.fetched_at > COALESCE(done.fetched_at, '-infinity')
              AND f.fetched_at >= :since AND f.snapshot_date >= CAST(:since AS timestamptz)::date - 2
              AND c.retired_at IS NULL
              AND (f.source NOT IN ('greenhouse', 'lever', 'ashby') OR (c.ats_type, c.ats_id) = (f.source, f.board))
            GROUP BY f.source, f.board, c.slug, done.fetched_at, done.postings
            ORDER BY f.source, f.board
            """
        ),
        {"since": since},
    )
    return [QuarantinedBoard(*row) for row in rows]


async def write_accepted(connection: AsyncConnection, source: str, board: str, *, at: datetime) -> None:
    """Mark a board's quarantined harvests as accepted by a person: the next short one is then complete."""
    await connection.execute(
        text(
            "UPDATE job_hunter.board_fetches SET accepted_at = :at WHERE source = :source AND board = :board "
            "AND status = 'quarantined' AND accepted_at IS NULL"
        ),
        {"source": source, "board": board, "at": at},
    )


async def read_unpriced(connection: AsyncConnection, *, look_back: int) -> list[Unpriced]:
    """Yearly figures of open roles without pounds, by currency.

    Those can be converted that have a rate within `look_back` days by now, or whose days lack rates altogether. Where
    the pound has a rate and the currency has none, the ECB published none.
    """
    rate = (
        "EXISTS (SELECT 1 FROM job_hunter.fx_rates f WHERE f.currency = {} "
        "AND f.rate_date BETWEEN p.effective_date - CAST(:look_back AS integer) AND p.effective_date)"
    )
    pound = "'GBP'"
    rows = await connection.execute(
        text(
            "SELECT p.currency, count(*), count(*) FILTER (WHERE p.currency = 'EUR' "
            f"OR {rate.format('p.currency')} OR NOT {rate.format(pound)}) "
            "FROM job_hunter.comp_points p LEFT JOIN job_hunter.roles r ON r.id = p.role_id "
            "WHERE p.period = 'year' AND p.base_gbp IS NULL AND p.total_gbp IS NULL "
            "AND COALESCE(p.base_value, p.total_value) IS NOT NULL AND r.closed_at IS NULL "
            "GROUP BY p.currency ORDER BY p.currency"
        ),
        {"look_back": look_back},
    )
    return [Unpriced(*row) for row in rows]


async def read_rate_gaps(connection: AsyncConnection, *, longest: int) -> list[RateGap]:
    """Where two neighbouring rates of a currency that standing figures are in lie more than `longest` days apart.

    Figures stand while their role is open; reported ones have no role.
    """
    rows = await connection.execute(
        text(
            """
            WITH standing AS (
                -- OFFSET 0: by each open role's index entry, however many closed ones there have been.
                SELECT p.currency, p.effective_date FROM job_hunter.roles r
                CROSS JOIN LATERAL (SELECT * FROM job_hunter.comp_points p WHERE p.role_id = r.id OFFSET 0) p
                WHERE r.closed_at IS NULL
                UNION ALL
                SELECT currency, effective_date FROM job_hunter.comp_points WHERE role_id IS NULL),
            used AS (SELECT currency FROM standing UNION SELECT 'GBP'),
            steps AS (
                SELECT f.currency, f.rate_date, lag(f.rate_date) OVER w AS before
                FROM job_hunter.fx_rates f JOIN used USING (currency)
                WHERE f.rate_date >= (SELECT min(effective_date) - CAST(:longest AS integer) FROM standing)
                WINDOW w AS (PARTITION BY f.currency ORDER BY f.rate_date))
            SELECT currency, before, rate_date FROM steps WHERE rate_date - before > CAST(:longest AS integer)
            ORDER BY before, currency
            """
        ),
        {"longest": longest},
    )
    return [RateGap(*row) for row in rows]


async def read_last_run(connection: AsyncConnection) -> LastRun | None:
    """The newest refresh of any door but the receiver's, which reads single pages."""
    row = (
        await connection.execute(
            text(
                "SELECT started_at, status, boards_planned, "
                "(SELECT count(*) FROM job_hunter.board_fetches f WHERE f.run_id = r.id), message "
                "FROM job_hunter.refresh_runs r WHERE door <> :receiver ORDER BY started_at DESC LIMIT 1"
            ),
            {"receiver": RECEIVER},
        )
    ).first()
    return LastRun(*row) if row else None


async def read_is_refreshing(connection: AsyncConnection) -> bool:
    """Whether a refresh holds its lock at this moment."""
    found = await connection.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.classid = 0 "
            "AND l.objid = CAST(:key AS oid) AND l.objsubid = 1 AND l.granted)"
        ),
        {"key": REFRESH_LOCK},
    )
    return bool(found)


async def read_archive(connection: AsyncConnection) -> Archive:
    """The size of the raw archive."""
    row = (
        await connection.execute(
            text(
                "SELECT CASE WHEN c.reltuples < 100000 THEN (SELECT count(*) FROM job_hunter.raw_payloads) "
                "ELSE CAST(c.reltuples AS bigint) END, pg_total_relation_size(c.oid) "
                "FROM pg_class c WHERE c.oid = CAST('job_hunter.raw_payloads' AS regclass)"
            )
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
    """Per snapshot date: boards by status, those that are missing with their reason, and openings filled in later."""
    rows = await connection.execute(
        text(
            """
            SELECT snapshot_date, count(*) AS boards, count(*) FILTER (WHERE is_covered) AS covered,
                   COALESCE(jsonb_agg(jsonb_build_object('company', COALESCE(company_slug, board), 'source', source,
                            'status', status, 'message', message) ORDER BY company_slug, source)
                            FILTER (WHERE NOT is_covered), '[]'::jsonb) AS missing,
                   (SELECT count(*) FROM job_hunter.roles_snapshots s
                    WHERE s.snapshot_date = v.snapshot_date AND s.origin = 'filled') AS filled
            FROM job_hunter.coverage v WHERE snapshot_date >= :since GROUP BY snapshot_date ORDER BY snapshot_date
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
                   sum(f.reopened) AS reopened, sum(f.rejected) AS rejected,
                   CAST(sum(f.wire_bytes) AS bigint) AS wire_bytes,
                   count(*) FILTER (WHERE f.status = 'quarantined') AS quarantined,
                   count(*) FILTER (WHERE f.status = 'skipped') AS skipped
            FROM job_hunter.refresh_runs r LEFT JOIN job_hunter.board_fetches f ON f.run_id = r.id
            WHERE r.snapshot_date >= :since GROUP BY r.id ORDER BY r.started_at
            """
        ),
        {"since": since},
    )
    return [dict(row) for row in rows.mappings()]
