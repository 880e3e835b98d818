"""analyze: the leaders report."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from job_hunter.cli import support
from job_hunter.cli.support import MOST, out
from job_hunter.domain.leaders import REPORT_FAMILIES, LeadersReport
from job_hunter.domain.level import Family, Level
from job_hunter.report import render_html, render_json, render_markdown, render_terminal
from job_hunter.runtime import open_runtime
from job_hunter.usecases.analyze import analyze

DECADES = 2_000
"""Weeks, and more than a series has."""


class ReportFormat(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("analyze", epilog="Example: job-hunter analyze --level senior --location london")(analyze_command)


def analyze_command(
    level: Annotated[Level | None, typer.Option(help="Only this rung of the generic ladder.")] = None,
    location: Annotated[
        str, typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
    ] = "london",
    family: Annotated[
        list[Family] | None, typer.Option(help="Only these families; engineering, trading, research by default.")
    ] = None,
    top_n: Annotated[int, typer.Option(min=1, max=MOST, help="How many leaders to list.")] = 10,
    trend_weeks: Annotated[int, typer.Option(min=1, max=DECADES, help="How far back movers and trends look.")] = 12,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The snapshot date; the newest by default.")
    ] = None,
    output: Annotated[ReportFormat, typer.Option("--format", help="How to print it.")] = ReportFormat.TABLE,
) -> None:
    """Who pays best, who moved, who is new, who is hiring, and how far each number can be trusted."""
    settings = support.load_settings()

    async def work() -> LeadersReport:
        support.check_place(settings, location)
        async with open_runtime(settings) as runtime:
            return await analyze(
                runtime.db,
                location=location,
                level=level,
                families=tuple(family) if family else REPORT_FAMILIES,
                top_n=top_n,
                trend_weeks=trend_weeks,
                on=date.date() if date else None,
                at=support.now(),
            )

    report = support.run(work())
    if output is ReportFormat.TABLE:
        render_terminal(report, out)
        return
    render = {"markdown": render_markdown, "html": render_html, "json": render_json}[output.value]
    typer.echo(render(report))
