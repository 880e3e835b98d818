"""`make bench-scale`: a thousand and ten thousand boards, 1.3 million postings, on the machine at hand; half an hour.

`python -m benchmarks.scale 300 1000` takes other numbers of boards. Each size has a database and a replica of its own;
the replica answers without gzip, so that its own CPU stays small. Needs 10 GB of disk for the largest.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.client import now
from benchmarks.measure import Cost, prefect_server, run_client, run_program, sandbox_process
from job_hunter.config import default_config_dir
from job_hunter.storage.embedded import embedded_postgres, embedded_state

SIZES = (1_000, 10_000)
POSTINGS, BODY = 130, 3000
LINEAR, FLAT, MINUTES = 1.15, 1.20, 20.0
RESULTS = Path(__file__).parent / "results"
FLOW = """
import asyncio, pathlib, sys
from prefect import get_client
from flows.refresh import Source, refresh

async def main():
    await refresh(sources=[Source.ATS], start_report=False)
    async with get_client() as client:
        pathlib.Path(sys.argv[1]).write_text(str(len(await client.read_task_runs())))
asyncio.run(main())
"""


def measure(boards: int, folder: Path) -> dict[str, Any]:
    """The floor, a first and an unchanged refresh of so many boards by command."""
    config = _config(folder)
    found: dict[str, Any] = {"boards": boards, "postings": boards * POSTINGS}
    with embedded_postgres(folder / "pg") as dsn:
        postmaster = embedded_state(folder / "pg").pid
        base = {"DB_CONNECTION_STRING": dsn, "JOB_HUNTER_CONFIG_DIR": str(config)}
        run_program((sys.executable, "-m", "job_hunter", "migrate"), env=base)
        with sandbox_process(*_world(boards, POSTINGS, BODY), "--write-config", str(config)) as replica:
            env = {**base, **replica["env"]}
            for name, what in (("floor", "floor"), ("first", "refresh"), ("unchanged", "refresh")):
                found[name] = cost = _cost(run_client(("benchmarks.client", what), env=env, postmaster=postmaster))
                each = cost["cpu"] * 1e6 / found["postings"]
                sys.stdout.write(
                    f"{boards:>6} boards {name:<10} wall {cost['wall']:7.1f} s  CPU {cost['cpu']:7.1f} s "
                    f"({each:.0f} µs a posting)  peak {cost['peak_mb']:4.0f} MB  "
                    f"Postgres CPU {cost['postgres_cpu']:6.1f} s\n"
                )
                sys.stdout.flush()
        found["database_mb"] = round(sum(path.stat().st_size for path in _files(folder / "pg")) / 1e6)
    return found


def flow_tasks(boards: int, folder: Path) -> dict[str, Any]:
    """The same boards with one posting each through the flow: how many task runs it takes, and how long."""
    config = _config(folder)
    with embedded_postgres(folder / "pg") as dsn, prefect_server(folder) as api:
        base = {"DB_CONNECTION_STRING": dsn, "JOB_HUNTER_CONFIG_DIR": str(config), "PREFECT_API_URL": api}
        run_program((sys.executable, "-m", "job_hunter", "migrate"), env=base)
        with sandbox_process(*_world(boards, 1, 500), "--write-config", str(config)) as replica:
            env = {**base, **replica["env"], "PREFECT_HOME": str(folder / "prefect"), "PREFECT_LOGGING_LEVEL": "ERROR"}
            said = folder / "task_runs"
            wall = run_program((sys.executable, "-c", FLOW, str(said)), env=env).wall
    task_runs = int(said.read_text())
    sys.stdout.write(f"{boards:>6} boards through the flow: {task_runs} task runs, {wall:.0f} s\n")
    return {"boards": boards, "task_runs": task_runs, "wall": wall}


def _world(boards: int, postings: int, body: int) -> tuple[str, ...]:
    today = now().date()
    size = ("--companies", str(boards), "--openings-per-company", str(postings), "--body-bytes", str(body))
    days = ("--end", str(today + timedelta(days=7)), "--weeks", "3", "--date", str(today))
    # The floor asks one address a board, and Lever has two hosts.
    return (*size, *days, "--source", "greenhouse", "--source", "ashby", "--no-validators", "--no-gzip")


def _config(folder: Path) -> Path:
    config = folder / "config"
    shutil.copytree(default_config_dir(), config)
    (config / "cdio_watches.yaml").write_text("[]\n", encoding="utf-8")
    return config


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _cost(cost: Cost) -> dict[str, float]:
    return {name: round(getattr(cost, name), 2) for name in ("cpu", "wall", "peak_mb", "postgres_cpu")}


def verdicts(sizes: list[Mapping[str, Any]]) -> list[str]:
    """The bounds that were missed, the largest size against the smallest."""
    small, large = sizes[0], sizes[-1]
    missed = []
    for name in ("first", "unchanged"):
        growth = (large[name]["cpu"] / large["postings"]) / (small[name]["cpu"] / small["postings"])
        sys.stdout.write(f"{name}: {growth:.2f} × the CPU a posting of {small['boards']} boards\n")
        if growth > LINEAR:
            missed.append(f"{name}: {growth:.2f} × the CPU a posting of {small['boards']} boards, bound {LINEAR}")
        memory = large[name]["peak_mb"] / small[name]["peak_mb"]
        sys.stdout.write(f"{name}: {memory:.2f} × the memory of {small['boards']} boards\n")
        if memory > FLAT:
            missed.append(f"{name}: {memory:.2f} × the memory of {small['boards']} boards, bound {FLAT}")
        if large[name]["wall"] > MINUTES * 60:
            missed.append(f"{name}: {large[name]['wall'] / 60:.0f} minutes, goal {MINUTES:.0f}")
    return missed


def main() -> int:
    """Measure each size in turn; print, write benchmarks/results/scale.json; 1 when a bound is missed."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    document: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "sizes": [],
    }
    for boards in sizes:
        document["sizes"].append(_in_folder(lambda folder, boards=boards: measure(boards, folder)))
    document["flow"] = _in_folder(lambda folder: flow_tasks(sizes[0], folder))
    document["missed"] = verdicts(document["sizes"])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "scale.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for line in document["missed"]:
        sys.stdout.write(f"missed: {line}\n")
    return 1 if document["missed"] else 0


def _in_folder(work: Any) -> Any:
    folder = Path(tempfile.mkdtemp(prefix="jhs"))
    try:
        return work(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
