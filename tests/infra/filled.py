"""A database as Grafana meets it: weeks of a sandbox's market from every source, and a login that may read views."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from job_hunter.config import default_config_dir
from job_hunter.domain.level import Level
from job_hunter.runtime import load_readings
from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.server import sandbox_server
from job_hunter.sandbox.world import World
from job_hunter.storage.database import asyncpg_dsn
from job_hunter.usecases.own import set_own
from tests.infra import grafana
from tests.infra.grafana import ALL, Range, Values
from tests.usecases.conftest import END, Market

README = Path(__file__).resolve().parents[2] / "infra" / "terraform" / "README.md"
LOGIN, PASSWORD = "job_hunter_grafana", "choose-another"
WEEKS = tuple(END - timedelta(weeks=weeks) for weeks in (13, 3, 2, 1, 0))
RANGE = Range(datetime(2026, 8, 1, 9, 30, tzinfo=UTC), datetime(2026, 11, 22, 21, 15, 0, 120000, tzinfo=UTC))
SOURCES = ("ats", "hn", "levels_fyi", "linkedin_guest")
ONLY_ON_A_BOARD = """
    SELECT c.slug FROM job_hunter.companies c JOIN job_hunter.roles r ON r.company_id = c.id
    WHERE c.ats_type IN ('greenhouse', 'lever', 'ashby') AND r.closed_at IS NULL
    GROUP BY c.slug HAVING bool_and(r.source = c.ats_type) AND bool_or(r.primary_location = 'london')
    ORDER BY count(*) DESC, 1 LIMIT 1"""


class Reader:
    """Someone who asks one database, by Grafana's login or, where `login` is empty, as its owner."""

    def __init__(self, dsn: str, login: str = LOGIN) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._connection = self._loop.run_until_complete(asyncpg.connect(as_login(dsn, login)))
        except BaseException:
            self._loop.close()
            raise

    def rows(self, sql: str) -> list[asyncpg.Record]:
        """What a query gives."""
        return self._loop.run_until_complete(self._connection.fetch(sql))

    def close(self) -> None:
        """Go away."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@dataclass
class Filled:
    """The market, and Grafana's way into it."""

    market: Market
    down: str  # the company whose board was down in the newest week
    grafana: Reader
    owner: Reader
    _choices: dict[str, list[str]] = field(default_factory=dict)

    def rows(self, sql: str) -> list[asyncpg.Record]:
        """What Grafana's login gets."""
        return self.grafana.rows(sql)

    def choices(self, variable: Mapping[str, Any]) -> list[str]:
        """What a variable's list offers."""
        name = variable["name"]
        if variable["type"] == "custom":
            return [option["value"] for option in variable["options"]]
        if name not in self._choices:
            rows = self.rows(grafana.expand(variable["query"], {}, RANGE))
            self._choices[name] = [row["__value"] for row in rows]
        return self._choices[name]

    def chosen(self, dashboard: Mapping[str, Any], **given: str | Sequence[str]) -> Values:
        """The values of a dashboard's variables: `given`, else all, or the default where one must be chosen."""
        values: dict[str, str | Sequence[str]] = {}
        for variable in dashboard["templating"]["list"]:
            value = given.get(variable["name"], ALL if variable["multi"] else variable["current"]["value"])
            values[variable["name"]] = self.choices(variable) if value == ALL else value
        return values

    def panel(self, dashboard: Mapping[str, Any], title: str, **given: str | Sequence[str]) -> list[asyncpg.Record]:
        """The rows of a panel, as Grafana's login gets them."""
        panel = next(panel for panel in grafana.panels(dashboard) if panel["title"] == title)
        return self.rows(grafana.expand(panel["targets"][0]["rawSql"], self.chosen(dashboard, **given), RANGE))


def as_login(dsn: str, login: str) -> str:
    """The address of `dsn` for Grafana's login, or for the owner when `login` is empty."""
    return re.sub(r"//[^@]*@", f"//{login}:{PASSWORD}@", asyncpg_dsn(dsn)) if login else asyncpg_dsn(dsn)


@contextmanager
def grafana_login(dsn: str) -> Iterator[None]:
    """The login of the operator's README in the database at `dsn`, for the time of the block."""
    text = README.read_text(encoding="utf-8")
    role = "\n".join(re.findall(rf"^(?:CREATE|ALTER) ROLE {LOGIN}\b.*;$", text, re.MULTILINE))
    after = re.search(r"<!-- sql after migrate.*?```sql\n(.*?)```", text, re.DOTALL)
    assert role
    assert after is not None

    async def run(*statements: str) -> None:
        connection = await asyncpg.connect(asyncpg_dsn(dsn))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run(role, after[1]))
    try:
        yield
    finally:
        asyncio.run(run(f"DROP OWNED BY {LOGIN}", f"DROP ROLE {LOGIN}"))


@contextmanager
def filled(dsn: str, folder: Path) -> Iterator[Filled]:
    """Five weeks of twelve companies, with a board that is down and the analyst's own pay."""
    world = World(seed=5, companies=12, weeks=14, max_openings=24, end=END)
    with sandbox_server(world) as sandbox:
        write_config(folder, world)
        market = Market(sandbox, dsn, folder, load_readings(default_config_dir()))

        async def fill() -> str:
            for on in WEEKS[:-1]:
                market.set_date(on)
                await market.refresh(sources=SOURCES)
            down: str = await market.value(ONLY_ON_A_BOARD)
            market.set_date(END)
            sandbox.fault("error", board=next(c.ats_id for c in market.companies if c.slug == down))
            await market.refresh(sources=SOURCES[:-1])
            await _own(market, END)
            return down

        down = asyncio.run(fill())
        with grafana_login(dsn):
            readers = Reader(dsn), Reader(dsn, "")
            try:
                yield Filled(market, down, *readers)
            finally:
                for reader in readers:
                    reader.close()


async def _own(market: Market, on: date) -> None:
    async with market.database() as database:
        await set_own(
            database,
            "package",
            base=100_000,
            bonus=20_000,
            rsu_annual=None,
            total=None,
            currency="GBP",
            level=Level.SENIOR,
            location="london",
            on=on,
            at=market.at,
        )
