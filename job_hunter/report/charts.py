"""Charts as SVG text: no script, no font, no request; colours come from the page where it sets them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape as _escape
from itertools import pairwise
from math import ceil, floor, log10

from job_hunter.domain.leaders import Leader, LeadersReport, money
from job_hunter.report.escape import printable

SHOWN = 26
"""Characters of a name beside its bar: as many as there is room for in a wide font."""


def escape(text: str) -> str:
    """`text` as XML takes it: one control character would make the whole picture invalid."""
    return _escape(printable(text))


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis between two round figures, `step` apart from tick to tick."""

    low: float
    high: float
    step: float

    @property
    def ticks(self) -> tuple[float, ...]:
        """The figures to label, both ends included."""
        return tuple(self.low + self.step * n for n in range(round((self.high - self.low) / self.step) + 1))

    def share(self, value: float) -> float:
        """Where `value` lies between the ends, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def tick_text(value: float) -> str:
    """A round figure in pounds as short as can be: £0, £250k, £1.5m."""
    return f"£{value / 1e6:g}m" if value >= 1e6 else money(value)


def scale(values: Sequence[float], *, ticks: int) -> Scale:
    """The axis of 1, 2 or 5 times a power of ten from tick to tick that holds `values` in at most `ticks` steps."""
    low, high = min(values), max(values)
    high = max(high, low + 1)
    power = 10.0 ** floor(log10((high - low) / ticks))
    for step in (power, 2 * power, 5 * power, 10 * power, 20 * power):
        bottom, top = floor(low / step) * step, ceil(high / step) * step
        if round((top - bottom) / step) <= ticks:
            break
    return Scale(bottom, top, step)


def pay_scale(report: LeadersReport) -> Scale:
    """The axis of the bars: from zero, with the leaders' spreads, the market and the analyst's own pay on it."""
    figures = [leader.p75 if leader.p75 is not None else leader.p50 for leader in report.leaders]
    return scale([0.0, *figures, *(own.total_gbp for own in report.you)], ticks=5)


def trend_scale(report: LeadersReport) -> Scale | None:
    """One axis for the medians of all leaders over time, so that they can be compared; None without any."""
    known = [value for leader in report.leaders for value in leader.trend if value is not None]
    return scale(known, ticks=3) if known else None


WIDE, LEFT, RIGHT = 248, 46, 6
"""A panel's width and margins; its text has 12 of these units, which a phone shows as pixels."""

PAY, JOBS, FOOT = (10, 82), (100, 130), 148
"""From where to where a panel's medians and its open roles reach, and where its days stand."""


def panel(leader: Leader, dates: Sequence[date], pay: Scale) -> str:
    """A leader's p50 as a line and its open roles as columns, over the days they are of.

    A gap stands where there is no median, and where the board was not read: missing is not zero.
    """
    span = max((dates[-1] - dates[0]).days, 1)
    days = [LEFT + 6 + (WIDE - LEFT - RIGHT - 12) * (day - dates[0]).days / span for day in dates]
    label = escape(_said(leader, dates))
    size = f'viewBox="0 0 {WIDE} {FOOT + 4}" width="{WIDE}" height="{FOOT + 4}"'
    ends = (_day(dates[0], span), "start", LEFT), (_day(dates[-1], span), "end", WIDE - RIGHT)
    return "".join(
        (
            f'<svg class="panel" {size} role="img" aria-label="{label}"><title>{label}</title>',
            *_pay_line(leader, days, pay),
            *_columns(leader, days),
            *(f'<text x="{x}" y="{FOOT}" text-anchor="{anchor}">{text}</text>' for text, anchor, x in ends),
            "</svg>",
        )
    )


def _said(leader: Leader, dates: Sequence[date]) -> str:
    known = [(day, value) for day, value in zip(dates, leader.trend, strict=True) if value is not None]
    said = (
        "; ".join(f"{money(value)} on {day}" for day, value in dict.fromkeys((known[0], known[-1]))) if known else "–"
    )
    roles = "not known" if leader.open_roles is None else leader.open_roles
    return f"p50 of {leader.name}: {said}; open roles on {dates[-1]}: {roles}"


def _pay_line(leader: Leader, days: Sequence[float], pay: Scale) -> Iterator[str]:
    top, bottom = PAY
    for tick in pay.ticks:
        y = bottom - (bottom - top) * pay.share(tick)
        yield f'<path class="rule" d="M{LEFT} {y:.1f}H{WIDE - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick_text(tick)}</text>'
    points = [
        None if value is None else (x, bottom - (bottom - top) * pay.share(value))
        for x, value in zip(days, leader.trend, strict=True)
    ]
    run: list[tuple[float, float]] = []
    for point in (*points, None):
        if point is not None:
            run.append(point)
        elif run:
            yield f'<path class="pay" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in [*run, run[-1]])}"/>'
            run = []
    if points[-1] is not None:
        yield f'<circle class="last" cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3.5"/>'


