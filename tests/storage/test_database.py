"""Connections that break: one sentence, nothing kept, and no waiting for a server that is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from job_hunter.errors import DatabaseUnavailable
from job_hunter.storage import database as module
from job_hunter.storage.database import Database, copy_records
from tests.conftest import Postgres
from tests.wire import Wire, wire_to

FIRST = "CREATE TEMP TABLE one (n int)"
MARK = b"pg_sleep(60)"


async def _sleep(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pg_sleep(60)"))


async def _read(database: Database) -> None:
    async with database.reading() as connection:
        await connection.execute(text("SELECT pg_sleep(60)"))


async def _copy(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(FIRST))
        await copy_records(connection, "one", ((n,) for n in range(3_000_000)), ["n"])


BROKEN: list[tuple[Callable[[Database], Coroutine[Any, Any, None]], bytes, int]] = [
    (_sleep, MARK, 1),
    (_read, MARK, 1),
    (_copy, b'COPY "one"', 200_000),
]


@pytest.mark.parametrize(("work", "after", "byte"), BROKEN, ids=["writing", "reading", "copying"])
async def test_a_connection_that_breaks_is_one_sentence(
    dsn: str, work: Callable[[Database], Coroutine[Any, Any, None]], after: bytes, byte: int
) -> None:
    """Wherever it breaks, the caller learns what it can do, with the host and without the password."""
    with wire_to(dsn) as wire:
        database = Database(wire.dsn)
        try:
            wire.arm(byte, after=after)
            with pytest.raises(
                DatabaseUnavailable, match="broke the connection: what was being written is not kept"
            ) as e:
                await work(database)
            assert "127.0.0.1" in str(e.value)
            assert wire.dsn.partition("@")[0].rpartition(":")[2] not in str(e.value)
            async with database.transaction() as connection:
                assert await connection.scalar(text("SELECT 1")) == 1
        finally:
            await database.close()


async def test_a_copy_that_waits_for_a_server_that_goes_has_an_end(dsn: str) -> None:
    """The server takes no more, the writer waits until it does, and then the connection is lost."""
    begun, goes = asyncio.Event(), threading.Event()

    def records() -> Iterator[tuple[int]]:
        begun.set()
        yield from ((n,) for n in range(3_000_000))

    async def copy() -> None:
        async with database.transaction() as connection:
            await connection.execute(text(FIRST))
            await copy_records(connection, "one", records(), ["n"])

    with wire_to(dsn) as wire:
        database = Database(wire.dsn)
        try:
            wire.arm(200_000, lambda: _wait(goes), after=b'COPY "one"')
            task = asyncio.create_task(copy())
            await begun.wait()  # COPY gives way to others only when it waits to write
            goes.set()
            done, _ = await asyncio.wait({task}, timeout=20)
            assert done, "the copy still waits"
            assert isinstance(task.exception(), DatabaseUnavailable)
        finally:
            goes.set()
            task.cancel()
            await database.close()


def _wait(event: threading.Event) -> None:
    assert event.wait(20)


@pytest.fixture
def login(postgres: Postgres) -> Iterator[str]:
    """A login without any right."""
    postgres.run(postgres.admin.execute("CREATE ROLE guest LOGIN PASSWORD 'hush'"))
    yield "guest"
    postgres.run(postgres.admin.execute("DROP ROLE guest"))


REFUSALS = [
    # what the administrator did, where, and what a command says of it
    ("ALTER ROLE guest CONNECTION LIMIT 0", "turns us away (too many connections for role"),
    ("ALTER DATABASE {name} ALLOW_CONNECTIONS false", "turns us away (database"),
    ("SELECT", "does not let this login do that (permission denied for schema job_hunter)"),
    (
        "ALTER ROLE guest SET default_transaction_read_only TO on; GRANT USAGE ON SCHEMA job_hunter TO guest",
        "does not let this login do that (cannot execute INSERT in a read-only transaction)",
    ),
]


@pytest.mark.parametrize(("done", "said"), REFUSALS, ids=["limit", "closed", "no right", "read only"])
def test_what_a_login_may_not_do_is_one_sentence(
    postgres: Postgres, login: str, dsn: str, done: str, said: str
) -> None:
    """With Postgres' own word for it and what to do, and without the password."""
    name = dsn.partition("@/")[2].partition("?")[0]
    password = dsn.partition("://")[2].partition("@")[0]
    theirs = dsn.replace(password, f"{login}:hush", 1)

    async def work() -> None:
        owner = await asyncpg.connect(dsn.replace("+asyncpg", ""))
        await (postgres.admin if "{name}" in done else owner).execute(done.format(name=name))
        await owner.close()
        database = Database(theirs)
        try:
            async with database.transaction() as connection:
                await connection.execute(
                    text(
                        "INSERT INTO job_hunter.companies (slug, display_name, ats_type, ats_id, sector) "
                        "VALUES ('a', 'A', 'none', 'a', 'other')"
                    )
                )
        finally:
            await database.close()

    with pytest.raises(DatabaseUnavailable) as e:
        postgres.run(work())
    assert said in str(e.value)
    assert "hush" not in str(e.value)
    assert len(str(e.value).splitlines()) == 1


async def test_a_mistake_in_a_statement_stays_what_it_is(dsn: str) -> None:
    """Only a broken connection is told as one."""
    database = Database(dsn)
    try:
        with pytest.raises(DBAPIError):
            async with database.transaction() as connection:
                await connection.execute(text("SELECT nonsense"))
        with pytest.raises(ConnectionError):
            async with database.transaction():
                raise ConnectionError
    finally:
        await database.close()


@pytest.mark.parametrize(("work", "after", "byte"), BROKEN, ids=["writing", "reading", "copying"])
async def test_work_that_is_cancelled_while_the_server_goes_has_an_end(
    dsn: str,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Database], Coroutine[Any, Any, None]],
    after: bytes,
    byte: int,
) -> None:
    """One store fails because Postgres is restarted and the others are cancelled for it: none waits for ever."""
    monkeypatch.setattr(module, "LONGEST_GOODBYE_SECONDS", 0.3)
    loop = asyncio.get_running_loop()
    with wire_to(dsn) as wire:
        database = Database(wire.dsn)
        try:
            task = asyncio.create_task(work(database))
            wire.arm(byte, lambda: _cancel(loop, task, wire), after=after)
            done, _ = await asyncio.wait({task}, timeout=20)
            assert {task} == done
            assert task.cancelled() or isinstance(task.exception(), DatabaseUnavailable)
        finally:
            await database.close()


def _cancel(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], wire: Wire) -> None:
    """Cancel `task`, and let nobody reach the server any more: not the request to cancel its query either."""
    cancelled = asyncio.Event()

    def cancel() -> None:
        task.cancel()
        loop.call_soon(cancelled.set)

    wire.refuse()
    asyncio.run_coroutine_threadsafe(_both(cancel, cancelled), loop).result(10)


async def _both(cancel: Callable[[], None], cancelled: asyncio.Event) -> None:
    cancel()
    await cancelled.wait()
