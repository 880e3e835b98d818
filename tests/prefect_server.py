"""A real Prefect server of a test's own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from job_hunter.cli.processes import free_port, started, wait_until


def answers(url: str) -> bool:
    """Whether a server answers well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(api: str, path: str, body: dict[str, Any]) -> Any:
    """A POST to Prefect's API, as most of its questions are."""
    content = {"content-type": "application/json"}
    request = urllib.request.Request(f"{api}/{path}", json.dumps(body).encode(), content)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


@contextmanager
def prefect_server(folder: Path, env: Mapping[str, str | None]) -> Iterator[dict[str, str | None]]:
    """Run a server with its home in `folder`; yields `env` with what its clients need."""
    port = free_port(0)
    clients: dict[str, str | None] = {
        **env,
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_EXPERIMENTAL_EVENTS": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    }
    log = folder / "server.log"
    arguments = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with started(arguments, env={**clients, "PREFECT_API_URL": None}, log=log) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/api/health"), process, name="the Prefect server", log=log)
        yield clients
