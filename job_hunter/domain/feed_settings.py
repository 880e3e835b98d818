"""What the sources beside the boards are asked for: places and job families at levels.fyi, searches at LinkedIn."""

from __future__ import annotations

from dataclasses import dataclass

from job_hunter.domain.level import Family


@dataclass(frozen=True, slots=True)
class PayPlace:
    """A place at levels.fyi: `slug` in its addresses, `bucket` ours; a page about any other place is refused."""

    slug: str
    bucket: str


@dataclass(frozen=True, slots=True)
class PayFamily:
    """A job family at levels.fyi: `slug` in its addresses, and ours."""

    slug: str
    family: Family


@dataclass(frozen=True, slots=True)
class JobSearch:
    """A search at LinkedIn; `slug` is the board its roles belong to."""

    slug: str
    keywords: str
    location: str


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """Everything config/sources.yaml may say. Bounds of LinkedIn are pages of cards a search, and details a run."""

    places: tuple[PayPlace, ...] = (PayPlace("london-metro-area", "london"),)
    families: tuple[PayFamily, ...] = (PayFamily("software-engineer", Family.ENGINEERING),)
    linkedin_enabled: bool = False
    searches: tuple[JobSearch, ...] = (
        JobSearch("london-software-engineer", "software engineer", "London, England, United Kingdom"),
    )
    pages: int = 3
    details: int = 40
