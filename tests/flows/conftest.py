"""Flows as their users start them: a process of its own with a real Prefect, against the sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from job_hunter.config import default_config_dir
from job_hunter.settings import process_environment
from job_hunter.storage.migrate import migrate
from tests.usecases.conftest import Market, make_market, market, readings  # noqa: F401 the same market

AS_LONG = {"timeout": 120, "read_timeout": 45}
"""A flow's patience with a slow answer: on a busy machine a command with less would ask again where the flow waits."""
RunFlow = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_flow(tmp_path: Path) -> RunFlow:
    """A function that runs `python -m …` or `python -c …` with the market's environment; returns the ended process."""

    def run(place: Market, *arguments: str, dsn: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        for path in default_config_dir().glob("*.yaml"):
            target = place.config_dir / path.name
            if not target.exists():
                target.write_bytes(path.read_bytes() if path.name != "cdio_watches.yaml" else b"[]\n")
        changes = {
            **place.sandbox.env(),
            "JOB_HUNTER_CONFIG_DIR": str(place.config_dir),
            "DB_CONNECTION_STRING": dsn if dsn is not None else place.dsn,
            "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_API_URL": None,
            **env,
        }
        return subprocess.run(
            [sys.executable, *arguments],
            env=process_environment(changes),
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run


@pytest.fixture
async def empty_copy(empty_dsn: str) -> str:
    """A second migrated database."""
    await migrate(empty_dsn)
    return empty_dsn
