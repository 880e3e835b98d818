"""The refresh's summary as markdown: what each source gave, and the boards that need a look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from job_hunter.domain.run import BoardResult, Summary
from job_hunter.report.escape import markdown

_COUNTS = ("postings", "new", "changed", "unchanged", "closed", "reopened", "rejected")
_FILLS = ("with_pay", "with_level", "with_place")
_MAX_MISSES = 15


def render_refresh_summary(summary: Summary) -> str:
    """`summary` as GitHub-flavoured markdown, for the Prefect artifact `refresh-summary`."""
    by_source: dict[str, list[BoardResult]] = defaultdict(list)
    for result in summary.results:
        by_source[result.source].append(result)
    lines = [f"# Refresh of {summary.run.snapshot_date}", "", markdown(summary.sentence()), ""]
    lines += _table(
        ("source", "boards", *_COUNTS, "pay", "level", "place", "seconds"),
        [_source_row(source, results) for source, results in sorted(by_source.items())],
    )
    troubled = [result for result in summary.results if result.status != "complete"]
    if troubled:
        lines += ["", "## Boards that need a look", ""]
        lines += _table(
            ("company", "source", "status", "why"),
            [(r.company_slug, r.source, r.status.value, r.message or "") for r in troubled],
        )
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


def _source_row(source: str, results: Sequence[BoardResult]) -> tuple[object, ...]:
    counts = [sum(getattr(result, name) for result in results) for name in _COUNTS]
    postings = counts[0]
    fills = [
        f"{sum(getattr(result, name) for result in results) / postings:.0%}" if postings else "–" for name in _FILLS
    ]
    seconds = max((result.seconds or 0.0 for result in results), default=0.0)
    return (source, len(results), *(f"{count:,}" for count in counts), *fills, f"{seconds:.1f}")


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(markdown(value) for value in row) + " |" for row in rows]
