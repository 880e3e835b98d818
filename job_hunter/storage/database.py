"""Connections and transactions. The caller owns the transaction; functions of this package take a connection.

A password may be rotated under a running program: the DSN is asked for anew for every connection, and an
authentication error is retried while the rotated secret is on its way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from job_hunter.errors import ConfigError, DatabaseUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")
DsnProvider = Callable[[], str]
Sleep = Callable[[float], Awaitable[None]]
ROTATION_POLL_SECONDS = 5.0
REPEATS = 3
"""How often work is done again when its connection breaks, where passwords rotate."""
POOL_SECONDS = 30.0
LONGEST_GOODBYE_SECONDS = 5.0
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,  # the server's last words came between two of our own
)
_OWN_TRANSACTION = text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)")
_STATUS = text(  # a server that took over may never have heard of it, and would refuse the question
    "SELECT CASE WHEN x.id < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(x.id) END "
    "FROM (SELECT CAST(CAST(:transaction AS text) AS xid8) AS id) x"
)
_REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)
_AUTHENTICATION = (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError)


def asyncpg_dsn(dsn: str) -> str:
    """`dsn` in the form asyncpg takes: without SQLAlchemy's driver name."""
    scheme, _, rest = dsn.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


def host_of(dsn: str) -> str:
    """Where `dsn` points, without user and password, for messages."""
    rest = dsn.partition("://")[2]
    place = rest.rpartition("@")[2].partition("?")[0]
    return f"the local socket{place}" if place[:1] in ("", "/") else place


class _Connection(asyncpg.Connection):
    """A connection that lets go of a server that went away, where asyncpg 0.31 waits for ever.

    After a query that was cancelled it waits, before the next word, for the server's answer to it, whether or not the
    server is still there. What follows a cancelled query is a rollback or the end. And a COPY that waits until the
    server has taken what was sent waits on when the connection is lost.
    """

    async def copy_records_to_table(self, table_name: str, **options: Any) -> str:
        self.add_termination_listener(_write_on)
        try:
            return await super().copy_records_to_table(table_name, **options)
        finally:
            self.remove_termination_listener(_write_on)

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
        except (TimeoutError, asyncpg.InternalClientError):  # the latter: lost before the end could be said
            self.terminate()


def _write_on(connection: Any) -> None:
    """Wake a COPY that waits to write: the next thing it learns is that the connection is lost."""
    connection._protocol.resume_writing()


async def connect(
    dsn: DsnProvider, *, patience: float = 0.0, is_reread: bool = False, sleep: Sleep = asyncio.sleep
) -> asyncpg.Connection:
    """Open one connection.

    An authentication error is retried for `patience` seconds with the DSN read again each time; so is, with
    `is_reread`, a DSN that was readable before and is not while its file is being replaced.
    Raises DatabaseUnavailable with one sentence, without the password, when Postgres cannot be reached.
    """
    waited = 0.0
    while True:
        try:
            current = dsn()
            return await asyncpg.connect(asyncpg_dsn(current), timeout=30, connection_class=_Connection)
        except ConfigError:
            if not is_reread or waited >= patience:
                raise
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
        except asyncpg.PostgresError as error:
            raise DatabaseUnavailable(
                f"Postgres at {host_of(current)} turns us away ({_sentence(error)}): look after its limits and after "
                f"what this login may do there."
            ) from None
        if not waited:
            log.warning("database: the login is refused, waiting up to %.0f s for a rotated password", patience)
        await sleep(ROTATION_POLL_SECONDS)
        waited += ROTATION_POLL_SECONDS


