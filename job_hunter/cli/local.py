"""demo and up: the whole product on one machine, against a replica of the outside world."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from job_hunter.cli import support
from job_hunter.cli.processes import free_port, run_to_end, started, wait_until
from job_hunter.cli.support import err, out
from job_hunter.config import default_config_dir, load_employers, load_sources
from job_hunter.errors import UsageError
from job_hunter.report import render_html, render_terminal
from job_hunter.runtime import embedded_dir, load_readings, open_runtime
from job_hunter.sandbox.config import write_config
from job_hunter.sandbox.server import SandboxServer, sandbox_server
from job_hunter.sandbox.world import World
from job_hunter.settings import Settings
from job_hunter.storage.embedded import embedded_postgres
from job_hunter.storage.migrate import migrate
from job_hunter.usecases.analyze import analyze
from job_hunter.usecases.feeds import default_sources
from job_hunter.usecases.refresh import clock_at, refresh

WEEKS = 12
PREFECT_PORT = 4200
LOCAL_POOL = "job-hunter-local"
WORKER_GRACE_SECONDS = 3.0
"""Prefect's worker sleeps through SIGINT, and ends at the second signal."""
SEED = 2026


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("demo", epilog="Example: job-hunter demo --report report.html")(demo_command)
    app.command("up", epilog="Example: job-hunter up")(up_command)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a demo lives: everything it writes is under `root`."""

    root: Path
    settings: Settings
    sandbox: SandboxServer

    @property
    def env(self) -> dict[str, str | None]:
        """The environment of the programs that are started beside us."""
        return {
            **self.sandbox.env(),
            "JOB_HUNTER_CONFIG_DIR": str(self.settings.config_dir),
            "JOB_HUNTER_DATA_DIR": str(self.settings.data_dir),
            "DB_CONNECTION_STRING": None,
            "DB_CONNECTION_STRING_FILE": None,
            "JOB_HUNTER_DB_BLOCK": None,
            "PREFECT_HOME": str(self.root / "prefect"),
            "PREFECT_API_URL": None,
            "PREFECT_API_KEY": None,
            "PREFECT_PROFILES_PATH": None,
            "PREFECT_EXPERIMENTAL_EVENTS": "true",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
            "PREFECT_TASK_INTROSPECTION_WARN_THRESHOLD": "0",
            "PREFECT_LOGGING_EXTRA_LOGGERS": "job_hunter",
        }

    def log(self, name: str) -> Path:
        """The log file of a program."""
        return self.root / "logs" / f"{name}.log"


@contextmanager
def stage(settings: Settings, *, fresh: bool, today: date) -> Iterator[Stage]:
    """The replica of the outside world with its configuration, and a data directory of the demo's own."""
    with _sole_user(settings.data_dir):
        yield from _stage(settings, fresh=fresh, today=today)


