"""One measured piece of work in a process of its own: `python -m benchmarks.client WHAT`.

`floor`, `copy` and `sql` are the floors (see `benchmarks.floors`), `refresh` is the command's use case. Prints one line
of JSON with the CPU and wall seconds of the work itself and the peak memory of the whole process. What any program pays
once is left out on both sides: imports, the tables of config/ that are not read lazily, and opening the HTTP client and
the database.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.floors import fetch_all, opened
from benchmarks.measure import Meter
from job_hunter.collector import settle_collector
from job_hunter.config import load_employers
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.settings import SERVICES, Settings
from job_hunter.usecases.plan import boards_of
from job_hunter.usecases.refresh import refresh


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 benchmarks run now


async def work(what: str) -> dict[str, float]:
    """Do it, measured."""
    settings = Settings.from_env()
    if len(settings.base_urls) < len(SERVICES):
        raise SystemExit("the replica is not set for every source: benchmarks never ask a live board")
    companies = load_employers(settings.config_dir)
    settle_collector()
    if what != "refresh":
        dsn = settings.read_dsn() if what != "floor" else None
        async with opened(dsn and dsn.get_secret_value()) as floor:
            meter = Meter()
            postings = await fetch_all(floor, settings.base_urls, boards_of(companies), writes=what == "sql")
            return {**meter.cost(), "postings": postings}
    async with open_runtime(settings) as runtime:
        meter = Meter()
        summary = await refresh(runtime.db, runtime.http, companies, load_readings(settings.config_dir), clock=now)
        if summary.skipped:
            raise SystemExit(summary.sentence())
        return {**meter.cost(), **summary.totals()}


if __name__ == "__main__":
    figures = asyncio.run(work(sys.argv[1]))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(figures), encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")
