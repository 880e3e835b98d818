"""A figure in GBP at the rate of its own day, or none."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.fx import Converted, Rate, Rates, is_rate_day, missing_days, to_gbp

FRIDAY = date(2026, 3, 6)
RATES = Rates(
    [
        Rate(FRIDAY, "USD", 1.15),
        Rate(FRIDAY, "GBP", 0.8625),
        Rate(date(2026, 3, 5), "USD", 1.16),
        Rate(date(2026, 3, 5), "GBP", 0.87),
        Rate(date(2026, 3, 5), "SEK", 11.6),
        Rate(date(2026, 2, 27), "CHF", 0.95),
        Rate(date(2026, 2, 27), "GBP", 0.86),
        Rate(date(2026, 3, 9), "USD", 1.0),
        Rate(date(2026, 3, 12), "USD", 2.0),
        Rate(date(2026, 3, 2), "XAU", 0.0),
    ]
)

CASES = [
    ("the day itself", 100_000, "USD", FRIDAY, Converted(75_000.0, FRIDAY)),
    ("the weekend after", 100_000, "USD", date(2026, 3, 8), Converted(75_000.0, FRIDAY)),
    ("the day before", 116_000, "USD", date(2026, 3, 5), Converted(87_000.0, date(2026, 3, 5))),
    ("euro", 100_000, "EUR", date(2026, 3, 7), Converted(86_250.0, FRIDAY)),
    ("pounds need no rate", 100_000.126, "GBP", date(1990, 1, 1), Converted(100_000.13, None)),
    ("both legs of one day", 100_000, "USD", date(2026, 3, 9), Converted(75_000.0, FRIDAY)),
    ("one leg is older", 1_160_000, "SEK", FRIDAY, Converted(87_000.0, date(2026, 3, 5))),
    ("seven days back", 950, "CHF", FRIDAY, Converted(860.0, date(2026, 2, 27))),
    ("eight days back", 950, "CHF", date(2026, 3, 7), None),
    ("no pound within seven days", 100, "USD", date(2026, 3, 14), None),
    ("before the series", 100, "USD", date(2026, 3, 4), None),
    ("unknown currency", 100, "XXX", FRIDAY, None),
    ("a rate of zero is none", 100, "XAU", date(2026, 3, 2), None),
    ("no number", float("nan"), "USD", FRIDAY, None),
    ("no finite number", float("inf"), "GBP", FRIDAY, None),
]


@pytest.mark.parametrize(
    ("amount", "currency", "on", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_to_gbp(amount: float, currency: str, on: date, expected: Converted | None) -> None:
    """The nearest earlier day that has both legs, at most seven days back; otherwise nothing."""
    assert to_gbp(amount, currency, on, RATES) == expected


def test_without_rates_only_pounds_are_priced() -> None:
    """An empty table prices nothing and breaks nothing."""
    assert to_gbp(1, "EUR", FRIDAY, Rates()) is None
    assert to_gbp(1, "GBP", FRIDAY, Rates()) == (1.0, None)


DAYS = st.dates(date(2024, 1, 1), date(2024, 3, 1))
TABLES = st.dictionaries(
    st.tuples(DAYS, st.sampled_from(["GBP", "USD", "JPY"])), st.floats(0.01, 500), max_size=60
).map(lambda table: [(day, currency, value) for (day, currency), value in table.items()])
AMOUNTS = st.floats(0, 1e7)


@given(TABLES, DAYS, st.sampled_from(["USD", "JPY", "EUR"]), AMOUNTS)
def test_the_rate_is_of_one_day_and_never_of_the_future(table, on, currency, amount) -> None:
    """Against a search through all rows: the newest day in the window with both legs, and no other."""
    by_day = {(day, code): value for day, code, value in table}
    by_day |= {(day, "EUR"): 1.0 for day, _, _ in table}
    both = [
        day
        for day in (on - timedelta(days=n) for n in range(8))
        if (day, currency) in by_day and (day, "GBP") in by_day
    ]
    got = to_gbp(amount, currency, on, Rates(table))
    if not both:
        assert got is None
        return
    assert got is not None
    assert got.rate_date == both[0]
    exact = amount * by_day[both[0], "GBP"] / by_day[both[0], currency]
    assert got.gbp == pytest.approx(exact, abs=0.0051, rel=1e-9)


@given(TABLES, DAYS, AMOUNTS, AMOUNTS)
def test_more_money_is_never_fewer_pounds(table, on, one, other) -> None:
    """Conversion keeps the order of figures of one day."""
    rates = Rates(table)
    low, high = (to_gbp(amount, "USD", on, rates) for amount in sorted((one, other)))
    assert (low is None) == (high is None)
    assert low is None or high is None or low.gbp <= high.gbp


ROWS = [(FRIDAY, "USD", 1.15), (FRIDAY, "GBP", 0.8625), (FRIDAY, "JPY", 170.5)]


@given(st.permutations(ROWS))
def test_the_order_of_rows_is_no_matter(rows) -> None:
    """Rates come from files and tables in any order."""
    assert to_gbp(1000, "JPY", FRIDAY, Rates(rows)) == to_gbp(1000, "JPY", FRIDAY, Rates(ROWS))


@given(TABLES, DAYS, DAYS)
def test_missing_days_are_those_a_load_would_fill(table, one, other) -> None:
    """Only days on which rates are published and this table has none; after loading them none is missing."""
    since, until = sorted((one, other))
    missing = missing_days(since, until, Rates(table))
    have = {day for day, currency, _ in table if currency == "GBP"}
    assert set(missing).isdisjoint(have)
    assert all(since <= day <= until and is_rate_day(day) for day in missing)
    assert missing_days(since, until, Rates([*table, *((day, "GBP", 0.85) for day in missing)])) == ()


def test_nothing_is_missing_from_an_empty_span() -> None:
    """A span that ends before it starts lacks nothing."""
    assert missing_days(FRIDAY, FRIDAY - timedelta(days=1), Rates()) == ()


CALENDAR = [
    (date(2026, 3, 6), True),
    (date(2026, 3, 7), False),
    (date(2026, 4, 3), False),  # Good Friday
    (date(2026, 4, 6), False),  # Easter Monday
    (date(2025, 4, 18), False),
    (date(2025, 4, 21), False),
    (date(2025, 4, 22), True),
    (date(2026, 5, 1), False),
    (date(2026, 12, 24), True),
    (date(2026, 12, 25), False),
    (date(2025, 12, 26), False),
    (date(2026, 1, 1), False),
    (date(2026, 8, 31), True),  # a bank holiday in London alone
]


@pytest.mark.parametrize(("day", "expected"), CALENDAR)
def test_days_on_which_rates_are_published(day: date, expected: bool) -> None:
    """Weekdays less the six TARGET holidays."""
    assert is_rate_day(day) is expected


def test_known_currencies() -> None:
    """The euro needs no row, and a currency without a usable rate is not known."""
    assert RATES.currencies == {"EUR", "USD", "GBP", "SEK", "CHF"}


@pytest.mark.real
def test_the_calendar_against_the_whole_history() -> None:
    """From 2002 on, the ECB published on exactly the days the calendar says."""
    folder = os.environ.get("JOB_HUNTER_REAL_PAYLOADS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("JOB_HUNTER_REAL_PAYLOADS names no folder of captured payloads")
    with zipfile.ZipFile(Path(folder) / "ecb/eurofxref-hist.zip") as archive:
        rows = csv.reader(io.StringIO(archive.read("eurofxref-hist.csv").decode()))
        days = {date.fromisoformat(row[0]) for row in rows if row and row[0][0].isdigit()}
    span = (date(2002, 1, 1) + timedelta(days=n) for n in range((max(days) - date(2002, 1, 1)).days + 1))
    assert [day for day in span if is_rate_day(day) != (day in days)] == []
