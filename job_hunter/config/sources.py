"""config/sources.yaml: what levels.fyi and LinkedIn are asked for. Without the file, what it ships with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from job_hunter.config.companies import Slug, Text
from job_hunter.config.files import Entry, Fault, Loc, duplicates, load
from job_hunter.domain.feed_settings import FeedSettings, JobSearch, PayFamily, PayPlace
from job_hunter.domain.level import Family

Bound = Annotated[int, Field(strict=True, ge=1, le=100)]


class PlaceEntry(Entry):
    """A place at levels.fyi and the bucket it stands for."""

    slug: Slug
    bucket: Slug


class FamilyEntry(Entry):
    """A job family at levels.fyi and ours."""

    slug: Slug
    family: Family


class SearchEntry(Entry):
    """A search at LinkedIn."""

    slug: Slug
    keywords: Text
    location: Text


class LevelsFyi(Entry):
    """The part about levels.fyi."""

    places: tuple[PlaceEntry, ...] | None = None
    families: tuple[FamilyEntry, ...] | None = None


class LinkedinGuest(Entry):
    """The part about LinkedIn."""

    enabled: Annotated[bool, Field(strict=True)] = False
    pages: Bound = 3
    details: Bound = 40
    searches: tuple[SearchEntry, ...] | None = None


class SourcesFile(Entry):
    """The whole of sources.yaml."""

    levels_fyi: LevelsFyi = LevelsFyi()
    linkedin_guest: LinkedinGuest = LinkedinGuest()


def load_sources(config_dir: Path) -> FeedSettings:
    """The settings of `config_dir`/sources.yaml; what is left out, the file itself included, is as shipped.

    Raises ConfigError naming the entry and the key when the file is malformed or names something twice.
    """
    path = config_dir / "sources.yaml"
    if not path.exists():
        return FeedSettings()
    file = load(path, SourcesFile, _check)
    levels, linkedin, shipped = file.levels_fyi, file.linkedin_guest, FeedSettings()
    return FeedSettings(
        places=shipped.places
        if levels.places is None
        else tuple(PayPlace(entry.slug, entry.bucket) for entry in levels.places),
        families=shipped.families
        if levels.families is None
        else tuple(PayFamily(entry.slug, entry.family) for entry in levels.families),
        linkedin_enabled=linkedin.enabled,
        searches=shipped.searches
        if linkedin.searches is None
        else tuple(JobSearch(entry.slug, entry.keywords, entry.location) for entry in linkedin.searches),
        pages=linkedin.pages,
        details=linkedin.details,
    )


def _check(file: SourcesFile) -> Iterator[Fault]:
    """What only the whole file can show."""
    lists: tuple[tuple[Loc, tuple[PlaceEntry | FamilyEntry | SearchEntry, ...]], ...] = (
        (("levels_fyi", "places"), file.levels_fyi.places or ()),
        (("levels_fyi", "families"), file.levels_fyi.families or ()),
        (("linkedin_guest", "searches"), file.linkedin_guest.searches or ()),
    )
    for loc, entries in lists:
        slugs = (((*loc, n, "slug"), entry.slug) for n, entry in enumerate(entries))
        yield from duplicates(slugs, "the slug of")
