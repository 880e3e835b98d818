"""Locks between programs: one that outlives transactions, and the one that all who store within a transaction take.

A transaction that stores takes its lock first of all: with rows locked before, two of them could wait for each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.errors import JobHunterError
from job_hunter.storage.database import Database, is_connection_lost

log = logging.getLogger(__name__)

STORE_LOCK = 0x6A68_6664  # "jhfd"


async def share_store_lock(connection: AsyncConnection) -> None:
    """Store beside others that store one company's rows each, and beside nobody who stores alone."""
    await connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": STORE_LOCK})


async def hold_store_lock(connection: AsyncConnection) -> None:
    """Be the only one that stores until the transaction ends: for whoever touches many companies at once."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": STORE_LOCK})


@asynccontextmanager
async def session_lock(
    db: Database, key: int, *, is_waiting: bool = False, wait_seconds: float | None = None
) -> AsyncIterator[bool]:
    """Try to take the advisory lock `key` and hold it within the block; gives whether it is ours.

    With `is_waiting` it waits until the lock is free, and it is ours; after `wait_seconds`, if given, it raises
    TimeoutError. Postgres lets go of the lock when the connection breaks. Where passwords rotate, and sessions may be
    ended for it, it is then taken again. Raises DatabaseUnavailable.
    """
    connection, is_ours = await db.again(lambda: _take(db, key, is_waiting, wait_seconds))
    holder = _Holder(db, key, connection)
    keeper: asyncio.Task[None] | None = None
    try:
        if is_ours and db.patience:
            keeper = asyncio.create_task(holder.keep())
        yield is_ours
    finally:
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        await holder.connection.close()


async def _take(
    db: Database, key: int, is_waiting: bool, wait_seconds: float | None
) -> tuple[asyncpg.Connection, bool]:
    connection = await db.raw_connection()
    try:
        async with db.foreseen():
            if is_waiting:
                await connection.execute("SELECT pg_advisory_lock($1)", key, timeout=wait_seconds)
                return connection, True
            return connection, bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", key))
    except BaseException:
        await connection.close()
        raise


class _Holder:
    """The connection that holds a lock."""

    def __init__(self, db: Database, key: int, connection: asyncpg.Connection) -> None:
        self._db, self._key = db, key
        self.connection = connection

    async def keep(self) -> None:
        """Take the lock again, with another connection, whenever this one breaks; until cancelled."""
        while True:
            await _broken(self.connection)
            log.warning("database: the connection that holds a lock broke, taking the lock again")
            is_in = False
            try:
                self.connection = await self._db.raw_connection()
                is_in = True
                await self.connection.execute("SELECT pg_advisory_lock($1)", self._key)
            except (JobHunterError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                if is_in and is_connection_lost(error):
                    continue  # ended once more, after it had logged in
                log.warning("database: the lock could not be taken again (%s): going on without it", error)
                return


async def _broken(connection: asyncpg.Connection) -> None:
    """Return when `connection` is closed, by whom ever."""
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    if not connection.is_closed():
        await closed.wait()
