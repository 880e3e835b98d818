"""A password that is rotated under running programs: a real Postgres, real sessions ended, a file that comes late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.run import Summary
from job_hunter.errors import ConfigError, DatabaseUnavailable
from job_hunter.runtime import open_database
from job_hunter.settings import Settings
from job_hunter.storage.database import Database
from job_hunter.usecases.refresh import refresh_lock
from tests.conftest import Postgres
from tests.crashing import start
from tests.rotating import Rotation, rotation, until
from tests.tables import contents
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market
from tests.web.conftest import TOKEN, Process, body, serve  # noqa: F401 the same receiver

PATIENCE = 1200.0
SOURCES = ("ats", "hn", "levels_fyi")


@pytest.fixture
async def rotating(dsn: str, tmp_path: Path) -> AsyncIterator[Rotation]:
    """A login of the test's database."""
    async with rotation(dsn, tmp_path / "connection-string") as made:
        yield made


class _Patient:
    """What stands in for sleeping between two logins: after `late` of them the file is there."""

    def __init__(self, login: Rotation, late: int) -> None:
        self.login, self.late, self.waits = login, late, 0

    async def sleep(self, seconds: float) -> None:
        assert seconds == 5
        self.waits += 1
        if self.waits == self.late:
            self.login.update_file()


def _database(
    login: Rotation, sleep: Callable[[float], Any], *, patience: float = PATIENCE, pooled: bool = True
) -> Database:
    settings = Settings(db_connection_string_file=login.file)

    def dsn() -> str:
        secret = settings.read_dsn()
        assert secret is not None
        return secret.get_secret_value()

    return Database(dsn, patience=patience, sleep=sleep, pooled=pooled)


async def _refresh(market: Market, database: Database, **options: Any) -> Summary:
    """A refresh of `market` through another database than its own."""
    elsewhere = Market.__new__(Market)
    elsewhere.__dict__.update(market.__dict__)
    elsewhere.__dict__["database"] = lambda: _Open(database)
    return await elsewhere.refresh(**options)


class _Open:
    def __init__(self, database: Database) -> None:
        self.database = database

    async def __aenter__(self) -> Database:
        return self.database

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()


@pytest.mark.parametrize("pooled", [True, False], ids=["pool", "a connection each"])
async def test_a_refresh_outlives_a_rotation(
    make_market: Callable[..., Market],  # noqa: F811
    rotating: Rotation,
    postgres: Postgres,
    migrated_template: str,
    pooled: bool,
) -> None:
    """Sessions end amid stores, the file is six logins late: every board is stored, and as if nothing had happened."""
    market = make_market(companies=8)
    patient = _Patient(rotating, late=6)

    async def disturb() -> None:
        async with rotating.stores_held():
            await rotating.until_storing()
            await rotating.rotate()

    database = _database(rotating, patient.sleep, pooled=pooled)
    summary, _ = await asyncio.gather(_refresh(market, database, sources=SOURCES), disturb())
    assert patient.waits >= 6
    assert {"complete"} == {result.status.value for result in summary.results}
    assert len(summary.results) > len(market.companies)
    assert await market.value("SELECT count(*) FROM job_hunter.refresh_runs WHERE status = 'completed'") == 1
    name = await asyncio.to_thread(_create, rotating.admin_dsn, migrated_template)
    undisturbed = postgres.dsn_of(name)
    market.set_date(market.sandbox.world.end)
    await _refresh(market, Database(undisturbed), sources=SOURCES)
    assert await contents(undisturbed) == await contents(market.dsn)


def _create(dsn: str, template: str) -> str:
    """Make a database; in a thread, because a test's loop runs in this one."""

    async def work() -> str:
        connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
        try:
            await connection.execute(f"CREATE DATABASE undisturbed_{id(work)} TEMPLATE {template} STRATEGY file_copy")
        finally:
            await connection.close()
        return f"undisturbed_{id(work)}"

    return asyncio.run(work())


