"""Periods and bases of pay, and the one place where a figure changes its period.

Annual equivalents (52 weeks, 12 months, 260 days, 2,080 hours) are conventions for comparison; a converted figure is
never stored as if it were the stated one.
"""

from __future__ import annotations

from enum import StrEnum


class Period(StrEnum):
    """The period a figure is stated for."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"


class Basis(StrEnum):
    """What a figure covers: base pay, on-target earnings, or total compensation."""

    BASE = "base"
    OTE = "ote"
    TOTAL = "total"


PERIODS_A_YEAR = {Period.YEAR: 1, Period.MONTH: 12, Period.WEEK: 52, Period.DAY: 260, Period.HOUR: 2080}


def annualise(amount: float, period: Period) -> float:
    """The yearly equivalent of `amount` stated per `period`, in the same currency."""
    return amount * PERIODS_A_YEAR[period]


def per_period(annual: float, period: Period) -> float:
    """The inverse of `annualise`: a yearly amount stated per `period`."""
    return annual / PERIODS_A_YEAR[period]
