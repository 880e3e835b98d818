"""Medians, and how the change of one splits into causes. Pure arithmetic over figures in pounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure behind a median on one day. `native` is in `currency`; `lineage` says which opening it is of."""

    lineage: int | None
    point: int
    gbp: float
    native: float
    currency: str

    @property
    def key(self) -> tuple[str, int]:
        """What finds the same opening, or the same reported point, on another day."""
        return ("point", self.point) if self.lineage is None else ("lineage", self.lineage)


@dataclass(frozen=True, slots=True)
class DeltaSplit:
    """A median's change in pounds by cause; the four add up to it."""

    same: float
    mix: float
    fx: float
    reading: float

    @property
    def total(self) -> float:
        """The whole change."""
        return self.same + self.mix + self.fx + self.reading

    @property
    def cause(self) -> str:
        """What moved the median most, in words."""
        parts = (
            (abs(self.mix), "openings that came and went"),
            (abs(self.same), "the same openings"),
            (abs(self.fx), "exchange rates"),
            (abs(self.reading), "our reading"),
        )
        return max(parts)[1]

    @property
    def is_ours(self) -> bool:
        """Whether our own reading moved the median more than all the rest did: no news of the market."""
        return abs(self.reading) > abs(self.same) + abs(self.mix) + abs(self.fx)


def quantile(values: Iterable[float], q: float) -> float | None:
    """The quantile by linear interpolation, as Postgres' percentile_cont; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    position = q * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def split_delta(before: Iterable[Figure], after: Iterable[Figure], reread: frozenset[tuple[str, int]]) -> DeltaSplit:
    """Split the change of the median from `before` to `after`; neither may be empty.

    The earlier figures are changed into the later ones step by step and the median is taken after each step: first the
    exchange rate of the openings seen on both days (their earlier native figure at the later rate), then those that
    are read differently (`reread`: open on both days, whose figure changed, came into view or left it for that alone),
    then what else changed on the same openings, and at last the openings that came and went (mix). So the four parts
    add up to the change exactly.
    """
    first, last = {f.key: f for f in before}, {f.key: f for f in after}
    values = {key: figure.gbp for key, figure in first.items()}
    both = first.keys() & last.keys()

    def median(figures: Mapping[tuple[str, int], float]) -> float:
        found = quantile(figures.values(), 0.5)
        assert found is not None
        return found

    medians = [median(values)]
    for key in both:
        old, new = first[key], last[key]
        if old.currency == new.currency and new.native:
            values[key] = old.native * new.gbp / new.native
    medians.append(median(values))
    values |= {key: last[key].gbp for key in last.keys() & reread}
    gone = reread - last.keys()
    values = {key: value for key, value in values.items() if key not in gone} or values
    medians.append(median(values))
    values |= {key: last[key].gbp for key in both}
    medians.append(median(values))
    medians.append(median({key: figure.gbp for key, figure in last.items()}))
    fx, reading, same, mix = (later - earlier for earlier, later in pairwise(medians))
    return DeltaSplit(same=same, mix=mix, fx=fx, reading=reading)


def sparkline(values: Iterable[float | None]) -> str:
    """`values` as one character each, lowest to highest.

    A dot where a value is missing: missing is not zero, and markdown drops blanks.
    """
    series = list(values)
    known = [value for value in series if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    middle = len(SPARKS) // 2
    return "".join(
        "·"
        if value is None
        else SPARKS[middle]
        if high == low
        else SPARKS[min(int((value - low) / span * len(SPARKS)), len(SPARKS) - 1)]
        for value in series
    )
