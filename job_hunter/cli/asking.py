"""bands, comp-band, comp-table, query, export: what an analyst asks."""

from __future__ import annotations

import sys
from contextlib import aclosing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, err, out
from job_hunter.domain.leaders import REPORT_FAMILIES, money
from job_hunter.domain.level import Family, Level
from job_hunter.errors import UsageError
from job_hunter.report.escape import terminal
from job_hunter.report.sheet import csv_line, json_line
from job_hunter.runtime import open_runtime
from job_hunter.storage.asking import Band, Opening, StatedBand, Wanted
from job_hunter.usecases import asking

LOW = 3
"""Below so many figures a median is a single datum."""

WIDE = 110
NARROW_LEVELS = 4
"""Columns of a terminal from which on tables show the number of figures too."""

Companies = Annotated[list[str] | None, typer.Option("--company", help="Only this company's slug; repeat for several.")]
Rung = Annotated[Level | None, typer.Option("--level", help="Only this rung of the generic ladder.")]
Families = Annotated[list[Family] | None, typer.Option("--family", help="Only these families; repeat.")]
Output = Annotated[Format, typer.Option("--format", help="How to print it.")]
Title = Annotated[str | None, typer.Option("--title", help="Words that the title holds, whatever the case.")]


class ExportFormat(StrEnum):
    """How exported rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bands", epilog="Example: job-hunter bands --title staff --location london")(bands_command)
    app.command("comp-band", epilog="Example: job-hunter comp-band --level senior --company janestreet")(band_command)
    app.command("comp-table", epilog="Example: job-hunter comp-table --location london")(table_command)
    app.command("query", epilog="Example: job-hunter query --title sre --with-salary --limit 20")(query_command)
    app.command("export", epilog="Example: job-hunter export comp-snapshots --format csv > comp.csv")(export_command)


def bands_command(
    title: Title = None,
    company: Companies = None,
    level: Rung = None,
    location: Annotated[
        str | None, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = None,
    family: Families = None,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 30,
    output: Output = Format.TABLE,
) -> None:
    """The pay bands that open roles state, verbatim, the best paid first."""
    wanted = _wanted(company, level, location, family, title)

    async def work() -> list[StatedBand]:
        async with open_runtime(support.load_settings()) as runtime:
            return await asking.stated_bands(runtime.db, wanted, limit=limit)

    found = support.run(work())
    if output is Format.JSON:
        support.print_json([row._asdict() for row in found])
        return
    table = _table("company", "title", "level", "place")
    for name in ("band", "a year", "roles"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found:
        table.add_row(
            *(terminal(cell or "–") for cell in row[:4]),
            terminal(pay_of(row)),
            money(row.gbp) if row.gbp else "–",
            str(row.openings),
        )
    _print(table, found, "No open role that matches states its pay.")


def band_command(
    company: Companies = None,
    level: Rung = None,
    location: Annotated[
        str, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = "london",
    family: Families = None,
    output: Output = Format.TABLE,
) -> None:
    """How pay spreads, by company and kind of evidence; several companies stand side by side with the market."""
    wanted = _wanted(company, level, location, family or list(REPORT_FAMILIES), None)

    async def work() -> asking.Spreads:
        async with open_runtime(support.load_settings()) as runtime:
            spreads = await asking.spreads(runtime.db, wanted)
            if not company:
                return spreads
            market = await asking.spreads(
                runtime.db, _wanted(None, level, location, family or list(REPORT_FAMILIES), None)
            )
            return asking.Spreads(spreads.snapshot_date, spreads.bands, market.market)

    found = support.run(work())
    if output is Format.JSON:
        rows = {"companies": found.bands, "market": found.market}
        data = {name: [{**row._asdict(), "low_confidence": row.n < LOW} for row in part] for name, part in rows.items()}
        support.print_json({"snapshot_date": found.snapshot_date, "location": location, **data})
        return
    table = _table("company", "evidence")
    for name in ("n", "different", "lowest", "p25", "p50", "p75", "highest"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in (*found.bands, *found.market):
        table.add_row(*_band_cells(row))
    _print(table, found.market, _nothing(found.snapshot_date))
    if found.market:
        out.print(
            f"[dim]{location}, snapshot of {found.snapshot_date}; pounds a year; kinds of evidence are never mixed[/]"
        )


def table_command(
    location: Annotated[
        str, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = "london",
    company: Companies = None,
    family: Families = None,
    output: Output = Format.TABLE,
) -> None:
    """Medians by company and level, with the number of figures behind each."""
    wanted = _wanted(company, None, location, family or list(REPORT_FAMILIES), None)

    async def work() -> asking.CompTable:
        async with open_runtime(support.load_settings()) as runtime:
            return await asking.comp_table(runtime.db, wanted)

    found = support.run(work())
    if output is Format.JSON:
        cells = [{**cell._asdict(), "low_confidence": cell.n < LOW} for cell in found.cells]
        support.print_json({"snapshot_date": found.snapshot_date, "location": location, "cells": cells})
        return
    levels = list(dict.fromkeys(cell.level for cell in found.cells))
    is_wide = out.width >= WIDE
    by_company: dict[str, dict[str | None, str]] = {}
    for cell in found.cells:
        count = f" [dim]{cell.n}[/]" if is_wide else ""
        by_company.setdefault(cell.company, {})[cell.level] = f"{money(cell.p50)}{'?' if cell.n < LOW else ''}{count}"
    step = len(levels) if is_wide else NARROW_LEVELS
    for block in [levels[start : start + step] for start in range(0, len(levels), step or 1)] or [[]]:
        table = _table("company")
        for level in block:
            table.add_column(level or "unstated", justify="right", no_wrap=True)
        for name, row in sorted(by_company.items()):
            if any(level in row for level in block):
                table.add_row(terminal(name), *(row.get(level, "") for level in block))
        _print(table, found.cells, _nothing(found.snapshot_date))
    if found.cells:
        count = " and number of figures" if is_wide else ""
        out.print(f"[dim]{location}, snapshot of {found.snapshot_date}; p50{count}; ? = fewer than {LOW} figures[/]")


def query_command(
    title: Title = None,
    company: Companies = None,
    level: Rung = None,
    location: Annotated[
        str | None, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = None,
    family: Families = None,
    with_salary: Annotated[bool, typer.Option("--with-salary", help="Only roles that state their pay.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many to list.")] = 20,
    output: Output = Format.TABLE,
) -> None:
    """Open roles, each once, the surest pay first, with the link to apply."""
    wanted = _wanted(company, level, location, family, title)

    async def work() -> tuple[list[Opening], int]:
        async with open_runtime(support.load_settings()) as runtime:
            return await asking.openings(runtime.db, wanted, with_pay=with_salary, limit=limit)

    found, total = support.run(work())
    if output is Format.JSON:
        support.print_json({"total": total, "roles": [row._asdict() for row in found]})
        return
    for row in found:
        out.print(f"[bold]{terminal(row.company)}[/] · {terminal(row.title)}")
        sure = f" ({row.confidence:.0%} sure)" if row.confidence is not None else ""
        pay = terminal(pay_of(row)) + sure if row.currency else "states no pay"
        day = f"posted {row.posted_at.date()}" if row.posted_at else f"first seen {row.first_seen_at.date()}"
        place = terminal(row.location or row.place or "no place")
        out.print(f"  {' · '.join((row.level or 'no level stated', place, pay, day))}")
        out.print(f"  [dim]{terminal(row.url or 'no link')}[/]", soft_wrap=True)
    if not found:
        out.print("No open role matches.")
    if total > len(found):
        out.print(f"[dim]{len(found)} of {total}; --limit shows more[/]")


def export_command(
    what: Annotated[str, typer.Argument(help="roles, comp, roles-snapshots or comp-snapshots.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day on; all by default.")
    ] = None,
    output: Annotated[ExportFormat, typer.Option("--format", help="How to write the rows.")] = ExportFormat.CSV,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="A file; standard output by default.")] = None,
) -> None:
    """Rows for other programs, one a line; memory stays flat whatever their number."""
    settings = support.load_settings()
    start = since.replace(tzinfo=UTC) if since else datetime.fromtimestamp(0, UTC)

    async def work(write: Any) -> int:
        rows = 0
        async with open_runtime(settings) as runtime, aclosing(asking.export(runtime.db, what, since=start)) as found:
            async for names, values in found:
                if output is ExportFormat.CSV:
                    write((csv_line(names) if not rows else "") + csv_line(values))
                else:
                    write(json_line(names, values))
                rows += 1
        return rows

    if file is None:
        rows = support.run(work(sys.stdout.write))
    else:
        with support.foreseen():
            try:
                target = file.open("w", encoding="utf-8", newline="")
            except OSError as error:
                raise UsageError(f"--output: {file} cannot be written: {error.strerror}") from None
        with target:
            rows = support.run(work(target.write))
    err.print(f"{rows} rows of {what}")


def pay_of(row: StatedBand | Opening) -> str:
    """Pay as stated: `£90k–£110k`, `USD 80 an hour`, `from GBP 60,000`, with its basis where that is not base."""
    figures = [f"{value:,.0f}" for value in (row.min, row.max) if value is not None]
    if row.min is None:
        said = f"up to {figures[0]}"
    elif row.max is None:
        said = f"from {figures[0]}"
    else:
        said = "–".join(dict.fromkeys(figures))
    period = "" if row.period == "year" else f" a {row.period}"
    basis = "" if row.basis == "base" else f" {row.basis}"
    return f"{row.currency} {said}{period}{basis}"


def _band_cells(row: Band) -> list[str]:
    people = f" ({row.people} people)" if row.people else ""
    low = " [yellow]low confidence[/]" if row.n < LOW else ""
    spread = [money(row.p25), f"[bold]{money(row.p50)}[/]", money(row.p75)]
    cells = [terminal(row.company) + low, f"{row.evidence}{people}", str(row.n), str(row.distinct)]
    return [*cells, money(row.low), *spread, money(row.high)]


def _wanted(
    company: list[str] | None, level: Level | None, location: str | None, family: Any, title: str | None
) -> Wanted:
    with support.foreseen():
        if location is not None:
            support.check_place(support.load_settings(), location)
    families = tuple(Family(one).value for one in family or ())
    return Wanted(tuple(company or ()), level.value if level else None, location, families, title)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _print(table: Table, rows: Any, nothing: str) -> None:
    out.print(table if rows else nothing, soft_wrap=False)


def _nothing(snapshot_date: object) -> str:
    if snapshot_date is None:
        return "There is no snapshot yet: run `job-hunter refresh` first."
    return "No figure matches; leave out --level or --family, or try another --location."
