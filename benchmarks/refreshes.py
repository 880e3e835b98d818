"""What a refresh costs through both doors, in multiples of the least that fetching and storing its boards can cost.

Two accounts are kept. *The work*: a process that is ready, its imports done and its connections open, against the floor
in the same state. *The program*: everything from its start to its end, against a program that does the floor's work.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.client import addresses_of
from benchmarks.measure import Cost, prefect_server, run_client, run_program, sandbox_process
from job_hunter.config import default_config_dir
from job_hunter.storage.embedded import embedded_postgres, embedded_state

BOARDS, POSTINGS, BODY = 35, 300, 6000
TURNS = 3
"""How often the floor and the first refresh are measured, in turns; the fastest of each counts."""

CLIENT = "benchmarks.client"
_SQL = """
import asyncio, os, sys, asyncpg
async def run():
    connection = await asyncpg.connect(os.environ["DB_CONNECTION_STRING"].replace("+asyncpg", ""))
    await connection.execute(sys.argv[1])
asyncio.run(run())
"""
EMPTY = (
    "TRUNCATE job_hunter.roles, job_hunter.roles_snapshots, job_hunter.comp_snapshots, job_hunter.raw_payloads, "
    "job_hunter.refresh_runs, job_hunter.fx_rates CASCADE"
)
# A tenth of the postings as if their boards had said something else before: neither hash nor archive knows them.
CHANGED = """
WITH changed AS (
    UPDATE job_hunter.roles r SET payload_hash = decode(md5(r.id::text), 'hex')
    FROM job_hunter.roles b WHERE b.id = r.id AND r.id % 10 = 0 RETURNING b.payload_hash)
DELETE FROM job_hunter.raw_payloads a USING changed WHERE a.content_hash = changed.payload_hash
"""

# of the work: what, the bound in multiples of the floor's CPU
BOUNDS = {"first refresh": 10.0, "unchanged refresh": 2.0, "unchanged refresh, 304s": 0.5}
PROGRAM_BOUND = 7.0
CLI_PEAK_MB, FLOW_PEAK_MB, FLOW_OVER_CLI_S = 200.0, 350.0, 10.0


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()  # noqa: TID251 benchmarks run now


def bench_refresh(folder: Path) -> dict[str, Cost]:
    """Each piece of work in a process of its own, against a durable Postgres; the fastest turn of each."""
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
            keep(costs, name, run_client((CLIENT, what), env={**base, **env}, postmaster=postmaster))

        def sql(statement: str) -> None:
            run_program((sys.executable, "-c", _SQL, statement), env=base)

        with sandbox_process(*size, *days, "--no-validators", "--write-config", str(config)) as plain:
            client("(warm-up)", "floor", plain["env"])
            for _ in range(TURNS):
                client("floor: fetch and decode", "floor", plain["env"])
                sql(EMPTY)
                client("first refresh", "refresh", plain["env"])
            client("floor + COPY", "copy", plain["env"])
            client("floor + upsert and snapshot", "sql", plain["env"])
            client("unchanged refresh", "refresh", plain["env"])
            client("unchanged refresh", "refresh", plain["env"])
            sql(CHANGED)
            client("a tenth changed", "refresh", plain["env"])
        with sandbox_process(*size, *days) as conditional:
            client("(validators learnt)", "refresh", conditional["env"])
            client("unchanged refresh, 304s", "refresh", conditional["env"])
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
            addresses = folder / "addresses.json"
            base_urls = {"greenhouse": plain["env"]["JOB_HUNTER_GREENHOUSE_BASE_URL"]}
            addresses.write_text(json.dumps(addresses_of(base_urls, config)), encoding="utf-8")
            for _ in range(TURNS):
                for name, program in (
                    ("program: floor", ("-m", "benchmarks.floors", str(addresses))),
                    ("program: command", ("-m", "job_hunter", "refresh", "--source", "ats", "--format", "json")),
                ):
                    run_program((sys.executable, "-c", _SQL, EMPTY), env=env)
                    keep(costs, name, run_program((sys.executable, *program), env=env, postmaster=postmaster))
            for name, program in (
                ("program: flow", ("-m", "flows.refresh", "ats")),
                ("program: flow that fills a day", ("-c", "from flows.snapshot import snapshot; snapshot()")),
            ):
                if name == "program: flow":
                    run_program((sys.executable, "-c", _SQL, EMPTY), env=env)
                keep(costs, name, run_program((sys.executable, *program), env=env, postmaster=postmaster))
    return costs


def keep(costs: dict[str, Cost], name: str, cost: Cost) -> None:
    """Print a turn, as a multiple of its floor once there is one, and keep it when it is the fastest of its name."""
    if name not in costs or cost.cpu < costs[name].cpu:
        costs[name] = cost
    floor = costs.get(floor_of(name))
    ratio = f"{cost.cpu / floor.cpu:6.2f} ×" if floor else "        "
    sys.stdout.write(
        f"{name:<32} {ratio}  CPU {cost.cpu:6.2f} s  wall {cost.wall:6.2f} s  peak {cost.peak_mb:5.0f} MB  "
        f"Postgres CPU {cost.postgres_cpu:6.2f} s\n"
    )
    sys.stdout.flush()


def floor_of(name: str) -> str:
    """What a piece of work is measured against."""
    return "program: floor" if name.startswith("program: ") else "floor: fetch and decode"


def verdicts(times_floor: dict[str, float], costs: dict[str, Cost]) -> list[str]:
    """The bounds that were missed."""
    bounds = {**BOUNDS, "program: command": PROGRAM_BOUND}
    missed = [
        f"{name}: {times_floor[name]:.2f} × the floor's CPU, bound {bound}"
        for name, bound in bounds.items()
        if times_floor[name] > bound
    ]
    command, flow = costs["program: command"], costs["program: flow"]
    for cost, bound, what in (command, CLI_PEAK_MB, "command"), (flow, FLOW_PEAK_MB, "flow"):
        if cost.peak_mb > bound:
            missed.append(f"{what}: peak memory {cost.peak_mb:.0f} MB, bound {bound:.0f}")
    over = flow.wall - command.wall
    if over > FLOW_OVER_CLI_S:
        missed.append(f"flow: {over:.1f} s over the command's wall time, bound {FLOW_OVER_CLI_S:.0f}")
    return missed


def refresh_part() -> dict[str, Any]:
    """The refresh's costs with their multiples of the floor."""
    folder = Path(tempfile.mkdtemp(prefix="jhb"))
    try:
        costs = bench_refresh(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    times_floor = {name: cost.cpu / costs[floor_of(name)].cpu for name, cost in costs.items()}
    return {
        "postings": BOARDS * POSTINGS,
        "results": {name: {**asdict(cost), "times_floor": times_floor[name]} for name, cost in costs.items()},
        "missed": verdicts(times_floor, costs),
    }
