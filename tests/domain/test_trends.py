"""How the change of a median splits into causes: laws, and the cases a parser change must not hide in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.trends import DeltaSplit, Figure, quantile, split_delta

lineages = st.integers(1, 12)
days = st.dictionaries(lineages, st.integers(20_000, 500_000), min_size=1, max_size=12)


def figures(values: dict[int, int], rate: float = 1.0) -> list[Figure]:
    """Figures in a currency of which a pound buys `rate`."""
    return [Figure(lineage, lineage, value / rate, value, "USD") for lineage, value in values.items()]


def keys(values: set[int]) -> frozenset[tuple[str, int]]:
    """The keys of lineages."""
    return frozenset(("lineage", value) for value in values)


@given(days, days, st.sets(lineages), st.floats(0.5, 2.0))
def test_the_parts_add_up(before: dict[int, int], after: dict[int, int], reread: set[int], rate: float) -> None:
    """Whatever came, went, moved or was read anew, the four parts are the whole change."""
    split = split_delta(figures(before), figures(after, rate), keys(reread))
    old, new = (quantile([f.gbp for f in day], 0.5) for day in (figures(before), figures(after, rate)))
    assert old is not None
    assert new is not None
    assert split.total == pytest.approx(new - old, abs=1e-6)


@given(days, days)
def test_what_is_read_as_before_has_no_share_of_the_reading(before: dict[int, int], after: dict[int, int]) -> None:
    """Without a changed reading nothing is put on it."""
    assert split_delta(figures(before), figures(after), frozenset()).reading == 0


@given(days, days)
def test_all_that_the_reading_did_is_the_readings(before: dict[int, int], after: dict[int, int]) -> None:
    """Figures changed, come into view and gone from it for our reading alone: no share of the market."""
    split = split_delta(figures(before), figures(after), keys(before.keys() | after.keys()))
    assert (split.same, split.mix, split.fx) == pytest.approx((0, 0, 0), abs=1e-6)


CASES: dict[str, tuple[dict[int, int], dict[int, int], set[int], DeltaSplit]] = {
    "a figure read differently": ({1: 100, 2: 100}, {1: 200, 2: 200}, {1, 2}, DeltaSplit(0, 0, 0, 100)),
    "an opening whose pay is read only now": ({1: 100}, {1: 100, 2: 300}, {2}, DeltaSplit(0, 0, 0, 100)),
    "an opening whose place is another now": ({1: 100, 2: 300}, {1: 100}, {2}, DeltaSplit(0, 0, 0, -100)),
    "a new opening beside it": ({1: 100}, {1: 100, 2: 300, 3: 300}, {2}, DeltaSplit(0, 100, 0, 100)),
    "all of them out of view and another come": ({1: 100}, {2: 300}, {1}, DeltaSplit(0, 200, 0, 0)),
    "pay raised": ({1: 100}, {1: 150}, set(), DeltaSplit(50, 0, 0, 0)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_parts_of(name: str) -> None:
    """The causes of a change, case by case."""
    before, after, reread, split = CASES[name]
    assert split == split_delta(figures(before), figures(after), keys(reread))


def test_a_move_is_ours_when_the_reading_did_more_than_the_rest() -> None:
    """Opposite moves do not hide each other."""
    assert DeltaSplit(same=10, mix=0, fx=-10, reading=30).is_ours
    assert not DeltaSplit(same=20, mix=0, fx=-20, reading=30).is_ours
    assert not DeltaSplit(same=0, mix=0, fx=0, reading=0).is_ours
