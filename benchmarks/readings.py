"""`python -m benchmarks.readings`: what the readings cost a posting of 6 kB, in milliseconds on one core.

The postings are the sandbox's: some state pay in fields, some in their text, some not at all. Each is read a few times
and the fastest counts, because another program's turn on the core is not a cost of reading; caches that hold across
postings are emptied before each first reading and count only for what comes after.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator

from job_hunter.config import default_config_dir
from job_hunter.config.readings import load_gazetteer, load_ladder, readings_digest
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.families import family_of
from job_hunter.domain.levels import read_level
from job_hunter.domain.locations import read_location
from job_hunter.domain.pay import PayHints, read_pay
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import Readings
from job_hunter.sandbox import ashby, greenhouse, lever
from job_hunter.sandbox.world import World
from job_hunter.sources import ATS

BODY_BYTES = 6_000
BOUND_MS = 0.15
"""All three readings together, median."""

REPEATS = 5


def postings(companies: int = 12, openings: int = 40) -> Iterator[Posting]:
    """Postings of every ATS as a refresh would parse them, with bodies of 6 kB."""
    world = World(seed=5, companies=companies, weeks=1, openings_per_company=openings, body_bytes=BODY_BYTES)
    for company in world.companies:
        source = company.source.removesuffix("_eu")
        if source == "lever":
            payload: object = lever.site(world, company, world.end)
        else:
            payload = (greenhouse if source == "greenhouse" else ashby).board(world, company, world.end)
        board = Board(source, company.token, Company(company.slug, company.slug, source, company.token, Sector.OTHER))
        yield from ATS[source].parse(payload, board, {}).postings


def bench_readings() -> dict[str, object]:
    """Median milliseconds a posting: pay alone, all readings together, and pay by where it is stated."""
    config = default_config_dir()
    readings = Readings(load_gazetteer(config), load_ladder(config), readings_digest(config))
    pay_alone, together = [], []
    by_kind: dict[str, list[float]] = {"stated in fields": [], "stated in the text": [], "not stated": []}
    for posting in postings():
        where = read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
        hints = PayHints(posting.stated_pay, where.places, posting.country, posting.title, posting.location)
        content = posting.content

        def pay(content: str = content, hints: PayHints = hints) -> object:
            return read_pay(content, hints)

        def others(posting: Posting = posting) -> object:
            read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
            return read_level(posting.title, readings.ladder), family_of(posting.title, posting.department)

        cost = _fastest(pay)
        pay_alone.append(cost)
        together.append(cost + _fastest(others))
        found = read_pay(content, hints).pay
        kind = "not stated" if found is None else "stated in fields" if found.start is None else "stated in the text"
        by_kind[kind].append(cost)
    return {
        "postings": len(pay_alone),
        "pay_ms_median": _median(pay_alone),
        "pay_ms_p95": round(statistics.quantiles(pay_alone, n=20)[-1], 4),
        "all_ms_median": _median(together),
        "pay_ms_median_by_kind": {kind: {"n": len(ms), "ms": _median(ms)} for kind, ms in by_kind.items() if ms},
        "bound_ms": BOUND_MS,
    }


def _median(ms: list[float]) -> float:
    return round(statistics.median(ms), 4)


def _fastest(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


if __name__ == "__main__":
    json.dump(bench_readings(), sys.stdout, indent=1)
    print()
