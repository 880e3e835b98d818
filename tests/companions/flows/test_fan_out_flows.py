"""Many boards through Prefect: chunks from a hundred boards on, and shards where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tests.flows.conftest import AS_LONG, RunFlow
from tests.tables import contents
from tests.usecases.conftest import Market

COUNTED = """
import asyncio
from prefect import get_client
from flows.refresh import Mode, Source, refresh

async def main():
    state = await refresh(sources=[Source.ATS], start_report=False, mode={mode}, shards=2, return_state=True)
    async with get_client() as client:
        print("ENDED", state.name, "task runs", len(await client.read_task_runs()))
asyncio.run(main())
"""


async def test_chunks_leave_the_tables_of_the_command(
    make_market: Callable[..., Market], empty_copy: str, run_flow: RunFlow
) -> None:
    """105 boards go in two chunks, which are two task runs; tables, tries and skips are the command's."""
    market = make_market(companies=105, max_openings=2, end=datetime.now(UTC).date())
    gone, broken = market.companies[3], market.companies[4]
    market.sandbox.fault("not_found", board=gone.ats_id)
    market.sandbox.fault("error", board=broken.ats_id)
    await market.refresh(pacing=AS_LONG)
    market.sandbox.clear_requests()
    done = run_flow(market, "-c", COUNTED.format(mode="None"), dsn=empty_copy, PREFECT_LOGGING_LEVEL="WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ENDED CompletedWithSkips task runs 2" in done.stdout
    assert f"ats: skipping company={gone.slug} — HTTP 404" in done.stdout + done.stderr
    tries = [len(market.sandbox.requests(board=company.ats_id)) for company in (broken, market.companies[5])]
    assert tries == [2, 1]
    assert all(market.sandbox.most_at_once(source=source) <= 8 for source in ("greenhouse", "lever", "ashby"))
    flow, command = await contents(empty_copy), await contents(market.dsn)
    for table, rows in command.items():
        assert rows == flow[table], table


async def test_shards_without_their_deployment_go_in_chunks(
    make_market: Callable[..., Market], run_flow: RunFlow
) -> None:
    """The refresh says what is missing and is complete all the same."""
    market = make_market(companies=4, max_openings=2, end=datetime.now(UTC).date())
    done = run_flow(market, "-c", COUNTED.format(mode="Mode.SHARDS"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "there is no deployment refresh-shard/refresh-shard" in done.stdout + done.stderr
    assert "ENDED Completed task runs 1" in done.stdout
    assert await market.value("SELECT count(*) FROM job_hunter.board_fetches WHERE status = 'complete'") == 4


UNTAKEN = """
import asyncio
from prefect import flow, get_client
from flows.fan_out import run_shards
from flows.refresh_shard import refresh_shard
from flows.runtime import now, open_flow_runtime, resolve_settings
from job_hunter.config import load_employers
from job_hunter.runtime import load_readings
from job_hunter.usecases.plan import begin_run

@flow
async def parent():
    async with get_client() as client:
        await client.create_deployment(flow_id=await client.create_flow(refresh_shard), name="refresh-shard")
    settings = await resolve_settings()
    readings = load_readings(settings.config_dir)
    async with open_flow_runtime() as opened:
        plan = await begin_run(opened.db, load_employers(settings.config_dir), readings, at=now(), door="flow")
        found = await run_shards(opened, plan, readings, shards=2, start_seconds=1)
    async with get_client() as client:
        states = {run.state.name for run in await client.read_flow_runs() if run.deployment_id}
    print("ENDED", sorted({result.status.value for result in found}), len(found), states)
    return None

asyncio.run(parent())
"""


async def test_shards_that_nobody_takes_are_done_here(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """Without a worker for their pool the refresh does not wait for hours: it cancels them and goes on by itself."""
    market = make_market(companies=4, max_openings=2, end=datetime.now(UTC).date())
    done = run_flow(market, "-c", UNTAKEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no worker started a shard within 1 s: start one for the shards' work pool" in done.stdout + done.stderr
    assert "ENDED ['complete'] 4 {'Cancelled'}" in done.stdout
