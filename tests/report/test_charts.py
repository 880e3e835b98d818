"""Charts that a reader can read off: round axes, days where they lie, gaps that are no zeros."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.leaders import Leader
from job_hunter.report.charts import bars, panel, pay_scale, scale, tick_text, trend_scale
from tests.companions.screens.stress import ON, stress_report

DAYS = [ON - timedelta(weeks=week) for week in (12, 2, 1, 0)]
PAY = scale([100_000.0, 200_000.0], ticks=4)


def _leader(**values: object) -> Leader:
    return replace(stress_report().leaders[3], **values)  # type: ignore[arg-type]


def _numbers(kind: str, names: str, drawn: str) -> list[list[float]]:
    """The attributes `names` of each element of class `kind`."""
    found = [one for one in ElementTree.fromstring(drawn).iter() if one.get("class") == kind]
    return [[float(one.get(name, "nan")) for name in names.split()] for one in found]


@given(
    values=st.lists(st.floats(0, 5_000_000, allow_nan=False), min_size=1),
    ticks=st.integers(2, 8),
)
def test_an_axis_is_round_and_holds_every_value(values: list[float], ticks: int) -> None:
    """Both ends are multiples of a step of 1, 2 or 5 times a power of ten; no more steps than asked for."""
    axis = scale(values, ticks=ticks)
    assert axis.low <= min(values) <= max(values) <= axis.high * (1 + 1e-9)
    assert 2 <= len(axis.ticks) <= ticks + 1
    assert f"{axis.step:.0e}"[0] in "125"
    assert axis.low / axis.step == pytest.approx(round(axis.low / axis.step), abs=1e-6)
    assert 0 <= axis.share(max(values)) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "£0"), (250_000.0, "£250k"), (1e6, "£1m"), (1.5e6, "£1.5m"), (500.0, "£500")]
)
def test_a_tick_is_short(value: float, said: str) -> None:
    """No figure behind the point that says nothing."""
    assert said == tick_text(value)


def test_days_lie_where_they_are() -> None:
    """Ten weeks that nobody looked are ten times as wide as one."""
    drawn = panel(_leader(trend=(150_000.0,) * 4, openings=(3, 3, 3, 3)), DAYS, PAY)
    lefts = [x for (x,) in _numbers("jobs", "x", drawn)]
    assert lefts[1] - lefts[0] == pytest.approx(10 * (lefts[2] - lefts[1]), abs=1.2)
    assert ">30 Aug<" in drawn
    assert ">22 Nov<" in drawn


def test_missing_is_a_gap_and_none_is_a_foot() -> None:
    """A board that was not read has no column, a board without an opening a flat one; a median alone is a dot."""
    drawn = panel(_leader(trend=(150_000.0, None, 200_000.0, None), openings=(4, None, 0, 2)), DAYS, PAY)
    heights = [height for (height,) in _numbers("jobs", "height", drawn)]
    assert heights == [30 + 1, 1, 15 + 1]
    lines = re.findall(r'class="pay" d="([^"]+)"', drawn)
    assert len(lines) == 2
    assert 'class="last"' not in drawn
    for line in lines:
        start, end = line.removeprefix("M").split(" L")
        assert start == end


def test_a_panel_says_in_words_what_it_shows() -> None:
    """From when to when, and that openings are not known where they are not."""
    drawn = panel(
        _leader(name="<b>Acme", trend=(150_000.0, None, None, 200_000.0), openings=(1, 2, 3, None), open_roles=None),
        DAYS,
        PAY,
    )
    label = ElementTree.fromstring(drawn).get("aria-label")
    assert label == ("p50 of <b>Acme: £150k on 2026-08-30; £200k on 2026-11-22; open roles on 2026-11-22: not known")


def test_all_panels_have_one_scale_and_the_bars_begin_at_zero() -> None:
    """So that leaders can be compared; spreads and the analyst's own pay lie on the axis too."""
    report = stress_report()
    trend = trend_scale(report)
    assert trend is not None
    tops = {
        re.findall(r'class="rule" d="M\d+ ([\d.]+)H', panel(leader, report.dates, trend))[-1]
        for leader in report.leaders
    }
    assert len(tops) == 1
    axis = pay_scale(report)
    assert axis.low == 0
    assert axis.high >= max(leader.p75 or leader.p50 for leader in report.leaders)
    assert trend_scale(replace(report, leaders=())) is None


def test_few_figures_are_drawn_pale() -> None:
    """A bar that stands on fewer than three is not filled like the others."""
    fills = re.findall(r'rx="2" fill="(#\w+)"', bars(stress_report()))
    leaders = stress_report().leaders
    pale = {fill for fill, leader in zip(fills, leaders, strict=False) if leader.is_low_confidence}
    full = {fill for fill, leader in zip(fills, leaders, strict=False) if not leader.is_low_confidence}
    assert len(pale) == len(full) == 1
    assert not pale & full
