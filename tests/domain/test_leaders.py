"""The headline and the figures as a person reads them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from job_hunter.domain.leaders import Leader, LeadersReport, Mover, change, money, place_name
from job_hunter.domain.trends import DeltaSplit
from tests.companions.screens.stress import stress_report

ONE, TWO, MANY = 1, 2, 9


def _report(*counts: int) -> LeadersReport:
    report = stress_report()
    leaders = [_leader(leader, letter, n) for leader, letter, n in zip(report.leaders, "ABCDE", counts, strict=False)]
    return replace(report, leaders=tuple(leaders))


def _leader(leader: Leader, name: str, n: int) -> Leader:
    return replace(leader, name=name, n=n, p50=100_000.0 * (10 - leader.rank))


@pytest.mark.parametrize(
    ("counts", "headline"),
    [
        ((MANY, MANY, MANY, MANY), "London: A leads at £900k, ahead of B £800k, C £700k"),
        ((MANY, ONE, MANY), "London: A leads at £900k, ahead of C £700k"),
        ((MANY,), "London: A leads at £900k"),
        (
            (ONE, TWO, MANY, MANY, MANY),
            "London: A leads at £900k on a single figure; with three or more, C at £700k, ahead of D £600k",
        ),
        ((TWO, MANY), "London: A leads at £900k on two figures; with three or more, B at £800k"),
        ((ONE, ONE), "London: A leads at £900k on a single figure"),
        ((), "London: no company states pay for these roles on 2026-11-22"),
    ],
)
def test_a_headline_does_not_hide_how_little_it_stands_on(counts: tuple[int, ...], headline: str) -> None:
    """A company that leads on one figure is named with that, and with the first that stands on three."""
    assert headline == _report(*counts).headline


@pytest.mark.parametrize(
    ("bucket", "name"),
    [("london", "London"), ("remote-uk", "Remote UK"), ("hong-kong", "Hong Kong"), ("emea", "EMEA")],
)
def test_a_place_is_written_as_people_do(bucket: str, name: str) -> None:
    """The bucket itself stays what is typed."""
    assert name == place_name(bucket)


@pytest.mark.parametrize(
    ("value", "said"),
    [(123_456.0, "£123k"), (999.6, "£1k"), (999.4, "£999"), (999_600.0, "£1.00m"), (999_400.0, "£999k"), (None, "–")],
)
def test_money_has_three_figures(value: float | None, said: str) -> None:
    """At every edge of the units."""
    assert said == money(value)


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "±£0"), (2e-11, "±£0"), (-0.4, "±£0"), (1_500.0, "+£2k"), (-800.0, "−£800")]
)
def test_a_change_has_a_sign_only_when_there_is_one(value: float, said: str) -> None:
    """The rest of a subtraction is no change."""
    assert said == change(value)


@pytest.mark.parametrize(("before", "after", "is_low"), [(3, 3, False), (2, 9, True), (9, 2, True)])
def test_a_move_is_as_sure_as_the_less_sure_of_its_days(before: int, after: int, is_low: bool) -> None:
    """Fewer than three figures on one of them is little."""
    assert is_low == Mover("a", "A", 1.0, 2.0, DeltaSplit(1, 0, 0, 0), before, after).is_low_confidence
