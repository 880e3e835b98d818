"""The receiver on a socket of its own, and a Prefect API that can be told to fail."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from job_hunter.settings import process_environment
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.web.app import Receiver, create_app
from job_hunter.web.server import _ImpatientProtocol, _Server, listen

TOKEN, PREVIOUS = "token-in-force-8a1f", "token-before-77b2"
PAGE = "http://careers.example/jobs"
UUID_A = "11111111-2222-4333-8444-555555555555"


def notification(n: int = 0, *, added: str = "Data Engineer - London", **changes: Any) -> dict[str, Any]:
    """A notification as our template renders it; `n` tells one change from another."""
    moment = datetime.fromtimestamp(1_790_000_000 + n, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {
        "watch_url": PAGE,
        "watch_uuid": UUID_A,
        "watch_title": "Acme",
        "change_datetime": moment,
        "diff": f"(added) {added}",
        "prev_snapshot": "Open roles",
        "current_snapshot": f"Open roles\n{added}",
        **changes,
    }


def body(n: int = 0, **changes: Any) -> bytes:
    """The bytes of a notification."""
    return json.dumps(notification(n, **changes)).encode()


class FakePrefect:
    """An events endpoint that remembers what it took, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[dict[str, Any]] = []
        self.asked = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                events = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if outer.status == 204:
                    outer.taken.extend(events)
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()
                outer.asked.set()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def prefect_api() -> Iterator[FakePrefect]:
    """A Prefect API that takes events."""
    fake = FakePrefect()
    yield fake
    fake.close()


@dataclass
class Running:
    """A receiver that runs in this process."""

    url: str
    receiver: Receiver
    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})

    async def post(self, content: Any, **options: Any) -> httpx.Response:
        """Send `content` with the token in force."""
        options.setdefault("headers", self.headers)
        return await self.client.post(f"{self.url}/webhook/cdio", content=content, **options)

    async def rows(self, query: str = "SELECT * FROM job_hunter.cdio_changes ORDER BY id") -> list[dict[str, Any]]:
        """Rows of the inbox."""
        async with self.receiver.db.reading() as connection:
            return [dict(row) for row in (await connection.execute(text(query))).mappings()]


@asynccontextmanager
async def running(dsn: str, **options: Any) -> AsyncIterator[Running]:
    """The receiver's application on a free port, for the time of the block."""
    options.setdefault("prefect_api_url", None)
    listener = listen("127.0.0.1", 0)
    database = Database(dsn)
    try:
        async with Http(timeout=5) as http, httpx.AsyncClient(timeout=20, trust_env=False) as client:
            receiver = Receiver(database, http, [TOKEN.encode(), PREVIOUS.encode()], **options)
            config = uvicorn.Config(
                create_app(receiver), http=_ImpatientProtocol, log_config=None, access_log=False, loop="asyncio"
            )
            server = _Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                yield Running(url, receiver, client)
            finally:
                server.should_exit = True
                await task
    finally:
        listener.close()
        await database.close()


@dataclass
class Process:
    """A receiver in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    lines: list[str]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def serve(dsn: str) -> Iterator[Callable[..., Process]]:
    """A function that starts `job-hunter serve` and returns it once it listens."""
    started: list[Process] = []

    def start(**env: str | None) -> Process:
        changes = {"DB_CONNECTION_STRING": dsn, "WEBHOOK_BEARER_TOKEN": TOKEN, "PREFECT_API_URL": None, **env}
        process = subprocess.Popen(
            [sys.executable, "-m", "job_hunter", "serve", "--port", "0"],
            env=process_environment(changes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("listening on "):
                break
        else:
            raise AssertionError("".join(lines))
        threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True).start()
        server = Process(process, lines[-1].removeprefix("listening on ").strip(), lines)
        started.append(server)
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
