"""The truth adds up, and the rates behind it obey their own rules."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.sandbox.model import Band
from job_hunter.sandbox.rates import ENDED, LEVELS, Rates, is_working_day
from job_hunter.sandbox.truth import Truth, quantile
from job_hunter.sandbox.world import World

WORLD = World()
TRUTH = Truth(WORLD)
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


def test_changes_add_up_from_week_to_week() -> None:
    """What was open, less the closed, plus the opened and reopened, is what is open."""
    for before, after in zip(WORLD.dates, WORLD.dates[1:], strict=False):
        changes = TRUTH.changes(before, after)
        then, now = sum(TRUTH.open_roles(before).values()), sum(TRUTH.open_roles(after).values())
        assert now == then - len(changes.closed) + len(changes.opened) + len(changes.reopened)
        assert not changes.opened & changes.reopened


def test_something_of_everything_happens_in_twelve_weeks() -> None:
    """There are reopenings, movers both ways, entrants and leavers over the whole series."""
    first, last = WORLD.dates[0], WORLD.dates[-1]
    pairs = list(zip(WORLD.dates, WORLD.dates[1:], strict=False))
    assert any(TRUTH.changes(*pair).reopened for pair in pairs)
    deltas = [mover.delta for mover in TRUTH.movers(first, last)]
    assert min(deltas) < 0 < max(deltas)
    assert TRUTH.entrants(first, last)
    assert any(TRUTH.leavers(*pair) for pair in pairs)


def test_medians_come_from_comparable_figures_alone() -> None:
    """A company's median is that of its yearly figures in pounds; hour and day rates do not count."""
    day = WORLD.end
    leaders = TRUTH.leaders(day)
    for row in leaders:
        openings = [o for o in TRUTH.select(day, bucket="london") if o.company == row.company]
        figures = [o.gbp for o in openings if o.gbp is not None]
        assert row.n == len(figures)
        assert row.open_roles == len(openings)
        assert row.n <= row.disclosed <= row.open_roles
        assert (row.p50 is None) == (not figures)
        if figures:
            assert row.p50 == pytest.approx(median(figures))
    assert any(o.band and o.band.period in ("hour", "day") and o.gbp is None for o in TRUTH.openings(day))
    ranked = [row.p50 for row in leaders if row.p50 is not None]
    assert sorted(ranked, reverse=True) == ranked


def test_ote_is_total_and_never_base() -> None:
    """On-target earnings are in total_gbp, base pay in base_gbp, never both."""
    priced = [opening for opening in TRUTH.openings(WORLD.end) if opening.gbp is not None]
    for opening in priced:
        assert opening.band is not None
        assert (opening.total_gbp is not None) == (opening.band.basis == "ote")
        assert (opening.base_gbp is None) != (opening.total_gbp is None)
    assert any(opening.total_gbp for opening in priced)


def test_first_seen_and_closed_on_are_days_of_looking() -> None:
    """An opening was first seen on a weekly day, and closed on the first weekly day that lacks it for good."""
    day = WORLD.dates[4]
    for opening in TRUTH.openings(day):
        assert opening.first_seen in WORLD.dates
        assert opening.first_seen <= day
        assert opening.closed_on is None or (opening.closed_on in WORLD.dates and opening.closed_on > day)


def test_a_repost_keeps_its_lineage() -> None:
    """The same job at the same place under a new id is known to be the same."""
    ids: dict[str, set[str]] = {}
    for day in WORLD.dates:
        for opening in TRUTH.openings(day):
            ids.setdefault(opening.lineage, set()).add(opening.external_id)
    assert any(len(found) > 1 for found in ids.values())


def test_hidden_postings_are_not_true_openings() -> None:
    """An unlisted posting is on the board but not in the truth."""
    hidden = sum(not o.listed for c in WORLD.companies for o in WORLD.on_board(c, WORLD.end))
    served = sum(1 for c in WORLD.companies for _ in WORLD.on_board(c, WORLD.end))
    assert hidden > 0
    assert served - hidden == len(TRUTH.openings(WORLD.end))


def test_currencies_without_a_rate_have_no_pounds() -> None:
    """Dirhams have no ECB rate and levs none after 2025, so both stay as stated."""
    priced = {"AED": [], "BGN": []}  # type: dict[str, list[float | None]]
    for opening in TRUTH.openings(WORLD.end):
        if opening.band and opening.band.currency in priced and opening.posted_at and opening.posted_at.year == 2026:
            priced[opening.band.currency].append(opening.gbp)
    assert all(set(found) == {None} for found in priced.values())


def test_the_truth_of_a_day_is_json() -> None:
    """Everything of a day in one answer, movers and changes only where there is a week before."""
    assert {"movers", "entrants", "leavers", "changes"} <= set(TRUTH.as_json(WORLD.end))
    assert "movers" not in TRUTH.as_json(WORLD.dates[0])


@pytest.mark.parametrize(
    ("band", "expected"),
    [
        (Band(80_000, 100_000, "GBP"), 90_000),
        (Band(None, 95_000, "GBP"), 95_000),
        (Band(70_000, None, "GBP"), 70_000),
        (Band(5_000, 5_000, "GBP", "month"), 60_000),
        (Band(1_000, 1_400, "GBP", "week"), 62_400),
        (Band(600, 600, "GBP", "day"), None),
        (Band(45, 45, "GBP", "hour"), None),
    ],
)
def test_yearly_figures_are_annualised_by_convention(band: Band, expected: float | None) -> None:
    """52 weeks, 12 months; days and hours never."""
    assert expected == band.yearly_mid


@given(values=st.lists(st.floats(1, 1e6), min_size=1, max_size=30))
def test_the_quantile_at_a_half_is_the_median(values: list[float]) -> None:
    """percentile_cont(0.5) is the statistician's median."""
    assert quantile(values, 0.5) == pytest.approx(median(values))


@given(day=DAYS, amount=st.integers(1, 10**6), currency=st.sampled_from(sorted(LEVELS)))
def test_a_rate_is_at_most_seven_days_old(day: date, amount: int, currency: str) -> None:
    """A conversion uses the newest published day within a week, and exists exactly when there is one."""
    rates = Rates(3)
    gbp, used = rates.to_gbp(amount, currency, day)
    if currency == "GBP":
        assert (amount, None) == (gbp, used)
        return
    candidates = [day - timedelta(back) for back in range(8)]
    expected = next((d for d in candidates if rates.rate(currency, d) and rates.rate("GBP", d)), None)
    assert expected == used
    assert (gbp is None) == (used is None)
    if currency not in ENDED:
        assert used is not None


def test_gaps_of_five_days_are_bridged_and_of_eight_are_not() -> None:
    """Taking out working days makes the look-back reach further, until it reaches too far."""
    friday = date(2026, 9, 18)
    rates = Rates(1)
    rates.suspend(friday - timedelta(4), 5)
    assert date(2026, 9, 11) == rates.to_gbp(1000, "USD", friday)[1]
    rates.suspend(friday - timedelta(7), 8)
    assert rates.to_gbp(1000, "USD", friday) == (None, None)
    rates.restore()
    assert friday == rates.to_gbp(1000, "USD", friday)[1]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 4, 3), False),
        (date(2026, 4, 6), False),
        (date(2026, 4, 7), True),
        (date(2025, 12, 25), False),
        (date(2026, 5, 1), False),
        (date(2026, 11, 21), False),
        (date(2026, 11, 23), True),
    ],
)
def test_the_bank_keeps_its_holidays(day: date, expected: bool) -> None:
    """Good Friday, Easter Monday, 1 May, Christmas and weekends are without rates."""
    assert expected == is_working_day(day)
