"""Euro reference rates and the conversion of a figure to GBP at the rate of its own date."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

# The longest gap in the published series is 5 days (Easter, Christmas); an older rate would be a guess.
LOOK_BACK_DAYS = 7


class Rate(NamedTuple):
    """One reference rate: units of `currency` (ISO 4217) per 1 EUR on `rate_date`. The euro itself is never listed."""

    rate_date: date
    currency: str
    per_eur: float


class Converted(NamedTuple):
    """A figure in GBP, rounded to pence, and the date of the rate it was converted at (None: it was GBP already)."""

    gbp: float
    rate_date: date | None


class Rates:
    """An immutable lookup of rates by currency and day, made once from rows of (date, currency, units per EUR)."""

    __slots__ = ("_series",)

    def __init__(self, rows: Iterable[tuple[date, str, float]] = ()) -> None:
        days: dict[str, dict[int, float]] = {}
        for day, currency, per_eur in rows:
            value = float(per_eur)
            if math.isfinite(value) and value > 0:
                days.setdefault(currency, {})[day.toordinal()] = value
        self._series: dict[str, tuple[Sequence[int], Mapping[int, float]]] = {
            currency: (sorted(values), values) for currency, values in days.items()
        }

    @classmethod
    def of_series(cls, series: Iterable[tuple[str, Sequence[int], Sequence[float]]]) -> Rates:
        """Rates from whole series, as a database gives them: currency, ordinals of days in order, units per EUR.

        Every rate is a positive number.
        """
        rates = cls()
        rates._series = {currency: (days, dict(zip(days, values, strict=True))) for currency, days, values in series}
        return rates

    @property
    def currencies(self) -> frozenset[str]:
        """The currencies there is any rate for; the euro is always one of them."""
        return frozenset(self._series) | {"EUR"}

    def per_eur(self, currency: str, on: date) -> float | None:
        """Units of `currency` per EUR published on exactly that day, None when there are none."""
        if currency == "EUR":
            return 1.0
        series = self._series.get(currency)
        return series[1].get(on.toordinal()) if series else None

    def cross(self, currency: str, to: str, on: date) -> tuple[float, date] | None:
        """Units of `to` per unit of `currency` on the newest day up to `on` that has both, at most 7 days before it."""
        source, target = self._series.get(currency), self._series.get(to)
        if (source is None and currency != "EUR") or (target is None and to != "EUR"):
            return None
        last = on.toordinal()
        days = (source or target or ((last,), {}))[0]
        for day in reversed(days[bisect_right(days, last - LOOK_BACK_DAYS - 1) : bisect_right(days, last)]):
            here = source[1].get(day) if source else 1.0
            there = target[1].get(day) if target else 1.0
            if here and there:
                return there / here, date.fromordinal(day)
        return None


def to_gbp(amount: float, currency: str, on: date, rates: Rates) -> Converted | None:
    """`amount` of `currency` in GBP at the rate of `on`, else the nearest earlier one within 7 days.

    Both legs of a cross rate are of the same day. None when there is no rate: a missing figure is better than a guess.
    """
    if not math.isfinite(amount):
        return None
    if currency == "GBP":
        return Converted(round(amount, 2), None)
    found = rates.cross(currency, "GBP", on)
    if found is None:
        return None
    rate, day = found
    return Converted(round(amount * rate, 2), day)


def missing_days(since: date, until: date, rates: Rates, currency: str = "GBP") -> tuple[date, ...]:
    """The days from `since` to `until`, both included, on which a rate was due and `currency` has none here."""
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    return tuple(day for day in days if is_rate_day(day) and rates.per_eur(currency, day) is None)


def is_rate_day(day: date) -> bool:
    """Whether the ECB publishes rates on `day`: a weekday that is no TARGET holiday (the calendar since 2002)."""
    if day.weekday() >= 5 or (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}:
        return False
    return (day - _easter(day.year)).days not in (-2, 1)


def _easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar, by the method of Meeus, Jones and Butcher."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (in_century // 4) - epact - in_century % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
