"""backfill-fx and probe: what a refresh needs from elsewhere, and where to find it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer

from job_hunter.cli import support
from job_hunter.cli.support import Format, err, out, plain
from job_hunter.config import load_companies
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.sources.http import Http
from job_hunter.usecases.backfill_fx import Backfill, backfill_fx, first_day, sentences
from job_hunter.usecases.probe import Probe, probe


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backfill-fx", epilog="Example: job-hunter backfill-fx --days 30")(backfill_command)
    app.command("probe", epilog="Example: job-hunter probe janestreet --name 'Jane Street'")(probe_command)


def backfill_command(
    days: Annotated[int | None, typer.Option(min=1, help="So many days back; instead of --since.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print what was done.")] = Format.TABLE,
) -> None:
    """Load the exchange rates that are missing and price what has no pounds, by default from the oldest figure on."""
    settings = support.load_settings()
    today = support.today()

    async def work() -> Backfill:
        first = first_day(today=today, days=days, since=since.date() if since else None)
        async with open_runtime(settings) as runtime:
            return await backfill_fx(runtime.db, runtime.http, today=today, since=first)

    done = support.run(work())
    if output is Format.JSON:
        support.print_json(asdict(done))
    else:
        for line in sentences(done):
            out.print(plain(line))
    if done.warning:
        if output is Format.JSON:
            err.print(plain(done.warning))
        raise typer.Exit(1)


def probe_command(
    address: Annotated[
        str, typer.Argument(help="A company of ours, a board's name, or the address of a careers page or board.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="The employer's name, to check the board against.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print what was found.")] = Format.TABLE,
) -> None:
    """Find the board behind a careers page, see whose it is, and print the block to paste; exit code 1 if none fits."""
    settings = support.load_settings()

    async def work() -> Probe:
        gazetteer = load_readings(settings.config_dir).gazetteer
        async with Http(settings.base_urls) as http:
            companies = load_companies(settings.config_dir)
            return await probe(http, address.strip(), gazetteer, at=support.now(), name=name, companies=companies)

    found = support.run(work())
    if output is Format.JSON:
        support.print_json(asdict(found))
    else:
        for problem in found.problems:
            err.print(plain(problem))
        for board in found.boards:
            titles = "; ".join(board.titles)
            own = f", calls itself {board.calls_itself}" if board.calls_itself else ""
            out.print(
                plain(
                    f"{board.source} {board.token}: {board.openings} openings, {board.london} in London, "
                    f"{board.named} name {board.employer}{own} ({titles})"
                )
            )
        out.print(plain(found.advice))
        out.print(plain(f"\n# config/{found.file}\n{found.block}"))
    if found.file != "companies.yaml":
        raise typer.Exit(1)
