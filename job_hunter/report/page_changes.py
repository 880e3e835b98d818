"""Changes of watched pages as markdown: which openings came and went, and why others gave none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from job_hunter.report.escape import markdown

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One change as people are shown it. `came` holds title, place, level and the quote of the pay, as stated."""

    page: str
    url: str | None
    at: datetime
    outcome: str
    message: str | None
    came: tuple[tuple[str, str, str | None, str | None], ...]
    went: tuple[str, ...]


def render_page_changes(changes: Sequence[ShownChange]) -> str:
    """`changes` as GitHub-flavoured markdown, for the Prefect artifact `cdio-changes`. Words of pages are escaped."""
    return "\n".join(_lines(changes)) + "\n"


def _lines(changes: Sequence[ShownChange]) -> Iterator[str]:
    yield "# Changes of watched careers pages"
    yield ""
    yield "Read from the changed lines of pages: the words are as they stand there, what pay they state is little sure."
    for change in changes[:MOST_SHOWN]:
        yield ""
        yield f"## {markdown(change.page)}, {change.at:%Y-%m-%d %H:%M} UTC: {markdown(change.outcome)}"
        if change.message:
            yield ""
            yield markdown(change.message)
        if change.came:
            yield ""
            yield "| came, or changed | place | level | pay |"
            yield "|---|---|---|---|"
            for cells in change.came:
                yield "| " + " | ".join(markdown(cell or "") for cell in cells) + " |"
        if change.went:
            yield ""
            yield "Went: " + "; ".join(markdown(title) for title in change.went)
    if len(changes) > MOST_SHOWN:
        yield ""
        yield f"{len(changes) - MOST_SHOWN} more are in the table cdio_changes."
