"""Pay that a source publishes in fields of its own, with the traps of such fields."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from job_hunter.domain.currency import ANNUAL_BOUNDS, CODES, is_plausible
from job_hunter.domain.money import PERIODS_A_YEAR, Basis, Period
from job_hunter.domain.pay.cues import any_of
from job_hunter.domain.pay.resolve import MAX_SPREAD
from job_hunter.domain.pay.types import Band, PayHints
from job_hunter.domain.pay.zones import countries_of, names_other_country, own_currency, place_patterns, place_score
from job_hunter.domain.posting import StatedPay

_NOT_SALARY = re.compile(
    r"\b(?:"
    + any_of("""
        referral, reward, equity, bonus, commission, sign[- ]?on, relocation, stipend, allowance, budget, mid-?point
        headcount, variable, target incentive, rsus?, stock, one[- ]time
    """)
    + r")\b",
    re.IGNORECASE,
)
_SALARY = re.compile(r"\bbase\b|\bsalary\b|\bpay (?:range|rate)\b", re.IGNORECASE)
_OTE = re.compile(
    r"\bote\b|on[- ]target|target earnings|base[- ]to[- ]commission|base \+ commission|base and commission",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\btotal (?:\w+ )?(?:comp\w*|cash|rewards?|remuneration)|\btotal target", re.IGNORECASE)
_PERIOD_WORDS = (
    (Period.HOUR, re.compile(r"\bhourly\b|\bper hour\b|/ ?h(?:ou)?r\b|\bhour(?:ly)? rate\b", re.IGNORECASE)),
    (Period.DAY, re.compile(r"\bday rate\b|\bper day\b|\bdaily\b", re.IGNORECASE)),
    (Period.WEEK, re.compile(r"\bweekly\b|\bper week\b", re.IGNORECASE)),
    (Period.MONTH, re.compile(r"\bmonthly\b|\bper month\b", re.IGNORECASE)),
)
_OTE_NOTE = re.compile(
    r"\b(?:range|salary|figure|amount|listed|compensation|pay|the|this|annual)\b[^.]{0,80}?"
    r"(?:reflects?|represents?|includes?|is|are|for this|of)\b[^.]{0,60}?"
    r"(?:\bote\b|on[- ]target)|^\W*(?:the )?(?:on[- ]target earnings|ote)\b|"
    r"\d\s?[km]?\+?\s*\(?(?:ote\b|on[- ]target)",
    re.IGNORECASE,
)
_BASE_NOTE = re.compile(r"\bbase (?:salary|pay|compensation)\b", re.IGNORECASE)


LONGEST_KEPT = 2_000
"""Characters of a label and a note whose reading is kept for the next posting."""


class StatedBand(NamedTuple):
    """A stated figure after checking: a band, or the code of why it was refused. `quote` is what the field said."""

    stated: StatedPay
    band: Band | None
    why: str
    quote: str
    zone: int = 0
    is_own: bool = True


class _Said(NamedTuple):
    """What the words beside a stated figure say of it: the period in one of them alone, and in both together."""

    is_salary: bool
    basis: Basis
    period: Period | None
    noted: Period | None


def read_stated(hints: PayHints) -> list[StatedBand]:
    """Each stated figure checked: placeholders, referral rewards, typos and other countries' ranges are refused."""
    if not hints.stated:
        return []
    countries = countries_of(hints)
    patterns = place_patterns(hints)
    return [_check(s, hints, countries, patterns) for s in hints.stated]


def quote_of(stated: StatedPay) -> str:
    """What the source's field said, in one line."""
    ends = " – ".join([f"{v:g}" if v < 1e6 else f"{v:.0f}" for v in (stated.min, stated.max) if v is not None])
    return " ".join(filter(None, (stated.label, ends, stated.currency)))


