"""kill -9 of a refresh, then another refresh: the tables are those of a run that nothing disturbed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tests.conftest import Postgres
from tests.crashing import assert_same, kill_at, settle, start, state_of
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market
from tests.wire import COPY_OF_ROLES, wire_to

KILLS = 3


def test_a_killed_refresh_is_repaired_by_the_next(
    make_market: Callable[..., Market],  # noqa: F811
    postgres: Postgres,
) -> None:
    """Three kills at random bytes of a refresh that brings eleven weeks of news, each on a copy of the same history."""
    market = make_market(companies=4)
    before, now = market.sandbox.world.dates[0], market.sandbox.world.dates[-1]
    market.set_date(before)
    asyncio.run(market.refresh())
    history = market.dsn.partition("@/")[2].partition("?")[0]
    market.set_date(now)
    with postgres.database(history) as undisturbed, wire_to(undisturbed) as wire:
        market.dsn = wire.dsn
        asyncio.run(market.refresh())
        length, expected = wire.sent, asyncio.run(state_of(undisturbed))
    died = 0
    for _ in range(KILLS):
        byte = random.randrange(length)
        with postgres.database(history) as dsn, wire_to(dsn) as wire:
            died += kill_at(wire, byte, market, "refresh", "--source", "ats", "--date", str(now))
            asyncio.run(settle(dsn))
            market.dsn = dsn
            market.set_date(now, hour=9)
            asyncio.run(market.refresh())
            assert_same(expected, asyncio.run(state_of(dsn)), f"a kill at byte {byte} of {length}")
    assert died


def test_a_connection_that_is_cut_amid_a_copy_is_one_sentence(
    make_market: Callable[..., Market],  # noqa: F811
    dsn: str,
) -> None:
    """The command says so and ends with 1; nothing of that board was kept, and the next refresh has it all."""
    market = make_market(companies=4)
    now = market.sandbox.world.dates[-1]
    with wire_to(dsn) as wire:
        process = start(market, wire.dsn, "refresh", "--source", "ats", "--date", str(now))
        wire.arm(random.randrange(len(COPY_OF_ROLES), 3000), after=COPY_OF_ROLES)
        said, _ = process.communicate(timeout=60)
        assert wire.fired.is_set()
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert said.startswith("error: Postgres at 127.0.0.1:")
    asyncio.run(settle(dsn))
    partly = asyncio.run(market.rows("SELECT DISTINCT source, board FROM job_hunter.roles ORDER BY 1, 2"))
    assert partly == asyncio.run(market.rows("SELECT source, board FROM job_hunter.board_fetches ORDER BY 1, 2"))
    assert len(partly) < 4
    asyncio.run(market.refresh())
    assert len(market.sandbox.truth.openings(now)) == asyncio.run(market.value("SELECT count(*) FROM job_hunter.roles"))
