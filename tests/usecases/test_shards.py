"""A refresh shared by shards: what each is to do, what is left of one that died, and that all of it adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from job_hunter.domain.run import BoardResult
from job_hunter.errors import ConfigError, RefreshInProgress, UsageError
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.storage.hosts import SharedHosts
from job_hunter.storage.migrate import migrate
from job_hunter.usecases.boards import refresh_boards
from job_hunter.usecases.plan import Plan, begin_run
from job_hunter.usecases.rates import refresh_rates
from job_hunter.usecases.refresh import finish_run
from job_hunter.usecases.shards import account, is_running, join_run, plan_shards, read_unfetched, seat_lock
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.tables import contents
from tests.usecases.conftest import Market

SHARDS = 3


async def _begin(market: Market, database: Database) -> Plan:
    async with Http(market.base_urls) as http:
        await refresh_rates(database, http, today=market.at.date(), sleep=market.sleep)
    plan = await begin_run(database, market.companies, market.readings, at=market.clock(), door="flow")
    await plan_shards(database, plan, SHARDS)
    return plan


async def _join(market: Market, database: Database, plan: Plan, shard: int) -> Plan:
    return await join_run(
        database, market.companies, market.readings, run_id=plan.run.id, shard=shard, at=market.clock()
    )


async def _work(market: Market, database: Database, part: Plan, most: int | None = None) -> list[BoardResult]:
    async with Http(market.base_urls, hosts=SharedHosts(database), connections=2) as http:
        return await refresh_boards(
            database,
            http,
            part,
            part.boards[:most],
            market.readings,
            clock=market.clock,
            sleep=market.sleep,
            at_once=2,
        )


def _names(plan: Plan) -> list[str]:
    return sorted(board.slug for board in plan.boards)


async def test_shards_are_even_apart_and_whole(make_market: Callable[..., Market]) -> None:
    """Every board is in one shard, and no shard has two boards more than another."""
    market = make_market(companies=11, max_openings=3)
    async with market.database() as database:
        plan = await _begin(market, database)
        parts = [await _join(market, database, plan, shard) for shard in range(SHARDS)]
    assert sorted(name for part in parts for name in _names(part)) == _names(plan)
    assert sorted(len(part.boards) for part in parts) == [3, 4, 4]
    assert [part.run for part in parts] == [replace(plan.run, shard=shard) for shard in range(SHARDS)]


async def test_shards_leave_the_tables_of_one_program(
    make_market: Callable[..., Market], empty_dsn: str, tmp_path: Path
) -> None:
    """One shard stops half way and is run again for what it lacks; tables and counts are those of a single run."""
    market = make_market(companies=9, max_openings=8)
    market.sandbox.fault("not_found", board=market.companies[0].ats_id)
    single = await market.refresh()
    await migrate(empty_dsn)
    market.dsn, command = empty_dsn, await contents(market.dsn)
    market.sandbox.clear_requests()
    async with market.database() as database:
        plan = await _begin(market, database)
        for shard in range(SHARDS):
            part = await _join(market, database, plan, shard)
            await _work(market, database, part, most=1 if shard == 0 else None)
        assert [await read_unfetched(database, plan.run.id, shard) for shard in range(SHARDS)] == [2, 0, 0]
        again = await _join(market, database, plan, 0)
        assert len(again.boards) == 2
        await _work(market, database, again)
        results = await account(database, plan, at=market.clock(), why=lambda board: "lost")
        summary = await finish_run(database, plan, results, at=market.clock())
        assert summary.totals() == single.totals()
        assert summary.sentence() == single.sentence()
        asked = Counter((entry.source, entry.board, entry.path) for entry in market.sandbox.requests())
        assert set(asked.values()) == {1}, "no board is asked twice"
        shared = await contents(empty_dsn)
        for table, rows in command.items():
            assert rows == shared[table], table
        numbers = await market.rows("SELECT DISTINCT shard FROM job_hunter.board_fetches ORDER BY 1")
        assert numbers == [(0,), (1,), (2,)]
        assert await market.value("SELECT count(*) FROM job_hunter.planned_boards") == 0


async def test_a_board_that_no_shard_got_to_is_skipped_and_says_why(make_market: Callable[..., Market]) -> None:
    """It is missing, not empty: nothing of it is closed, and the parent's summary names it."""
    market = make_market(companies=6, max_openings=4)
    await market.refresh()
    before = await market.value("SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL")
    async with market.database() as database:
        plan = await _begin(market, database)
        for shard in (0, 1):
            await _work(market, database, await _join(market, database, plan, shard))
        lost = _names(await _join(market, database, plan, 2))
        results = await account(database, plan, at=market.clock(), why=lambda board: f"lost {board.slug}")
        summary = await finish_run(database, plan, results, at=market.clock())
    assert sorted(result.company_slug for result in summary.skipped) == lost
    assert {result.message for result in summary.skipped} == {f"lost {name}" for name in lost}
    assert await market.value("SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL") == before


async def test_a_shard_serves_only_the_refresh_that_runs(make_market: Callable[..., Market]) -> None:
    """After a newer refresh began, or its own ended, a late shard has nothing to join."""
    market = make_market(companies=3, max_openings=2)
    async with market.database() as database:
        plan = await _begin(market, database)
        assert await is_running(database, plan.run.id)
        newer = await begin_run(database, market.companies, market.readings, at=market.clock(), door="flow")
        assert not await is_running(database, plan.run.id)
        with pytest.raises(UsageError, match=f"The refresh {plan.run.id} is not the one that runs now"):
            await _join(market, database, plan, 0)
        await finish_run(database, newer, [], at=market.clock())
        with pytest.raises(UsageError, match="is not the one that runs now"):
            await _join(market, database, newer, 0)


async def test_a_shard_that_would_read_otherwise_is_refused(make_market: Callable[..., Market], tmp_path: Path) -> None:
    """Another locations.yaml than its refresh has would mix two readings in one day."""
    market = make_market(companies=3, max_openings=2)
    other = edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON)
    async with market.database() as database:
        plan = await _begin(market, database)
        with pytest.raises(ConfigError, match="than its refresh: give both the same image"):
            await join_run(database, market.companies, other, run_id=plan.run.id, shard=0, at=market.clock())


async def test_one_shard_sits_on_a_seat(dsn: str) -> None:
    """A second one waits for its patience and says who is in the way; when the seat is left, the next one has it."""
    first, second = Database(dsn), Database(dsn)
    try:
        async with seat_lock(first, 1):
            async with seat_lock(second, 2):
                pass
            with pytest.raises(RefreshInProgress, match="Another shard has held seat 1"):
                async with seat_lock(second, 1, patience=0.2):
                    raise AssertionError("two shards sat on one seat")
        async with seat_lock(second, 1, patience=0.2):
            pass
    finally:
        await first.close()
        await second.close()