class Database:
    """A way to transactions. `pooled=False` opens one connection a transaction, for Prefect tasks with own loops.

    With `patience` passwords rotate: a refused login is tried again for so many seconds (see `connect`), and work that
    a broken connection took down is done again (see `again`).
    """

    def __init__(
        self,
        dsn: str | DsnProvider,
        *,
        pooled: bool = True,
        pool_size: int = 4,
        patience: float = 0.0,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._dsn: DsnProvider = dsn if callable(dsn) else lambda: dsn
        self.patience = patience
        self._sleep = sleep
        self._was_connected = False
        options: dict[str, Any] = {"poolclass": NullPool}
        if pooled:
            # Who waits for a connection waits as long as those who are being patient with its login.
            waiting = POOL_SECONDS + patience
            options = {"pool_size": pool_size, "max_overflow": 0, "pool_pre_ping": True, "pool_timeout": waiting}
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://", async_creator=self._connect, hide_parameters=True, **options
        )

    def __repr__(self) -> str:
        """Where it points, never the password."""
        return f"Database({self._where()!r})"

    def _where(self) -> str:
        try:
            return host_of(self._dsn())
        except ConfigError:  # the file is being replaced
            return "the address in DB_CONNECTION_STRING_FILE"

    async def _connect(self) -> asyncpg.Connection:
        opened = await connect(self._dsn, patience=self.patience, is_reread=self._was_connected, sleep=self._sleep)
        self._was_connected = True
        return opened

    async def raw_connection(self) -> asyncpg.Connection:
        """A connection of its own outside the pool, to hold a lock with; the caller closes it."""
        return await self._connect()

    async def again(self, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` gives; where passwords rotate, done again from its beginning when its connection breaks.

        Whoever rotates a password may end the sessions that were opened with the old one. `work` must be right when it
        is done twice, because a connection may break after the commit and before its answer. Raises
        DatabaseUnavailable.
        """
        for _ in range(REPEATS if self.patience else 0):
            try:
                return await work()
            except DatabaseUnavailable as error:
                if not is_connection_lost(error):
                    raise
                log.warning("database: the connection broke, what was being done is done again")
        return await work()

    async def read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `work` reads in a transaction of its own (see `reading`), done again when it breaks (see `again`)."""

        async def once() -> T:
            async with self.reading() as connection:
                return await work(connection)

        return await self.again(once)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """What `work` gives and writes in a transaction of its own, done again when it breaks (see `again`).

        What was committed although the answer was lost is not done again: Postgres is asked.
        """
        ready: list[tuple[str, T]] = []

        async def once() -> T:
            async with self.transaction() as connection:
                if ready and await _is_committed(connection, ready[0][0]):
                    return ready[0][1]
                ready.clear()
                given = await work(connection)
                if self.patience and (own := await connection.scalar(_OWN_TRANSACTION)):
                    ready.append((own, given))
            return given

        return await self.again(once)

    @asynccontextmanager
    async def foreseen(self) -> AsyncIterator[None]:
        """Within the block a connection that breaks, or a right that lacks, is DatabaseUnavailable in one sentence."""
        try:
            yield
        except DatabaseUnavailable:
            raise
        except Exception as error:
            if (refusal := _refusal(error)) is not None:
                raise DatabaseUnavailable(
                    f"Postgres at {host_of(self._dsn())} does not let this login do that ({refusal}): grant it the "
                    f"right, or set DB_CONNECTION_STRING to a login that has it."
                ) from error
            if not is_connection_lost(error):
                raise
            raise DatabaseUnavailable(
                f"Postgres at {self._where()} broke the connection: what was being written is not kept. Check "
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


async def _is_committed(connection: AsyncConnection, transaction: str) -> bool:
    """Whether another session's transaction was committed; one that is about to end is waited for."""
    for _ in range(50):
        status = await connection.scalar(_STATUS, {"transaction": transaction})
        if status != "in progress":
            break
        await asyncio.sleep(0.1)
    return bool(status == "committed")


def is_connection_lost(error: BaseException) -> bool:
    """Whether `error`, or one that it arose from, says that the connection went away."""
    return any(
        isinstance(seen, _LOST) or (isinstance(seen, DBAPIError) and seen.connection_invalidated)
        for seen in _causes(error)
    )


def _refusal(error: BaseException) -> str | None:
    """What Postgres said when a right was lacking."""
    return next((_sentence(seen) for seen in _causes(error) if isinstance(seen, _REFUSED)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _sentence(error: BaseException) -> str:
    """Postgres' own words, in one line."""
    return " ".join(str(error).split())
