"""What all tests stand on: an environment without the user's settings, and databases of a throw-away Postgres."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import settings

from job_hunter.storage.embedded import embedded_postgres, stop_abandoned

T = TypeVar("T")

KEPT = frozenset({"JOB_HUNTER_REAL_PAYLOADS", "JOB_HUNTER_GOLD"})
REMOVED = ("JOB_HUNTER_", "DB_CONNECTION_STRING", "PREFECT_API_", "PREFECT_PROFILE", "CDIO_", "WEBHOOK_", "PG")
SERVER_PREFIX = "jhpg-"  # short: a socket's path has at most 107 bytes

# A law that takes its time on a busy machine is not broken.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test sees the user's settings, data or home."""
    for name in [name for name in os.environ if name.startswith(REMOVED) and name not in KEPT]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))


@dataclass
class Postgres:
    """A server for the tests of one worker: `dsn` is for its administrator, `create` and `drop` are quick."""

    data_dir: Path
    dsn: str
    loop: asyncio.AbstractEventLoop
    admin: asyncpg.Connection
    numbers: Iterator[int] = field(default_factory=count)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the server's own loop, from a fixture or a test that is not async."""
        return self.loop.run_until_complete(work)

    def create(self, template: str = "template0") -> str:
        """Make a database and return its name."""
        name = f"t{next(self.numbers)}"
        # Copying files is quicker here than logging them, as nothing is synced.
        self.run(self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.run(self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)"))

    def dsn_of(self, name: str) -> str:
        """The DSN of the database `name`, for SQLAlchemy with asyncpg."""
        before, after = self.dsn.split("@/")
        return f"{before}@/{name}?{after.partition('?')[2]}"

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The DSN of a new database, dropped when the block ends."""
        name = self.create(template)
        try:
            yield self.dsn_of(name)
        finally:
            self.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A throw-away Postgres, one a worker; it keeps nothing safe, and goes with the session."""
    _remove_abandoned()
    folder = Path(tempfile.mkdtemp(prefix=SERVER_PREFIX))
    loop = asyncio.new_event_loop()
    try:
        with embedded_postgres(folder, durable=False) as dsn:
            admin = loop.run_until_complete(asyncpg.connect(dsn.replace("+asyncpg", "")))
            try:
                yield Postgres(folder, dsn, loop, admin)
            finally:
                loop.run_until_complete(admin.close())
    finally:
        loop.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def make_empty_database(postgres: Postgres) -> Callable[[], str]:
    """A function that makes one more empty database and returns its DSN; it goes with the session."""
    return lambda: postgres.dsn_of(postgres.create())


@pytest.fixture
def empty_dsn(postgres: Postgres) -> Iterator[str]:
    """The DSN of an empty database of the test's own."""
    with postgres.database() as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    """The name of a database that was migrated once, to be copied."""
    from job_hunter.storage.migrate import migrate

    name = postgres.create()
    postgres.run(migrate(postgres.dsn_of(name)))
    return name


@pytest.fixture
def dsn(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """The DSN of a migrated database of the test's own."""
    with postgres.database(migrated_template) as dsn:
        yield dsn


def _remove_abandoned() -> None:
    """Stop servers whose test run was killed, and remove their files."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SERVER_PREFIX}*"):
        if folder.stat().st_uid == os.geteuid() and stop_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)
