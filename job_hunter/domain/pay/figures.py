"""Amounts joined to figures: ranges, open ends, shared thousands; what is said, before it means anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from job_hunter.domain.money import Period
from job_hunter.domain.pay.amounts import Amount, find_amounts
from job_hunter.domain.pay.ends import ends_of
from job_hunter.domain.pay.periods import attached_period

MAX_FIGURES = 200
"""A text with more money figures than this is no posting; the rest is not read, which also keeps reading linear."""

_JOIN = re.compile(
    r"\s{0,3}(?:-{1,3}|[–—‒―−~〜～→]|->|\.{2,3}|"
    r"\b(?:to|To|TO|tot|bis|till?|until|through|up to|upto|à|do)\b|(?<=\s)a(?=\s))\s{0,3}"
    r"(?:up to\s|circa\s|c\.\s?|approx\.?\s|~)?"
)
_AND = re.compile(r"\s{1,2}(?:and|und|et|y|en|och|og|e|&)\s{1,2}")
_BETWEEN = re.compile(
    r"(?:(?:between|zwischen|entre|tussen|mellan|mellom|mellem|range of|ranges?|ranging)\s{1,2}(?:the\s)?(?:of\s)?|"
    r"\bmin(?:imum)?\.? and max(?:imum)?\b[^.\n\d]{0,50})$",
    re.IGNORECASE,
)
# "from $150,000 in our lowest geographic market up to $210,000/year in our highest": one band, as the employer says
_OF_MARKETS = re.compile(
    r"\s?(?:/|per )?(?:yr|year|annum)?\s?(?:in|for) (?:our|the|its) lowest[ -](?:\w+ ){0,2}?"
    r"(?:market|region|zone|area)s?,? "
    r"(?:up )?to (?:up to )?"
)

_LONGEST_CHAIN = 6
_SMALLEST_BARE = 10_000
_PAY_WORD_BEFORE = re.compile(
    r"\b(?:salary|salaries|compensation|pay|wage|remuneration|base|gehalt|salaire|salario)"
    r"(?: range| band| scale| bracket| guide| package| expectations?)?"
    r"(?:\s?\(?(?:in )?(?:[A-Z]{3}|[£€$])\)?)?(?: (?:is|of|from|between|in the range of)){0,2}"
    r"\s?[:=–-]?\s{0,2}(?:between |from )?$",
    re.IGNORECASE,
)
_MINIMUM = re.compile(r"\bmin(?:imum)?\b\.?[^.\n\d]{0,40}$", re.IGNORECASE)
_MAXIMUM = re.compile(r"\bmax(?:imum)?\b\.?[^.\n\d]{0,40}$", re.IGNORECASE)


@dataclass(slots=True)  # not frozen: several are made for every posting, and a frozen one costs three times as much
class Figure:
    """A single amount or a range as written. `low` or `high` is None at an open end; `marks` are of both ends."""

    start: int
    end: int
    low: float | None
    high: float | None
    marks: tuple[str, ...]
    period: Period | None
    scale: float
    is_grouped: bool
    is_range: bool

    @property
    def top(self) -> float:
        """The largest number in it."""
        low, high = self.low, self.high
        return high if low is None or (high is not None and high > low) else low  # type: ignore[return-value]

    @property
    def bottom(self) -> float:
        """The smallest number in it."""
        low, high = self.low, self.high
        return high if low is None or (high is not None and high < low) else low  # type: ignore[return-value]


def _shared_thousands(a: Amount, b: Amount) -> tuple[float, float, float]:
    """Both ends in full units and the scale they share: a multiplier or a thousands group on one end is meant for both.

    `£60-75k`, `£45-£50K`, `$110 - $140k`, `£60-100,000`, `8-12M`; not when the bare end already has full size.
    """
    low, high = a.full, b.full
    if a.scale == 1 and b.scale > 1 and not a.is_grouped and a.value < 1_000:
        low = a.value * b.scale
    elif b.scale == 1 and a.scale > 1 and not b.is_grouped and b.value < 1_000:
        high = b.value * a.scale
    elif a.scale == b.scale == 1 and b.is_grouped and not a.is_grouped and a.value * 1_000 <= b.value < 1_000_000:
        low = a.value * 1_000
    elif a.scale == b.scale == 1 and a.is_grouped and not b.is_grouped and b.value < 1_000 <= a.value < 1_000_000:
        high = b.value * 1_000
    return low, high, max(a.scale, b.scale)


def _joined(text: str, a: Amount, b: Amount) -> bool:
    """Whether the words between two amounts make them the ends of one range."""
    gap = b.start - a.end
    if 24 < gap < 80 and "lowest" in text[a.end : b.start] and (of_markets := _OF_MARKETS.match(text, a.end)):
        return of_markets.end() == b.start
    # over the end of a line only what carries a mark of its own: a list's "- 25 days" is no upper end
    if gap > 24 or gap < 1 or (b.mark is None and "\n" in text[a.end : b.start]):
        return False
    # "Team of 10 - £50k": a bare number before a marked one is its lower end only when it may be one
    if a.mark is None and a.scale == 1 and not text[b.start].isdigit() and b.value > 2.5 * a.value:
        return False
    between = text[a.end : b.start].lstrip("+) ") if a.plus or text[a.end] in "+)" else text[a.end : b.start]
    if _JOIN.fullmatch(between) or _JOIN.fullmatch(text[a.end : b.start]):
        return True
    if between == "/":
        return _is_slashed_range(a, b)
    return bool(_AND.fullmatch(between) and _BETWEEN.search(text, max(0, a.start - 90), a.start))


def _is_slashed_range(a: Amount, b: Amount) -> bool:
    """`£45,000/55,000`, `£60k/£80k`, `60/90k GBP`: full size on both sides of a tight slash."""
    is_whole = b.mark is not None or b.scale > 1 or b.is_grouped
    if not is_whole or a.period is not None or (a.mark and b.mark not in (None, a.mark)):
        return False
    low, high, _ = _shared_thousands(a, b)
    return low < high <= 2 * low


def _is_money(a: Amount) -> bool:
    return a.mark is not None or a.scale in (1_000, 100_000, 10_000_000)


def find_figures(text: str) -> Iterator[Figure]:
    """The money figures of `text` in order: amounts that carry a currency mark or a `k`, and the ranges they make."""
    figures = list(_figures(text))
    i = 0
    while i < len(figures):
        figure = figures[i]
        other = figures[i + 1] if i + 1 < len(figures) else None
        if other and (both := _minimum_and_maximum(text, figure, other)):
            figure = both
            i += 1
        yield figure
        i += 1


def _minimum_and_maximum(text: str, a: Figure, b: Figure) -> Figure | None:
    """One band written as two figures: "Minimum salary: $120,000. Maximum salary: $160,000"."""
    if a.is_range or b.is_range or a.marks != b.marks or a.scale != b.scale or b.start - a.end > 80:
        return None
    if not _MINIMUM.search(text, max(0, a.start - 60), a.start) or not _MAXIMUM.search(text, a.end, b.start):
        return None
    if a.bottom >= b.top:
        return None
    return replace(a, end=b.end, low=a.bottom, high=b.top, period=b.period or a.period, is_range=True)


def _figures(text: str) -> Iterator[Figure]:
    """The figures of a text, each by itself."""
    pending: list[Amount] = []
    count = 0
    for amount in find_amounts(text):
        if pending and len(pending) < _LONGEST_CHAIN and _joined(text, pending[-1], amount):
            pending.append(amount)
            continue
        if pending:
            figures = _figures_of(text, pending)
            yield from figures
            count += len(figures)
            if count >= MAX_FIGURES:
                return
        pending = [amount]
    yield from _figures_of(text, pending)


def _figures_of(text: str, chain: list[Amount]) -> list[Figure]:
    """The figures of one chain of joined amounts: a single one or a range; a longer bare chain is a date or a code."""
    if len(chain) == 1:
        return [_single(text, chain[0])] if _is_money(chain[0]) and not chain[0].is_percent else []
    if any(a.is_percent for a in chain) or not (any(_is_money(a) for a in chain) or _is_bare_salary(text, chain)):
        return []
    if len(chain) == 2:
        return [_range(text, *chain)]
    if not _is_money(chain[0]) and all(a.mark for a in chain[1:]):
        return _figures_of(text, chain[1:])  # "Level 4 - £45,000 to £50,000"
    return [_single(text, a) for a in chain] if all(a.mark for a in chain) else []


def _is_bare_salary(text: str, chain: list[Amount]) -> bool:
    """`Salary: 60000-80000`: a range of yearly size without any mark, right behind a pay word or alone in a header."""
    if len(chain) != 2 or not _SMALLEST_BARE <= chain[0].value <= chain[1].value <= 4 * chain[0].value:
        return False
    before = text[max(0, chain[0].start - 60) : chain[0].start]
    if _PAY_WORD_BEFORE.search(before):
        return True
    return before.rstrip().endswith("|") and text[chain[1].end : chain[1].end + 2].lstrip()[:1] in ("|", "")


def _range(text: str, a: Amount, b: Amount) -> Figure:
    low, high, scale = _shared_thousands(a, b)
    period, end = (b.period, b.end) if b.period else attached_period(text, b.end)
    marks = tuple([m for m in (a.mark, b.mark) if m])
    is_grouped = a.is_grouped or b.is_grouped
    return Figure(a.start, end, low, high, marks, period or a.period, scale, is_grouped, True)


def _single(text: str, a: Amount) -> Figure:
    low, high, end = ends_of(text, a)
    return Figure(a.start, end, low, high, (a.mark,) if a.mark else (), a.period, a.scale, a.is_grouped, False)
