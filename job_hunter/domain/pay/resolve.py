"""A figure given its meaning: currency, period, full units; or the reason why it can't be pay."""

from __future__ import annotations

import re
from dataclasses import dataclass

from job_hunter.domain.currency import (
    ADJECTIVES,
    ANNUAL_BOUNDS,
    CODES,
    DOLLARS,
    WRITTEN_IN_MILLIONS,
    currency_of_mark,
    is_by_country,
    is_plausible,
)
from job_hunter.domain.money import PERIODS_A_YEAR, Period
from job_hunter.domain.pay.figures import Figure
from job_hunter.domain.pay.periods import preceding_period
from job_hunter.domain.pay.zones import own_currency

CRORE = 1e7
"""Ten million, a unit of Indian pay."""

MAX_SPREAD = 8
"""A band whose top is more than this many times its bottom is two figures that met by chance."""

_CODE = "|".join(sorted(CODES))
_CODE_BEHIND = re.compile(
    rf"\W{{0,3}}(?:(?:/|per |a |an )?[a-z.]{{1,8}}\W{{1,3}}){{0,2}}\(?(?:all )?(?:in )?(?P<code>{_CODE})(?![A-Za-z])"
)
_CODE_AHEAD = re.compile(
    rf"(?:\(|\bin |, |: ?|^|[-–] )(?P<code>{_CODE})\)?"
    r"(?:[\s:,)–-]|\b(?:salary|base|range|is|pay|annual|gross|compensation|of|between|from)\b){0,8}$"
)
_ADJECTIVE = re.compile(
    r"\b(?P<adj>canadian|australian|us|u\.s\.|american)\s(?:\w+\s){0,2}?(?:base|salary|pay|dollars?|compensation|ote|target|range|hiring)\b",
    re.IGNORECASE,
)
_HOURLY_JOB = re.compile(
    r"\b(?:intern(?:ship)?s?|co-?op|hourly|part[- ]time|temp(?:orary)?|contract(?:or)?|freelance|student|seasonal)\b",
    re.IGNORECASE,
)
_IR35 = re.compile(r"\bir35\b|\bday[- ]rate\b|\bdaily rate\b", re.IGNORECASE)


_RATE_WORDS = re.compile(r"\b(?:contract(?:or)?|freelance|rate|inside|outside)\b", re.IGNORECASE)
_RATE_CURRENCIES = frozenset({"GBP", "EUR", "USD", "CHF", "CAD", "AUD"})
LARGEST_THOUSANDS = 420
"""A bare range above it is a day's rate as likely as thousands a year."""


@dataclass(slots=True)  # not frozen: several are made for every posting, and a frozen one costs three times as much
class Resolved:
    """A figure in full units, or (with `currency` None or `problem` set) the code of what is wrong with it."""

    low: float | None
    high: float | None
    currency: str | None
    period: Period | None
    problem: str | None = None
    is_inferred: bool = False


def resolve_currency(
    figure: Figure, before: str, after: str, countries: tuple[str, ...]
) -> tuple[str | None, str | None]:
    """The figure's currency and, without one, why: `no_currency`, or `ambiguous` when its ends name different ones.

    A sign or code of one currency wins, a code near by beats a bare `$`, then the country of the job decides.
    """
    named = {currency_of_mark(m, countries) for m in figure.marks if not is_by_country(m)}
    if len(named) == 1:
        currency = named.pop()
        # "$175k-£250k": a dollar sign goes with the codes of dollars only
        if "$" in figure.marks and currency not in DOLLARS:
            return None, "ambiguous"
        return currency, None
    if named:
        return None, "ambiguous"
    if behind := _CODE_BEHIND.match(after[:30]):
        return behind["code"], None
    if ahead := _CODE_AHEAD.search(before[-50:]):
        return ahead["code"], None
    if figure.marks and "$" in figure.marks[0]:
        adjectives = _ADJECTIVE.findall(before[-140:])
        if adjectives:
            return ADJECTIVES[adjectives[-1].lower()], None
    currency = currency_of_mark(figure.marks[0], countries) if figure.marks else own_currency(countries)
    return currency, None if currency else "no_currency"


def is_company_money(figure: Figure, countries: tuple[str, ...]) -> bool:
    """Whether a figure in millions or more can't be pay: every mark on it is of a currency not paid in millions."""
    named = {currency_of_mark(mark, countries) for mark in figure.marks}
    return bool(named) and None not in named and not named & WRITTEN_IN_MILLIONS


def resolve(
    figure: Figure, before: str, after: str, countries: tuple[str, ...], *, role: str = "", is_cued: bool = False
) -> Resolved:
    """Currency, period and full units of a figure. `role` is the title with the words that tell how the job is paid."""
    currency, problem = resolve_currency(figure, before, after, countries)
    if currency is None:
        return Resolved(figure.low, figure.high, None, None, problem)
    low, high = figure.low, figure.high
    if figure.scale >= 1e6 and figure.scale != CRORE and currency not in WRITTEN_IN_MILLIONS:
        return Resolved(low, high, currency, None, "too_big")
    if figure.bottom <= 0 or figure.top / figure.bottom > MAX_SPREAD or (low and high and low > high):
        return Resolved(low, high, currency, None, "implausible")
    period = figure.period or preceding_period(before[-70:])
    if period is not None:
        if period is Period.YEAR and figure.scale == 1 and not figure.is_grouped and figure.top < 1_000:
            low, high = (v and v * 1_000 for v in (low, high))
        ok = all(is_plausible(v, currency, period) for v in (low, high) if v is not None)
        if ok or figure.period is not None:
            return Resolved(low, high, currency, period, None if ok else "implausible")
    return _by_size(figure, currency, f"{role} {before[-60:]} {after[:60]}", is_cued=is_cued)


def _by_size(figure: Figure, currency: str, around: str, *, is_cued: bool) -> Resolved:
    """Nothing written: a year, unless the size allows only one other reading."""
    low, high, bottom, top = figure.low, figure.high, figure.bottom, figure.top
    floor, ceiling = ANNUAL_BOUNDS[currency]
    if floor <= bottom and top <= ceiling:
        return Resolved(low, high, currency, Period.YEAR)
    hour = floor / PERIODS_A_YEAR[Period.HOUR]
    if bottom >= hour * 15 and is_plausible(bottom, currency, Period.DAY) and _IR35.search(around):
        return Resolved(low, high, currency, Period.DAY, is_inferred=True)
    if figure.scale == 1 and not figure.is_grouped and top < 1_000 and currency not in WRITTEN_IN_MILLIONS:
        as_thousands = floor <= bottom * 1_000 and top * 1_000 <= ceiling
        as_hour = hour <= bottom and top <= hour * 20
        if as_hour and (top <= hour * 6 or _HOURLY_JOB.search(around)):
            return Resolved(low, high, currency, Period.HOUR, is_inferred=True)
        is_pay = as_thousands and bottom >= 20 and (top >= 70 or is_cued) and figure.is_range
        is_rate = currency in _RATE_CURRENCIES and (top > LARGEST_THOUSANDS or (is_pay and _RATE_WORDS.search(around)))
        if is_pay and not is_rate:
            return Resolved(low and low * 1_000, high and high * 1_000, currency, Period.YEAR, is_inferred=True)
        return Resolved(low, high, currency, None, "period_unclear")
    if floor / 12 <= bottom and top < floor * 1.2 and bottom < floor:
        return Resolved(low, high, currency, Period.MONTH, is_inferred=True)
    return Resolved(low, high, currency, None, "implausible")
