"""config/alerts.yaml: the pay threshold and the saved searches of `job-hunter alert`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from job_hunter.config.companies import Slug, Text
from job_hunter.config.files import Entry, Fault, duplicates, load, not_one_of
from job_hunter.domain.alerts import AlertRules, SavedSearch
from job_hunter.domain.level import Family, Level

Pounds = Annotated[float, Field(strict=True, gt=0, le=100_000_000)]


class SearchEntry(Entry):
    """One saved search; what it leaves out, it does not ask for."""

    name: Text
    title_terms: tuple[Text, ...] = ()
    levels: tuple[Level, ...] = ()
    places: tuple[Slug, ...] = ()
    families: tuple[Family, ...] = ()
    min_pay_gbp: Pounds | None = None


class Threshold(Entry):
    """The p50 from which a company is worth an alert, and the place it is taken for."""

    p50_gbp: Pounds = 500_000.0
    location: Slug = "london"


class AlertsFile(Entry):
    """The whole of alerts.yaml."""

    threshold: Threshold = Threshold()
    searches: tuple[SearchEntry, ...] = ()


def with_remote(buckets: Collection[str]) -> frozenset[str]:
    """`buckets` of places, with those that remote roles fall in: `remote`, and `remote-…` of each."""
    return frozenset(buckets) | {"remote"} | {f"remote-{bucket}" for bucket in buckets}


def load_alerts(config_dir: Path, *, buckets: Collection[str] = ()) -> AlertRules:
    """The rules of `config_dir`/alerts.yaml; places are checked against `buckets` (locations.yaml's) when given.

    A place may also be the remote form of a bucket, such as remote-uk.

    Raises ConfigError naming the entry and the key when the file is missing or malformed, or a search has the name of
    another or asks for nothing.
    """

    def check(file: AlertsFile) -> Iterator[Fault]:
        yield from _check(file, sorted(buckets))

    file = load(config_dir / "alerts.yaml", AlertsFile, check)
    searches = tuple(SavedSearch(**search.model_dump()) for search in file.searches)
    return AlertRules(threshold_gbp=file.threshold.p50_gbp, location=file.threshold.location, searches=searches)


def _check(file: AlertsFile, buckets: list[str]) -> Iterator[Fault]:
    """What only the whole file can show."""
    known = with_remote(buckets)
    if buckets and file.threshold.location not in known:
        yield Fault(("threshold", "location"), not_one_of(file.threshold.location, buckets))
    for n, search in enumerate(file.searches):
        if not search.model_dump(exclude={"name"}, exclude_defaults=True):
            yield Fault(("searches", n), "asks for nothing; give title_terms, levels, places, families or min_pay_gbp")
        for m, place in enumerate(search.places):
            if buckets and place not in known:
                yield Fault(("searches", n, "places", m), not_one_of(place, buckets))
    names = ((("searches", n, "name"), search.name.casefold()) for n, search in enumerate(file.searches))
    yield from duplicates(names, "the name of")
