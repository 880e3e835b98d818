"""Work that is done again when its connection breaks, and what was committed all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.errors import DatabaseUnavailable
from job_hunter.storage.database import REPEATS, Database, _is_committed, host_of

RATE = text("INSERT INTO job_hunter.fx_rates VALUES ('2026-11-20', 'USD', 1.1) RETURNING currency")


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """A database whose password rotates."""
    made = Database(dsn, patience=1200)
    yield made
    await made.close()


class Breaker:
    """Breaks connections when they commit: before it, or after it and before the answer."""

    def __init__(self, database: Database, *, times: int, is_committed: bool) -> None:
        self.times, self.is_committed = times, is_committed
        event.listen(database.engine.sync_engine, "commit", self._commit)

    def _commit(self, connection: Any) -> None:
        if not self.times:
            return
        self.times -= 1
        if self.is_committed:
            connection.connection.dbapi_connection.commit()
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def _count(database: Database) -> int:
    return await database.read(_read_count)


async def _read_count(connection: AsyncConnection) -> int:
    return int(await connection.scalar(text("SELECT count(*) FROM job_hunter.fx_rates")) or 0)


@pytest.mark.parametrize(("is_committed", "tries"), [(True, 1), (False, 2)])
async def test_an_answer_that_was_lost(database: Database, is_committed: bool, tries: int) -> None:
    """What was committed is not done again, and gives what it gave; what was not is done again."""
    done: list[str] = []

    async def work(connection: AsyncConnection) -> str:
        done.append(str(await connection.scalar(RATE)))
        return f"{done[-1]} {len(done)}"

    Breaker(database, times=1, is_committed=is_committed)
    assert await database.write(work) == f"USD {tries}"
    assert len(done) == tries
    assert await _count(database) == 1


async def test_what_breaks_again_and_again_is_given_up(database: Database, dsn: str) -> None:
    """After so many repeats it is one sentence, and nothing is kept."""
    done: list[None] = []

    async def work(connection: AsyncConnection) -> None:
        done.append(None)
        await connection.execute(RATE)

    Breaker(database, times=99, is_committed=False)
    with pytest.raises(DatabaseUnavailable, match="broke the connection"):
        await database.write(work)
    assert len(done) == REPEATS + 1
    other = Database(dsn)
    assert await _count(other) == 0
    await other.close()


async def _committed(database: Database, transaction: str) -> bool:
    async with database.reading() as connection:
        return await _is_committed(connection, transaction)


async def test_a_server_that_never_heard_of_it(database: Database) -> None:
    """A replica that took over may lack the transaction: then it was not committed, and nothing is refused."""
    assert not await _committed(database, str(2**40))


async def test_other_errors_are_not_repeated(database: Database) -> None:
    """A mistake of ours stays one."""
    done: list[None] = []

    async def work(connection: AsyncConnection) -> None:
        done.append(None)
        await connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(Exception, match="division by zero"):
        await database.write(work)
    assert len(done) == 1


WHERE = [
    ("postgresql+asyncpg://user:secret@db.example:5432/jobs?sslmode=require", "db.example:5432/jobs"),
    ("postgresql://user:s%40cret@/jobs?host=/run/postgres", "the local socket/jobs"),
    ("postgresql:///jobs", "the local socket/jobs"),
    ("postgresql://", "the local socket"),
]


@pytest.mark.parametrize(("dsn", "where"), WHERE)
def test_where_a_database_is_said_to_be(dsn: str, where: str) -> None:
    """Host and database, without user, password and options."""
    assert where == host_of(dsn)
