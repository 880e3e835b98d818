"""The ledger as data: what was read, by which source, and what is missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from job_hunter.storage import health
from job_hunter.storage.database import Database


async def ledger_report(db: Database, *, days: int, today: date) -> dict[str, Any]:
    """The last `days` days as data: `since`, `runs`, `source_mix`, `evidence_mix` and `coverage`."""
    since = today - timedelta(days=days)
    async with db.reading() as connection:
        return {
            "since": since.isoformat(),
            "runs": await health.read_runs(connection, since=since),
            "source_mix": await health.read_source_mix(connection, since=since),
            "evidence_mix": await health.read_evidence_mix(connection, since=since),
            "coverage": await health.read_coverage(connection, since=since),
        }
