"""Charts as SVG text: no script, no font, no request; colours come from the page where it sets them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape as _escape

from job_hunter.domain.leaders import LeadersReport, money
from job_hunter.report.escape import printable

BAR, GAP, LABEL, VALUE, WIDTH = 18, 8, 240, 80, 760

SHOWN = 26
"""Characters of a name beside its bar: as many as LABEL has room for in a wide font."""


def escape(text: str) -> str:
    """`text` as XML takes it: one control character would make the whole picture invalid."""
    return _escape(printable(text))


def line(values: Sequence[float | None], *, width: int = 160, height: int = 40, label: str) -> str:
    """A small line of `values`; a gap where one is missing, because missing is not zero. `label` is its text."""
    known = [value for value in values if value is not None]
    opening = f'<svg class="line" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
    parts = [opening + f'aria-label="{escape(label)}"><title>{escape(label)}</title>']
    if known:
        low, high = min(known), max(known)
        span = (high - low) or 1.0
        step = (width - 8) / max(len(values) - 1, 1)

        def at(index: int, value: float) -> tuple[float, float]:
            flat = high == low
            return 4 + index * step, height / 2 if flat else height - 5 - (value - low) / span * (height - 10)

        run: list[str] = []
        for index, value in [*enumerate(values), (len(values), None)]:
            if value is not None:
                x, y = at(index, value)
                run.append(f"{x:.1f},{y:.1f}")
                continue
            if len(run) > 1:
                parts.append(f'<polyline points="{" ".join(run)}" fill="none" stroke="currentColor" stroke-width="2"/>')
            elif run:
                left, _, top = run[0].partition(",")
                parts.append(f'<circle cx="{left}" cy="{top}" r="2" fill="currentColor"/>')
            run = []
        if values[-1] is not None:
            x, y = at(len(values) - 1, values[-1])
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="currentColor"/>')
    return "".join(parts) + "</svg>"


def bars(report: LeadersReport) -> str:
    """The leaders' medians as bars, the analyst's own figures among them and apart in colour."""
    rows = [(leader.name, leader.p50, "#2563eb") for leader in report.leaders]
    rows += [(f"You: {own.label}", own.total_gbp, "#b45309") for own in report.you]
    top = max((value for _, value, _ in rows), default=1.0)
    height = len(rows) * (BAR + GAP) + GAP
    room = WIDTH - LABEL - VALUE
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(report.headline)}</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<g font-family="system-ui, sans-serif" font-size="13" fill="#1f2937">',
    ]
    for index, (name, value, colour) in enumerate(rows):
        y = GAP + index * (BAR + GAP)
        shown = name if len(name) <= SHOWN else name[: SHOWN - 1] + "…"
        length = max(value / top * room, 1)
        parts += [
            f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(shown)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{length:.0f}" height="{BAR}" rx="3" fill="{colour}"/>',
            f'<text x="{LABEL + length + 8:.0f}" y="{y + 13}">{money(value)}</text>',
        ]
    return "".join(parts) + "</g></svg>"


def data_uri(svg: str) -> str:
    """An SVG as the address of an image, the only way Prefect's UI shows one."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
