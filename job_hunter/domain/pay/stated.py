"""Pay that a source publishes in fields of its own, with the traps of such fields."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    r"(?:\bote\b|on[- ]target)|^\W*(?:the )?(?:on[- ]target earnings|ote)\b",
    re.IGNORECASE,
)
_BASE_NOTE = re.compile(r"\bbase (?:salary|pay|compensation)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatedBand:
    """A stated figure after checking: a band, or the code of why it was refused."""

    stated: StatedPay
    band: Band | None
    why: str
    zone: int = 0
    is_own: bool = True


def read_stated(hints: PayHints) -> list[StatedBand]:
    """Each stated figure checked: placeholders, referral rewards, typos and other countries' ranges are refused."""
    if not hints.stated:
        return []
    countries = countries_of(hints)
    patterns = place_patterns(hints)
    return [_check(s, hints, countries, patterns) for s in hints.stated]


def quote_of(stated: StatedPay) -> str:
    """What the source's field said, in one line."""
    ends = " – ".join(f"{v:g}" if v < 1e6 else f"{v:.0f}" for v in (stated.min, stated.max) if v is not None)
    return " ".join(part for part in (stated.label, ends, stated.currency) if part)


def _check(
    stated: StatedPay, hints: PayHints, countries: tuple[str, ...], patterns: tuple[tuple[int, re.Pattern[str]], ...]
) -> StatedBand:
    low, high = stated.min, stated.max
    label = stated.label or ""
    # 0 and 0.01 are what recruiting systems hold where nobody typed a figure
    low = None if low is not None and low <= 1 else low
    high = None if high is not None and high <= 1 else high
    if low is None and high is None:
        return StatedBand(stated, None, "placeholder")
    if _NOT_SALARY.search(label) and not _SALARY.search(label):
        return StatedBand(stated, None, "not_salary_field")
    currency = (stated.currency or "").upper() or None
    if currency not in CODES:
        return StatedBand(stated, None, "no_currency" if currency is None else "unknown_currency")
    assert currency is not None
    if names_other_country(label, countries):
        return StatedBand(stated, None, "another_country")
    if low is not None and high is not None and (low > high or high / low > MAX_SPREAD):
        return StatedBand(stated, None, "implausible")
    sized = _sized(stated, low, high, currency)
    if sized is None:
        return StatedBand(stated, None, "implausible")
    low, high, period = sized
    band = Band(low, high, currency, period, _basis(stated), quote_of(stated), stated.label)
    zone = place_score(label, patterns)
    return StatedBand(stated, band, "stated", zone, own_currency(countries) in (None, currency))


def _basis(stated: StatedPay) -> Basis:
    """OTE shows only in the title or the note of many sources; a note that speaks of base pay first is about base."""
    if stated.basis is not None and stated.basis is not Basis.BASE:
        return stated.basis
    label, note = stated.label or "", stated.note or ""
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
    stated: StatedPay, low: float | None, high: float | None, currency: str
) -> tuple[float | None, float | None, Period] | None:
    """Both ends with the period that fits them; thousands typed as `190.0` – `240.0` are written out."""
    values = [v for v in (low, high) if v is not None]
    said = stated.period or _period_in(stated.label or "") or _period_in(stated.note or "")
    if said is not None and all(is_plausible(v, currency, said) for v in values):
        return low, high, said
    noted = _period_in(f"{stated.label or ''} {stated.note or ''}")
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
