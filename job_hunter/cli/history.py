"""reparse: today's readings over the archive."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from job_hunter.cli import support
from job_hunter.cli.support import Format, err, out, plain
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.usecases.asking import check_companies
from job_hunter.usecases.reparse import ArchivedSource, Reparsed, reparse, sentences


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("reparse", epilog="Example: job-hunter reparse --dry-run")(reparse_command)


def reparse_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    every: Annotated[bool, typer.Option("--every", help="Also what the present readings have read already.")] = False,
    source: Annotated[list[ArchivedSource] | None, typer.Option("--source", help="Only these; repeat.")] = None,
    company: Annotated[list[str] | None, typer.Option("--company", help="Only this company's slug; repeat.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the summary.")] = Format.TABLE,
) -> None:
    """Read the archived postings of open roles again with today's readings; snapshots stay as they were taken."""
    settings = support.load_settings()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )

    async def work() -> Reparsed:
        async with open_runtime(settings) as runtime:
            await check_companies(runtime.db, company or ())
            with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
                bar = progress.add_task("boards", total=None)
                return await reparse(
                    runtime.db,
                    load_readings(settings.config_dir),
                    at=support.now(),
                    dry_run=dry_run,
                    every=every,
                    sources=[one.value for one in source or ()],
                    slugs=company or (),
                    on_board=lambda board: progress.update(bar, advance=1, description=f"{board.source} {board.board}"),
                )

    done = support.run(work())
    if output is Format.JSON:
        support.print_json(asdict(done))
        return
    for line in sentences(done):
        out.print(plain(line))
