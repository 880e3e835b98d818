"""One measured piece of work in a process of its own: `python -m benchmarks.client WHAT`.

`floor`, `copy` and `sql` are the floors (see `benchmarks.floors`), `refresh` is the command's use case. Prints a line
of JSON with the CPU and wall seconds of the work itself and the peak memory of the whole process. What any program pays
once is left out on both sides: imports, the list of companies, and opening the HTTP client and the database.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.floors import fetch_all, opened
from benchmarks.measure import Meter
from job_hunter.collector import settle_collector
from job_hunter.config import load_employers
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.settings import SERVICES, Settings
from job_hunter.storage.database import asyncpg_dsn
from job_hunter.usecases.plan import boards_of
from job_hunter.usecases.refresh import refresh

PATHS = {
    "greenhouse": "/v1/boards/{}/jobs?content=true&pay_transparency=true",
    "lever": "/v0/postings/{}?mode=json",
    "ashby": "/posting-api/job-board/{}?includeCompensation=true",
}


def addresses_of(base_urls: Mapping[str, str], config_dir: Path) -> list[str]:
    """Where each board of the configuration is asked for."""
    boards = boards_of(load_employers(config_dir))
    return [base_urls[board.source] + PATHS[board.source].format(board.token) for board in boards]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 benchmarks run now


async def work(what: str) -> dict[str, float]:
    """Do it, measured."""
    settings = Settings.from_env()
    if len(settings.base_urls) < len(SERVICES):
        raise SystemExit("the replica is not set for every source: benchmarks never ask a live board")
    settle_collector()
    if what != "refresh":
        dsn = settings.read_dsn() if what != "floor" else None
        addresses = addresses_of(settings.base_urls, settings.config_dir)
        async with opened(asyncpg_dsn(dsn.get_secret_value()) if dsn else None) as floor:
            meter = Meter()
            return {"postings": await fetch_all(floor, addresses, writes=what == "sql"), **meter.cost()}
    companies = load_employers(settings.config_dir)
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
