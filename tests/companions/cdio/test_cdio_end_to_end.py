"""A page changes, and its new opening is in `roles`: real changedetection.io, receiver, Prefect server and worker.

Then what goes wrong in a year: a rotated token, Prefect away during two changes, the receiver away, everything sent
twice. Every change is ingested once and none is lost.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from job_hunter.cli.processes import started, wait_until
from job_hunter.config import default_config_dir
from job_hunter.settings import process_environment
from tests.conftest import Postgres

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / ".venv-companions" / "cdio" / "bin" / "changedetection.io"
KEY = "0123456789abcdef0123456789abcdef"
POOL = "cdio-companion"
WATCHES = """
- slug: acme
  display_name: Acme Trading
  sector: hft_quant
  url: {acme}
  css: ul.jobs li
  check_every: 15m
  tags: [quant]
- slug: birch
  display_name: Birch Capital
  sector: hft_quant
  url: {birch}
  css: ul.jobs li
  check_every: 15m
"""
PAGE = "<html><body><nav>Home Jobs {hits}</nav><ul class=jobs>{items}</ul><footer>Cookies {hits}</footer></body></html>"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM.exists(), reason="run tests/companions/cdio/setup.sh to install changedetection.io"),
]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Careers:
    """A web server with two careers pages whose openings the test sets; menu and footer change with every look."""

    def __init__(self) -> None:
        self.openings: dict[str, list[str]] = {
            "acme": ["Platform Engineer - London"],
            "birch": ["Quant Trader - Paris"],
        }
        self.hits = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hits += 1
                items = "".join(f"<li>{one}</li>" for one in outer.openings.get(self.path.strip("/"), ()))
                content = PAGE.format(items=items, hits=outer.hits).encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, slug: str) -> str:
        """The address of a page."""
        return f"http://127.0.0.1:{self.server.server_port}/{slug}"


@dataclass
class Stage:
    """Everything that runs, and the ways to look at it."""

    folder: Path
    postgres: Postgres
    dsn: str
    careers: Careers
    ports: dict[str, int] = field(default_factory=lambda: {n: free_port() for n in ("prefect", "cdio", "receiver")})
    token: str = "first-token"
    stacks: dict[str, ExitStack] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str | None]:
        """The environment of our programs."""
        return {
            "DB_CONNECTION_STRING": self.dsn,
            "JOB_HUNTER_CONFIG_DIR": str(self.folder / "config"),
            "CDIO_BASE_URL": f"http://127.0.0.1:{self.ports['cdio']}",
            "CDIO_API_KEY": KEY,
            "JOB_HUNTER_WEBHOOK_URL": f"http://127.0.0.1:{self.ports['receiver']}",
            "WEBHOOK_BEARER_TOKEN": self.token,
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": self.prefect,
            "PREFECT_EXPERIMENTAL_EVENTS": "true",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "job_hunter",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
        }

    @property
    def prefect(self) -> str:
        """Prefect's API."""
        return f"http://127.0.0.1:{self.ports['prefect']}/api"

    def start(self, name: str, arguments: list[str], ready: str | None = None, **env: str | None) -> None:
        """Run a program until it is stopped; returns once the address `ready` answers."""
        stack = self.stacks[name] = ExitStack()
        log = self.folder / f"{name}.log"
        process = stack.enter_context(started(arguments, env={**self.env, **env}, log=log))
        if ready:
            wait_until(lambda: answers(ready), process, name=name, log=log)

    def stop(self, name: str) -> None:
        """End a program."""
        self.stacks.pop(name).close()

    def start_prefect(self) -> None:
        """Prefect's server, on the port and with the database it had before."""
        # Prefect refuses a port that still has closing connections of the server before it.
        until(lambda: is_free(self.ports["prefect"]), "the port is free", pause=1)
        port = str(self.ports["prefect"])
        arguments = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
        self.start("prefect", arguments, f"{self.prefect}/health", PREFECT_API_URL=None)

    def start_worker(self) -> None:
        """A worker of the pool, which runs flows as processes of its own."""
        self.start("worker", ["prefect", "worker", "start", "--pool", POOL, "--type", "process"])

    def start_receiver(self, **env: str | None) -> None:
        """The receiver."""
        url = f"http://127.0.0.1:{self.ports['receiver']}/readyz"
        self.start("receiver", ["job_hunter", "serve", "--port", str(self.ports["receiver"])], url, **env)

    def start_cdio(self) -> None:
        """changedetection.io, with nothing in it but its key."""
        home = self.folder / "cdio"
        home.mkdir()
        application = {"api_access_token": KEY, "schema_version": 33}
        settings = {"app_guid": "8f7b2a52-8f8e-4a0b-9f6c-0b1f6b1d9a11", "settings": {"application": application}}
        (home / "changedetection.json").write_text(json.dumps(settings), encoding="utf-8")
        stack = self.stacks["cdio"] = ExitStack()
        process = subprocess.Popen(
            [str(PROGRAM), "-C", "-h", "127.0.0.1", "-p", str(self.ports["cdio"]), "-d", str(home)],
            cwd=home,
            env=process_environment(
                {
                    "DISABLE_VERSION_CHECK": "yes",
                    "BASE_URL": f"http://127.0.0.1:{self.ports['cdio']}",
                    "MINIMUM_SECONDS_RECHECK_TIME": "0",
                    "ALLOW_IANA_RESTRICTED_ADDRESSES": "true",
                }
            ),
            stdout=stack.enter_context((self.folder / "cdio.log").open("wb")),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        url = f"http://127.0.0.1:{self.ports['cdio']}/"
        wait_until(lambda: answers(url), process, name="changedetection.io", log=self.folder / "cdio.log")

    def run(self, *arguments: str) -> str:
        """Run a command of ours to its end; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=process_environment(self.env),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def cdio(self, path: str) -> Any:
        """A GET of changedetection.io's API."""
        request = urllib.request.Request(f"{self.env['CDIO_BASE_URL']}/api/v1{path}", headers={"x-api-key": KEY})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of a query."""

        async def read() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.dsn.replace("+asyncpg", ""))
            try:
                return [dict(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return self.postgres.run(read())

    def open_roles(self, slug: str) -> set[str]:
        """The titles of a page's open roles."""
        rows = self.rows(f"SELECT title FROM job_hunter.roles WHERE board = '{slug}' AND closed_at IS NULL")
        return {row["title"] for row in rows}

    def uuid(self, slug: str) -> str:
        """The watch of a page."""
        return next(uuid for uuid, watch in self.cdio("/watch").items() if watch["url"] == self.careers.url(slug))

    def history(self, slug: str) -> int:
        """How many states of a page changedetection.io holds."""
        return len(self.cdio(f"/watch/{self.uuid(slug)}/history"))

    def change(self, slug: str, *openings: str) -> None:
        """The page shows `openings` now, and changedetection.io has seen it."""
        before, uuid = self.history(slug), self.uuid(slug)
        self.careers.openings[slug] = list(openings)

        def seen() -> bool:
            self.cdio(f"/watch/{uuid}?recheck=true")
            return self.history(slug) > before

        until(seen, f"changedetection.io sees {slug}", pause=1.5)

    def failed_notifications(self) -> int:
        """How many notifications changedetection.io could not deliver, by its own log; it sends each of them once.

        A state in its history is no notification yet: that is queued after it, and sent by another thread.
        """
        with urllib.request.urlopen(f"{self.env['CDIO_BASE_URL']}/settings/notification-logs", timeout=20) as answer:
            page: str = answer.read().decode()
        return page.count("SENDING - null")

    def changes(self) -> list[dict[str, Any]]:
        """The inbox."""
        return self.rows("SELECT * FROM job_hunter.cdio_changes ORDER BY id")


def is_free(port: int) -> bool:
    """Whether nothing is left on a port, connections that are closing included."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(url: str) -> bool:
    """Whether a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def until(check: Callable[[], bool], what: str, *, seconds: float = 120, pause: float = 0.5) -> None:
    """Wait for programs of others to have done something."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(pause)


@pytest.fixture
def stage(tmp_path: Path, postgres: Postgres, dsn: str) -> Iterator[Stage]:
    """Two careers pages, a database, and a configuration; the programs are the test's to start."""
    careers = Careers()
    config = tmp_path / "config"
    config.mkdir()
    for path in default_config_dir().glob("*.yaml"):
        (config / path.name).write_bytes(path.read_bytes())
    watches = WATCHES.format(acme=careers.url("acme"), birch=careers.url("birch"))
    (config / "cdio_watches.yaml").write_text(watches, encoding="utf-8")
    found = Stage(tmp_path, postgres, dsn, careers)
    yield found
    for name in reversed(list(found.stacks)):
        found.stop(name)
    careers.server.shutdown()


def test_from_a_changed_page_to_a_role(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole way, and back after each thing that breaks."""
    stage.start_prefect()
    stage.run("flows.bootstrap", "--pool", POOL, "--kind", "process", "--paused")
    stage.start_worker()
    stage.start_cdio()
    stage.start_receiver()
    first = stage.run("job_hunter", "cdio-seed")
    assert "create watch acme" in first
    assert "nothing to do" in stage.run("job_hunter", "cdio-seed")
    until(lambda: stage.history("acme") == stage.history("birch") == 1, "both pages are seen once")
    assert "differs" not in stage.run("job_hunter", "cdio-reconcile")

    # A page changes: notification, receiver, event, automation, worker, role.
    began = time.monotonic()
    stage.change("acme", "Platform Engineer - London", 'Senior "C++" Engineer & Lead - London - £120,000 – £150,000')
    until(lambda: bool(stage.open_roles("acme")), "the role is there")
    took = time.monotonic() - began
    (role,) = stage.rows("SELECT * FROM job_hunter.roles")
    assert role["title"] == 'Senior "C++" Engineer & Lead'
    assert (role["primary_location"], role["parsed_base_min"]) == ("london", 120_000)
    assert role["salary_parse_confidence"] <= 0.3
    (change,) = stage.changes()
    assert (change["outcome"], change["watch_uuid"]) == ("ingested", stage.uuid("acme"))
    assert change["event_sent_at"] is not None
    assert "Home Jobs" not in change["body"]
    artifacts = subprocess.run(
        [sys.executable, "-c", ARTIFACTS],
        env=process_environment(stage.env),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Senior" in artifacts.stdout
    with capsys.disabled():
        sys.stdout.write(f"\nfrom the changed page to the role: {took:.0f} s\n")

    # The token is rotated: receiver first, with the old one still taken, then seeding, then the old one goes.
    stage.token, old = "second-token/+%", stage.token
    stage.stop("receiver")
    stage.start_receiver(WEBHOOK_BEARER_TOKEN_PREVIOUS=old)
    stage.change("birch", "Quant Trader - Paris", "Risk Analyst - Paris")
    until(lambda: len(stage.changes()) == 2, "the old token is still taken")
    assert "update tag job-hunter (notification_urls)" in stage.run("job_hunter", "cdio-seed")
    stage.stop("receiver")
    stage.start_receiver()
    stage.change("birch", "Quant Trader - Paris", "Risk Analyst - Paris", "FPGA Engineer - Paris")
    until(lambda: stage.open_roles("birch") == {"Risk Analyst", "FPGA Engineer"}, "the new token is taken")

    # Prefect is away during two changes: they wait in the inbox, and are announced when it is back.
    stage.stop("prefect")
    stage.change("acme", "Platform Engineer - London", "Data Engineer - London")
    stage.change("birch", "Quant Trader - Paris", "Risk Analyst - Paris")
    until(lambda: len(stage.changes()) == 5, "both changes are in the inbox")
    assert [row["event_sent_at"] for row in stage.changes()[3:]] == [None, None]
    stage.stop("worker")  # a worker gives up when its server is long away; whoever runs it starts it again
    stage.start_prefect()
    stage.start_worker()
    until(lambda: stage.open_roles("acme") == {"Data Engineer"}, "what waited is ingested", seconds=240)
    until(lambda: stage.open_roles("birch") == {"Risk Analyst"}, "what waited is ingested")

    # The receiver is away during a change: changedetection.io sends once, its history brings it.
    assert stage.failed_notifications() == 0
    stage.stop("receiver")
    stage.change("acme", "Platform Engineer - London", "Data Engineer - London", "Options Trader - London")
    until(lambda: stage.failed_notifications() == 1, "its notification found nobody")
    stage.start_receiver()
    assert len(stage.changes()) == 5
    stage.run("job_hunter", "cdio-seed")
    subprocess.run(
        [str(Path(sys.executable).with_name("prefect")), "deployment", "run", "cdio-ingest/cdio-ingest"],
        env=process_environment(stage.env),
        capture_output=True,
        check=True,
    )
    wanted = {"Platform Engineer", "Data Engineer", "Options Trader"}  # the sweep also reads what stood at the start
    until(lambda: stage.open_roles("acme") == wanted, "the sweep brings what was missed")
    until(lambda: stage.open_roles("birch") == {"Quant Trader", "Risk Analyst"}, "the sweep reads whole pages")

    # Everything is sent again: nothing is new.
    before = stage.changes()
    for row in before:
        body = json.loads(row["body"])
        if body.get("origin") != "history":
            fields = {"watch_url": row["watch_url"], "watch_uuid": row["watch_uuid"], **body}
            fields["change_datetime"] = row["changed_at"].isoformat()
            request = urllib.request.Request(
                f"{stage.env['JOB_HUNTER_WEBHOOK_URL']}/webhook/cdio",
                data=json.dumps(fields).encode(),
                headers={"Authorization": f"Bearer {stage.token}"},
            )
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert (answer.status, json.loads(answer.read())["new"]) == (202, False)
    assert len(stage.changes()) == len(before) == 8  # six changes, and each page as it stood at the start
    assert all(row["processed_at"] for row in stage.changes())
    assert stage.failed_notifications() == 1
    titles = stage.rows("SELECT title, count(*) AS n FROM job_hunter.roles GROUP BY title, board")
    assert {row["n"] for row in titles} == {1}
    for log in ("receiver.log", "worker.log"):
        said = (stage.folder / log).read_text(encoding="utf-8", errors="replace")
        for secret in ("first-token", "second-token", KEY):
            assert secret not in said, log


ARTIFACTS = """
import asyncio
from prefect import get_client
async def main():
    async with get_client() as client:
        for artifact in await client.read_latest_artifacts():
            print(artifact.key, artifact.data)
asyncio.run(main())
"""
