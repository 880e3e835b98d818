"""Connections and transactions. The caller owns the transaction; functions of this package take a connection.

A password may be rotated under a running program: the DSN is asked for anew for every connection, and an
authentication error is retried while the rotated secret is on its way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from job_hunter.errors import DatabaseUnavailable

DsnProvider = Callable[[], str]
ROTATION_POLL_SECONDS = 5.0
LONGEST_GOODBYE_SECONDS = 5.0
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,  # the server's last words came between two of our own
)
_AUTHENTICATION = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)


def asyncpg_dsn(dsn: str) -> str:
    """`dsn` in the form asyncpg takes: without SQLAlchemy's driver name."""
    scheme, _, rest = dsn.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def host_of(dsn: str) -> str:
    """Where `dsn` points, without user and password, for messages."""
    rest = dsn.partition("://")[2]
    return rest.rpartition("@")[2].partition("?")[0] or "the local socket"


class _Connection(asyncpg.Connection):
    """A connection that lets go of a server that went away.

    After a query that was cancelled asyncpg waits, before the next word, for the server's answer to it, and when the
    server goes in the meantime it waits for ever. What follows a cancelled query is a rollback or the end.
    """

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 asyncpg's
        if query != "ROLLBACK;":
            return await super().execute(query, *args, timeout=timeout)
        try:
            async with asyncio.timeout(LONGEST_GOODBYE_SECONDS):
                return await super().execute(query, timeout=timeout)
        except TimeoutError:
            self.terminate()
            raise asyncpg.ConnectionDoesNotExistError("the server does not answer a rollback") from None

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 asyncpg's signature
        try:
            async with asyncio.timeout(LONGEST_GOODBYE_SECONDS):
                await super().close(timeout=timeout)
        except TimeoutError:
            self.terminate()


async def connect(
    dsn: DsnProvider,
    *,
    patience: float = 0.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> asyncpg.Connection:
    """Open one connection.

    An authentication error is retried for `patience` seconds with the DSN read again each time.
    Raises DatabaseUnavailable with one sentence, without the password, when Postgres cannot be reached.
    """
    waited = 0.0
    while True:
        current = dsn()
        try:
            return await asyncpg.connect(asyncpg_dsn(current), timeout=30, connection_class=_Connection)
        except _AUTHENTICATION as error:
            if waited >= patience:
                raise DatabaseUnavailable(
                    f"Postgres at {host_of(current)} refuses the login ({type(error).__name__}): check the user and "
                    f"password in DB_CONNECTION_STRING or DB_CONNECTION_STRING_FILE."
                ) from None
        except asyncpg.InvalidCatalogNameError:
            raise DatabaseUnavailable(
                f"The database of DB_CONNECTION_STRING ({host_of(current)}) does not exist: create it first."
            ) from None
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise DatabaseUnavailable(
                f"Postgres at {host_of(current)} cannot be reached ({type(error).__name__}): check that it runs and "
                f"that DB_CONNECTION_STRING points to it."
            ) from None
        await sleep(ROTATION_POLL_SECONDS)
        waited += ROTATION_POLL_SECONDS


class Database:
    """A way to transactions. `pooled=False` opens one connection a transaction, for Prefect tasks with own loops."""

    def __init__(
        self, dsn: str | DsnProvider, *, pooled: bool = True, pool_size: int = 4, patience: float = 0.0
    ) -> None:
        self._dsn: DsnProvider = dsn if callable(dsn) else lambda: dsn
        self.patience = patience
        options: dict[str, Any] = (
            {"pool_size": pool_size, "max_overflow": 0, "pool_pre_ping": True} if pooled else {"poolclass": NullPool}
        )
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=self._connect, hide_parameters=True, **options
        )

    def __repr__(self) -> str:
        """Where it points, never the password."""
        return f"Database({host_of(self._dsn())!r})"

    async def _connect(self) -> asyncpg.Connection:
        return await connect(self._dsn, patience=self.patience)

    async def raw_connection(self) -> asyncpg.Connection:
        """A connection of its own outside the pool, to hold a lock with; the caller closes it."""
        return await self._connect()

    @asynccontextmanager
    async def foreseen(self) -> AsyncIterator[None]:
        """Within the block a connection that breaks is a DatabaseUnavailable, in one sentence."""
        try:
            yield
        except DatabaseUnavailable:
            raise
        except Exception as error:
            if not is_connection_lost(error):
                raise
            raise DatabaseUnavailable(
                f"Postgres at {host_of(self._dsn())} broke the connection: what was being written is not kept. Check "
                f"that it runs, then run the command again."
            ) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises DatabaseUnavailable when the connection breaks.
        """
        async with self.foreseen(), self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One read-only transaction that sees one state of the database throughout (repeatable read).

        Raises DatabaseUnavailable when the connection breaks.
        """
        async with self.foreseen(), self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


async def copy_records(
    connection: AsyncConnection, table: str, records: Iterable[Sequence[Any]], columns: Sequence[str]
) -> None:
    """COPY `records` into `table` (a temporary table of this connection) in the connection's own transaction."""
    await connection.execute(text("SELECT 1"))  # SQLAlchemy opens the transaction with its first statement
    raw = await connection.get_raw_connection()
    driver = cast(asyncpg.Connection, raw.driver_connection)
    await driver.copy_records_to_table(table, records=records, columns=list(columns))


def is_connection_lost(error: BaseException) -> bool:
    """Whether `error`, or one that it arose from, says that the connection went away."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, _LOST) or (isinstance(seen, DBAPIError) and seen.connection_invalidated):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