async def test_the_lock_is_taken_again(rotating: Rotation, dsn: str) -> None:
    """The session that held it is ended: soon another holds it, and a second refresh is still kept out."""
    patient = _Patient(rotating, late=1)
    database = _database(rotating, patient.sleep)
    other = Database(dsn)
    holders = (
        "SELECT array_agg(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    async def holder() -> list[int]:
        found: list[int] | None = await rotating.admin.fetchval(holders)
        return found or []

    async with refresh_lock(database):
        (before,) = await holder()
        await rotating.rotate()

        async def is_another() -> bool:
            return await holder() not in ([], [before])

        await until(is_another, "nobody took the lock again")
        with pytest.raises(Exception, match="Another refresh is running"):
            async with refresh_lock(other):
                pass
    assert await holder() == []
    await database.close()
    await other.close()


async def test_work_is_done_again_from_its_beginning(rotating: Rotation) -> None:
    """What the ended session had written is gone with it; the second time it is written once."""
    patient = _Patient(rotating, late=2)
    database = _database(rotating, patient.sleep)
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        async with database.transaction() as connection:
            await connection.execute(text("INSERT INTO job_hunter.fx_rates VALUES ('2026-11-20', 'USD', 1.1)"))
            if tries == 1:
                await rotating.rotate()
            return int(await connection.scalar(text("SELECT count(*) FROM job_hunter.fx_rates")) or 0)

    assert await database.again(work) == 1
    assert (tries, patient.waits) == (2, 2)
    await database.close()


async def test_a_session_that_ends_while_the_file_is_replaced(rotating: Rotation) -> None:
    """Nothing in the file for a moment: what was being done is done again all the same."""
    patient = _Patient(rotating, late=2)
    database = _database(rotating, patient.sleep)
    tries = 0

    async def work(connection: AsyncConnection) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            await rotating.rotate()
            rotating.file.write_text("", encoding="utf-8")
        return int(await connection.scalar(text("SELECT 1")) or 0)

    assert await database.write(work) == 1
    assert (tries, patient.waits) == (2, 2)
    await database.close()


async def test_without_a_file_nothing_is_repeated(dsn: str) -> None:
    """A connection string that cannot change is not worth waiting for: one sentence at once, as ever."""
    database = Database(dsn)
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable, match="broke the connection"):
        await database.again(work)
    assert tries == 1
    await database.close()


async def test_a_password_that_never_comes(rotating: Rotation) -> None:
    """When the patience is over, asked every five seconds, it is one sentence that names the file's variable."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    await rotating.rotate(ending=False)
    database = _database(rotating, sleep, patience=100)
    with pytest.raises(DatabaseUnavailable, match=r"refuses the login .* DB_CONNECTION_STRING_FILE") as refused:
        async with database.transaction():
            pass
    assert waited == [5] * 20
    assert Settings().rotation_patience == PATIENCE  # unless set otherwise: twenty minutes
    assert "secret-" not in str(refused.value)
    await database.close()


async def test_a_file_that_is_being_replaced(rotating: Rotation) -> None:
    """Empty for a moment is no wrong configuration once it was right; from the start it is, at once."""
    patient = _Patient(rotating, late=3)
    database = _database(rotating, patient.sleep, pooled=False)
    async with database.reading():
        pass
    rotating.file.write_text("", encoding="utf-8")
    async with database.reading():
        pass
    assert patient.waits == 3
    rotating.file.write_text("", encoding="utf-8")
    fresh = _database(rotating, patient.sleep)
    with pytest.raises(ConfigError, match="is empty"):
        async with fresh.reading():
            pass
    assert patient.waits == 3
    await database.close()


async def test_who_waits_for_a_connection_waits_as_long(rotating: Rotation) -> None:
    """Five tasks on a pool of four, all of whose logins are refused: nobody gives up before the patience ends."""
    settings = Settings(db_connection_string_file=rotating.file, rotation_patience=700)
    database = open_database(settings)
    pool: Any = database.engine.pool
    assert pool._timeout > settings.rotation_patience
    await database.close()


async def test_the_command_outlives_a_rotation(make_market: Callable[..., Market], rotating: Rotation) -> None:  # noqa: F811
    """`job-hunter refresh` as a process: sessions ended amid its stores, the file written once it was refused."""
    market = make_market(companies=5)
    on = str(market.sandbox.world.end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DB_CONNECTION_STRING_FILE", str(rotating.file))
        async with rotating.stores_held():
            process = await asyncio.to_thread(start, market, None, "refresh", "--source", "ats", "--date", on)
            await rotating.until_storing()
            await rotating.rotate()
    await rotating.until_refused()
    rotating.update_file()
    said, _ = await asyncio.to_thread(process.communicate, timeout=100)
    assert process.returncode == 0, said
    assert "waiting up to 1200 s for a rotated password" in said
    assert "secret-" not in said
    rows = await market.rows("SELECT status, count(*) FROM job_hunter.board_fetches GROUP BY 1")
    assert rows == [("complete", len(market.companies))]


async def test_the_receiver_reconnects(serve: Callable[..., Process], rotating: Rotation) -> None:  # noqa: F811
    """It says 503 while it has no password that works, and files changes again as soon as it has, without a restart."""
    server = await asyncio.to_thread(serve, DB_CONNECTION_STRING=None, DB_CONNECTION_STRING_FILE=str(rotating.file))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, trust_env=False) as client:
        assert (await client.post("/webhook/cdio", content=body(1))).status_code == 202
        await rotating.rotate()
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
        await rotating.until_refused()
        rotating.update_file()
        async with asyncio.timeout(60):
            while (await client.get("/readyz")).status_code != 200:
                pass
        assert (await client.post("/webhook/cdio", content=body(2))).status_code == 202
    assert await rotating.admin.fetchval("SELECT count(*) FROM job_hunter.cdio_changes") == 2
    assert server.process.poll() is None
    assert not any("secret-" in line for line in server.lines)
