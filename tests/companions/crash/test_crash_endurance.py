"""Dozens of kills at random bytes, Postgres killed under a run, connections cut amid a COPY: nothing is left of any."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from job_hunter.storage.database import asyncpg_dsn
from job_hunter.storage.embedded import embedded_postgres, embedded_state
from job_hunter.storage.migrate import migrate
from tests.conftest import Postgres
from tests.crashing import assert_same, kill_at, run_to_end, settle, start, state_of
from tests.edited_config import CITIES_ARE_LONDON, edited_readings
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market
from tests.wire import COPY_OF_ROLES, wire_to

pytestmark = pytest.mark.slow

REFRESH_KILLS, SNAPSHOT_KILLS, REPARSE_KILLS = 32, 8, 14
RESTARTS, CUTS, EMBEDDED_KILLS = 8, 8, 5
State = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def history(make_market: Callable[..., Market]) -> Market:  # noqa: F811
    """A market of ten boards whose first week is in the database."""
    market = make_market(companies=10)
    market.set_date(market.sandbox.world.dates[0])
    asyncio.run(market.refresh())
    return market


def _name(dsn: str) -> str:
    return dsn.partition("@/")[2].partition("?")[0]


def _kill_again_and_again(
    market: Market, postgres: Postgres, arguments: tuple[str, ...], kills: int, *, config_dir: Path | None = None
) -> None:
    """Kill the command `kills` times at random bytes, each on a copy of the history, and run it to its end."""
    template = _name(market.dsn)
    with postgres.database(template) as dsn, wire_to(dsn) as wire:
        run_to_end(start(market, wire.dsn, *arguments, config_dir=config_dir))
        length, expected = wire.sent, asyncio.run(state_of(dsn))
    died = 0
    for number in range(kills):
        with postgres.database(template) as dsn, wire_to(dsn) as wire:
            bytes_ = [random.randrange(length) for _ in range(2 if number % 3 == 2 else 1)]
            for byte in bytes_:
                died += kill_at(wire, byte, market, *arguments, config_dir=config_dir)
                wire.arm(None)
                asyncio.run(settle(dsn))
            run_to_end(start(market, dsn, *arguments, config_dir=config_dir))
            assert_same(expected, asyncio.run(state_of(dsn)), f"kills of {arguments[0]} at {bytes_} of {length} bytes")
    assert died >= kills * 0.8


@pytest.mark.timeout(900)
def test_refresh_is_killed(history: Market, postgres: Postgres) -> None:
    """A refresh that brings eleven weeks of news; every third time it is killed twice."""
    now = history.sandbox.world.end
    history.set_date(now)
    arguments = ("refresh", "--source", "ats", "--date", str(now))
    _kill_again_and_again(history, postgres, arguments, REFRESH_KILLS)


def test_snapshot_is_killed(history: Market, postgres: Postgres) -> None:
    """Filling a day whose rows are lost."""
    day = history.sandbox.world.dates[0]
    postgres.run(
        _execute(
            history.dsn,
            f"DELETE FROM job_hunter.roles_snapshots WHERE snapshot_date = '{day}'; "
            f"DELETE FROM job_hunter.comp_snapshots WHERE snapshot_date = '{day}'",
        )
    )
    _kill_again_and_again(history, postgres, ("snapshot", "--date", str(day)), SNAPSHOT_KILLS)


@pytest.mark.timeout(600)
def test_reparse_is_killed(history: Market, postgres: Postgres, tmp_path: Path) -> None:
    """Reading every archived posting again after an edit of locations.yaml."""
    edited_readings(tmp_path / "edited", *CITIES_ARE_LONDON)
    shutil.copyfile(history.config_dir / "companies.yaml", tmp_path / "edited" / "companies.yaml")
    _kill_again_and_again(history, postgres, ("reparse",), REPARSE_KILLS, config_dir=tmp_path / "edited")


def test_connections_are_cut_amid_a_copy(history: Market, postgres: Postgres) -> None:
    """The network goes while roles are on their way: one sentence, exit code 1, and the next run has them all."""
    now, template = history.sandbox.world.end, _name(history.dsn)
    history.set_date(now)
    arguments = ("refresh", "--source", "ats", "--date", str(now))
    with postgres.database(template) as dsn, wire_to(dsn) as wire:
        wire.arm(None, after=COPY_OF_ROLES)
        run_to_end(start(history, wire.dsn, *arguments))
        length, expected = wire.sent, asyncio.run(state_of(dsn))
    for _ in range(CUTS):
        byte = random.randrange(len(COPY_OF_ROLES), length * 9 // 10)
        with postgres.database(template) as dsn, wire_to(dsn) as wire:
            process = start(history, wire.dsn, *arguments)
            wire.arm(byte, after=COPY_OF_ROLES)
            said, _ = process.communicate(timeout=120)
            assert wire.fired.is_set()
            _assert_one_sentence(process.returncode, said)
            asyncio.run(settle(dsn))
            run_to_end(start(history, dsn, *arguments))
            assert_same(expected, asyncio.run(state_of(dsn)), f"a cut at byte {byte} of {length} since the first COPY")


@pytest.fixture
def own_server() -> Iterator[tuple[Path, str]]:
    """A Postgres of the test's own, to be killed: its folder and its administrator's DSN."""
    folder = Path(tempfile.mkdtemp(prefix="jhk")).resolve()
    try:
        with embedded_postgres(folder / "db") as dsn:
            yield folder / "db", dsn
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(600)
def test_postgres_is_restarted_amid_a_run(history: Market, own_server: tuple[Path, str]) -> None:
    """kill -9 of the server at random bytes of a refresh, up again at once: the next refresh repairs what it broke."""
    folder, admin = own_server
    earlier, now = history.sandbox.world.dates[0], history.sandbox.world.end

    def database(name: str, template: str = "template0") -> str:
        # Copied through the WAL, a sequence gives its next 32 numbers unlogged, and after a crash again.
        asyncio.run(_execute(admin, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        before, after = admin.split("@/")
        return f"{before}@/{name}?{after.partition('?')[2]}"

    def restart() -> None:
        pid = embedded_state(folder).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with embedded_postgres(folder):
            pass  # whoever opens it starts it again

    history.dsn = database("history")
    asyncio.run(migrate(history.dsn))
    history.set_date(earlier)
    asyncio.run(history.refresh())
    history.set_date(now)
    arguments = ("refresh", "--source", "ats", "--date", str(now))
    undisturbed = database("undisturbed", "history")
    with wire_to(undisturbed) as wire:
        run_to_end(start(history, wire.dsn, *arguments))
        length, expected = wire.sent, asyncio.run(state_of(undisturbed))
    for number in range(RESTARTS):
        byte = random.randrange(length)
        dsn = database(f"restarted{number}", "history")
        with wire_to(dsn) as wire:
            process = start(history, wire.dsn, *arguments)
            wire.arm(byte, restart)
            said, _ = process.communicate(timeout=120)
            if process.returncode:
                _assert_one_sentence(process.returncode, said)
        asyncio.run(settle(dsn))
        run_to_end(start(history, dsn, *arguments))
        assert_same(expected, asyncio.run(state_of(dsn)), f"a restart at byte {byte} of {length}")


@pytest.mark.timeout(600)
def test_a_refresh_with_the_embedded_postgres_is_killed(history: Market, postgres: Postgres, tmp_path: Path) -> None:
    """Nobody stops the server that it started: the next refresh finds it running, or starts it, and goes on."""
    earlier, now = history.sandbox.world.dates[0], history.sandbox.world.end
    dates = {on: ("refresh", "--source", "ats", "--date", str(on)) for on in (earlier, now)}
    history.set_date(now)
    asyncio.run(history.refresh())
    expected = asyncio.run(state_of(history.dsn))
    folder = Path(tempfile.mkdtemp(prefix="jhk")).resolve()
    state, asked = history.sandbox.state, history.sandbox.state.log
    try:
        for number in range(EMBEDDED_KILLS):
            data_dir = folder / str(number)
            history.sandbox.set_date(earlier)
            run_to_end(start(history, None, *dates[earlier], data_dir=data_dir))
            history.sandbox.set_date(now)
            process = start(history, None, *dates[now], data_dir=data_dir)
            left = random.randint(1, 10)

            def log(*arguments: Any, process: Any = process) -> Any:
                nonlocal left
                left -= 1
                if left == 0:
                    process.kill()
                return asked(*arguments)

            state.log = log
            process.communicate(timeout=120)
            state.log = asked
            assert process.returncode == -signal.SIGKILL
            run_to_end(start(history, None, *dates[now], data_dir=data_dir))
            with embedded_postgres(data_dir / "postgres") as dsn:
                found = asyncio.run(state_of(dsn))
            assert_same(expected, found, f"kill {number} with the embedded Postgres")
    finally:
        state.log = asked
        shutil.rmtree(folder, ignore_errors=True)


def _assert_one_sentence(code: int, said: str) -> None:
    lines = [line for line in said.splitlines() if "were replaced at once" not in line]
    assert (code, len(lines)) == (1, 1), said
    assert lines[0].startswith("error: Postgres at ")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
