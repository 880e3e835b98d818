"""migrate, refresh, snapshot."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, err, out
from job_hunter.config import load_employers, load_sources
from job_hunter.domain.politeness import FAILURES_TO_OPEN
from job_hunter.domain.run import BoardResult, Summary
from job_hunter.report.refresh_summary import COUNTS, SOURCE_HEADER, SourceLine, source_cells, source_lines
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.sources import ATS
from job_hunter.storage.migrate import Migration, migrate_database
from job_hunter.usecases.feeds import SERVICES, default_sources
from job_hunter.usecases.plan import MANY_BOARDS, boards_of
from job_hunter.usecases.refresh import check_date, clock_at, refresh
from job_hunter.usecases.snapshot import Filled, snapshot


class SourceName(StrEnum):
    """What `--source` takes."""

    ATS = "ats"
    HN = "hn"
    LEVELS_FYI = "levels_fyi"
    LINKEDIN_GUEST = "linkedin_guest"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("migrate", epilog="Example: job-hunter migrate")(migrate_command)
    app.command("refresh", epilog="Example: job-hunter refresh --company janestreet --company monzo")(refresh_command)
    app.command("snapshot", epilog="Example: job-hunter snapshot --date 2026-11-22")(snapshot_command)


def migrate_command(
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = Format.TABLE,
) -> None:
    """Bring the database's schema to the version this program needs. A no-op when it is there already."""
    settings = support.load_settings()

    async def work() -> Migration:
        async with open_runtime(settings, migrated=False) as runtime:
            return await migrate_database(runtime.db)

    done = support.run(work())
    if output is Format.JSON:
        support.print_json({"before": done.before, "after": done.after})
    elif done.before == done.after:
        out.print(f"schema {done.after}: nothing to do")
    else:
        out.print(f"schema {done.before or 'none'} → {done.after}")


def refresh_command(
    source: Annotated[
        list[SourceName] | None, typer.Option("--source", help="Only these sources; repeat for several.")
    ] = None,
    company: Annotated[list[str] | None, typer.Option("--company", help="Only this company's slug; repeat.")] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Another day than today; replicas only.")
    ] = None,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Only boards without a complete fetch today.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print the summary.")] = Format.TABLE,
) -> None:
    """Fetch every board and feed, store what changed, and write today's snapshot rows.

    Without --source: the boards of companies.yaml, Hacker News and levels.fyi, and LinkedIn where sources.yaml enables
    it. With --company, what cannot be asked about one company is left out.
    """
    settings = support.load_settings()

    async def work() -> Summary:
        companies = load_employers(settings.config_dir)
        readings = load_readings(settings.config_dir)
        feed_settings = load_sources(settings.config_dir)
        only = tuple(company or ())
        boards = boards_of(companies, only=only)
        sources = [name.value for name in source] if source else default_sources(feed_settings, only=only)
        on = date.date() if date else None
        needed = {"ecb", *(SERVICES[name] for name in sources if name in SERVICES)}
        needed |= {board.source for board in boards} if "ats" in sources else set()
        check_date(on, today=support.today(), redirected=settings.base_urls, needed=needed)
        clock = clock_at(on, support.now) if on else support.now
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        breaker = FAILURES_TO_OPEN if len(boards) > MANY_BOARDS else None
        async with open_runtime(settings, failures_to_open=breaker) as runtime:
            with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
                bar = progress.add_task("refreshing", total=len(boards) if "ats" in sources else None)

                def advance(result: BoardResult) -> None:
                    progress.update(bar, advance=result.source in ATS, description=result.company_slug)

                return await refresh(
                    runtime.db,
                    runtime.http,
                    companies,
                    readings,
                    clock=clock,
                    only=only,
                    only_missing=only_missing,
                    sources=sources,
                    settings=feed_settings,
                    archive_years=settings.archive_years,
                    is_replay=on is not None and on != support.today(),
                    on_result=advance,
                )

    summary = support.run(work())
    if output is Format.JSON:
        support.print_json(summary_json(summary))
    else:
        print_summary(summary)
    if summary.is_failed:
        raise typer.Exit(1)


def summary_json(summary: Summary) -> dict[str, object]:
    """The summary as JSON: `run_id`, `snapshot_date`, `totals`, `sources`, `boards` with one object each, `warnings`.

    Of a source: its boards, counts, fill rates with their changes since the last run (null of nothing), and seconds.
    """
    return {
        "run_id": str(summary.run.id),
        "snapshot_date": summary.run.snapshot_date.isoformat(),
        "totals": summary.totals(),
        "retired": list(summary.retired),
        "warnings": list(summary.warnings),
        "sources": [_source_json(line) for line in source_lines(summary)],
        "boards": [
            {name: getattr(result, name) for name in BoardResult.__dataclass_fields__} for result in summary.results
        ],
    }


def _source_json(line: SourceLine) -> dict[str, object]:
    fills = ("pay", "level", "place")
    return {
        "source": line.source,
        "boards": line.boards,
        "complete": line.complete,
        **dict(zip(COUNTS, line.counts, strict=True)),
        "fill": dict(zip(fills, line.rates, strict=True)) if line.rates else None,
        "fill_change": dict(zip(fills, line.changes, strict=True)) if line.changes else None,
        "seconds": line.seconds,
    }


def print_summary(summary: Summary) -> None:
    """Print what a refresh came to: totals, then each board that needs a look."""
    totals = summary.totals()
    out.print(f"[bold]{summary.sentence()}[/]")
    out.print(", ".join(f"{totals.get(name, 0):,} {name}" for name in COUNTS))
    table = Table(*SOURCE_HEADER, box=None, pad_edge=False)
    for line in source_lines(summary):
        table.add_row(*source_cells(line))
    # Its own width, also where the output is redirected and taken for 80 columns wide.
    table.width = table.__rich_measure__(out, out.options.update(max_width=200)).maximum
    out.print(table)
    troubled = [result for result in summary.results if result.status != "complete"]
    if troubled:
        table = Table("company", "source", "status", "why", box=None, pad_edge=False)
        for result in sorted(troubled, key=lambda result: (result.status, result.company_slug)):
            table.add_row(result.company_slug, result.source, result.status.value, support.plain(result.message or ""))
        out.print(table)
    for warning in summary.warnings:
        out.print(support.plain(warning))


def snapshot_command(
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to fill; today by default.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the result.")] = Format.TABLE,
) -> None:
    """Insert the snapshot rows a day lacks, for boards fetched completely that day; rows that exist stay."""
    settings = support.load_settings()
    on = date.date() if date else support.today()

    async def work() -> Filled:
        async with open_runtime(settings) as runtime:
            return await snapshot(runtime.db, on=on, today=support.today())

    filled = support.run(work())
    if output is Format.JSON:
        support.print_json({"date": on.isoformat(), "roles": filled.roles, "comp_points": filled.comp_points})
    else:
        out.print(f"{on}: {filled.roles:,} role rows and {filled.comp_points:,} pay rows inserted")
        if not filled.boards:
            out.print("no board was read completely that day: there is nothing to fill it from")
