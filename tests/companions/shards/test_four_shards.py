"""Four shards side by side on a real Prefect server and worker, one of them killed: limits hold, tables are exact."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from job_hunter.cli.processes import run_to_end, started
from job_hunter.config import default_config_dir
from job_hunter.settings import process_environment
from job_hunter.storage.migrate import migrate
from tests.flows.conftest import AS_LONG
from tests.prefect_server import ask, prefect_server
from tests.tables import contents
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

POOL = "crowd"
OURS = {"deployments": {"name": {"any_": ["refresh-shard"]}}}
REFRESH = """
import asyncio
from flows.refresh import Mode, Source, refresh
state = asyncio.run(
    refresh(sources=[Source.ATS], start_report=False, mode=Mode.SHARDS, shards=4, return_state=True))
print("ENDED", state.name, state.message)
"""


def _process_of(flow_run: str) -> int:
    """The process that runs a flow run: the worker names it in its environment."""
    wanted = f"PREFECT__FLOW_RUN_ID={flow_run.replace('-', '')}".encode(), f"PREFECT__FLOW_RUN_ID={flow_run}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(name in environment for name in wanted):
            return int(path.parent.name)
    raise AssertionError(f"no process runs {flow_run}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_shards_one_of_them_killed(
    make_market: Callable[..., Market],  # noqa: F811
    empty_dsn: str,
    tmp_path: Path,
) -> None:
    """A shard dies by kill -9 amid a board: it is run again for what it lacks, and all adds up to one program's run."""
    market = make_market(companies=32, max_openings=12, end=datetime.now(UTC).date())
    for path in default_config_dir().glob("*.yaml"):
        if not (market.config_dir / path.name).exists():
            (market.config_dir / path.name).write_bytes(path.read_bytes() if "cdio" not in path.name else b"[]\n")
    gone = market.companies[5]
    market.sandbox.fault("not_found", board=gone.ats_id)
    asyncio.run(market.refresh(pacing=AS_LONG))
    single, market.dsn = market.dsn, empty_dsn
    asyncio.run(migrate(empty_dsn))
    market.sandbox.clear_requests()

    stuck = next(company for company in market.companies if company.ats_type == "ashby")
    market.sandbox.fault("hang", board=stuck.ats_id, times=1)
    hanging = threading.Event()
    state, asked = market.sandbox.state, market.sandbox.state.log

    def log(method: str, path: str, *rest: Any) -> Any:
        if stuck.ats_id in path:
            hanging.set()
        return asked(method, path, *rest)

    state.log = log  # type: ignore[method-assign]
    env: Mapping[str, str | None] = {
        **market.sandbox.env(),
        "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
        "DB_CONNECTION_STRING": market.dsn,
        "PREFECT_LOGGING_EXTRA_LOGGERS": "job_hunter",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    worker_log, flow_log = tmp_path / "worker.log", tmp_path / "flow.log"
    worker = ("prefect", "worker", "start", "--pool", f"{POOL}-shards", "--type", "process")
    bootstrap = ("flows.bootstrap", "--pool", POOL, "--kind", "process", "--paused")
    with prefect_server(tmp_path, env) as clients, flow_log.open("wb") as output:
        api = str(clients["PREFECT_API_URL"])
        run_to_end(bootstrap, env=clients, log=tmp_path / "bootstrap.log", name="bootstrap")
        with (
            started(worker, env=clients, log=worker_log),
            subprocess.Popen(
                [sys.executable, "-c", REFRESH],
                env=process_environment(clients),
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as parent,
        ):
            assert hanging.wait(180), flow_log.read_text() + worker_log.read_text()
            ((shard,),) = asyncio.run(
                market.rows("SELECT shard FROM job_hunter.planned_boards WHERE board = :board", board=stuck.ats_id)
            )
            (run,) = [run for run in ask(api, "flow_runs/filter", OURS) if run["parameters"]["shard"] == shard]
            os.kill(_process_of(run["id"]), signal.SIGKILL)
            parent.wait(300)
        runs = ask(api, "flow_runs/filter", OURS)
    said = flow_log.read_text()
    assert f"ENDED CompletedWithSkips 31 of 32 boards complete; skipped: {gone.slug}" in said
    assert f"shard {shard} ended (Crashed) with" in said
    ended = sorted((run["parameters"]["shard"], run["state"]["type"]) for run in runs)
    assert ended == sorted([(shard, "CRASHED"), *((n, "COMPLETED") for n in range(4))])
    for source in ("greenhouse", "lever", "ashby"):
        assert market.sandbox.most_at_once(source=source) <= 8
    tries = {
        company.slug: len({entry.clock for entry in market.sandbox.requests(board=company.ats_id)})
        for company in market.companies
        if company.ats_type != "lever"
    }
    assert tries[stuck.slug] == 2
    shards = dict(asyncio.run(market.rows("SELECT board, shard FROM job_hunter.board_fetches")))
    # What the killed shard had in flight may have been answered before it was written down.
    for company in market.companies:
        if company.slug in tries and company is not stuck:
            assert tries[company.slug] in ((1, 2) if shards[company.ats_id] == shard else (1,)), company.slug
    shared, command = asyncio.run(contents(market.dsn)), asyncio.run(contents(single))
    for table, rows in command.items():
        assert rows == shared[table], table
    assert set(shards.values()) == {0, 1, 2, 3}
