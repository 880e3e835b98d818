"""doctor, report, reparse, explain: what the operator asks."""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from typing import Annotated

import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, out
from job_hunter.errors import EmbeddedPostgresError
from job_hunter.runtime import embedded_dir, open_runtime
from job_hunter.settings import Settings
from job_hunter.storage.embedded import embedded_state
from job_hunter.usecases.doctor import Check, accept_quarantine, examine, forget_future
from job_hunter.usecases.ledger_report import ledger_report

LEAST_FREE = 1_000_000_000
"""Bytes of free disk under which the embedded Postgres may soon fail to write."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor", epilog="Example: job-hunter doctor --accept greenhouse/acme")(doctor_command)
    app.command("report", epilog="Example: job-hunter report --days 30")(report_command)


def doctor_command(
    accept: Annotated[
        str | None, typer.Option(help="Accept a quarantined harvest: SOURCE/BOARD, as the check names it.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget-future", help="Take back days after today, recorded under a clock that was ahead.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the checks.")] = Format.TABLE,
) -> None:
    """Is it healthy? Exit code 1 when something needs a person."""
    settings = support.load_settings()
    done: list[str] = []

    is_embedded = settings.db_connection_string is None and settings.db_connection_string_file is None

    async def work() -> list[Check]:
        async with AsyncExitStack() as stack:
            try:
                runtime = await stack.enter_async_context(open_runtime(settings, migrated=False))
            except EmbeddedPostgresError as error:
                return [Check("embedded postgres", False, str(error), "see the message")]
            if accept is not None:
                done.append(await accept_quarantine(runtime.db, accept, at=support.now()))
            if forget:
                gone = await forget_future(runtime.db, at=support.now())
                done.append(
                    f"forgotten: {gone.runs} runs, {gone.snapshot_rows:,} snapshot rows; "
                    f"{gone.reopened:,} roles are open again"
                )
            checks = await examine(
                runtime.db, at=support.now(), http=runtime.http, prefect_api_url=settings.prefect_api_url
            )
            if is_embedded:
                checks.append(embedded_check(settings))
            return checks

    checks = support.run(work())
    for line in done:
        support.err.print(support.plain(line))
    if output is Format.JSON:
        support.print_json([{"name": c.name, "ok": c.is_ok, "message": c.message, "advice": c.advice} for c in checks])
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for check in checks:
            mark = "[green]ok[/]" if check.is_ok else "[bold red]look[/]"
            advice = f"\n→ {support.plain(check.advice)}" if check.advice else ""
            table.add_row(mark, check.name, support.plain(check.message) + advice)
        out.print(table)
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


def embedded_check(settings: Settings) -> Check:
    """What the embedded Postgres has, and whether its disk still has room."""
    where = embedded_dir(settings)
    state, free = embedded_state(where), shutil.disk_usage(where).free
    message = f"version {state.major_version} in {where}, {state.size_bytes / 1e6:.0f} MB, {free / 1e9:.1f} GB free"
    if free < LEAST_FREE:
        return Check("embedded postgres", False, message, "make room on the disk, or set JOB_HUNTER_DATA_DIR")
    return Check("embedded postgres", True, message)


def report_command(
    days: Annotated[int, typer.Option(min=1, max=100_000, help="How many days back.")] = 30,
) -> None:
    """The ledger as JSON: `runs`, `source_mix`, `evidence_mix` and `coverage` of the last days."""
    settings = support.load_settings()

    async def work() -> dict[str, object]:
        async with open_runtime(settings) as runtime:
            return await ledger_report(runtime.db, days=days, today=support.today())

    support.print_json(support.run(work()))
