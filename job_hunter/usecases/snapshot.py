"""Fill the snapshot rows that a day lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from job_hunter.errors import UsageError
from job_hunter.storage.database import Database
from job_hunter.storage.snapshots import fill_snapshot


@dataclass(frozen=True, slots=True)
class Filled:
    """How many rows were inserted, both 0 when nothing was missing; `boards` were read completely that day."""

    roles: int
    comp_points: int
    boards: int


async def snapshot(db: Database, *, on: date, today: date) -> Filled:
    """Insert the rows that the day `on` lacks, marked `filled`. Idempotent; raises UsageError for a day to come."""
    if on > today:
        raise UsageError(f"{on} is in the future: a snapshot can be taken of a day up to {today} only.")
    return Filled(*await db.write(lambda connection: fill_snapshot(connection, on=on)))
