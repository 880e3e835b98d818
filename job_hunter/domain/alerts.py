"""What the analyst wants to be told of: a pay threshold, and searches for openings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from job_hunter.domain.leaders import Leader, LeadersReport
from job_hunter.domain.level import Family, Level
from job_hunter.domain.title_words import title_forms

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """Openings to be told of. An empty tuple means "any"; `places` are location buckets; pay is GBP a year."""

    name: str
    title_terms: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    places: tuple[str, ...] = ()
    families: tuple[Family, ...] = ()
    min_pay_gbp: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRules:
    """When to alert: a company's p50 in `location` reaches `threshold_gbp` a year, or an opening matches a search."""

    threshold_gbp: float = 500_000.0
    location: str = "london"
    searches: tuple[SavedSearch, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A company whose p50 stands at the threshold or above.

    `since` is the first snapshot date of the present stay there, as far back as the history looked at; `below_on` the
    last date before it with a p50 below, None when there is none. `is_new` marks a stay that began within a week.
    """

    leader: Leader
    since: date
    below_on: date | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """A new opening. `pay_gbp` is its figure as the medians count it, a year; `lineage_id` outlives a repost."""

    lineage_id: int
    company: str
    title: str
    level: Level | None
    family: Family | None
    location: str
    bucket: str | None
    pay_gbp: float | None
    first_seen_on: date
    apply_url: str | None


@dataclass(frozen=True, slots=True)
class Find:
    """A new opening and the names of the saved searches that ask for it."""

    opening: Opening
    searches: tuple[str, ...]


def find_crossings(report: LeadersReport, threshold_gbp: float) -> tuple[Crossing, ...]:
    """The companies of `report` with a p50 of at least `threshold_gbp`, best paid first.

    A date without a p50 (board missing, no pay stated) ends no stay: unknown is not below; nor does one begin with a
    date on which its board was not read, when the p50 is of what others report alone. A company that was read before
    and stated no pay then is new when it appears above the threshold; one that was never read before is not.
    """
    found = []
    for leader in report.leaders:
        known = _known(report, leader)
        if leader.p50 < threshold_gbp or not known or known[-1][1] < threshold_gbp:
            continue
        below_on = max((on for on, p50 in known if p50 < threshold_gbp), default=None)
        since = min(on for on, _ in known if below_on is None or on > below_on)
        was_read = any(
            count is not None and on < since for on, count in zip(report.dates, leader.openings, strict=True)
        )
        is_new = since > report.dates[-1] - WEEK and (below_on is not None or was_read)
        found.append(Crossing(leader, since, below_on, is_new))
    return tuple(found)


def _known(report: LeadersReport, leader: Leader) -> list[tuple[date, float]]:
    """The dates of its p50 on which its board, if it has one, was read."""
    has_board = leader.is_unread or any(count is not None for count in leader.openings)
    days = zip(report.dates, leader.trend, leader.openings, strict=True)
    return [(on, p50) for on, p50, count in days if p50 is not None and (count is not None or not has_board)]


def untold(crossings: Iterable[Crossing], told_on: Mapping[str, date]) -> tuple[Crossing, ...]:
    """Those nobody was told of; `told_on` has, by slug, the `since` last told. Each stay is told once."""
    return tuple(
        crossing
        for crossing in crossings
        if (told := told_on.get(crossing.leader.slug)) is None
        or (crossing.below_on is not None and crossing.below_on > told)
    )


def find_openings(openings: Sequence[Opening], searches: Sequence[SavedSearch]) -> tuple[Find, ...]:
    """The openings that a search asks for, best paid first, each once with the names of all its searches."""
    found = []
    for opening in openings:
        names = tuple(
            search.name
            for search in searches
            if matches(search, opening.title, opening.level, opening.bucket, opening.family, opening.pay_gbp)
        )
        if names:
            found.append(Find(opening, names))
    return tuple(sorted(found, key=lambda find: by_pay(find.opening)))


def by_pay(opening: Opening) -> tuple[float, str, str]:
    """The order openings are shown in: best paid first, those without pay last."""
    return -(opening.pay_gbp or 0.0), opening.company, opening.title


def matches(
    search: SavedSearch,
    title: str,
    level: Level | None,
    bucket: str | None,
    family: Family | None,
    pay_gbp: float | None,
) -> bool:
    """Whether an opening is one that `search` asks for.

    A title term matches when all its words are words of the title, in any order and case ("staff engineer" finds
    "Staff Software Engineer", "sre" a "Site Reliability Engineer"); one matching term is enough. What is unknown about
    an opening (level, place, family, pay) does not match a search that asks for it.
    """
    words = _words(title)
    terms = [form for term in search.title_terms for form in title_forms(term)]
    return (
        (not search.title_terms or any(_words(term) <= words for term in terms))
        and (not search.levels or level in search.levels)
        and (not search.places or bucket in search.places)
        and (not search.families or family in search.families)
        and (search.min_pay_gbp is None or (pay_gbp is not None and pay_gbp >= search.min_pay_gbp))
    )


def _words(text: str) -> frozenset[str]:
    """The words of a title, case-folded; `C++`, `C#` and `.NET` stay whole."""
    return frozenset(re.findall(r"\.?\w+(?:\+\+|#)?", text.casefold()))
