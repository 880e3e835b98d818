"""The table of place names a location is read by: what each name may mean, and the bucket of a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from job_hunter.domain.phrases import PhraseTable, words_of
from job_hunter.domain.place import Place, RemotePolicy


class Kind(IntEnum):
    """What a name stands for."""

    CITY = 1
    AREA = 2
    REGION = 3
    COUNTRY = 4
    SCOPE = 5
    MODE = 6


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a name.

    `name` is the common English form; `country` is set for cities, areas of London, regions and countries. `is_code`
    marks names that count in capitals only, `is_secondary` senses that count only where their country is named too,
    `beside` areas that count only beside the word London.
    """

    kind: Kind
    name: str
    country: str | None = None
    is_code: bool = False
    is_secondary: bool = False
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """A name wider than a country: whether it may include the United Kingdom, and whether it says "remote" itself."""

    name: str
    may_be_uk: bool
    is_remote: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """A group of places under one slug, by city, by region name, by country or by scope."""

    slug: str
    cities: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceTables:
    """The plain content of locations.yaml, validated elsewhere."""

    london_areas: tuple[str, ...]
    london_areas_only_beside: tuple[str, ...]
    london_towns: tuple[str, ...]
    countries: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, tuple[str, ...]]
    region_codes: Mapping[str, tuple[str, ...]]
    cities: Mapping[str, tuple[str, ...]]
    other_senses: Mapping[str, tuple[str, ...]]
    undecidable: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, str]
    country_codes: Mapping[str, str]
    within: Mapping[str, tuple[str, ...]]
    scopes: Mapping[str, tuple[bool, bool, tuple[str, ...]]]
    modes: Mapping[RemotePolicy, tuple[str, ...]]
    noise: tuple[str, ...]
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Gazetteer:
    """The look-up form of `PlaceTables`; built by `build_gazetteer`, compared by identity."""

    table: PhraseTable[tuple[Sense, ...]]
    undecidable: frozenset[str]
    london_towns: frozenset[str]
    within: Mapping[str, frozenset[str]]
    noise: frozenset[str]
    scopes: Mapping[str, Scope]
    countries: frozenset[str]
    bucket_of_city: Mapping[str, str]
    bucket_of_region: Mapping[str, str]
    bucket_of_country: Mapping[str, str]
    bucket_of_scope: Mapping[str, str]
    country_of_city: Mapping[str, str] = field(default_factory=dict)

    @property
    def buckets(self) -> frozenset[str]:
        """The slug of every bucket."""
        maps = (self.bucket_of_city, self.bucket_of_region, self.bucket_of_country, self.bucket_of_scope)
        return frozenset(slug for named in maps for slug in named.values())


def build_gazetteer(tables: PlaceTables) -> Gazetteer:
    """The look-up form of `tables`. A name listed for several countries keeps their order in the file."""
    senses: dict[str, list[Sense]] = {}
    for name, sense in _senses(tables):
        listed = senses.setdefault(_key(name), [])
        if sense not in listed:
            listed.append(sense)
    main = {name: country for country, names in reversed(tuple(tables.cities.items())) for name in names}
    return Gazetteer(
        table=PhraseTable((name, tuple(listed)) for name, listed in senses.items()),
        undecidable=frozenset(tables.undecidable),
        london_towns=frozenset(tables.london_towns),
        within={name: frozenset(cities) for name, cities in tables.within.items()},
        noise=frozenset(_key(word) for word in tables.noise),
        scopes={slug: Scope(slug, may_be_uk, remote) for slug, (may_be_uk, remote, _) in tables.scopes.items()},
        countries=frozenset(tables.countries),
        bucket_of_city={city: b.slug for b in reversed(tables.buckets) for city in b.cities},
        bucket_of_region={region: b.slug for b in tables.buckets for region in b.regions},
        bucket_of_country={country: b.slug for b in tables.buckets for country in b.countries},
        bucket_of_scope={scope: b.slug for b in tables.buckets for scope in b.scopes},
        country_of_city=main,
    )


def _key(name: str) -> str:
    return " ".join(word.key for word in words_of(name))


def _senses(tables: PlaceTables) -> Iterator[tuple[str, Sense]]:
    cities: dict[str, list[str]] = {}
    for country, names in tables.cities.items():
        for name in names:
            cities.setdefault(name, []).append(country)
    aliases = {alias: name for name, listed in tables.aliases.items() for alias in listed}
    by_country = {country: at for at, country in enumerate(tables.cities)}
    named = [(name, name) for name in cities] + list(aliases.items())
    spelled = [(by_country[c], alias, Sense(Kind.CITY, name, c)) for alias, name in named for c in cities[name]]
    yield from ((alias, sense) for _, alias, sense in sorted(spelled, key=lambda item: item[0]))
    for country, names in tables.other_senses.items():
        yield from ((name, Sense(Kind.CITY, name, country, is_secondary=True)) for name in names)
    yield from ((town, Sense(Kind.CITY, town, "GB")) for town in tables.london_towns)
    beside = frozenset(tables.london_areas_only_beside)
    for area in dict.fromkeys((*tables.london_areas, *tables.london_areas_only_beside)):
        yield area, Sense(Kind.AREA, "London", "GB", beside=area in beside)
    for code, name in tables.codes.items():
        yield from ((code, Sense(Kind.CITY, name, country, is_code=True)) for country in cities[name][:1])
    for country, names in tables.regions.items():
        yield from ((name, Sense(Kind.REGION, name, country)) for name in names)
    for country, codes in tables.region_codes.items():
        yield from ((code, Sense(Kind.REGION, code, country, is_code=True)) for code in codes)
    for country, names in tables.countries.items():
        yield from ((name, Sense(Kind.COUNTRY, name, country)) for name in names)
        yield country, Sense(Kind.COUNTRY, country, country, is_code=country != "US")
    for code, country in tables.country_codes.items():
        yield code, Sense(Kind.COUNTRY, code, country, is_code=True)
    for slug, (_, _, names) in tables.scopes.items():
        yield from ((name, Sense(Kind.SCOPE, slug)) for name in names)
    for policy, names in tables.modes.items():
        yield from ((name, Sense(Kind.MODE, policy.value)) for name in names)


def bucket_of(place: Place, gazetteer: Gazetteer, *, region: str | None = None, is_remote: bool = False) -> str | None:
    """The bucket of a place: by its city, else by the region's name, else by country, `remote-…` where remote."""
    if place.city is not None:
        # A namesake abroad ("Paris", US) is not in the bucket of the city everyone means.
        is_main = place.country in (None, gazetteer.country_of_city.get(place.city, place.country))
        if is_main and (slug := gazetteer.bucket_of_city.get(place.city)) is not None:
            return slug
    if place.city is None and region is not None and (slug := gazetteer.bucket_of_region.get(region)) is not None:
        return slug
    slug = gazetteer.bucket_of_country.get(place.country) if place.country is not None else None
    return f"remote-{slug}" if slug is not None and is_remote and place.city is None else slug
