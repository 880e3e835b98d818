"""explain: what the readings make of a text, for a person and for labelled cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from job_hunter.cli import support
from job_hunter.cli.support import Format, out, plain
from job_hunter.errors import UsageError
from job_hunter.runtime import load_readings
from job_hunter.usecases.explain import explain, explanation_data, predict


class ReadingKind(StrEnum):
    """What `--kind` takes."""

    PAY = "pay"
    LOCATION = "location"
    LEVEL = "level"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", epilog="Example: job-hunter explain 'Senior SRE, £90-120k + bonus' --place London")(
        explain_command
    )


def explain_command(
    text: Annotated[str | None, typer.Argument(help="The text of a posting; - reads standard input.")] = None,
    place: Annotated[str | None, typer.Option(help="The posting's location.")] = None,
    title: Annotated[str | None, typer.Option(help="The posting's title, for level and family.")] = None,
    company: Annotated[str | None, typer.Option(help="The employer, for its own ladder.")] = None,
    kind: Annotated[ReadingKind, typer.Option(help="With --jsonl: what to predict.")] = ReadingKind.PAY,
    jsonl: Annotated[
        Path | None, typer.Option(help="Labelled cases, one JSON object a line; prints one prediction a line.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the explanation.")] = Format.TABLE,
) -> None:
    """Every figure found in a text, what it was taken for, and why it was chosen or refused."""
    with support.foreseen():
        if (text is None) == (jsonl is None):
            raise UsageError("explain needs a text or --jsonl FILE, one of the two; see `job-hunter explain --help`.")
        readings = load_readings(support.load_settings().config_dir)
        if jsonl is not None:
            for number, case in _cases(jsonl):
                try:
                    prediction = predict(kind.value, case, readings=readings)
                except UsageError as error:
                    raise UsageError(f"{jsonl}:{number}: {error}") from None
                sys.stdout.write(orjson.dumps(prediction).decode() + "\n")
            return
        assert text is not None
        content = sys.stdin.read() if text == "-" else text
        data = explanation_data(explain(content, place=place, title=title, company=company, readings=readings))
        if output is Format.JSON:
            support.print_json(data)
        else:
            _print(data)


def _cases(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The cases of a file with the numbers of their lines. Raises UsageError that names the line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # a JSON text may hold other line separators
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"--jsonl {path}: cannot be read, {reason}.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UsageError(f"{path}:{number}: not JSON ({error}).") from None
        if not isinstance(case, dict):
            raise UsageError(f"{path}:{number}: a case is a JSON object with id and text.")
        yield number, case


def _print(data: dict[str, Any]) -> None:
    pay = data["pay"]
    if pay:
        out.print(f"[bold]pay[/]     {_band(pay)}  [dim]confidence {pay['confidence']:.2f}, {pay['origin']}[/]")
        out.print(f"        “{plain(pay['quote'])}”")
    else:
        out.print(f"[bold]pay[/]     none: {data['reason']}")
    where = ", ".join(place["city"] or place["country"] or "?" for place in data["places"]) or "none named"
    out.print(
        f"[bold]place[/]   {plain(where)}  [dim]bucket {data['bucket'] or 'none'}, {data['remote'] or 'not said'}[/]"
    )
    if data["level_rule"] is not None or data["family"] is not None:
        out.print(
            f"[bold]level[/]   {data['level'] or 'none'}  [dim]{plain(data['level_rule'] or 'no rule applied')}[/]"
        )
        out.print(f"[bold]family[/]  {data['family'] or 'none'}")
    if data["candidates"]:
        table = Table("", "figure", "taken for", "band", "why", box=None, pad_edge=False, header_style="dim")
        for candidate in data["candidates"]:
            mark = "[green]→[/]" if candidate["chosen"] else ""
            band = _band(candidate["band"]) if candidate["band"] else ""
            table.add_row(mark, plain(candidate["quote"]), candidate["label"], band, plain(candidate["why"]))
        out.print()
        out.print(table)
    for name in ("unknown_places", "unknown_marks"):
        if data[name]:
            out.print(f"[yellow]{name.replace('_', ' ')}:[/] {plain(', '.join(data[name]))}")


def _band(band: dict[str, Any]) -> str:
    low, high = band["min"], band["max"]
    if low is None:
        figures = f"up to {high:,.0f}"
    elif high is None:
        figures = f"from {low:,.0f}"
    else:
        figures = f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"
    return f"{band['currency']} {figures} a {band['period']}, {band['basis']}"
