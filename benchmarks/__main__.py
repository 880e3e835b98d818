"""`make bench`: what everything costs. A refresh is told in multiples of fetching and decoding the same boards.

35 boards of 300 postings of 6 kB each, gzipped as the real boards send them, from a replica on loopback; the readings;
pages of levels.fyi; the receiver under load; years of history; cold starts. `python -m benchmarks readings history`
measures parts alone.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.history import bench_history
from benchmarks.levels_pages import levels_pages
from benchmarks.measure import run_program
from benchmarks.readings import bench_readings
from benchmarks.receiver import bench_receiver
from benchmarks.refreshes import refresh_part

RESULTS = Path(__file__).parent / "results"
STARTS = 5


def cold_start() -> dict[str, Any]:
    """What it takes until `job-hunter --help` has answered and until a flow's module is imported, the fastest of some.

    What a whole flow run takes that has next to nothing to do is measured beside the refresh.
    """
    programs = {"help": ("-m", "job_hunter", "--help"), "flow_import": ("-c", "import flows.refresh")}
    turns = {
        name: [run_program((sys.executable, *program), env={}) for _ in range(STARTS)]
        for name, program in programs.items()
    }
    return {
        name: {
            "wall": round(min(cost.wall for cost in costs), 3),
            "cpu": round(min(cost.cpu for cost in costs), 3),
            "peak_mb": round(max(cost.peak_mb for cost in costs), 1),
        }
        for name, costs in turns.items()
    }


def readings_part() -> dict[str, Any]:
    """The cost of reading a posting, against its bound."""
    figures = bench_readings()
    over = figures["all_three_median_ms"] > figures["bound_ms"]
    said = f"readings: {figures['all_three_median_ms']} ms a posting, bound {figures['bound_ms']}"
    return {**figures, "missed": [said] if over else []}


def levels_part() -> dict[str, Any]:
    """The memory that pages of levels.fyi take, against its bound."""
    figures = levels_pages()
    over = figures["peak_mb"] > figures["bound_mb"]
    said = f"levels.fyi pages: peak {figures['peak_mb']:.0f} MB, bound {figures['bound_mb']:.0f}"
    return {**figures, "missed": [said] if over else []}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "readings": readings_part,
    "refresh": refresh_part,
    "levels_fyi": levels_part,
    "receiver": bench_receiver,
    "history": bench_history,
    "cold start": cold_start,
}


def main() -> int:
    """Measure every part, or those named; print, write benchmarks/results/bench.json; 1 when a bound is missed."""
    names = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    document: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load_before": os.getloadavg()[0],
    }
    missed: list[str] = []
    began = time.monotonic()
    for name in names:
        sys.stdout.write(f"== {name}\n")
        figures = PARTS[name]()
        document[name] = figures
        missed += figures.pop("missed", [])
        if name != "refresh":
            sys.stdout.write(json.dumps(figures, indent=1) + "\n")
        sys.stdout.flush()
    document["load_after"] = os.getloadavg()[0]
    document["minutes"] = round((time.monotonic() - began) / 60, 1)
    document["missed"] = missed
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for line in missed:
        sys.stdout.write(f"missed: {line}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
