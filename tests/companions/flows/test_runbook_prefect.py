"""Every command of docs/runbook.md that is Prefect's, against a real server with our deployments."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from job_hunter.settings import process_environment
from tests.prefect_server import prefect_server
from tests.runbook import filled, runbook_commands

SAYS: dict[str, str] = {
    # what each says when it leaves with 0
    "prefect deployment run refresh/refresh": "Created flow run",
    "prefect deployment run refresh/refresh-missing": "Created flow run",
    "prefect deployment run leaders-report/leaders-report": "Created flow run",
    "prefect deployment run cdio-seed/cdio-seed": "Created flow run",
    "prefect deployment run cdio-ingest/cdio-ingest": "Created flow run",
    "prefect deployment inspect refresh/refresh": "'name': 'refresh'",
    "prefect flow-run ls": "refresh",
    "prefect work-pool inspect job-hunter": "job-hunter",
    "prefect concurrency-limit reset ats-board": "Reset concurrency limit",
    "prefect concurrency-limit reset db-write": "Reset concurrency limit",
    "python -m flows.tidy": "",
    "python -m flows.bootstrap --image IMAGE": "limit ats-board: 8",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A real server; yields the environment of those that talk to it."""
    with prefect_server(tmp_path, {}) as clients:
        yield process_environment(clients)


@pytest.mark.slow
def test_each_does_what_the_runbook_says(server: dict[str, str]) -> None:
    """Bootstrap first, as on a new cluster, then the rest in the page's order: none refuses."""
    commands = runbook_commands("prefect", "python")
    assert set(commands) == set(SAYS)
    commands.sort(key=lambda command: "bootstrap" not in command)
    for command in commands:
        program, *arguments = filled(command, {"IMAGE": "registry.example/job-hunter:1"})
        programs = {"python": sys.executable, "prefect": str(Path(sys.executable).with_name("prefect"))}
        ended = subprocess.run(
            [programs[program], *arguments],
            env={**server, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        assert SAYS[command] in " ".join(ended.stdout.split()), f"{command}: {ended.stdout}"
