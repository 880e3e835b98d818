"""self: the analyst's own packages, drawn beside the market as "You"."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, out
from job_hunter.domain.level import Level
from job_hunter.report.escape import terminal
from job_hunter.runtime import open_runtime
from job_hunter.storage.own import OwnFigures
from job_hunter.usecases.own import list_own, remove_own, set_own

Label = Annotated[str, typer.Option("--label", help="The package's name, such as package or grant.")]


WIDE = 110
FIGURES = ("base", "bonus", "equity", "total", "in pounds", "from")
COLUMNS = ("label", "level", "place", *FIGURES)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    own = typer.Typer(
        no_args_is_help=True,
        help="Your own pay, shown as You beside the market; never ranked, never counted.",
        epilog="Example: job-hunter self set --label package --base 120000 --bonus 30000",
    )
    own.command("set", epilog="Example: job-hunter self set --label package --base 120000 --bonus 30000")(set_command)
    own.command("list", epilog="Example: job-hunter self list")(list_command)
    own.command("remove", epilog="Example: job-hunter self remove --label grant")(remove_command)
    app.add_typer(own, name="self")


def set_command(
    label: Label,
    base: Annotated[float | None, typer.Option(help="Base salary a year.")] = None,
    bonus: Annotated[float | None, typer.Option(help="Bonus a year.")] = None,
    rsu_annual: Annotated[float | None, typer.Option("--rsu-annual", help="Equity that vests a year.")] = None,
    total: Annotated[float | None, typer.Option(help="The whole a year; the parts are added up without it.")] = None,
    currency: Annotated[str, typer.Option(help="ISO code of all figures.")] = "GBP",
    level: Annotated[Level | None, typer.Option(help="Your rung of the generic ladder.")] = None,
    location: Annotated[
        str | None, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day the figures hold from; today by default.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
) -> None:
    """Write one package; the same label again replaces it."""
    settings = support.load_settings()

    async def work() -> OwnFigures:
        if location is not None:
            support.check_place(settings, location)
        async with open_runtime(settings) as runtime:
            return await set_own(
                runtime.db,
                label,
                base=base,
                bonus=bonus,
                rsu_annual=rsu_annual,
                total=total,
                currency=currency.upper(),
                level=level,
                location=location,
                on=date.date() if date else support.today(),
                at=support.now(),
            )

    _show([support.run(work())], output)


def list_command(
    output: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """All packages."""

    async def work() -> list[OwnFigures]:
        async with open_runtime(support.load_settings()) as runtime:
            return await list_own(runtime.db)

    _show(support.run(work()), output)


def remove_command(label: Label) -> None:
    """Remove one package."""

    async def work() -> None:
        async with open_runtime(support.load_settings()) as runtime:
            await remove_own(runtime.db, label)

    support.run(work())
    out.print(f"removed {terminal(label)}")


def _show(rows: list[OwnFigures], output: Format) -> None:
    if output is Format.JSON:
        support.print_json([row._asdict() for row in rows])
        return
    if not rows:
        out.print("No package yet: `job-hunter self set --label package --base …`")
        return
    if out.width < WIDE:
        for row in rows:
            out.print(_sentence(row), soft_wrap=False)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in FIGURES else "left", no_wrap=name != "label", overflow="fold")
    for row in rows:
        table.add_row(*_cells(row))
    out.print(table, soft_wrap=False)


def _sentence(row: OwnFigures) -> str:
    """One package where a table has no room: what is not stated is left out."""
    cells = dict(zip(COLUMNS, _cells(row), strict=True))
    figures = [f"{cells[name]} {name}" for name in ("base", "bonus", "equity", "total") if cells[name] != "–"]
    about = [text for text in (row.level, row.location) if text] + [f"from {row.effective_date}"]
    return f"[bold]{cells['label']}[/]: {cells['in pounds']} ({', '.join(figures)}), {', '.join(about)}"


def _cells(row: OwnFigures) -> list[str]:
    figures = (row.base, row.bonus, row.rsu_annual, row.total)
    return [
        terminal(row.label),
        row.level or "–",
        row.location or "–",
        *("–" if value is None else f"{row.currency} {value:,.0f}" for value in figures),
        "–" if row.total_gbp is None else f"£{row.total_gbp:,.0f}",
        str(row.effective_date),
    ]
