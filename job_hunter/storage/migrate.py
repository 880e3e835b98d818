"""Bring the schema to the version this program needs, once, whoever else tries at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.errors import DatabaseUnmigrated
from job_hunter.storage.database import Database
from job_hunter.storage.tables import SCHEMA

MINIMUM_SERVER_VERSION = 150000
_LOCK = 0x6A68_6D69  # "jhmi"


@dataclass(frozen=True, slots=True)
class Migration:
    """The schema's version before and after; equal when there was nothing to do."""

    before: str | None
    after: str


def scripts_dir() -> Path:
    """The migrations: of the checkout when run from one, else the copy in the installed package."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "_data" / "alembic"
    return packaged if packaged.is_dir() else package.parent / "alembic"


@cache
def head() -> str:
    """The schema version this program needs: the number that the newest migration's file begins with."""
    return max(path.name for path in (scripts_dir() / "versions").glob("[0-9]*.py")).partition("_")[0]


async def current(connection: AsyncConnection) -> str | None:
    """The schema version of the database, None when it has no schema yet."""
    exists = await connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.alembic_version"})
    if exists is None:
        return None
    version: str | None = await connection.scalar(text("SELECT version_num FROM job_hunter.alembic_version"))
    return version


async def check_migrated(connection: AsyncConnection) -> None:
    """Raise DatabaseUnmigrated unless the schema is exactly the one this program was written for."""
    found = await current(connection)
    if found == head():
        return
    state = "has no job_hunter schema" if found is None else f"is at schema version {found}, not {head()}"
    raise DatabaseUnmigrated(f"The database {state}: run `job-hunter migrate`.")


async def migrate(dsn: str, *, revision: str = "head") -> Migration:
    """Migrate the database at `dsn` to `revision` under an advisory lock; a no-op when it is there already."""
    database = Database(dsn, pooled=False)
    try:
        return await migrate_database(database, revision=revision)
    finally:
        await database.close()


async def migrate_database(database: Database, *, revision: str = "head") -> Migration:
    """The same for an open `database`."""
    wanted = head() if revision == "head" else revision

    async def step(connection: AsyncConnection) -> Migration:
        before = await current(connection)
        if before == wanted:
            return Migration(before, wanted)
        server = int(await connection.scalar(text("SHOW server_version_num")) or 0)
        if server < MINIMUM_SERVER_VERSION:
            raise DatabaseUnmigrated(
                f"Postgres {server // 10000} is too old: job_hunter needs version 15 or newer. Upgrade the server."
            )
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = await current(connection)
        if before != wanted:
            await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            await connection.run_sync(_run, before, revision)
        return Migration(before, wanted)

    return await database.write(step)


def _run(connection: Connection, before: str | None, revision: str) -> None:
    from alembic.config import Config  # a fifth of a second, and most programs find their schema as it should be

    from alembic import command

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(scripts_dir()).replace("%", "%%"))
    backwards = revision == "base" or (before is not None and _is_older(revision, before))
    (command.downgrade if backwards else command.upgrade)(config, revision)


def _is_older(revision: str, than: str) -> bool:
    if revision == "head":
        from alembic.script import ScriptDirectory

        known = {script.revision for script in ScriptDirectory(str(scripts_dir())).walk_revisions()}
        if than not in known:
            raise DatabaseUnmigrated(
                f"The database is at schema version {than}, which this program does not know: it was migrated by a "
                f"newer one. Upgrade the program."
            )
        return False
    return revision < than
