"""cdio-seed, cdio-reconcile, serve: careers pages that changedetection.io watches for us."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, err, out, plain
from job_hunter.config import load_watches
from job_hunter.sources.http import Http
from job_hunter.usecases.seed_watches import Reconciliation, reconcile, seed_watches
from job_hunter.watching import open_api, receiver_of


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("cdio-seed", epilog="Example: job-hunter cdio-seed --dry-run")(seed_command)
    app.command("cdio-reconcile", epilog="Example: job-hunter cdio-reconcile --format json")(reconcile_command)
    app.command("serve", epilog="Example: job-hunter serve --host 0.0.0.0 --port 8080")(serve_command)


def seed_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print what was done.")] = Format.TABLE,
) -> None:
    """Make changedetection.io equal to cdio_watches.yaml; run it again after changing the token."""
    settings = support.load_settings()

    async def work() -> Reconciliation:
        watches = load_watches(settings.config_dir)
        async with Http(timeout=60) as http:
            return await seed_watches(open_api(settings, http), watches, **receiver_of(settings), dry_run=dry_run)

    done = support.run(work())
    if output is Format.JSON:
        support.print_json(as_json(done))
        return
    for difference in done.differences:
        out.print(plain(difference.sentence()))
    for problem in done.problems:
        out.print(f"[yellow]needs you:[/] {plain(problem)}")
    if not done.differences:
        out.print("changedetection.io is as the file says; nothing to do")
    elif dry_run:
        count = len(done.differences)
        out.print(f"dry run: {count} {'change' if count == 1 else 'changes'} not made")


def reconcile_command(
    output: Annotated[Format, typer.Option("--format", help="How to print the comparison.")] = Format.TABLE,
) -> None:
    """What differs from cdio_watches.yaml, and the last error of each watch. Exit code 1 when there is something."""
    settings = support.load_settings()

    async def work() -> Reconciliation:
        watches = load_watches(settings.config_dir)
        async with Http(timeout=60) as http:
            return await reconcile(open_api(settings, http), watches, **receiver_of(settings))

    found = support.run(work())
    if output is Format.JSON:
        support.print_json(as_json(found))
    else:
        table = Table("watch", "last checked", "last changed", "last error", box=None, pad_edge=False)
        for state in found.states:
            error = plain(state.last_error or "")
            table.add_row(state.slug, _moment(state.last_checked), _moment(state.last_changed), error)
        out.print(table)
        for difference in found.differences:
            out.print(f"differs: {plain(difference.sentence())}")
        for problem in found.problems:
            out.print(f"[yellow]needs you:[/] {plain(problem)}")
    if found.differences or found.problems or any(state.last_error for state in found.states):
        raise typer.Exit(1)


def serve_command(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 in a container.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 lets the system choose one.")] = 8080,
) -> None:
    """Receive changedetection.io's notifications at /webhook/cdio, until SIGTERM or Ctrl-C."""
    settings = support.load_settings()
    logger = logging.getLogger("job_hunter.web")
    logger.setLevel(logging.INFO)

    def ready(address: str) -> None:
        if settings.prefect_api_url is None:
            err.print("PREFECT_API_URL is not set: changes are stored, and wait for the daily sweep")
        err.print(f"listening on {address}")

    # The web is a door beside this one, not below it: it is looked up when it is asked for.
    server = import_module("job_hunter.web.server")
    support.run(server.serve(settings, host=host, port=port, on_ready=ready))


def as_json(found: Reconciliation) -> dict[str, Any]:
    """The comparison for programs."""
    return {
        "version": found.version,
        "differences": [
            {"action": d.action, "subject": d.subject, "fields": list(d.details)} for d in found.differences
        ],
        "problems": list(found.problems),
        "watches": [
            {
                "slug": s.slug,
                "uuid": s.uuid,
                "last_checked": s.last_checked,
                "last_changed": s.last_changed,
                "last_error": s.last_error,
                "paused": s.is_paused,
            }
            for s in found.states
        ],
    }


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M") if seconds else "never"
