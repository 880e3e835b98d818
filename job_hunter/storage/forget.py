"""Take back what runs recorded under a clock that was ahead: their days, and the dates they gave to roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.storage import roles


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many runs and snapshot rows of days to come were removed, and how many roles are open again."""

    runs: int
    snapshot_rows: int
    reopened: int


_REMOVED = (
    "DELETE FROM job_hunter.roles_snapshots WHERE snapshot_date > :day",
    "DELETE FROM job_hunter.comp_snapshots WHERE snapshot_date > :day",
)
# A harvest of such a day was real, only its date was not: what it brought stays, as seen now.
_DATED = (
    "DELETE FROM job_hunter.role_events WHERE happened_at >= :until",
    (
        "UPDATE job_hunter.roles SET first_seen_at = LEAST(first_seen_at, :at), fetched_at = LEAST(fetched_at, :at) "
        "WHERE first_seen_at >= :until OR fetched_at >= :until"
    ),
    (
        "UPDATE job_hunter.comp_points SET fetched_at = LEAST(fetched_at, :at), "
        "effective_date = LEAST(effective_date, :day) WHERE fetched_at >= :until OR effective_date > :day"
    ),
)
_REOPENED = (
    "UPDATE job_hunter.roles SET closed_at = NULL WHERE closed_at >= :until "
    "AND company_id NOT IN (SELECT id FROM job_hunter.companies WHERE retired_at IS NOT NULL) RETURNING dedup_key"
)
_RUNS = "DELETE FROM job_hunter.refresh_runs WHERE snapshot_date > :day"


async def forget_after(connection: AsyncConnection, day: date, *, at: datetime) -> Forgotten:
    """Remove the runs and snapshot rows of days after `day`; roles that were closed on them are open again.

    The next refresh closes what is really gone. The caller holds the refresh lock.
    """
    until = datetime.combine(day + timedelta(days=1), time(), UTC)
    values = {"day": day, "until": until, "at": at}

    async def execute(statement: str) -> int:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        return int((await connection.execute(text(statement), wanted)).rowcount)

    rows = [await execute(statement) for statement in _REMOVED]
    for statement in _DATED:
        await execute(statement)
    keys = (await connection.execute(text(_REOPENED), {"until": until})).scalars().all()
    await roles.mark_canonical(connection, [key for key in keys if key], on=None)
    return Forgotten(await execute(_RUNS), sum(rows), len(keys))