def _columns(leader: Leader, days: Sequence[float]) -> Iterator[str]:
    top, bottom = JOBS
    most = max((count for count in leader.openings if count is not None), default=0)
    apart = min((later - earlier for earlier, later in pairwise(days)), default=12.0)
    width = max(min(apart * 0.7, 12.0), 0.6)
    yield f'<text x="{LEFT - 6}" y="{top + 7}" text-anchor="end">{most}</text>' if most else ""
    yield f'<text x="{LEFT - 6}" y="{bottom + 4}" text-anchor="end">0</text>'
    for x, count in zip(days, leader.openings, strict=True):
        if count is not None:
            high = (bottom - top) * count / (most or 1) + 1  # a foot, so that none is seen to be none
            y = bottom + 1 - high
            size = f'width="{width:.1f}" height="{high:.1f}"'
            yield f'<rect class="jobs" x="{x - width / 2:.1f}" y="{y:.1f}" {size}/>'


def _day(day: date, span: int) -> str:
    return f"{day:%b %Y}" if span > 330 else f"{day.day} {day:%b}"


BAR, ROW, NAME, VALUE, ACROSS = 16, 28, 240, 62, 760
INK, SOFT, RULE, BLUE, PALE, OWN = "#1f2937", "#57606a", "#d8dee4", "#2563eb", "#dbe6ff", "#b45309"


def bars(report: LeadersReport) -> str:
    """The leaders' medians as bars on a labelled axis, with their middle halves, the market, and the analyst's own."""
    axis = pay_scale(report)
    count = len(report.leaders) + len(report.you)
    top, bottom = 26, 26 + count * ROW
    left = NAME + VALUE
    height = bottom + 26

    def across(value: float) -> float:
        return left + (ACROSS - left - 24) * axis.share(value)

    size = f'viewBox="0 0 {ACROSS} {height}" width="{ACROSS}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><title>{escape(report.headline)}</title>',
        f'<rect width="{ACROSS}" height="{height}" fill="#ffffff"/>',
        f'<g font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
    ]
    small = 'font-size="12" text-anchor="middle"'
    for tick in axis.ticks:
        x = f"{across(tick):.1f}"
        parts.append(f'<path d="M{x} {top - 6}V{bottom}" stroke="{RULE}"/>')
        parts.append(f'<text x="{x}" y="14" fill="{SOFT}" {small}>{tick_text(tick)}</text>')
    for n, leader in enumerate(report.leaders):
        colours = (PALE if leader.is_low_confidence else BLUE, BLUE)
        parts += _bar(top + n * ROW, leader.name, leader.p50, across(0), across(leader.p50), colours)
        if leader.p25 is not None and leader.p75 is not None:
            y, low, high = top + n * ROW + ROW / 2, across(leader.p25), across(leader.p75)
            whisker = f"M{low:.1f} {y}H{high:.1f}M{low:.1f} {y - 5}v10M{high:.1f} {y - 5}v10"
            parts += [
                f'<path d="{whisker}" stroke="#ffffff" stroke-width="4"/>',
                f'<path d="{whisker}" stroke="{INK}" stroke-width="1.5"/>',
            ]
    for n, own in enumerate(report.you, len(report.leaders)):
        name = f"You: {own.label}"
        parts += _bar(top + n * ROW, name, own.total_gbp, across(0), across(own.total_gbp), (OWN, OWN))
    if report.market_p50 is not None and report.market_p50 <= axis.high:
        x = f"{across(report.market_p50):.1f}"
        dots = f'stroke="{INK}" stroke-width="1.5" stroke-dasharray="2 3"'
        parts.append(f'<path d="M{x} {top - 6}V{bottom + 6}" {dots}/>')
        parts.append(f'<text x="{x}" y="{bottom + 20}" {small}>median of all {money(report.market_p50)}</text>')
    return "".join(parts) + "</g></svg>"


def _bar(top: float, name: str, value: float, start: float, end: float, colours: tuple[str, str]) -> list[str]:
    shown = name if len(name) <= SHOWN else name[: SHOWN - 1] + "…"
    y = top + (ROW - BAR) / 2
    size = f'width="{max(end - start, 1):.1f}" height="{BAR}"'
    return [
        f'<text x="{NAME - 8}" y="{y + 13}" text-anchor="end">{escape(shown)}</text>',
        f'<text x="{NAME + VALUE - 10}" y="{y + 13}" text-anchor="end" font-weight="600">{money(value)}</text>',
        f'<rect x="{start:.1f}" y="{y}" {size} rx="2" fill="{colours[0]}" stroke="{colours[1]}"/>',
    ]


def data_uri(svg: str) -> str:
    """An SVG as the address of an image, the only way Prefect's UI shows one."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
