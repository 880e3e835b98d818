"""A command as a process of its own that dies at a chosen moment, and what must be the same afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg

from job_hunter.config import default_config_dir
from job_hunter.settings import process_environment
from job_hunter.storage.database import asyncpg_dsn
from tests.tables import contents
from tests.usecases.conftest import Market
from tests.wire import Wire

COVERAGE = """
    SELECT snapshot_date, source, board, company_slug, status, is_covered, postings
    FROM job_hunter.coverage ORDER BY 1, 2, 3"""
UNFINISHED = """
    SELECT 'runs', count(*) FROM job_hunter.refresh_runs WHERE status = 'running'
    UNION ALL SELECT 'doubles', count(*) FROM (
        SELECT 1 FROM job_hunter.role_events GROUP BY role_id, kind, happened_at HAVING count(*) > 1) d"""


def start(
    market: Market,
    dsn: str | None,
    *arguments: str,
    config_dir: Path | None = None,
    data_dir: Path | None = None,
) -> subprocess.Popen[str]:
    """Start `job-hunter …` on the database at `dsn`, or the embedded one in `data_dir`; every source is the sandbox."""
    folder = config_dir or market.config_dir
    for path in default_config_dir().glob("*.yaml"):
        if not (folder / path.name).exists():
            (folder / path.name).write_bytes(path.read_bytes() if path.name != "cdio_watches.yaml" else b"[]\n")
    changes = {
        **market.sandbox.env(),
        "JOB_HUNTER_CONFIG_DIR": str(folder),
        "DB_CONNECTION_STRING": dsn,
        "JOB_HUNTER_DATA_DIR": str(data_dir) if data_dir else None,
        "PREFECT_API_URL": None,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "job_hunter", *arguments],
        env=process_environment(changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_to_end(process: subprocess.Popen[str]) -> str:
    """Wait for a process that must end well; returns what it said."""
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def kill_at(wire: Wire, byte: int, market: Market, *arguments: str, config_dir: Path | None = None) -> bool:
    """Run the command over `wire` and kill -9 it at `byte`; whether it died before it was through."""
    process = start(market, wire.dsn, *arguments, config_dir=config_dir)
    wire.arm(byte, process.kill)
    said, _ = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode != 0


async def settle(dsn: str) -> None:
    """Wait until the server has noticed that those who used the database are gone."""
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        await connection.fetch(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def state_of(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """All tables in a comparable form, and what the ledger says of each day's boards instead of its runs."""
    found = await contents(dsn, without=("board_fetches",))
    connection = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        for name, query in {"coverage": COVERAGE, "unfinished": UNFINISHED}.items():
            found[name] = [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
    return found


def assert_same(expected: dict[str, list[tuple[Any, ...]]], found: dict[str, list[tuple[Any, ...]]], when: str) -> None:
    """Compare two states table by table; `when` says which crash was before."""
    for table, rows in expected.items():
        assert rows == found[table], f"{table} differs after {when}"
