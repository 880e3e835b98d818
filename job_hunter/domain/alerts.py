"""What the analyst wants to be told of: a pay threshold, and searches for openings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from job_hunter.domain.level import Family, Level


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
    "Staff Software Engineer"); one matching term is enough. What is unknown about an opening (level, place, family,
    pay) does not match a search that asks for it.
    """
    words = _words(title)
    return (
        (not search.title_terms or any(_words(term) <= words for term in search.title_terms))
        and (not search.levels or level in search.levels)
        and (not search.places or bucket in search.places)
        and (not search.families or family in search.families)
        and (search.min_pay_gbp is None or (pay_gbp is not None and pay_gbp >= search.min_pay_gbp))
    )


def _words(text: str) -> frozenset[str]:
    """The words of a title, case-folded; `C++`, `C#` and `.NET` stay whole."""
    return frozenset(re.findall(r"\.?\w+(?:\+\+|#)?", text.casefold()))
