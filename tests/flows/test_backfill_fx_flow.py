"""backfill-fx through Prefect: the same tables as through the command."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

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