@contextmanager
def _sole_user(data_dir: Path) -> Iterator[None]:
    """Keep a second `demo` or `up` from taking the data from under the first. Raises UsageError when there is one."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(
                f"another `demo` or `up` is using {data_dir / 'demo'}: end it, or set JOB_HUNTER_DATA_DIR to "
                "another folder"
            ) from None
        yield


def _stage(settings: Settings, *, fresh: bool, today: date) -> Iterator[Stage]:
    root = settings.data_dir / "demo"
    if fresh and root.exists():
        shutil.rmtree(root)
    config_dir = root / "config"
    config_dir.mkdir(parents=True, exist_ok=True)
    world = World(seed=SEED, weeks=WEEKS, end=today)
    for path in default_config_dir().glob("*.yaml"):
        if path.name not in ("companies.yaml", "cdio_watches.yaml"):
            shutil.copyfile(path, config_dir / path.name)
    (config_dir / "cdio_watches.yaml").write_text("[]\n", encoding="utf-8")
    write_config(config_dir, world)
    with sandbox_server(world) as sandbox:
        own = Settings(
            data_dir=root / "data",
            config_dir=config_dir,
            pg_bindir=settings.pg_bindir,
            base_urls={
                name.removeprefix("JOB_HUNTER_").removesuffix("_BASE_URL").lower(): url
                for name, url in sandbox.env().items()
            },
        )
        yield Stage(root, own, sandbox)


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A Prefect server that has been started; `wait` for it before use."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def api(self) -> str:
        """What PREFECT_API_URL is set to."""
        return f"{self.url}/api"

    def wait(self) -> None:
        """Return as soon as it answers; its first start takes 20 to 40 seconds."""
        wait_until(lambda: _answers(f"{self.api}/health"), self.process, name="the Prefect server", log=self.log)


@contextmanager
def prefect_server(at: Stage) -> Iterator[PrefectServer]:
    """A Prefect server for the time of the block."""
    log = at.log("prefect-server")
    port = free_port(PREFECT_PORT)
    arguments = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with started(arguments, env=at.env, log=log) as process:
        yield PrefectServer(f"http://127.0.0.1:{port}", log, process)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 our own server on loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def week_dates(today: date) -> list[date]:
    """The snapshot dates of the demo, a week apart, ending today."""
    return [today - timedelta(weeks=weeks) for weeks in reversed(range(WEEKS))]


async def lay_down_history(at: Stage, dates: list[date]) -> None:
    """Refresh the replica on each of `dates` through the use case, without Prefect."""
    companies = load_employers(at.settings.config_dir)
    readings = load_readings(at.settings.config_dir)
    settings = load_sources(at.settings.config_dir)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    async with open_runtime(at.settings) as runtime:
        with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
            bar = progress.add_task("earlier weeks", total=len(dates))
            for on in dates:
                at.sandbox.set_date(on)
                await refresh(
                    runtime.db,
                    runtime.http,
                    companies,
                    readings,
                    clock=clock_at(on, support.now),
                    door="demo",
                    sources=default_sources(settings),
                    settings=settings,
                )
                progress.update(bar, advance=1, description=f"week of {on}")


def demo_command(
    report: Annotated[Path, typer.Option(help="Where to write the HTML report.")] = Path("report.html"),
    stay: Annotated[
        bool | None, typer.Option("--stay/--no-stay", help="Keep the Prefect UI running; on a terminal by default.")
    ] = None,
) -> None:
    """Twelve simulated weeks of a made-up market, the newest through the real Prefect flow, and the leaders report."""
    today = support.today()
    *earlier, newest = week_dates(today)
    with support.foreseen(), ExitStack() as stack:
        at = stack.enter_context(stage(support.load_settings(), fresh=True, today=today))
        err.print(f"a replica of {len(load_employers(at.settings.config_dir))} boards answers at {at.sandbox.url}")
        server = stack.enter_context(prefect_server(at))
        asyncio.run(lay_down_history(at, earlier))
        err.print(f"laid down {len(earlier)} weeks of history, {earlier[0]} to {earlier[-1]}")
        at.sandbox.set_date(newest)
        for company, fault in zip(at.sandbox.world.companies[-2:], ("not_found", "empty"), strict=True):
            at.sandbox.fault(fault, board=company.token, source=company.source)
        server.wait()
        env = {**at.env, "PREFECT_API_URL": server.api}
        err.print("the newest week goes through the flow refresh/refresh, with two boards broken on purpose")
        run_to_end(("flows.refresh",), env=env, log=at.log("refresh"), name="the flow refresh")
        run_to_end(("flows.leaders_report",), env=env, log=at.log("leaders-report"), name="the flow leaders-report")
        report.write_text(asyncio.run(_print_report(at)), encoding="utf-8")
        out.print(f"\nThe same as a page: {report.resolve()}")
        if stay if stay is not None else out.is_terminal and err.is_terminal:
            out.print(f"\nPrefect UI with this run and its artifact: {server.url}/artifacts (Ctrl-C ends it)")
            _wait_for_interrupt()
        else:
            out.print(f"\nPrefect UI with this run and its artifact: run `make up` and open {server.url}/artifacts")


async def _print_report(at: Stage) -> str:
    async with open_runtime(at.settings) as runtime:
        found = await analyze(runtime.db, at=support.now())
    render_terminal(found, out)
    return render_html(found)


def up_command() -> None:
    """A local Prefect server with UI, a process worker, the deployments and the replica, until Ctrl-C."""
    with support.foreseen(), ExitStack() as stack:
        at = stack.enter_context(stage(support.load_settings(), fresh=False, today=support.today()))
        # Held open here, so that the embedded server does not stop and start between flow runs.
        postgres = embedded_postgres(embedded_dir(at.settings), bindir=at.settings.pg_bindir)
        asyncio.run(migrate(stack.enter_context(postgres)))
        server = stack.enter_context(prefect_server(at))
        err.print("starting the Prefect server (half a minute the first time)")
        server.wait()
        env = {**at.env, "PREFECT_API_URL": server.api}
        bootstrap = ("flows.bootstrap", "--pool", LOCAL_POOL, "--kind", "process", "--paused")
        run_to_end(bootstrap, env=env, log=at.log("bootstrap"), name="the bootstrap")
        for pool, name in ((LOCAL_POOL, "worker"), (f"{LOCAL_POOL}-shards", "worker-of-shards")):
            worker = ("prefect", "worker", "start", "--pool", pool, "--type", "process", "--name", name)
            stack.enter_context(started(worker, env=env, log=at.log(name), grace=WORKER_GRACE_SECONDS))
        out.print(
            f"Prefect UI        {server.url}\n"
            f"run the refresh   PREFECT_API_URL={server.api} .venv/bin/prefect deployment run refresh/refresh\n"
            f"the replica       {at.sandbox.url}\n"
            f"logs              {at.root / 'logs'}\n"
            "Ctrl-C ends all of it."
        )
        _wait_for_interrupt()
        err.print("ending")


def _wait_for_interrupt() -> None:
    """Return on Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
