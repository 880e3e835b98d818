"""The tables by which titles and locations are read: config/levels.yaml and config/locations.yaml."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from job_hunter.config.files import Entry, Fault, load, not_one_of
from job_hunter.domain.gazetteer import Bucket, Gazetteer, PlaceTables, build_gazetteer
from job_hunter.domain.level import Level
from job_hunter.domain.levels import Ladder, LadderTables, build_ladder
from job_hunter.domain.place import RemotePolicy
from job_hunter.errors import ConfigError

LEVELS_FILE, LOCATIONS_FILE = "levels.yaml", "locations.yaml"

Phrases = tuple[str, ...]


class CompanyEntry(Entry):
    """One employer of levels.yaml."""

    names: Phrases = ()
    rungs: dict[str, Level] = Field(default_factory=dict)


class LevelsFile(Entry):
    """The shape of levels.yaml."""

    marks: dict[str, Phrases]
    no_marks: Phrases = ()
    trade_managers: Phrases = ()
    no_grade_after: Phrases = ()
    no_letter_grades: Phrases = ()
    letter_grades: dict[str, dict[int, Level]] = Field(default_factory=dict)
    kinds: dict[str, dict[str, Level]] = Field(default_factory=dict)
    kind_exceptions: Phrases = ()
    sectors: dict[str, str] = Field(default_factory=dict)
    name_cues: dict[str, Phrases] = Field(default_factory=dict)
    members: dict[str, Phrases] = Field(default_factory=dict)
    companies: dict[str, CompanyEntry] = Field(default_factory=dict)


def load_ladder(config_dir: Path) -> Ladder:
    """The ladder of `config_dir`/levels.yaml. Raises ConfigError naming the key and the nearest valid value."""
    file = load(config_dir / LEVELS_FILE, LevelsFile, _level_faults)
    return build_ladder(
        LadderTables(
            marks={Level(level): phrases for level, phrases in file.marks.items()},
            no_marks=file.no_marks,
            trade_managers=file.trade_managers,
            no_grade_after=file.no_grade_after,
            no_letter_grades=file.no_letter_grades,
            letter_grades=file.letter_grades,
            kinds=file.kinds,
            kind_exceptions=file.kind_exceptions,
            sectors=file.sectors,
            name_cues=file.name_cues,
            members=file.members,
            companies={slug: (entry.names, entry.rungs) for slug, entry in file.companies.items()},
        )
    )


def _level_faults(file: LevelsFile) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for level, phrases in file.marks.items():
        if level not in list(Level):
            yield Fault(("marks", level), not_one_of(level, tuple(Level)))
        for at, phrase in enumerate(phrases):
            if phrase in seen:
                yield Fault(("marks", level, at), f"{phrase!r} already stands under {seen[phrase]}")
            seen[phrase] = level
    kinds = tuple(file.kinds)
    for sector, kind in file.sectors.items():
        if kind not in file.kinds:
            yield Fault(("sectors", sector), not_one_of(kind, kinds))
    for key, named in (("members", file.members), ("name_cues", file.name_cues)):
        for kind in named:
            if kind not in file.kinds:
                yield Fault((key, kind), not_one_of(kind, kinds))


class ScopeEntry(Entry):
    """One name wider than a country."""

    uk: bool
    remote: bool = False
    names: Phrases


class BucketEntry(Entry):
    """One bucket of locations.yaml."""

    cities: Phrases = ()
    regions: Phrases = ()
    countries: Phrases = ()
    scopes: Phrases = ()


class LocationsFile(Entry):
    """The shape of locations.yaml."""

    london_areas: Phrases = ()
    london_areas_only_beside: Phrases = ()
    london_towns: Phrases = ()
    countries: dict[str, Phrases]
    regions: dict[str, Phrases] = Field(default_factory=dict)
    region_codes: dict[str, Phrases] = Field(default_factory=dict)
    cities: dict[str, Phrases]
    other_senses: dict[str, Phrases] = Field(default_factory=dict)
    undecidable: Phrases = ()
    aliases: dict[str, Phrases] = Field(default_factory=dict)
    codes: dict[str, str] = Field(default_factory=dict)
    country_codes: dict[str, str] = Field(default_factory=dict)
    within: dict[str, Phrases] = Field(default_factory=dict)
    scopes: dict[str, ScopeEntry] = Field(default_factory=dict)
    modes: dict[str, Phrases] = Field(default_factory=dict)
    noise: Phrases = ()
    buckets: dict[str, BucketEntry] = Field(default_factory=dict)


def load_gazetteer(config_dir: Path) -> Gazetteer:
    """The place names of `config_dir`/locations.yaml. Raises ConfigError naming the key and the nearest valid value."""
    file = load(config_dir / LOCATIONS_FILE, LocationsFile, _location_faults)
    return build_gazetteer(
        PlaceTables(
            london_areas=file.london_areas,
            london_areas_only_beside=file.london_areas_only_beside,
            london_towns=file.london_towns,
            countries=file.countries,
            regions=file.regions,
            region_codes=file.region_codes,
            cities=file.cities,
            other_senses=file.other_senses,
            undecidable=file.undecidable,
            aliases=file.aliases,
            codes=file.codes,
            country_codes=file.country_codes,
            within=file.within,
            scopes={slug: (entry.uk, entry.remote, entry.names) for slug, entry in file.scopes.items()},
            modes={RemotePolicy(policy): names for policy, names in file.modes.items()},
            noise=file.noise,
            buckets=tuple(
                Bucket(slug, entry.cities, entry.regions, entry.countries, entry.scopes)
                for slug, entry in file.buckets.items()
            ),
        )
    )


def _location_faults(file: LocationsFile) -> Iterator[Fault]:
    for policy in file.modes:
        if policy not in list(RemotePolicy):
            yield Fault(("modes", policy), not_one_of(policy, tuple(RemotePolicy)))
    countries = tuple(file.countries)
    cities = tuple(dict.fromkeys((*(name for names in file.cities.values() for name in names), *file.london_towns)))
    known_cities = frozenset(cities)
    for key in ("regions", "region_codes", "cities", "other_senses"):
        for country in getattr(file, key):
            if country not in file.countries:
                yield Fault((key, country), not_one_of(country, countries))
    for code, country in file.country_codes.items():
        if country not in file.countries:
            yield Fault(("country_codes", code), not_one_of(country, countries))
    for key, named in (
        ("aliases", tuple(file.aliases)),
        ("codes", tuple(file.codes.values())),
        ("undecidable", file.undecidable),
    ):
        for at, name in enumerate(named):
            if name not in known_cities:
                where = name if key == "aliases" else list(file.codes)[at] if key == "codes" else at
                yield Fault((key, where), not_one_of(name, cities))
    for slug, bucket in file.buckets.items():
        for part, named, known in (
            ("cities", bucket.cities, cities),
            ("countries", bucket.countries, countries),
            ("scopes", bucket.scopes, tuple(file.scopes)),
        ):
            for at, name in enumerate(named):
                if name not in known:
                    yield Fault(("buckets", slug, part, at), not_one_of(name, known))


def readings_digest(config_dir: Path) -> str:
    """A hash of the bytes of both files: when it changes, stored roles are read again."""
    digest = hashlib.blake2b(digest_size=16)
    for name in (LEVELS_FILE, LOCATIONS_FILE):
        try:
            content = (config_dir / name).read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}: cannot be read from {config_dir}: {error.strerror}") from None
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
