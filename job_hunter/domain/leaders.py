"""The market-leaders report as data: what every rendering shows, and no rendering computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from job_hunter.domain.level import Family
from job_hunter.domain.trends import DeltaSplit

SCHEMA_VERSION = 1
LOW_CONFIDENCE_BELOW = 3
SPREAD_FROM = 4
_CAPITALS = frozenset({"uk", "us", "emea", "apac", "mena", "latam"})
REPORT_FAMILIES = (Family.ENGINEERING, Family.TRADING, Family.RESEARCH)


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: a bucket, a rung (None: all), families, and how far back movers look."""

    location: str
    level: str | None
    families: tuple[str, ...]
    top_n: int
    trend_weeks: int


@dataclass(frozen=True, slots=True)
class Leader:
    """One company. Money in pounds a year; `n` figures stand behind the p50, `distinct` of them differ.

    `open_roles` and `open_before` are None when its board was not read that day or a week before; then `is_unread`, and
    what stands behind the p50 are the figures that need no board. `n_reported` is None when no source says how many
    people stand behind a figure. `trend` and `openings` have one value a snapshot date of
    the report's `dates`, None where the company has none.
    """

    rank: int
    slug: str
    name: str
    sector: str
    p50: float
    p25: float | None
    p75: float | None
    n: int
    distinct: int
    n_posted: int
    n_points_reported: int
    n_reported: int | None
    open_roles: int | None
    open_before: int | None
    states_pay: int
    trend: tuple[float | None, ...]
    openings: tuple[int | None, ...]
    is_unread: bool = False

    @property
    def is_low_confidence(self) -> bool:
        """Whether fewer than three figures stand behind the p50."""
        return self.n < LOW_CONFIDENCE_BELOW

    @property
    def disclosure(self) -> float | None:
        """The share of its open roles here that state pay, None without open roles."""
        return self.states_pay / self.open_roles if self.open_roles else None


@dataclass(frozen=True, slots=True)
class Mover:
    """A company whose p50 changed between two dates on which its board was read."""

    slug: str
    name: str
    before: float
    after: float
    split: DeltaSplit
    n_before: int
    n_after: int

    @property
    def delta(self) -> float:
        """The change in pounds."""
        return self.after - self.before

    @property
    def is_low_confidence(self) -> bool:
        """Whether fewer than three figures stand behind either of its medians."""
        return min(self.n_before, self.n_after) < LOW_CONFIDENCE_BELOW


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest date against an earlier one, `days` back; `is_short` when history does not reach that far."""

    weeks: int
    before: date
    is_short: bool
    movers: tuple[Mover, ...]
    entrants: tuple[str, ...]
    leavers: tuple[str, ...]
    days: int | None = None


@dataclass(frozen=True, slots=True)
class MissingBoard:
    """A board without a complete fetch on the report's date, and since when."""

    company: str
    source: str
    status: str
    since: date | None
    message: str | None


@dataclass(frozen=True, slots=True)
class OwnComp:
    """The analyst's own figure, drawn and never ranked."""

    label: str
    total_gbp: float


@dataclass(frozen=True, slots=True)
class LeadersReport:
    """Everything the report says. `snapshot_date` is None when there is no history at all."""

    question: Question
    snapshot_date: date | None
    generated_at: datetime
    leaders: tuple[Leader, ...]
    n_companies: int
    market_p50: float | None
    comparisons: tuple[Comparison, ...]
    dates: tuple[date, ...]
    evidence: Mapping[str, int]
    open_roles: int
    states_pay: int
    missing: tuple[MissingBoard, ...]
    boards_covered: int
    rate_date: date | None
    parser_version: str | None
    run_id: str | None
    you: tuple[OwnComp, ...]
    caveats: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def headline(self) -> str:
        """One sentence that answers the question; what stands on few figures is not told as if it stood on many."""
        place = place_name(self.question.location)
        if self.snapshot_date is None:
            return "There is no snapshot yet: run a refresh first"
        if not self.leaders:
            return f"{place}: no company states pay for these roles on {self.snapshot_date}"
        read = [leader for leader in self.leaders if not leader.is_unread]
        if not read:
            return f"{place}: the board of no company that states pay was read on {self.snapshot_date}"
        first, *others = read
        said = f"{place}: {first.name} leads at {money(first.p50)}"
        sure = [leader for leader in others if not leader.is_low_confidence]
        if first.is_low_confidence:
            said += " on a single figure" if first.n == 1 else " on two figures"
            if sure:
                said += f"; with three or more, {sure[0].name} at {money(sure[0].p50)}"
            sure = sure[1:2]
        also = ", ".join(f"{leader.name} {money(leader.p50)}" for leader in sure[:2])
        return said + (f", ahead of {also}" if also else "")


def place_name(bucket: str) -> str:
    """A bucket as people write it: London, Remote UK, Hong Kong."""
    return " ".join(word.upper() if word in _CAPITALS else word.capitalize() for word in bucket.split("-"))


def money(value: float | None) -> str:
    """Pounds as people say them: £123k, £1.25m, £850."""
    if value is None:
        return "–"
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size >= 999_500:
        return f"{sign}£{size / 1e6:.2f}m"
    return f"{sign}£{size / 1000:.0f}k" if size >= 999.5 else f"{sign}£{size:.0f}"


def change(value: float) -> str:
    """A change in pounds, with its sign; what is less than half a pound is none."""
    if abs(value) < 0.5:
        return "±£0"
    return f"+{money(value)}" if value > 0 else money(value).replace("-", "−")


def to_data(report: LeadersReport) -> dict[str, Any]:
    """The report for other programs: exact figures, ISO dates, `schema_version`."""
    data = asdict(report)
    data["schema_version"] = SCHEMA_VERSION
    data["headline"] = report.headline
    for leader, entry in zip(report.leaders, data["leaders"], strict=True):
        entry["low_confidence"] = leader.is_low_confidence
        entry["disclosure"] = leader.disclosure
    data["movers"] = {"available": bool(report.comparisons), "comparisons": data.pop("comparisons")}
    for comparison, entry in zip(report.comparisons, data["movers"]["comparisons"], strict=True):
        for mover, row in zip(comparison.movers, entry["movers"], strict=True):
            row["delta"] = mover.delta
            row["low_confidence"] = mover.is_low_confidence
    return data
