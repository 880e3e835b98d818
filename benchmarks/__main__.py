"""`make bench`: what everything costs. A refresh is told in multiples of fetching and decoding the same boards.

35 boards of 300 postings of 6 kB each, gzipped as the real boards send them, from a replica on loopback; the readings;
pages of levels.fyi; the receiver under load; years of history; cold starts. `python -m benchmarks readings history`
measures parts alone.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.history import bench_history
from benchmarks.levels_pages import levels_pages
from benchmarks.measure import Cost, prefect_server, run_client, run_program, sandbox_process
from benchmarks.readings import bench_readings
from benchmarks.receiver import bench_receiver
from job_hunter.config import default_config_dir
from job_hunter.storage.embedded import embedded_postgres, embedded_state

BOARDS, POSTINGS, BODY = 35, 300, 6000
RESULTS = Path(__file__).parent / "results"
CLIENT = "benchmarks.client"
EMPTY = """
import asyncio, os, asyncpg
async def empty():
    connection = await asyncpg.connect(os.environ["DB_CONNECTION_STRING"].replace("+asyncpg", ""))
    await connection.execute("TRUNCATE job_hunter.roles, job_hunter.roles_snapshots, job_hunter.comp_snapshots, "
                             "job_hunter.raw_payloads, job_hunter.refresh_runs, job_hunter.fx_rates CASCADE")
