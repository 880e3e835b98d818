"""Tidying a real Prefect server: a lost run gives its slot back, a living one is left alone, old ones go."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from job_hunter.settings import process_environment

SCRIPT = """
import asyncio, json, sys
from datetime import UTC, datetime, timedelta

from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.states import Completed, Pending, Running
from flows.bootstrap import bootstrap
from flows.tidy import tidy

NOW = datetime.now(UTC)


async def begin(client, name, states, deployment="snapshot/snapshot"):
    found = await client.read_deployment_by_name(deployment)
    run = await client.create_flow_run_from_deployment(found.id, name=name)
    for state in states:
        await client.set_flow_run_state(run.id, state(), force=True)


async def main():
    await bootstrap(pool="job-hunter", kind="kubernetes", active=False, values={"image": "job-hunter:1"})
    async with get_client() as client:
        await begin(client, "run-pending", [Pending])
        await begin(client, "run-running", [Pending, Running])
        await begin(client, "run-reparse", [Pending, Running], "reparse/reparse")
        await begin(client, "run-completed", [Pending, Running, Completed])
        seen = []
        for hours in (0.75, 2, 2, 6, 179 * 24, 181 * 24):
            lines = await tidy(keep_days=180, at=NOW + timedelta(hours=hours))
            runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter.parse_obj({"name": {"like_": "run-"}}))
            seen.append([hours, lines, {run.name: run.state.name for run in runs}])
    json.dump(seen, open(sys.argv[1], "w"))


asyncio.run(main())
"""
LIVING = {"run-pending": "Pending", "run-running": "Running", "run-reparse": "Running", "run-completed": "Completed"}


@pytest.fixture(scope="module")
def tidied(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Hours later, what tidying said, and the states of all runs."""
    folder: Path = tmp_path_factory.mktemp("tidy")
    env = process_environment(
        {"PREFECT_HOME": str(folder / "prefect"), "PREFECT_API_URL": None, "PREFECT_EXPERIMENTAL_EVENTS": "true"}
    )
    found = folder / "found.json"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(found)],
        env=env,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer: list[Any] = json.loads(found.read_text(encoding="utf-8"))
    return answer


def test_runs_that_kubernetes_must_have_ended_are_crashed(tidied: list[Any]) -> None:
    """By the deadline of their own deployment: a reparse of two hours is left alone."""
    early, later, again, _, _, _ = tidied
    assert early[1:] == [["lost runs ended: 0", "old runs forgotten: 0"], LIVING]
    assert later[2] == {**LIVING, "run-pending": "Crashed", "run-running": "Crashed"}
    assert later[1][0].startswith("lost runs ended: 2 (")
    assert again[1:] == [["lost runs ended: 0", "old runs forgotten: 0"], later[2]]


def test_a_lost_reparse_is_crashed_after_its_own_deadline(tidied: list[Any]) -> None:
    """Four hours, and the slack."""
    assert tidied[3][1][0] == "lost runs ended: 1 (run-reparse)"
    assert tidied[3][2]["run-reparse"] == "Crashed"


def test_runs_of_long_ago_are_forgotten(tidied: list[Any]) -> None:
    """After the days they are kept, and not before."""
    assert tidied[4][2].keys() == LIVING.keys()
    assert tidied[5][1:] == [["lost runs ended: 0", "old runs forgotten: 4"], {}]
