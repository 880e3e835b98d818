"""The refresh's summary: what each source gave, and the boards that need a look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from job_hunter.domain.run import BoardResult, Filled, SourceRun, Summary
from job_hunter.report.escape import markdown

COUNTS = ("postings", "new", "changed", "unchanged", "closed", "reopened", "rejected")
_MAX_MISSES = 15
_MAX_TROUBLED = 40


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source in one run: its boards, `COUNTS` over them, and what is known of its complete boards.

    `rates` are the shares of pay, level and place (None of nothing), `changes` their change since the last run over the
    boards that were complete both times. `seconds` is the time from the run's start until its last board was stored.
    """

    source: str
    boards: int
    complete: int
    counts: tuple[int, ...]
    rates: tuple[float, ...] | None
    changes: tuple[float, ...] | None
    seconds: float | None


def source_lines(summary: Summary) -> list[SourceLine]:
    """A line for each source of `summary`, by name."""
    by_source: dict[str, list[BoardResult]] = defaultdict(list)
    for result in summary.results:
        by_source[result.source].append(result)
    return [_line(source, results, summary.sources.get(source)) for source, results in sorted(by_source.items())]


def _line(source: str, results: Sequence[BoardResult], run: SourceRun | None) -> SourceLine:
    complete = [result for result in results if result.status == "complete"]
    filled = Filled(
        sum(result.postings - result.rejected for result in complete),
        *(sum(getattr(result, name) for result in complete) for name in ("with_pay", "with_level", "with_place")),
    )
    changes = None
    if run and (now := run.filled.rates()) and (before := run.filled_before.rates()):
        changes = tuple(new - old for new, old in zip(now, before, strict=True))
    return SourceLine(
        source=source,
        boards=len(results),
        complete=len(complete),
        counts=tuple(sum(getattr(result, name) for result in results) for name in COUNTS),
        rates=filled.rates(),
        changes=changes,
        seconds=run.seconds if run else None,
    )


def source_cells(line: SourceLine) -> tuple[str, ...]:
    """`line` as text, under `SOURCE_HEADER`: `41% (+2)` is a share and its change in points since the last run."""
    rates = [
        "–" if line.rates is None else f"{line.rates[n]:.0%}{_change(line.changes[n] if line.changes else None)}"
        for n in range(3)
    ]
    boards = f"{line.boards}" if line.complete == line.boards else f"{line.complete} of {line.boards}"
    seconds = "–" if line.seconds is None else f"{line.seconds:.1f}"
    return (line.source, boards, *(f"{count:,}" for count in line.counts), *rates, seconds)


SOURCE_HEADER = ("source", "boards", "fetched", *COUNTS[1:], "pay", "level", "place", "seconds")


def _change(change: float | None) -> str:
    points = round((change or 0.0) * 100)
    return f" ({points:+d})" if points else ""


def render_refresh_summary(summary: Summary) -> str:
    """`summary` as GitHub-flavoured markdown, for the Prefect artifact `refresh-summary`."""
    lines = [f"# Refresh of {summary.run.snapshot_date}", "", markdown(summary.sentence()), ""]
    lines += _table(SOURCE_HEADER, [source_cells(line) for line in source_lines(summary)])
    lines += [
        "",
        "Pay, level, place: shares of what complete boards hold, and their change in points since the last run.",
    ]
    troubled = [result for result in summary.results if result.status != "complete"]
    if troubled:
        lines += ["", "## Boards that need a look", ""]
        lines += _table(
            ("company", "source", "status", "why"),
            [(r.company_slug, r.source, r.status.value, r.message or "") for r in troubled[:_MAX_TROUBLED]],
        )
        if len(troubled) > _MAX_TROUBLED:
            lines += ["", f"and {len(troubled) - _MAX_TROUBLED} more, in the ledger"]
    misses: dict[str, int] = defaultdict(int)
    for result in summary.results:
        for miss, count in result.lookup_misses.items():
            misses[f"{result.source} {miss}"] += count
    if misses:
        lines += ["", "## Names no table knows", "", "An alias in locations.yaml or levels.yaml mends one.", ""]
        ranked = sorted(misses.items(), key=lambda item: (-item[1], item[0]))[:_MAX_MISSES]
        lines += _table(("name", "times"), [(name, count) for name, count in ranked])
    for warning in (*summary.warnings, *(f"retired: {slug}" for slug in summary.retired)):
        lines += ["", f"- {markdown(warning)}"]
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(markdown(value) for value in row) + " |" for row in rows]
