"""backfill-fx through Prefect: the same tables as through the command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from job_hunter.usecases.refresh import refresh_lock
from tests.flows.conftest import RunFlow
from tests.tables import contents
from tests.usecases.conftest import Market

FLOW = "import asyncio; from flows.backfill_fx import backfill_fx; asyncio.run(backfill_fx(days=30))"
UNPRICED = (
    "UPDATE job_hunter.comp_points SET base_gbp = NULL, total_gbp = NULL, rate_date = NULL WHERE currency <> 'GBP'",
    "UPDATE job_hunter.comp_snapshots SET base_gbp = NULL, total_gbp = NULL, rate_date = NULL WHERE currency <> 'GBP'",
    "UPDATE job_hunter.roles SET parsed_base_gbp = NULL, rate_date = NULL WHERE parsed_currency <> 'GBP'",
    "DELETE FROM job_hunter.fx_rates",
)


async def test_flow_and_command_repair_alike(market: Market, empty_copy: str, run_flow: RunFlow) -> None:
    """Rates gone and pounds gone: either door brings back the tables as they were."""
    today = datetime.now(UTC).date()
    market.sandbox.set_date(today)
    market.at = datetime(today.year, today.month, today.day, 4, tzinfo=UTC)
    twin = replace(market, dsn=empty_copy)
    for place in (market, twin):
        await place.refresh()
    whole = await contents(market.dsn, without=("fx_rates", "board_fetches"))
    for place in (market, twin):
        async with place.database() as database, database.transaction() as connection:
            for statement in UNPRICED:
                await connection.execute(text(statement))
    flow = run_flow(market, "-c", FLOW)
    assert flow.returncode == 0, flow.stderr
    assert "priced again" in flow.stderr + flow.stdout
    command = run_flow(twin, "-m", "job_hunter", "backfill-fx", "--days", "30")
    assert command.returncode == 0, command.stderr
    assert "priced again" in command.stdout
    assert await contents(market.dsn) == await contents(twin.dsn)
    assert whole == await contents(market.dsn, without=("fx_rates", "board_fetches"))


# One process for all runs: importing Prefect and starting its engine takes longer than they do.
STATES = """
import asyncio, json, sys
from flows import backfill_fx as module

module.load_and_price = module.load_and_price.with_options(retries=1, retry_delay_seconds=0)

async def main():
    for options in json.loads(sys.argv[1]):
        state = await module.backfill_fx(**options, return_state=True)
        print("STATE", state.type.value, state.message.replace("\\n", " "))

asyncio.run(main())
"""


def states(place: Market, run_flow: RunFlow, *options: dict[str, object]) -> tuple[list[str], str]:
    """The final state and message of a run with each of `options`, and the log."""
    done = run_flow(place, "-c", STATES, json.dumps(options))
    assert done.returncode == 0, done.stderr
    found = [line.removeprefix("STATE ") for line in done.stdout.splitlines() if line.startswith("STATE ")]
    return found, done.stderr + done.stdout


@pytest.fixture
def today_market(market: Market) -> Market:
    """A market whose day is the flow's own."""
    market.sandbox.set_date(datetime.now(UTC).date())
    return market


async def test_what_cannot_be_meant_fails_at_once(today_market: Market, run_flow: RunFlow) -> None:
    """No retry, no lock and no request: the message names the parameter."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    found, log = states(
        today_market,
        run_flow,
        {"days": 0},
        {"days": 30, "since": "2026-01-01"},
        {"since": str(tomorrow)},
        {"days": "many"},
    )
    assert [state.partition(" ")[0] for state in found] == ["FAILED"] * 4
    for state, words in zip(
        found, ("0 is less than 1", "give one of them", f"{tomorrow} is in the future", "days"), strict=True
    ):
        assert words in state
    assert "AwaitingRetry" not in log
    assert today_market.sandbox.requests() == []


async def test_a_silent_ecb_and_a_running_refresh_fail_the_run(today_market: Market, run_flow: RunFlow) -> None:
    """The one with what the ECB answered, without another try than its own; the other after waiting for the lock."""
    today_market.sandbox.fault("error", source="ecb")
    found, log = states(today_market, run_flow, {"days": 30})
    assert found[0].startswith("FAILED ecb: no rates loaded")
    assert len(today_market.sandbox.requests(source="ecb")) == 2
    assert "AwaitingRetry" not in log
    async with today_market.database() as database, refresh_lock(database):
        found, log = states(today_market, run_flow, {"days": 30})
    assert found[0].startswith("FAILED")
    assert "Another refresh is running" in found[0]
    assert "AwaitingRetry" in log
