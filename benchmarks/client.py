"""One measured piece of work in a process of its own: `python -m benchmarks.client floor|storage|refresh`.

Prints one line of JSON with the CPU and wall seconds of the work itself (imports excluded) and the peak memory of the
whole process.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson

from benchmarks.measure import Meter
from job_hunter.collector import settle_collector
from job_hunter.config import load_employers
from job_hunter.domain.company import Board
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.settings import SERVICES, Settings
from job_hunter.usecases.plan import boards_of
from job_hunter.usecases.refresh import refresh

PATHS = {
    "greenhouse": "/v1/boards/{}/jobs?content=true&pay_transparency=true",
    "lever": "/v0/postings/{}?mode=json",
    "ashby": "/posting-api/job-board/{}?includeCompensation=true",
}


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 benchmarks run now


async def floor(settings: Settings, boards: tuple[Board, ...]) -> int:
    """The least anyone pays: httpx with 8 in flight, and orjson. Returns the records decoded."""
    gate = asyncio.Semaphore(8)
    urls = [(board, settings.base_urls[board.source] + PATHS[board.source].format(board.token)) for board in boards]

    async def one(client: httpx.AsyncClient, board: Board, url: str) -> int:
        async with gate:
            answer = await client.get(url)
            if answer.status_code == 404 and board.source == "lever":
                answer = await client.get(settings.base_urls["lever_eu"] + PATHS["lever"].format(board.token))
        payload = orjson.loads(answer.content)
        return len(payload if isinstance(payload, list) else payload["jobs"])

    async with httpx.AsyncClient(timeout=60, headers={"Accept-Encoding": "gzip"}) as client:
        return sum(await asyncio.gather(*(one(client, board, url) for board, url in urls)))


async def work(what: str) -> dict[str, float]:
    """Do it, measured."""
    settings = Settings.from_env()
    if len(settings.base_urls) < len(SERVICES):
        raise SystemExit("the replica is not set for every source: benchmarks never ask a live board")
    companies = load_employers(settings.config_dir)
    if what == "floor":
        meter = Meter()
        postings = await floor(settings, boards_of(companies))
        return {**meter.cost(), "postings": postings}
    settle_collector()
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
