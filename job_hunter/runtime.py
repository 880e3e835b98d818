"""The one place that builds what use cases work with: the database and the HTTP client, from the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from job_hunter.config.readings import load_gazetteer, load_ladder, readings_digest
from job_hunter.domain.role import Readings
from job_hunter.errors import ConfigError
from job_hunter.settings import Settings
from job_hunter.sources.hosts import Hosts
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.storage.embedded import embedded_postgres
from job_hunter.storage.migrate import check_migrated, migrate_database


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a command or a task works with."""

    settings: Settings
    db: Database
    http: Http

    @property
    def config_dir(self) -> Path:
        """Where companies.yaml and its siblings are."""
        return self.settings.config_dir


def open_database(settings: Settings, *, pooled: bool = True) -> Database:
    """The database that the settings name; raises ConfigError when they name none (see `open_runtime`)."""
    if settings.db_connection_string is None and settings.db_connection_string_file is None:
        raise ConfigError(
            "DB_CONNECTION_STRING is not set: set it, or leave it to `open_runtime` to use the embedded one"
        )
    patience = settings.rotation_patience if settings.db_connection_string_file else 0.0

    def dsn() -> str:
        secret = settings.read_dsn()
        assert secret is not None
        return secret.get_secret_value()

    return Database(dsn, pooled=pooled, patience=patience)


def embedded_dir(settings: Settings) -> Path:
    """Where the embedded Postgres keeps its data."""
    return settings.data_dir / "postgres"


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    pooled: bool = True,
    migrated: bool = True,
    connections: int = 8,
    hosts: Callable[[Database], Hosts] | None = None,
    failures_to_open: int | None = None,
) -> AsyncIterator[Runtime]:
    """Open the database and the HTTP client for the time of the block.

    `hosts` makes what several clients know together of hosts; `connections` and `failures_to_open` are the client's.

    Without a configured database the embedded Postgres is started, and migrated by itself. With one, a schema that is
    not current raises DatabaseUnmigrated. With `migrated` False the schema is neither looked at nor changed: for
    `migrate` itself, for `doctor`, and for tasks of a flow that has looked already.
    """
    async with AsyncExitStack() as stack:
        is_embedded = settings.db_connection_string is None and settings.db_connection_string_file is None
        if is_embedded:
            dsn = stack.enter_context(embedded_postgres(embedded_dir(settings), bindir=settings.pg_bindir))
            db = Database(dsn, pooled=pooled)
        else:
            db = open_database(settings, pooled=pooled)
        stack.push_async_callback(db.close)
        if migrated and is_embedded:
            await migrate_database(db)
        elif migrated:
            await db.read(check_migrated)
        client = Http(
            settings.base_urls,
            connections=connections,
            hosts=hosts(db) if hosts else None,
            failures_to_open=failures_to_open,
        )
        http = await stack.enter_async_context(client)
        yield Runtime(settings, db, http)


def load_readings(config_dir: Path) -> Readings:
    """The tables of levels.yaml and locations.yaml, parsed when first used. Raises ConfigError for a missing file."""
    return Readings(partial(load_gazetteer, config_dir), partial(load_ladder, config_dir), readings_digest(config_dir))
