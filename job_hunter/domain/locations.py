"""Location strings as places: every work place a string names, whether London and the UK are among them, and how.

A string is cut into units: known names, and runs of words nobody knows. Semicolons, bars, slashes, "or" and "and" keep
units apart; across commas, dashes, brackets and blanks one unit may qualify another. The rules:

- `qualified city`: a city takes the sense that the state, region or country after it (else before it) allows:
  "Birmingham, AL", "UK - Cambridge", "London, Ontario". A state or province makes an unknown name, or a name known
  elsewhere, a city there ("Leicester, Massachusetts"); a country does so for an unknown name only.
- `main sense`: without such a qualifier a name means what it means to most people; names listed as undecidable mean a
  place in a country named elsewhere in the string, else a city without a country.
- `area of London`: boroughs and quarters are London unless another place follows them.
- `wider region`: a state, county or country without a city is a place without a city, and is dropped where one of its
  cities is named. Europe, EMEA and the like are no places.
- `negated` and `nearby`: what follows "not" or "near" is no work place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from job_hunter.domain.gazetteer import Gazetteer, Kind, Sense
from job_hunter.domain.location_answers import LONDON, bucket_of_role, is_london_place, is_uk_role, policy_of
from job_hunter.domain.location_units import Unit, countries_of, following, is_name, next_unit, read_units
from job_hunter.domain.phrases import words_of
from job_hunter.domain.place import LocationReading, Place

LOCATION_READING = 2
"""Version of these rules; raised when one of them changes, so that stored roles are read again."""

LOCATION_LIMIT = 1000
"""Characters of a location that are read."""

_WEB = re.compile(
    r"https?://\S+|\bwww\.\S+|\b[\w-]{2,40}\.(?:com|io|co|ai|org|net|edu|eu|dev|app|tech|de|fr|co\.uk)\b\S*",
    re.IGNORECASE,
)
_POSTCODES = (
    (re.compile(r"\b(?:EC|WC|SE|SW|NW|[ENW])\d{1,2}[A-Z]?\s?\d[A-Z]{2}\b|\b(?:EC[1-4]|WC[12])[A-Z]?\b"), "London"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"), "UK"),
)
_OFFICE_DAYS = re.compile(
    r"\b\d\s?(?:(?:-|–|to)\s?\d\s?)?\+?\s?x?\s?(?:days?|times)\b[\w\s/,.]{0,25}?"
    r"\b(?:in[\s-](?:the[\s-])?office|office|on[\s-]?site|in[\s-]person|wfh|home|remote(?:ly)?)\b",
    re.IGNORECASE,
)


def places_of(text: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """Every work place `text` names, in its order, each once."""
    return read_location(text, gazetteer).places


def read_location(
    text: str, gazetteer: Gazetteer, *, country: str | None = None, extra: tuple[str, ...] = ()
) -> LocationReading:
    """What a location string says. Never raises; the rules are in the module's head.

    `country` (ISO 3166-1 alpha-2) is what the source states beside the text: it decides between senses and is the
    place of a text that names none. `extra` are further locations of the same role; their places follow the text's.
    """
    hint = country.strip().upper() if country else None
    if hint == "UK":
        hint = "GB"
    hint = hint if hint in gazetteer.countries else None
    if not extra:
        return _read(text[:LOCATION_LIMIT], gazetteer, hint)
    whole = "; ".join(part[:LOCATION_LIMIT] for part in (text, *extra) if part)[: 4 * LOCATION_LIMIT]
    return _read_whole(whole, gazetteer, hint)


@lru_cache(maxsize=8192)
def _read(text: str, gazetteer: Gazetteer, hint: str | None) -> LocationReading:
    return _read_whole(text, gazetteer, hint)


def _read_whole(text: str, gazetteer: Gazetteer, hint: str | None) -> LocationReading:
    if "." in text:
        text = _WEB.sub(" ; ", text)
    for pattern, name in _POSTCODES:
        text = pattern.sub(name, text)
    is_hybrid = _OFFICE_DAYS.search(text) is not None
    if is_hybrid:
        text = _OFFICE_DAYS.sub(" ", text)
    units = read_units(words_of(text, limit=len(text)), gazetteer)
    misses: list[str] = []
    found = _decided(list(_found(units, gazetteer, hint, misses)))
    scopes = [gazetteer.scopes[s.name] for unit in units for s in unit.of(Kind.SCOPE) if not unit.is_used]
    said = (gazetteer.scopes[s.name] for unit in units for s in unit.of(Kind.SCOPE))
    remote = policy_of(units, is_hybrid, any(scope.is_remote for scope in said))
    if not found and hint is not None and not scopes:
        found = [(Place(None, hint), None)]
    places = tuple(dict.fromkeys(place for place, _ in found))
    is_london = any(is_london_place(place, gazetteer) for place in places)
    return LocationReading(
        places=places,
        is_london=is_london,
        is_uk=is_uk_role(places, units, any(scope.may_be_uk for scope in scopes), any(not s.may_be_uk for s in scopes)),
        remote=remote,
        bucket=bucket_of_role(found, [scope.name for scope in scopes], is_london, remote, gazetteer),
        misses=tuple(dict.fromkeys(misses)),
    )


def _found(
    units: list[Unit], gazetteer: Gazetteer, hint: str | None, misses: list[str]
) -> Iterator[tuple[Place, Unit]]:
    """The places of the units, each with the unit it came from; names without one are added to `misses`."""
    sure = Counter(country for unit in units for country in set(_sure_countries(unit)))
    for at, unit in enumerate(units):
        place = _place_of(units, at, gazetteer, hint, sure, misses)
        if place is not None:
            yield place, unit


def _place_of(
    units: list[Unit], at: int, gazetteer: Gazetteer, hint: str | None, sure: Counter[str], misses: list[str]
) -> Place | None:
    unit = units[at]
    if not unit.senses:
        return _unknown_place(units, at, misses)
    cities = unit.of(Kind.CITY)
    if cities:
        return _city_place(units, at, cities, gazetteer, hint)
    if unit.of(Kind.AREA):
        follower = following(units, at)
        if follower is not None and not follower.of(Kind.CITY) and "GB" not in countries_of(follower):
            follower.is_used = True
            return Place(unit.text, _first_country(follower))
        if follower is not None and (named := follower.of(Kind.CITY)) and named[0].country != "GB":
            return None
        return LONDON
    wider = unit.of(Kind.REGION, Kind.COUNTRY)
    if wider:
        return _wider_place(units, at, wider, hint, sure, misses)
    if not unit.of(Kind.MODE, Kind.SCOPE):
        misses.append(unit.text)
    return None


def _unknown_place(units: list[Unit], at: int, misses: list[str]) -> Place | None:
    """An unknown name is a city where a state or country follows after a comma, a district where a known city does."""
    unit = units[at]
    after = next_unit(units, at)
    text = unit.text
    if any(ch.isdigit() for ch in text) or unit.is_used:
        return None
    if after is not None and after.sep == "," and is_name(unit):
        if after.senses and not after.of(Kind.CITY, Kind.AREA, Kind.MODE, Kind.SCOPE):
            before = units[at - 1] if at and not unit.is_hard else None
            if before is not None and after.of(Kind.COUNTRY) and (not before.senses or before.of(Kind.CITY)):
                return None
            after.is_used = True
            return Place(_title(text), _first_country(after))
        if not after.senses:
            last = next_unit(units, at + 1)
            if last is not None and last.sep == "," and last.of(Kind.COUNTRY) and not last.of(Kind.CITY):
                last.is_used = True
                return Place(_title(text), _first_country(last))
        if after.of(Kind.CITY, Kind.AREA):
            return None
    before = units[at - 1] if at and not unit.is_hard else None
    if (
        before is not None
        and before.of(Kind.CITY, Kind.AREA)
        and after is not None
        and after.of(Kind.REGION, Kind.COUNTRY)
    ):
        return None
    misses.append(text)
    return None


def _city_place(
    units: list[Unit], at: int, cities: list[Sense], gazetteer: Gazetteer, hint: str | None
) -> Place | None:
    unit = units[at]
    follower = following(units, at)
    main = None if cities[0].name in gazetteer.undecidable or cities[0].is_secondary else cities[0]
    if follower is not None and not follower.of(Kind.CITY):
        allowed = countries_of(follower)
        for sense in cities:
            if sense.country in allowed:
                follower.is_used, follower.country = True, sense.country
                return Place(sense.name, sense.country)
        at_home = {s.country for s in unit.of(Kind.REGION, Kind.COUNTRY)} & allowed
        if main is None and at_home:
            return Place(None, at_home.pop())
        direct = follower is next_unit(units, at)
        if direct and (follower.of(Kind.REGION) or main is None):
            follower.is_used, follower.country = True, _first_country(follower)
            return Place(_title(unit.text) if cities[0].is_code else cities[0].name, follower.country)
    leader = units[at - 1] if at and not unit.is_hard else None
    if leader is not None and not leader.senses and at > 1 and not leader.is_hard:
        leader = units[at - 2]
    is_known = any(not sense.is_secondary for sense in cities)
    leads = leader is not None and is_known and not leader.of(Kind.CITY) and (not leader.is_used or main is None)
    if leader is not None and leads:
        for sense in cities:
            if sense.country in countries_of(leader):
                leader.country, leader.is_used = sense.country, True
                return Place(sense.name, sense.country)
    if hint is not None and (hinted := [s for s in cities if s.country == hint]):
        return Place(hinted[0].name, hint)
    if main is not None:
        return Place(main.name, main.country)
    if all(sense.is_secondary for sense in cities):
        wider = unit.of(Kind.REGION, Kind.COUNTRY)
        return Place(None, wider[0].country) if wider else None
    unit.is_used = True
    return Place(cities[0].name, None)


def _wider_place(
    units: list[Unit], at: int, wider: list[Sense], hint: str | None, sure: Counter[str], misses: list[str]
) -> Place | None:
    unit = units[at]
    unit.region = wider[0].name
    if unit.country is not None:
        return Place(None, unit.country)
    allowed = [sense.country for sense in wider if sense.country]
    if len(set(allowed)) == 1:
        return Place(None, allowed[0])
    plain = [sense for sense in wider if not sense.is_code]
    if plain:
        return Place(None, plain[0].country)
    if hint in allowed:
        return Place(None, hint)
    if len(set(named := [country for country in allowed if sure[country]])) == 1:
        return Place(None, named[0])
    if len(units) == 1:
        misses.append(unit.text)
        return None
    following = units[at + 1] if at + 1 < len(units) else None
    if following is not None and following.sep == "-" and not following.is_hard:
        countries = [sense for sense in wider if sense.kind is Kind.COUNTRY]
        if countries:
            return Place(None, countries[0].country)
    return Place(None, allowed[0])


def _sure_countries(unit: Unit) -> Iterable[str]:
    cities = unit.of(Kind.CITY)
    if cities:
        return [cities[0].country] if cities[0].country else []
    wider = {s.country for s in unit.of(Kind.REGION, Kind.COUNTRY) if s.country}
    return wider if len(wider) == 1 else []


def _first_country(unit: Unit) -> str | None:
    wider = unit.of(Kind.REGION, Kind.COUNTRY)
    return wider[0].country if wider else None


def _title(text: str) -> str:
    return text.title() if text.isupper() and len(text) > 3 else text


def _decided(found: list[tuple[Place, Unit]]) -> list[tuple[Place, str | None]]:
    """Undecidable cities placed by the others' countries; countries dropped where one of their cities is named."""
    named = [place.country for place, _ in found if place.country is not None]
    settled: list[tuple[Place, str | None]] = []
    for place, unit in found:
        if place.country is None:
            fitting = {sense.country for sense in unit.of(Kind.CITY)} & set(named)
            settled.append((place._replace(country=fitting.pop() if len(fitting) == 1 else None), unit.region))
        else:
            settled.append((place, unit.region))
    with_city = {place.country for place, _ in settled if place.city is not None}
    return [(place, region) for place, region in settled if place.city is not None or place.country not in with_city]
