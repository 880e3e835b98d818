"""export: rows for other programs."""

from __future__ import annotations

import sys
from contextlib import aclosing
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from job_hunter.cli import support
from job_hunter.cli.support import err
from job_hunter.errors import UsageError
from job_hunter.report.sheet import csv_line, json_line
from job_hunter.runtime import open_runtime
from job_hunter.usecases import asking


class ExportFormat(StrEnum):
    """How exported rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog="Example: job-hunter export comp-snapshots --format csv > comp.csv")(export_command)


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
