"""Years of history: what the report, the dashboards and doctor ask reads the days it is about, by their index."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from benchmarks.history import COMPANIES, fill
from job_hunter.storage.database import Database, asyncpg_dsn
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.doctor import examine
from tests.conftest import Postgres
from tests.infra import grafana

LAST = date(2028, 12, 31)
WEEKS, ROLES = 4 * 52, 700
UNTIL = datetime.combine(LAST, datetime.min.time(), UTC) + timedelta(hours=6)
DURING = grafana.Range(UNTIL - timedelta(days=150), UNTIL)
CHOSEN = {
    "place": ["london", "uk"],
    "level": ["senior", "staff"],
    "company": ["c1", "c2", "c3"],
    "family": ["engineering", "trading"],
    "source": ["greenhouse"],
    "twice": "once",
}
LONG = ("roles", "comp_points", "role_events", "raw_payloads", "board_fetches", "fx_rates")
"""Tables that grow by the year and have no partitions."""

PANELS = [
    pytest.param(panel, id=f"{path.stem}: {panel['title']}")
    for path in grafana.DASHBOARDS
    for panel in grafana.panels(grafana.read(path))
]


@pytest.fixture(scope="module")
def long_dsn(postgres: Postgres, migrated_template: str) -> Iterator[str]:
    """Four years of weekly snapshots, with the roles and the archive behind them."""

    async def make(dsn: str) -> None:
        await fill(dsn, roles=ROLES, weeks=WEEKS, last=LAST, is_whole=True)

    with postgres.database(migrated_template) as dsn:
        asyncio.run(make(dsn))
        yield dsn


@pytest.fixture
async def asked(long_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to it."""
    connection = await asyncpg.connect(asyncpg_dsn(long_dsn))
    yield connection
    await connection.close()


async def _rows_read(connection: asyncpg.Connection, sql: str) -> dict[str, int]:
    """By table or partition, the rows that a statement read of it, found by a scan or dropped by its filter."""
    plan = (await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}")) or "[]"
    read: dict[str, int] = {}

    def walk(node: dict[str, Any]) -> None:
        if "Relation Name" in node:
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            name = node["Relation Name"]
            read[name] = read.get(name, 0) + round(rows * node["Actual Loops"])
        for child in node.get("Plans", ()):
            walk(child)

    walk(json.loads(plan)[0]["Plan"])
    return read


@pytest.mark.parametrize("panel", PANELS)
async def test_a_panel_reads_the_partitions_of_its_days(asked: asyncpg.Connection, panel: dict[str, Any]) -> None:
    """Five months of one year are one partition of a table, whatever stands in the others."""
    read = await _rows_read(asked, grafana.expand(panel["targets"][0]["rawSql"], CHOSEN, DURING))
    others = {name: rows for name, rows in read.items() if "_snapshots_" in name and not name.endswith("_2028")}
    # The newest day is looked for from the newest partition on, which meets the empty ones of years to come.
    assert not any(rows for rows in others.values()), others


async def test_days_open_are_asked_of_the_roles_that_stood_within_the_range(asked: asyncpg.Connection) -> None:
    """What was closed before the time range is not read, however many years of it there are."""
    panel = next(p.values[0] for p in PANELS if p.id == "hiring: Days open")
    everybody = CHOSEN | {"company": [f"c{n + 1}" for n in range(COMPANIES)]}
    read = await _rows_read(asked, grafana.expand(panel["targets"][0]["rawSql"], everybody, DURING))
    stood = await asked.fetchval(
        "SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL OR closed_at BETWEEN $1 AND $2",
        DURING.since,
        DURING.until,
    )
    assert 0 < read["roles"] <= stood


async def _rows_scanned(database: Database) -> dict[str, tuple[int, int]]:
    """By table or partition, the rows read of it so far by scans of the whole and by indexes."""
    async with database.reading() as connection:
        await connection.execute(text("SELECT pg_stat_force_next_flush()"))
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT relname, seq_tup_read, idx_tup_fetch FROM pg_stat_user_tables WHERE schemaname = 'job_hunter'")
        )
        return {row[0]: (row[1], row[2] or 0) for row in rows}


async def test_the_report_and_doctor_leave_history_alone(long_dsn: str) -> None:
    """Over four years neither reads a whole table that grows by the year, nor a partition of another year."""
    database = Database(long_dsn, pool_size=1)
    try:
        before = await _rows_scanned(database)
        report = await analyze(database, at=UNTIL)
        checks = await examine(database, at=UNTIL)
        after = await _rows_scanned(database)
    finally:
        await database.close()
    assert report.leaders
    assert all(check.is_ok for check in checks), checks
    whole = {name: after[name][0] - before[name][0] for name in after if after[name][0] > before[name][0]}
    read = {name for name in after if after[name] != before[name]}
    assert not {name: whole[name] for name in LONG if name in whole}
    assert {"roles_snapshots_2028", "comp_snapshots_2028"} == {name for name in read if "_snapshots_" in name}
    assert {"roles", "comp_points", "board_fetches"} <= read
