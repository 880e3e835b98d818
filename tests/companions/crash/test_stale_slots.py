"""A killed flow run leaves its slots taken at a real Prefect server: doctor sees them, the next run frees them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from job_hunter.cli.processes import run_to_end, started
from job_hunter.config import default_config_dir
from job_hunter.sources.http import Http
from job_hunter.usecases.doctor import Check, examine
from tests.crashing import settle
from tests.prefect_server import prefect_server
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market


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
    env: Mapping[str, str | None] = {
        **market.sandbox.env(),
        "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
        "DB_CONNECTION_STRING": market.dsn,
    }
    flow_log = tmp_path / "flow.log"
    with prefect_server(tmp_path, env) as clients:
        api = str(clients["PREFECT_API_URL"])
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
        with started(("flows.refresh", "ats"), env=clients, log=flow_log) as flow:
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

        run_to_end(("flows.refresh", "ats"), env=clients, log=flow_log, name="the flow refresh")
        healed = asyncio.run(_slots(market, api))
        assert healed.is_ok
        assert healed.message == "slots taken: 0 of ats-board, 0 of db-write"