asyncio.run(empty())
"""

BOUNDS: dict[str, tuple[str, float]] = {
    "first refresh": ("× floor CPU", 10.0),
    "unchanged refresh": ("× floor CPU", 2.5),
    "unchanged refresh, 304s": ("× floor CPU", 0.5),
}
CLI_PEAK_MB, FLOW_PEAK_MB, FLOW_OVER_CLI_S = 200.0, 350.0, 10.0


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()  # noqa: TID251 benchmarks run now


def bench_refresh(folder: Path) -> dict[str, Cost]:
    """The refresh through both doors, each piece in a process of its own, against a durable Postgres."""
    config = folder / "config"
    shutil.copytree(default_config_dir(), config)
    (config / "cdio_watches.yaml").write_text("[]\n", encoding="utf-8")
    size = ("--companies", str(BOARDS), "--openings-per-company", str(POSTINGS), "--body-bytes", str(BODY))
    size += ("--source", "greenhouse")  # the text once a posting; Lever and Ashby send theirs up to five times
    days = ("--end", str(today() + timedelta(days=7)), "--weeks", "3", "--date", str(today()))
    costs: dict[str, Cost] = {}
    with embedded_postgres(folder / "pg") as dsn:
        postmaster = embedded_state(folder / "pg").pid
        base = {"DB_CONNECTION_STRING": dsn, "JOB_HUNTER_CONFIG_DIR": str(config)}
        run_program((sys.executable, "-m", "job_hunter", "migrate"), env=base)

        def client(name: str, what: str, env: dict[str, str]) -> None:
            costs[name] = run_client((CLIENT, what), env={**base, **env}, postmaster=postmaster)
            report(name, costs)

        with sandbox_process(*size, *days, "--no-validators", "--write-config", str(config)) as plain:
            client("warm-up", "floor", plain["env"])
            client("floor", "floor", plain["env"])
            client("first refresh", "refresh", plain["env"])
            client("unchanged refresh", "refresh", plain["env"])
            client("floor again", "floor", plain["env"])
        with sandbox_process(*size, *days) as conditional:
            client("(validators learnt)", "refresh", conditional["env"])
            client("unchanged refresh, 304s", "refresh", conditional["env"])
        with sandbox_process(*size, *days, "--no-validators", "--date", str(today() + timedelta(days=7))) as later:
            client("a week later", "refresh", later["env"])
    with embedded_postgres(folder / "pg-flow") as dsn:
        postmaster = embedded_state(folder / "pg-flow").pid
        base = {"DB_CONNECTION_STRING": dsn, "JOB_HUNTER_CONFIG_DIR": str(config)}
        run_program((sys.executable, "-m", "job_hunter", "migrate"), env=base)
        flow_env = {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_LOGGING_LEVEL": "ERROR", "MALLOC_ARENA_MAX": "2"}
        with sandbox_process(*size, *days, "--no-validators") as plain, prefect_server(folder) as api:
            run_client((CLIENT, "floor"), env={**base, **plain["env"]})  # fills the replica's cache
            env = {**base, **flow_env, **plain["env"], "PREFECT_API_URL": api}
            for name, program in (
                ("command, as a program", ("-m", "job_hunter", "refresh", "--source", "ats", "--format", "json")),
                ("flow, as a program", ("-m", "flows.refresh", "ats")),
            ):
                run_program((sys.executable, "-c", EMPTY), env=env)
                costs[name] = run_program((sys.executable, *program), env=env, postmaster=postmaster)
                report(name, costs)
    return costs


def report(name: str, costs: dict[str, Cost]) -> None:
    """Print one line, as a multiple of the floor once there is one."""
    cost = costs[name]
    ratio = f"{cost.cpu / costs['floor'].cpu:6.2f} ×" if "floor" in costs else "        "
    sys.stdout.write(
        f"{name:<26} {ratio}  CPU {cost.cpu:6.2f} s  wall {cost.wall:6.2f} s  peak {cost.peak_mb:5.0f} MB  "
        f"Postgres CPU {cost.postgres_cpu:6.2f} s\n"
    )
    sys.stdout.flush()


def verdicts(costs: dict[str, Cost]) -> list[str]:
    """The bounds that were missed."""
    floor = min(costs["floor"].cpu, costs["floor again"].cpu)
    missed = [
        f"{name}: {costs[name].cpu / floor:.2f} {unit}, bound {bound}"
        for name, (unit, bound) in BOUNDS.items()
        if name in costs and costs[name].cpu / floor > bound
    ]
    if costs["first refresh"].peak_mb > CLI_PEAK_MB:
        missed.append(f"CLI peak memory: {costs['first refresh'].peak_mb:.0f} MB, bound {CLI_PEAK_MB:.0f}")
    if costs["flow, as a program"].peak_mb > FLOW_PEAK_MB:
        missed.append(f"flow peak memory: {costs['flow, as a program'].peak_mb:.0f} MB, bound {FLOW_PEAK_MB:.0f}")
    over = costs["flow, as a program"].wall - costs["command, as a program"].wall
    if over > FLOW_OVER_CLI_S:
        missed.append(f"flow: {over:.1f} s over the CLI's wall time, bound {FLOW_OVER_CLI_S:.0f}")
    return missed


def cold_start() -> dict[str, Any]:
    """Seconds of wall time until `job-hunter --help` has answered and until a flow's module is imported."""
    programs = {
        "help_seconds": ("-m", "job_hunter", "--help"),
        "flow_import_seconds": ("-c", "import flows.refresh"),
    }
    return {
        name: round(min(run_program((sys.executable, *program), env={}).wall for _ in range(3)), 2)
        for name, program in programs.items()
    }


def refresh_part() -> dict[str, Any]:
    """The refresh's costs with their multiples of the floor."""
    folder = Path(tempfile.mkdtemp(prefix="jhb"))
    try:
        costs = bench_refresh(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    floor = min(costs["floor"].cpu, costs["floor again"].cpu)
    return {
        "postings": BOARDS * POSTINGS,
        "floor_cpu": floor,
        "results": {name: {**asdict(cost), "times_floor": cost.cpu / floor} for name, cost in costs.items()},
        "missed": verdicts(costs),
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
    document: dict[str, Any] = {"machine": f"{platform.machine()}, Python {platform.python_version()}"}
    missed: list[str] = []
    for name in names:
        sys.stdout.write(f"== {name}\n")
        figures = PARTS[name]()
        document[name] = figures
        missed += figures.pop("missed", [])
        if name != "refresh":
            sys.stdout.write(json.dumps(figures, indent=1) + "\n")
        sys.stdout.flush()
    document["missed"] = missed
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "bench.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for line in missed:
        sys.stdout.write(f"missed: {line}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
