"""`python -m benchmarks.readings`: what the readings cost a posting of 6 kB, in milliseconds on one core.

The postings are the sandbox's Greenhouse boards: some state pay in fields, some in their text, some not at all. They
are read together with their level, place, family and dedup key. Each is read a few times and the fastest counts,
because another program's turn on the core is no cost of reading. What a reading keeps of the words of one text is
emptied before every pass, so that no text is known from before. The tables that many postings share in a refresh too,
of places, titles and tags, are kept; `cold_median_ms` is the cost with those empty as well before each posting.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from job_hunter.config import default_config_dir
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.dedup import dedup_key
from job_hunter.domain.families import family_of
from job_hunter.domain.levels import read_level
from job_hunter.domain.locations import read_location
from job_hunter.domain.pay import PayHints, PayReading, read_pay
from job_hunter.domain.pay.ends import open_end
from job_hunter.domain.pay.labels import label_of
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import Readings
from job_hunter.runtime import load_readings
from job_hunter.sandbox import greenhouse
from job_hunter.sandbox.world import World
from job_hunter.sources import ATS

BODY_BYTES = 5_400
"""Bytes of HTML; escaped once more, as Greenhouse sends it, the content of a posting is 6 kB."""

BOUND_MS = 0.15
"""All readings together, median."""

REPEATS = 5


class _Cache(Protocol):
    def cache_clear(self) -> None: ...


_Caches = tuple[_Cache, ...]
OF_ONE_TEXT: _Caches = (label_of, open_end)
"""Caches keyed by the words of a text: one posting's entries are of no use to another's in a refresh."""


def postings(companies: int = 4, openings: int = 120) -> Iterator[Posting]:
    """Postings as a refresh would parse them, with bodies of 6 kB."""
    world = World(
        seed=5,
        companies=companies,
        weeks=1,
        openings_per_company=openings,
        body_bytes=BODY_BYTES,
        sources=("greenhouse",),
    )
    for company in world.companies:
        payload = greenhouse.board(world, company, world.end)
        employer = Company(company.slug, company.slug, "greenhouse", company.token, Sector.OTHER)
        yield from ATS["greenhouse"].parse(payload, Board("greenhouse", company.token, employer), {}).postings


def bench_readings() -> dict[str, float]:
    """Milliseconds a posting, and how many were read; `all_three_median_ms` is what the bound is about.

    Pay alone (median, 95th percentile, by where pay is stated), pay + level + place, these with family and dedup key
    (`all_readings_median_ms`), and the same with every cache emptied before each posting (`cold_median_ms`).
    """
    config = default_config_dir()
    readings = load_readings(config)
    readings.check()
    sample = list(postings())
    caches = _caches()
    gc.collect()
    gc.disable()
    try:
        pay = [_fastest(_pay, p, readings, OF_ONE_TEXT) for p in sample]
        three = [_fastest(_three, p, readings, OF_ONE_TEXT) for p in sample]
        every = [_fastest(_every, p, readings, OF_ONE_TEXT) for p in sample]
        cold = [_fastest(_every, p, readings, caches) for p in sample]
    finally:
        gc.enable()
    kinds: dict[str, list[float]] = {"in_fields": [], "in_text": [], "none": []}
    for posting, cost in zip(sample, pay, strict=True):
        found = _pay(posting, readings).pay
        kinds["none" if found is None else "in_fields" if found.start is None else "in_text"].append(cost)
    return {
        "postings": float(len(sample)),
        "pay_median_ms": _median(pay),
        "pay_p95_ms": round(statistics.quantiles(pay, n=20)[-1], 4),
        **{f"pay_{kind}_median_ms": _median(costs) for kind, costs in kinds.items() if costs},
        "all_three_median_ms": _median(three),
        "all_readings_median_ms": _median(every),
        "cold_median_ms": _median(cold),
        "bound_ms": BOUND_MS,
    }


def _pay(posting: Posting, readings: Readings) -> PayReading:
    where = read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
    return read_pay(
        posting.content,
        PayHints(posting.stated_pay, where.places, posting.country, posting.title, posting.location),
    )


def _three(posting: Posting, readings: Readings) -> object:
    return _pay(posting, readings), read_level(posting.title, readings.ladder)


def _every(posting: Posting, readings: Readings) -> object:
    pay, level = _pay(posting, readings), read_level(posting.title, readings.ladder)
    where = read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
    key = dedup_key("acme", posting.title, where.places, level.level, posting.department)
    return pay, family_of(posting.title, posting.department), key


def _caches() -> tuple[_Cache, ...]:
    """Every bounded cache of the domain."""
    modules = [module for name, module in sys.modules.items() if name.startswith("job_hunter.domain")]
    found = {id(value): value for module in modules for value in vars(module).values() if hasattr(value, "cache_clear")}
    return tuple(found.values())


def _median(ms: list[float]) -> float:
    return round(statistics.median(ms), 4)


def _fastest(
    work: Callable[[Posting, Readings], object], posting: Posting, readings: Readings, empty: _Caches
) -> float:
    """The fastest of a few runs in milliseconds, the caches in `empty` emptied before each."""
    best = float("inf")
    for _ in range(REPEATS):
        for cache in empty:
            cache.cache_clear()
        start = time.perf_counter()
        work(posting, readings)
        best = min(best, time.perf_counter() - start)
    return best * 1000


if __name__ == "__main__":
    json.dump(bench_readings(), sys.stdout, indent=1)
    print()
