"""reparse through Prefect: the same tables as through the command."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import text

from tests.flows.conftest import RunFlow
from tests.tables import contents
from tests.usecases.conftest import Market

FLOW = """
import asyncio
from flows.reparse import reparse

async def main():
    for options in ({}, {"dry_run": False, "sources": ["greenhouse"]}, {"dry_run": False}):
        for line in await reparse(**options):
            print("SAID", line)
        print("SAID --")
    state = await reparse(companies=["nosuch"], return_state=True)
    print("ENDED", state.type.value, state.message)

asyncio.run(main())
"""
# What an older, worse version of the parsers might have left behind.
MISREAD = (
    "UPDATE job_hunter.comp_points SET base_value = base_value / 2, base_gbp = base_gbp / 2 WHERE role_id IS NOT NULL",
    """UPDATE job_hunter.roles SET parsed_base_min = parsed_base_min / 2, parsed_base_max = parsed_base_max / 2,
       level_id = NULL, reading_version = 0""",
)


async def test_flow_and_command_read_alike(market: Market, empty_copy: str, run_flow: RunFlow) -> None:
    """A dry run first, one source next, then the rest: the same tables by either door. A wrong name fails at once."""
    twin = replace(market, dsn=empty_copy)
    for place in (market, twin):
        await place.refresh()
        async with place.database() as database, database.transaction() as connection:
            for statement in MISREAD:
                await connection.execute(text(statement))
    command = run_flow(twin, "-m", "job_hunter", "reparse")
    assert command.returncode == 0, command.stderr
    flow = run_flow(market, "-c", FLOW)
    assert flow.returncode == 0, flow.stderr
    said = "".join(line[5:] + "\n" for line in flow.stdout.splitlines() if line.startswith("SAID "))
    dry, one_source, rest, _ = said.split("--\n")
    assert "dry run: nothing was written" in dry
    assert dry.splitlines()[1:-1] == command.stdout.splitlines()[1:]
    assert 0 < int(one_source.split()[0]) < int(dry.split()[0])
    assert int(one_source.split()[0]) + int(rest.split()[0]) == int(dry.split()[0])
    (ended,) = (line for line in flow.stdout.splitlines() if line.startswith("ENDED "))
    assert ended.startswith("ENDED FAILED")
    assert "nosuch" in ended
    assert "AwaitingRetry" not in flow.stderr + flow.stdout
    assert await contents(twin.dsn) == await contents(market.dsn)
