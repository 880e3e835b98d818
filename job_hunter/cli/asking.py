"""bands, comp-band, comp-table, query: what an analyst asks."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import MOST, Format, out
from job_hunter.domain.leaders import LOW_CONFIDENCE_BELOW as LOW
from job_hunter.domain.leaders import REPORT_FAMILIES, money
from job_hunter.domain.level import Family, Level
from job_hunter.report.escape import terminal
from job_hunter.runtime import open_runtime
from job_hunter.storage.asking import Band, Cell, Opening, StatedBand, Wanted
from job_hunter.usecases import asking

LOW_SAID = f"† fewer than {LOW} figures: low confidence"

WIDE = 110
NARROW_LEVELS = 4
"""Columns of a terminal from which on tables show the number of figures too."""

Companies = Annotated[list[str] | None, typer.Option("--company", help="Only this company's slug; repeat for several.")]
Rung = Annotated[Level | None, typer.Option("--level", help="Only this rung of the generic ladder.")]
Families = Annotated[list[Family] | None, typer.Option("--family", help="Only these families; repeat.")]
Output = Annotated[Format, typer.Option("--format", help="How to print it.")]
Title = Annotated[
    str | None,
    typer.Option("--title", help="Words that the title holds, whatever the case; sre finds Site Reliability too."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("bands", epilog="Example: job-hunter bands --title staff --location london")(bands_command)
    app.command("comp-band", epilog="Example: job-hunter comp-band --level senior --company janestreet")(band_command)
    app.command("comp-table", epilog="Example: job-hunter comp-table --location london")(table_command)
    app.command("query", epilog="Example: job-hunter query --title sre --with-salary --limit 20")(query_command)


def bands_command(
    title: Title = None,
    company: Companies = None,
    level: Rung = None,
    location: Annotated[
        str | None, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = None,
    family: Families = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to list.")] = 30,
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
    if out.width < WIDE and found:
        for row in found:
            out.print(_band_lines(row), soft_wrap=False)
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
    _print(
        table,
        found,
        "No open role that matches states its pay; ask for less, or run `job-hunter refresh` if none was read yet.",
    )


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
    table = _table("company")
    for name in ("n", "different", "lowest", "p25", "p50", "p75", "highest"):
        table.add_column(name, justify="right", no_wrap=True)
    for market in found.market:
        people = f" ({market.people} people)" if market.people else ""
        table.add_row(f"[bold]{market.evidence}[/]{people}")
        for row in (*(one for one in found.bands if one.evidence == market.evidence), market):
            table.add_row(*_band_cells(row))
        table.add_section()
    _print(table, found.market, _nothing(found.snapshot_date))
    if found.market:
        out.print(
            f"[dim]{location}, snapshot of {found.snapshot_date}; pounds a year; posted and reported are never mixed; "
            f"{LOW_SAID}[/]",
            soft_wrap=False,
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
        by_company.setdefault(cell.company, {})[cell.level] = money(cell.p50) + _mark(cell) + count
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
        out.print(f"[dim]{location}, snapshot of {found.snapshot_date}; p50{count}; {LOW_SAID}[/]", soft_wrap=False)


def query_command(
    title: Title = None,
    company: Companies = None,
    level: Rung = None,
    location: Annotated[
        str | None, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = None,
    family: Families = None,
    with_salary: Annotated[bool, typer.Option("--with-salary", help="Only roles that state their pay.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to list.")] = 20,
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
        out.print("No open role matches; ask for less, or run `job-hunter refresh` if none was read yet.")
    if total > len(found):
        out.print(f"[dim]{len(found)} of {total}; --limit shows more[/]")


def _band_lines(row: StatedBand) -> Table:
    """One band where a table has no room: its pounds beside what it is of, broken between words."""
    year = f"{money(row.gbp)} a year" if row.gbp else ""
    roles = f"{row.openings} roles" if row.openings > 1 else ""
    about = (terminal(pay_of(row)), row.level or "no level stated", terminal(row.location or "no place"), roles)
    lines = Table.grid(padding=(0, 2))
    lines.add_column(width=max(len("£1.25m a year"), len(year)), justify="right")
    lines.add_column()
    lines.add_row(f"[bold]{year}[/]", f"[bold]{terminal(row.company)}[/] · {terminal(row.title)}")
    lines.add_row("", " · ".join(part for part in about if part))
    return lines


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


def _mark(row: Band | Cell) -> str:
    """What follows a figure that stands on few; as wide when it does not, so that figures stand below each other."""
    return " [yellow]†[/]" if row.n < LOW else "  "


def _band_cells(row: Band) -> list[str]:
    figures = [money(figure) for figure in (row.low, row.p25, row.p50, row.p75, row.high)]
    figures[2] = f"[bold]{figures[2]}[/]"
    return [f"  {terminal(row.company)}{_mark(row).rstrip()}", str(row.n), str(row.distinct), *figures]


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
