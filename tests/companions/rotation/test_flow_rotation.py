"""Flows of a real Prefect server across a rotated password: sessions ended amid work, a file that comes late."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from job_hunter.config import default_config_dir
from job_hunter.settings import process_environment
from tests.companions.flows.test_backfill_fx_flow import UNPRICED
from tests.companions.flows.test_reparse_flow import MISREAD
from tests.conftest import Postgres
from tests.prefect_server import prefect_server
from tests.rotating import HELD_TABLE, Rotation, rotation, until
from tests.tables import contents
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

LATE_SECONDS = 30.0
SCRIPT = """
import asyncio
from flows.{flow} import *
print("ENDED", asyncio.run({call}).state_details.flow_run_id)
"""


@pytest.fixture(scope="module")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API of a real Prefect server."""
    with prefect_server(tmp_path_factory.mktemp("prefect"), {}) as clients:
        yield str(clients["PREFECT_API_URL"])


@pytest.fixture
async def rotating(dsn: str, tmp_path: Path) -> AsyncIterator[Rotation]:
    """A login of the test's database."""
    async with rotation(dsn, tmp_path / "connection-string") as made:
        yield made


@pytest.fixture
def undisturbed(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """A second migrated database, for the same work without a rotation."""
    with postgres.database(migrated_template) as dsn:
        yield dsn


@dataclass(frozen=True, slots=True)
class Ended:
    """A flow run that came to its end: its state at the server, and what its process said."""

    type: str
    name: str
    message: str
    said: str


class Flows:
    """Starts flows as a worker does, in a process of their own, and asks the server what became of them."""

    def __init__(self, api: str, home: Path) -> None:
        self.api, self.home = api, home

    async def run(self, market: Market, flow: str, call: str, **env: str | None) -> Ended:
        """Run `call` of the module `flows.<flow>` to its end."""
        for path in default_config_dir().glob("*.yaml"):
            target = market.config_dir / path.name
            if not target.exists():
                target.write_bytes(path.read_bytes() if path.name != "cdio_watches.yaml" else b"[]\n")
        changes = {
            **market.sandbox.env(),
            "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api,
            "DB_CONNECTION_STRING": None,
            **env,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SCRIPT.format(flow=flow, call=call),
            env=process_environment(changes),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        said = output.decode()
        assert process.returncode == 0, said
        (run_id,) = [line.split()[1] for line in said.splitlines() if line.startswith("ENDED ")]
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            run: dict[str, Any] = (await client.get(f"{self.api}/flow_runs/{run_id}")).json()
        state = run["state"]
        return Ended(state["type"], state["name"], state["message"] or "", said)


@pytest.fixture
def flows(prefect_api: str, tmp_path: Path) -> Flows:
    """Flows against the real server."""
    return Flows(prefect_api, tmp_path / "prefect")


async def _rotate_amid(login: Rotation, table: str, *, late: float) -> None:
    """When somebody waits to write to `table`: another password, all sessions ended, the file so many seconds late."""
    loop = asyncio.get_running_loop()
    async with login.stores_held(table):
        await login.until_storing()
        await login.rotate()
        rotated = loop.time()
    await login.until_refused()

    async def is_late() -> bool:
        return loop.time() - rotated >= late

    await until(is_late, "time stands still")
    login.update_file()


async def _across(
    flows: Flows, market: Market, login: Rotation, flow: str, call: str, *, table: str = HELD_TABLE, late: float = 0
) -> Ended:
    """Run a flow, and rotate the password amid it."""
    disturbing = asyncio.create_task(_rotate_amid(login, table, late=late))
    running = asyncio.create_task(flows.run(market, flow, call, DB_CONNECTION_STRING_FILE=str(login.file)))
    await asyncio.wait((disturbing, running), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        disturbing.cancel()
        raise AssertionError(f"it did not last until the file was updated: {running.result()}")
    await disturbing
    ended = await running
    assert "waiting up to 1200 s for a rotated password" in ended.said
    assert "secret-" not in ended.said
    return ended


@pytest.mark.timeout(500)
async def test_a_refresh_flow_outlives_a_rotation(
    make_market: Callable[..., Market],  # noqa: F811
    rotating: Rotation,
    flows: Flows,
    undisturbed: str,
) -> None:
    """The flow run ends Completed, every board is stored, and the tables are those of a run without a rotation."""
    market = make_market(companies=8, max_openings=8, end=datetime.now(UTC).date())
    call = "refresh(start_report=False, return_state=True)"
    ended = await _across(flows, market, rotating, "refresh", call, late=LATE_SECONDS)
    assert (ended.type, ended.name) == ("COMPLETED", "Completed"), ended.said
    rows = await market.rows(
        "SELECT status, count(*) FROM job_hunter.board_fetches WHERE source IN "
        "('greenhouse', 'lever', 'ashby') GROUP BY 1"
    )
    assert rows == [("complete", len(market.companies))]
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs WHERE status = 'completed'") == 1
    quiet = await flows.run(market, "refresh", call, DB_CONNECTION_STRING=undisturbed)
    assert (quiet.type, quiet.name) == ("COMPLETED", "Completed"), quiet.said
    assert await contents(undisturbed) == await contents(market.dsn)


# flow, its call, what is wrong with the tables before, and the table that it writes to amid its work
REPAIRS = [
    ("snapshot", "snapshot(return_state=True)", ("DELETE FROM job_hunter.comp_snapshots",), HELD_TABLE),
    ("backfill_fx", "backfill_fx(days=30, return_state=True)", UNPRICED, HELD_TABLE),
    ("reparse", "reparse(dry_run=False, return_state=True)", MISREAD, "job_hunter.comp_points"),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("flow", "call", "before", "table"), REPAIRS, ids=[case[0] for case in REPAIRS])
async def test_a_repair_outlives_a_rotation(
    make_market: Callable[..., Market],  # noqa: F811
    rotating: Rotation,
    flows: Flows,
    undisturbed: str,
    flow: str,
    call: str,
    before: tuple[str, ...],
    table: str,
) -> None:
    """It ends Completed at its first try, and the tables are those of one without a rotation."""
    market = make_market(companies=4, max_openings=8, end=datetime.now(UTC).date())
    for place in (market, replace(market, dsn=undisturbed)):
        await place.refresh()
        async with place.database() as database, database.transaction() as connection:
            for statement in before:
                await connection.execute(text(statement))
    ended = await _across(flows, market, rotating, flow, call, table=table)
    quiet = await flows.run(market, flow, call, DB_CONNECTION_STRING=undisturbed)
    assert (ended.type, ended.name) == (quiet.type, quiet.name) == ("COMPLETED", "Completed"), ended.said
    assert ended.message == quiet.message
    assert "AwaitingRetry" not in ended.said
    assert await contents(undisturbed) == await contents(market.dsn)
