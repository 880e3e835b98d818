"""The openings that are new."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.alerts import Opening
from job_hunter.domain.level import Family, Level
from job_hunter.storage.series import Filter

_NEW = """
    SELECT COALESCE(r.lineage_id, r.id), c.display_name, r.title, COALESCE(g.slug, l.slug), r.family, r.location,
           r.primary_location,
           (SELECT max(COALESCE(p.total_gbp, p.base_gbp)) FROM job_hunter.comp_points p
            WHERE p.role_id = r.id AND p.location_bucket IS NOT DISTINCT FROM r.primary_location),
           CAST(r.first_seen_at AT TIME ZONE 'UTC' AS date), r.apply_url
    FROM job_hunter.roles r
    JOIN job_hunter.companies c ON c.id = r.company_id
    LEFT JOIN job_hunter.levels l ON l.id = r.level_id
    LEFT JOIN job_hunter.levels g ON g.id = l.generic_id
    WHERE r.first_seen_at >= :since AND r.first_seen_at < :until
      AND r.closed_at IS NULL AND r.is_canonical AND (r.lineage_id IS NULL OR r.lineage_id = r.id)
      AND (r.posted_at >= :since OR EXISTS (
            SELECT 1 FROM job_hunter.board_fetches f
            WHERE f.source = r.source AND f.board = r.board AND f.status IN ('complete', 'partial')
              AND f.fetched_at < r.first_seen_at
              AND f.snapshot_date < CAST(r.first_seen_at AT TIME ZONE 'UTC' AS date)))
      AND NOT EXISTS (
            SELECT 1 FROM job_hunter.roles o
            WHERE o.dedup_key = r.dedup_key AND o.first_seen_at < :since AND o.closed_at IS NULL)
      AND (CAST(:location AS text) IS NULL OR r.primary_location = :location)
      AND (CAST(:level AS smallint) IS NULL OR r.level_id = :level)
      AND (CAST(:families AS text[]) IS NULL OR r.family = ANY(:families))
    ORDER BY 8 DESC NULLS LAST, c.display_name, r.title, r.id"""


async def read_new_openings(
    connection: AsyncConnection, *, on: date, days: int, which: Filter | None = None
) -> list[Opening]:
    """The openings first seen in the `days` up to `on`, that day included, and still open; best paid first.

    All of a board that is read for the first time is first seen then: of such a board only what was posted in those
    days is new. What was there before under another id, on another board or at another source is not new.
    """
    until = datetime.combine(on, time(), UTC) + timedelta(days=1)
    values = which.values() if which else {"location": None, "level": None, "families": None}
    rows = await connection.execute(text(_NEW), {"since": until - timedelta(days=days), "until": until, **values})
    return [
        Opening(
            lineage_id=lineage,
            company=company,
            title=title,
            level=Level(level) if level else None,
            family=Family(family) if family else None,
            location=location,
            bucket=bucket,
            pay_gbp=pay,
            first_seen_on=seen,
            apply_url=url,
        )
        for lineage, company, title, level, family, location, bucket, pay, seen, url in rows
    ]


async def read_finished_run(connection: AsyncConnection, run_id: str | None = None) -> date | None:
    """The snapshot date of the run `run_id`, or of the newest refresh; None when it has not finished."""
    on: date | None = await connection.scalar(
        text(
            "SELECT snapshot_date FROM job_hunter.refresh_runs "
            "WHERE finished_at IS NOT NULL AND status = 'completed' AND door <> 'cdio' "
            "AND (CAST(:run AS text) IS NULL OR CAST(id AS text) = :run) ORDER BY started_at DESC LIMIT 1"
        ),
        {"run": run_id},
    )
    return on
