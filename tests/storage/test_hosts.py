"""What the shards of a refresh know together of hosts: the same states as in one process, whoever takes the step."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from itertools import pairwise

from job_hunter.domain.politeness import FAILURES_TO_OPEN, HostState, Pace, ask, failed, succeeded
from job_hunter.sources.hosts import OwnHosts
from job_hunter.storage.database import Database
from job_hunter.storage.hosts import SharedHosts, forget_hosts

HOST = "greenhouse at boards.example"
PACE = Pace(failures_to_open=2)


async def _state(hosts: SharedHosts | OwnHosts) -> HostState:
    return await hosts.change(HOST, lambda state, _: (state, state))


async def test_a_state_survives_the_way_to_postgres_and_back(dsn: str) -> None:
    """Every field of a state, whichever of them is set, is read as it was written."""
    whole = HostState(next_at=1.5, paused_until=2.25, failures=3, opened_at=1e9 + 0.125, probe_at=1e9 + 4)
    database = Database(dsn)
    try:
        hosts = SharedHosts(database)
        assert await _state(hosts) == HostState()
        for wanted in (whole, replace(whole, opened_at=None), HostState()):
            await hosts.change(HOST, lambda state, at, wanted=wanted: (wanted, None))
            assert await _state(hosts) == wanted
        await hosts.change(HOST, lambda state, at: (whole, None))
        async with database.transaction() as connection:
            await forget_hosts(connection)
        assert await _state(hosts) == HostState()
    finally:
        await database.close()


async def test_the_same_steps_come_to_the_same_in_one_process_and_in_postgres(dsn: str) -> None:
    """Failures, an opened breaker, a probe and a success: turns and states are alike but for the clock."""
    database = Database(dsn)
    try:
        seen = []
        for hosts in (OwnHosts(), SharedHosts(database)):
            turns = []
            for step in ("ask", "fail", "fail", "ask", "succeed", "ask"):
                if step == "ask":
                    turn = await hosts.change(HOST, partial(ask, pace=PACE))
                    turns.append((turn.wait > 0, turn.is_refused, turn.is_troubled))
                elif step == "fail":
                    await hosts.change(HOST, lambda state, at: (failed(state, at, PACE), None))
                else:
                    await hosts.change(HOST, lambda state, _: (succeeded(state), None))
            seen.append((turns, (await _state(hosts)).failures, (await _state(hosts)).opened_at))
        assert seen[0] == seen[1] == ([(False, False, False), (True, False, False), (False, False, False)], 0, None)
    finally:
        await database.close()


async def test_turns_of_several_programs_are_apart(dsn: str) -> None:
    """Four that ask through connections of their own get one turn an interval, by the clock of Postgres."""
    pace = Pace(0.05)
    turns: list[float] = []

    async def program() -> None:
        database = Database(dsn, pool_size=1)
        try:
            hosts = SharedHosts(database)
            for _ in range(3):
                while True:
                    turn, at = await hosts.change(HOST, _timed(pace))
                    if not turn.wait:
                        turns.append(at)
                        break
                    await asyncio.sleep(turn.wait)
        finally:
            await database.close()

    await asyncio.gather(*(program() for _ in range(4)))
    turns.sort()
    assert len(turns) == 12
    assert all(after - before >= 0.05 for before, after in pairwise(turns))


def _timed(pace: Pace):
    def step(state: HostState, at: float):
        after, turn = ask(state, at, pace)
        return after, (turn, at)

    return step


async def test_failures_of_all_programs_open_one_breaker(dsn: str) -> None:
    """Each of four programs sees a quarter of the failures; together they are enough, and all of them know."""
    pace = Pace(failures_to_open=FAILURES_TO_OPEN)
    databases = [Database(dsn, pool_size=1) for _ in range(4)]
    try:
        programs = [SharedHosts(database) for database in databases]

        async def fail(hosts: SharedHosts) -> None:
            for _ in range(FAILURES_TO_OPEN // 4):
                await hosts.change(HOST, lambda state, at: (failed(state, at, pace), None))

        await asyncio.gather(*(fail(hosts) for hosts in programs))
        for hosts in programs:
            assert (await _state(hosts)).failures == FAILURES_TO_OPEN
            assert (await hosts.change(HOST, partial(ask, pace=pace))).wait > 0
    finally:
        for database in databases:
            await database.close()