def _check(
    stated: StatedPay, hints: PayHints, countries: tuple[str, ...], patterns: tuple[tuple[int, re.Pattern[str]], ...]
) -> StatedBand:
    low, high = stated.min, stated.max
    label, quote = stated.label or "", quote_of(stated)
    # 0 and 0.01 are what recruiting systems hold where nobody typed a figure
    low = None if low is not None and low <= 1 else low
    high = None if high is not None and high <= 1 else high
    if low is None and high is None:
        return StatedBand(stated, None, "placeholder", quote)
    note = stated.note or ""
    said = (_said_before if len(label) + len(note) < LONGEST_KEPT else _said)(label, note)
    if not said.is_salary:
        return StatedBand(stated, None, "not_salary_field", quote)
    currency = (stated.currency or "").upper() or None
    if currency not in CODES:
        return StatedBand(stated, None, "no_currency" if currency is None else "unknown_currency", quote)
    assert currency is not None
    if names_other_country(label, countries):
        return StatedBand(stated, None, "another_country", quote)
    if low is not None and high is not None and (low > high or high / low > MAX_SPREAD):
        return StatedBand(stated, None, "implausible", quote)
    sized = _sized(stated, low, high, currency, said)
    if sized is None:
        return StatedBand(stated, None, "implausible", quote)
    low, high, period = sized
    basis = said.basis if stated.basis is None or stated.basis is Basis.BASE else stated.basis
    band = Band(low, high, currency, period, basis, quote, stated.label)
    zone = place_score(label, patterns) if label else 0
    return StatedBand(stated, band, "stated", quote, zone, own_currency(countries) in (None, currency))


def _said(label: str, note: str) -> _Said:
    return _Said(
        is_salary=not _NOT_SALARY.search(label) or _SALARY.search(label) is not None,
        basis=_basis(label, note),
        period=_period_in(label) or _period_in(note),
        noted=_period_in(f"{label} {note}"),
    )


# A board repeats its labels and notes on many of its postings.
_said_before = lru_cache(maxsize=1024)(_said)


def _basis(label: str, note: str) -> Basis:
    """OTE shows only in the title or the note of many sources; a note that speaks of base pay first is about base."""
    if _OTE.search(label):
        return Basis.OTE
    if _TOTAL.search(label):
        return Basis.TOTAL
    base = _BASE_NOTE.search(note)
    ote = _OTE_NOTE.search(note)
    if ote and not (base and base.start() < ote.end()):
        return Basis.OTE
    return Basis.BASE


def _sized(
    stated: StatedPay, low: float | None, high: float | None, currency: str, words: _Said
) -> tuple[float | None, float | None, Period] | None:
    """Both ends with the period that fits them; thousands typed as `190.0` – `240.0` are written out."""
    values = [v for v in (low, high) if v is not None]
    said = stated.period or words.period
    if said is not None and all(is_plausible(v, currency, said) for v in values):
        return low, high, said
    noted = words.noted
    if noted and all(is_plausible(v, currency, noted) for v in values):
        return low, high, noted
    floor, ceiling = ANNUAL_BOUNDS[currency]
    if said is None and all(floor <= v <= ceiling for v in values):
        return low, high, Period.YEAR
    hour = floor / PERIODS_A_YEAR[Period.HOUR]
    could_be_hour = all(hour <= v <= hour * 20 for v in values)
    could_be_thousands = max(values) < 1_000 and all(floor * 1.5 <= v * 1_000 <= ceiling for v in values)
    if (
        said in (None, Period.YEAR)
        and could_be_hour
        and (not could_be_thousands or any(v != round(v) for v in values) or stated.origin == "pay_input_ranges")
    ):
        return low, high, Period.HOUR
    if said in (None, Period.YEAR) and could_be_thousands and not could_be_hour:
        return (low and low * 1_000), (high and high * 1_000), Period.YEAR
    return None


def _period_in(words: str) -> Period | None:
    return next((period for period, pattern in _PERIOD_WORDS if pattern.search(words)), None)
