"""A lock that outlives transactions: held by a connection of its own, for as long as the block lasts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from job_hunter.errors import JobHunterError
from job_hunter.storage.database import Database

log = logging.getLogger(__name__)


@asynccontextmanager
async def session_lock(db: Database, key: int) -> AsyncIterator[bool]:
    """Try to take the advisory lock `key` and hold it within the block; gives whether it is ours.

    Postgres lets go of it when the connection breaks. Where passwords rotate, and sessions may be ended for it, it is
    then taken again. Raises DatabaseUnavailable.
    """
    holder = _Holder(db, key, await db.raw_connection())
    keeper: asyncio.Task[None] | None = None
    try:
        async with db.foreseen():
            is_ours = bool(await holder.connection.fetchval("SELECT pg_try_advisory_lock($1)", key))
        if is_ours and db.patience:
            keeper = asyncio.create_task(holder.keep())
        yield is_ours
    finally:
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await holder.connection.close()


class _Holder:
    """The connection that holds a lock."""

    def __init__(self, db: Database, key: int, connection: asyncpg.Connection) -> None:
        self._db, self._key = db, key
        self.connection = connection

    async def keep(self) -> None:
        """Take the lock again, with another connection, whenever this one breaks; until cancelled."""
        while True:
            await _broken(self.connection)
            log.warning("database: the connection that holds the refresh lock broke, taking the lock again")
            try:
                self.connection = await self._db.raw_connection()
                await self.connection.execute("SELECT pg_advisory_lock($1)", self._key)
            except (JobHunterError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("database: the lock could not be taken again (%s): going on without it", error)
                return


async def _broken(connection: asyncpg.Connection) -> None:
    """Return when `connection` is closed, by whom ever."""
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    if not connection.is_closed():
        await closed.wait()
