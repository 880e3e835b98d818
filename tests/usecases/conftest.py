"""A refresh against the sandbox: a made-up world over real HTTP, and a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from job_hunter.config import default_config_dir, load_companies
from job_hunter.domain.company import Company
from job_hunter.domain.role import Readings
from job_hunter.domain.run import Summary
from job_hunter.runtime import load_readings
from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.server import SandboxServer, sandbox_server
from job_hunter.sandbox.world import World
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.usecases.refresh import refresh

END = date(2026, 11, 22)


@dataclass
class Market:
    """A sandbox, a database, and a clock that the test sets."""

    sandbox: SandboxServer
    dsn: str
    config_dir: Path
    readings: Readings
    at: datetime = datetime(2026, 11, 22, 4, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    @property
    def companies(self) -> tuple[Company, ...]:
        """The companies as configured."""
        return load_companies(self.config_dir)

    @property
    def base_urls(self) -> dict[str, str]:
        """Where the sources are."""
        return {
            name.removeprefix("JOB_HUNTER_").removesuffix("_BASE_URL").lower(): url
            for name, url in self.sandbox.env().items()
        }

    def set_date(self, on: date, hour: int = 4) -> None:
        """Make it another day, for the sandbox and for us."""
        self.sandbox.set_date(on)
        self.at = datetime(on.year, on.month, on.day, hour, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        """Remember instead of waiting."""
        self.slept.append(seconds)

    def clock(self) -> datetime:
        """Time moves a second with each look."""
        self.at += timedelta(seconds=1)
        return self.at

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database, for the time of the block."""
        database = Database(self.dsn)
        try:
            yield database
        finally:
            await database.close()

    async def refresh(
        self, companies: tuple[Company, ...] | None = None, *, pacing: dict[str, Any] | None = None, **options: Any
    ) -> Summary:
        """Refresh through the use case; `pacing` is how the client waits: timeouts, `intervals`, `clock`, `sleep`."""
        waiting = {"timeout": 5, "read_timeout": 1, **(pacing or {})}
        async with self.database() as database, Http(self.base_urls, **waiting) as http:
            return await refresh(
                database,
                http,
                self.companies if companies is None else companies,
                options.pop("readings", self.readings),
                clock=self.clock,
                sleep=self.sleep,
                **options,
            )

    async def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        async with self.database() as database, database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(query), values)]

    async def value(self, query: str, **values: Any) -> Any:
        """The single value of a query."""
        return (await self.rows(query, **values))[0][0]


@pytest.fixture(scope="session")
def readings() -> Readings:
    """The readings of the shipped configuration."""
    return load_readings(default_config_dir())


@pytest.fixture
def make_market(dsn: str, tmp_path: Path, readings: Readings) -> Iterator[Callable[..., Market]]:
    """A function that opens a market; `companies` and other sizes of the world may be given."""
    opened = []

    def make(**sizes: Any) -> Market:
        world = World(**{"seed": 7, "companies": 6, "weeks": 12, "max_openings": 30, "end": END, **sizes})
        server = sandbox_server(world)
        sandbox = server.__enter__()
        opened.append(server)
        write_config(tmp_path, world)
        market = Market(sandbox, dsn, tmp_path, readings)
        market.set_date(world.end)
        return market

    yield make
    for server in opened:
        server.__exit__(None, None, None)


@pytest.fixture
def market(make_market: Callable[..., Market]) -> Market:
    """Six companies with up to 30 openings each."""
    return make_market()
