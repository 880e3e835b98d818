"""A killed flow run leaves its slots taken at a real Prefect server: doctor sees them, the next run frees them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from job_hunter.cli.processes import free_port, run_to_end, started, wait_until
from job_hunter.config import default_config_dir
from job_hunter.sources.http import Http
from job_hunter.usecases.doctor import Check, examine
from tests.crashing import settle
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _slots(market: Market, api: str) -> Check:
    async with market.database() as database, Http() as http:
        found = await examine(database, at=market.at, http=http, prefect_api_url=api)
    return next(check for check in found if check.name == "prefect")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_slots_of_a_killed_flow(make_market: Callable[..., Market], tmp_path: Path) -> None:  # noqa: F811
    """Killed while boards are fetched: slots taken, seen by doctor; after the next run, none."""
    market = make_market(companies=4)
    for path in default_config_dir().glob("*.yaml"):
        if not (market.config_dir / path.name).exists():
            (market.config_dir / path.name).write_bytes(path.read_bytes())
    port = free_port(0)
    api = f"http://127.0.0.1:{port}/api"
    env: Mapping[str, str | None] = {
        **market.sandbox.env(),
        "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
        "DB_CONNECTION_STRING": market.dsn,
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    }
    server_log, flow_log = tmp_path / "server.log", tmp_path / "flow.log"
    arguments = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with started(arguments, env={**env, "PREFECT_API_URL": None}, log=server_log) as server:
        wait_until(lambda: _answers(f"{api}/health"), server, name="the Prefect server", log=server_log)
        assert asyncio.run(_slots(market, api)).message == "it has no limits of ours yet"

        fetching = threading.Event()
        state, asked = market.sandbox.state, market.sandbox.state.log

        def log(method: str, path: str, *rest: Any) -> Any:
            if "eurofxref" not in path:
                fetching.set()
            return asked(method, path, *rest)

        state.log = log  # type: ignore[method-assign]
        for source in ("greenhouse", "lever", "ashby"):
            market.sandbox.fault("hang", source=source)
        with started(("flows.refresh", "ats"), env=env, log=flow_log) as flow:
            assert fetching.wait(120), flow_log.read_text()
            os.killpg(flow.pid, signal.SIGKILL)
            flow.wait(30)
        state.log = asked  # type: ignore[method-assign]
        market.sandbox.clear_faults()
        asyncio.run(settle(market.dsn))
        stale = asyncio.run(_slots(market, api))
        assert not stale.is_ok
        assert "a killed run left slots taken: " in stale.message
        assert "`prefect concurrency-limit reset ats-board`" in str(stale.advice)

        run_to_end(("flows.refresh", "ats"), env=env, log=flow_log, name="the flow refresh")
        healed = asyncio.run(_slots(market, api))
        assert healed.is_ok
        assert healed.message == "slots taken: 0 of ats-board, 0 of db-write"
