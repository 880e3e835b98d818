"""kill -9 of a refresh, then another refresh: the tables are those of a run that nothing disturbed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tests.conftest import Postgres
from tests.crashing import assert_same, kill_at, settle, state_of
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market
from tests.wire import wire_to

KILLS = 3


def test_a_killed_refresh_is_repaired_by_the_next(
    make_market: Callable[..., Market],  # noqa: F811
    postgres: Postgres,
) -> None:
    """Three kills at random bytes of a refresh that brings eleven weeks of news, each on a copy of the same history."""
    market = make_market(companies=8)
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
