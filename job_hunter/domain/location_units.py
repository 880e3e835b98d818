"""A location string cut into units: names the gazetteer knows, and runs of words that nobody knows.

Semicolons, bars, slashes, "or" and "and" keep units apart; across commas, dashes, brackets and blanks one unit may
qualify another. What follows "not" or "near" is left out. Names that are both a city and a state, or an area of London
and a town, are settled here by their neighbours; see locations.py for the rules of places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from job_hunter.domain.gazetteer import Gazetteer, Kind, Sense
from job_hunter.domain.phrases import Word

_BETWEEN = frozenset(("or", "and", "und", "et", "y", "e", "plus"))
_SOFT = frozenset(("", " ", "-", ",", ":", "(", ")", "–", '"', "'"))
_CODE_WORDS = frozenset((
    "in", "or", "me", "on", "hi", "ok", "de", "la", "co", "pa", "ma", "al", "id", "as", "is", "it", "be", "no",
    "so", "to", "at", "by", "do", "my", "am", "go", "us", "mi", "oh", "va", "wa"
))  # fmt: skip
# Codes of countries that are words of the trade: they count only after a city.
_TECH_CODES = frozenset(("qa", "it", "ai", "ml", "pr", "tv", "vc", "ci", "cv", "ps", "st", "ws", "cd", "cf"))
_ENDS_CODE = frozenset((
    "remote", "hybrid", "onsite", "office", "offices", "area", "metro", "based", "hq", "only", "residents",
    "usa", "us"
))  # fmt: skip
_NEGATIONS = frozenset(("not", "except", "excluding", "excl", "outside", "no"))
_NEARBY = frozenset(("near", "nearby", "close", "outside", "commutable"))
# What makes a longer name of a city's name: "New Birmingham", "Chicago Heights".
_BEFORE_NAMES = frozenset((
    "new", "port", "fort", "mount", "mt", "lake", "saint", "st", "san", "santa", "el", "la", "los", "las", "le",
    "upper", "lower", "royal", "east", "west", "north", "south"
))  # fmt: skip
_AFTER_NAMES = frozenset((
    "heights", "beach", "hills", "park", "springs", "falls", "township", "grove", "valley", "island",
    "junction", "creek", "village", "mills", "corners", "harbor", "harbour", "ridge", "point", "shores",
    "gardens"
))  # fmt: skip
_STREETS = frozenset(("street", "square", "road", "avenue", "lane"))
_SHORT_STREETS = frozenset(("st", "rd", "ave"))
_HYPHENED = frozenset((
    "et", "en", "de", "sur", "la", "le", "les", "lez", "sous", "upon", "under", "on", "in", "am", "an", "der",
    "aan", "d", "du", "des"
))  # fmt: skip
_PARTICLES = _HYPHENED | frozenset((
    "de", "la", "le", "les", "di", "da", "do", "dos", "das", "del", "der", "den", "upon", "on", "under", "of",
    "the", "and", "am", "an", "in", "y", "el", "los", "las", "sur"
))  # fmt: skip


@dataclass(slots=True)
class Unit:
    """A known name (`senses`) or a run of unknown words. `sep` stands before it, `is_hard` where that separates."""

    words: Sequence[Word]
    senses: tuple[Sense, ...]
    sep: str
    is_hard: bool
    country: str | None = None
    region: str | None = None
    is_used: bool = False

    @property
    def text(self) -> str:
        """The words as written, hyphens kept."""
        return "".join(f"{'-' if w.before == '-' and n else ' '}{w.raw}" for n, w in enumerate(self.words)).strip()

    def of(self, *kinds: Kind) -> list[Sense]:
        return [sense for sense in self.senses if sense.kind in kinds]


def read_units(words: Sequence[Word], gazetteer: Gazetteer) -> list[Unit]:
    """The units of a location, settled by their neighbours."""
    units = list(_units(words, gazetteer))
    settle_qualifiers(units, gazetteer)
    return units


def _units(words: Sequence[Word], gazetteer: Gazetteer) -> Iterator[Unit]:
    keys = [word.key for word in words]
    bounds = _bounds(words)
    at, sep, is_hard = 0, "", True
    is_negated = is_nearby = follows_city = False
    run: list[Word] = []
    run_start = ("", True)
    while at < len(words):
        word = words[at]
        sep = _wider(sep, word.before)
        if word.before not in _SOFT:
            is_hard = True
            is_negated = is_negated and word.before not in (";", "|", ".")
        if run and word.before not in (" ", "-"):
            yield from _closed(run, run_start, gazetteer)
        length, senses = _known(words, keys, at, bounds[at], gazetteer, follows_city and not run)
        unknown = 0 if senses else 1
        if not senses and length == 1:
            if word.key in _BETWEEN:
                yield from _closed(run, run_start, gazetteer)
                is_hard, at = True, at + 1
                continue
            if word.key in _NEGATIONS or word.key in _NEARBY:
                is_negated = is_negated or word.key in _NEGATIONS
                is_nearby = is_nearby or word.key in _NEARBY
                at += 1
                continue
        elif not senses:
            unknown = length
        elif senses[0].kind is Kind.CITY and (extra := _longer_name(run, words, at + length, bounds, keys)):
            # A longer name of its own: unknown, and never the shorter one.
            unknown = length + extra - 1
        elif _names_street(senses, words, at + length, bounds):
            unknown = length + 1
        if unknown:
            if not run:
                run_start = (sep, is_hard)
                sep, is_hard = "", False
            run.extend(words[at : at + unknown])
            at += unknown
            continue
        yield from _closed(run, run_start, gazetteer)
        is_mode = senses[0].kind is Kind.MODE
        follows_city = senses[0].kind is Kind.CITY
        if not (is_negated or (is_nearby and not is_mode)):
            yield Unit(words[at : at + length], senses, sep, is_hard)
        is_nearby = is_nearby and is_mode
        sep, is_hard = "", False
        at += length
    yield from _closed(run, run_start, gazetteer)


def _closed(run: list[Word], start: tuple[str, bool], gazetteer: Gazetteer) -> Iterator[Unit]:
    """The unit of a run of unknown words, without the noise at its ends; none where only noise is left."""
    first, last = 0, len(run)
    while last > first and run[last - 1].key in gazetteer.noise:
        last -= 1
    while first < last and run[first].key in gazetteer.noise:
        if first + 1 < last and run[first].key in _BEFORE_NAMES and run[first].raw[0].isupper():
            break
        first += 1
    if first < last:
        yield Unit(run[first:last], (), *start)
    run.clear()


def _known(
    words: Sequence[Word], keys: list[str], at: int, bound: int, gazetteer: Gazetteer, follows_city: bool
) -> tuple[int, tuple[Sense, ...]]:
    """The number of words that belong together at `at` and what they mean; no senses where that is unknown."""
    hit = gazetteer.table.at(keys, at, bound)
    length, senses = hit if hit is not None else (1, ())
    if (compound := _compound(words, at)) > length:
        # "Maine-et-Loire" is one name, and neither Maine nor "and".
        return compound, ()
    if senses and senses[-1].is_code:
        is_code = _is_code(words, at, length, bound, senses, follows_city)
        senses = tuple(sense for sense in senses if is_code or not sense.is_code)
    return length, senses


def _compound(words: Sequence[Word], at: int) -> int:
    """The number of words that hyphens and a particle make one name, 0 where none does: "Seine-et-Marne" is 3."""
    end = at + 1
    while end < min(len(words), at + 8) and words[end].before == "-":
        end += 1
    has_particle = any(word.key in _HYPHENED and not word.raw.isupper() for word in words[at + 1 : end - 1])
    return end - at if has_particle else 0


def _bounds(words: Sequence[Word]) -> list[int]:
    """For each word the end of the stretch without separators that it stands in."""
    bounds = [len(words)] * len(words)
    for at in range(len(words) - 2, -1, -1):
        bounds[at] = at + 1 if words[at + 1].before not in (" ", "-") else bounds[at + 1]
    return bounds


def _wider(one: str, other: str) -> str:
    order = ("", " ", "-", ")", "(", ",", ":", "–")
    rank = {sign: at for at, sign in enumerate(order)}
    return other if rank.get(other, 9) >= rank.get(one, 9) else one


def _is_code(
    words: Sequence[Word], at: int, length: int, bound: int, senses: tuple[Sense, ...], follows_city: bool
) -> bool:
    """Whether a word that may be a code ("IN", "CA", "LON") stands where a code stands."""
    word = words[at]
    is_wide = any(sense.is_code and sense.kind in (Kind.REGION, Kind.COUNTRY) for sense in senses)
    after = words[at + length] if at + length < bound else None
    ends = after is None or after.before == "-" or after.key in _BETWEEN or after.key in _ENDS_CODE
    if word.key in _TECH_CODES and not follows_city:
        return False
    if word.raw.isupper():
        if not is_wide:
            return True
        starts = at == 0 or word.before != " "
        return ends and (starts or follows_city or word.key not in _CODE_WORDS)
    if not is_wide or not follows_city or len(word.key) > 3 or not ends or (word.key in _BETWEEN and after is not None):
        return False
    return word.before == "," or (word.before == " " and word.raw[0].isupper() and at + 1 == len(words))


def _longer_name(run: list[Word], words: Sequence[Word], at: int, bounds: list[int], keys: list[str]) -> int:
    """1 + the number of following words that make a longer name of a city's name; 0 where nothing does."""
    after = 1 if at < len(words) and at < bounds[at - 1] and keys[at] in _AFTER_NAMES else 0
    before = (
        bool(run) and run[-1].key in _BEFORE_NAMES and run[-1].raw[:1].isupper() and words[at - 1].before in (" ", "-")
    )
    return 1 + after if before or after else 0


def _names_street(senses: tuple[Sense, ...], words: Sequence[Word], at: int, bounds: list[int]) -> bool:
    """Whether the next word makes a street's name of a place's: "Oxford Street", "Canada Square", "Liverpool St"."""
    follows = at < len(words) and at < bounds[at - 1] and words[at].before == " "
    is_street = follows and (words[at].key in _STREETS or (words[at].key in _SHORT_STREETS and at + 1 == bounds[at]))
    return is_street and senses[0].kind in (Kind.CITY, Kind.REGION, Kind.COUNTRY)


def settle_qualifiers(units: list[Unit], gazetteer: Gazetteer) -> None:
    """Decide by their neighbours what names that may be several things stand for; the units are changed in place."""
    regions, cities = _heads(units)
    for at, unit in enumerate(units):
        before = units[at - 1] if at and not unit.is_hard else None
        after = units[at + 1] if at + 1 < len(units) and not units[at + 1].is_hard else None
        if not unit.senses:
            _settle_unknown(unit, before, after)
        elif unit.of(Kind.CITY) and (wider := unit.of(Kind.REGION, Kind.COUNTRY)):
            if _is_rather_wider(unit, after):
                unit.senses = tuple(wider)
                continue
            among = unit.is_hard and any(regions[s.country] > cities[s.country] - 1 > -1 for s in wider)
            if among or (before is not None and _qualifies(before, unit, after, gazetteer)):
                unit.senses = tuple(wider)
                continue
        elif unit.of(Kind.SCOPE):
            # "Vienna, Europe", "Anywhere in the US": one of the two only says where the other is.
            beside = before if before is not None and not before.of(Kind.MODE) else None
            unit.is_used = any(n is not None and n.of(Kind.CITY, Kind.REGION, Kind.COUNTRY) for n in (beside, after))
        elif after is not None and after.sep == "," and _is_other_name(unit, before, after):
            unit.senses = ()
        _settle_london(unit, before, after, gazetteer)


def _is_rather_wider(unit: Unit, after: Unit | None) -> bool:
    """Whether a name is a city only where its country is named, and it is not: "Richmond, Surrey", "Georgia"."""
    cities = unit.of(Kind.CITY)
    named = countries_of(after) if after is not None else set()
    return all(sense.is_secondary for sense in cities) and not any(sense.country in named for sense in cities)


def _heads(units: list[Unit]) -> tuple[Counter[str | None], Counter[str | None]]:
    """How many members of a list are states, and how many are cities, by country: "Oregon; Washington; California"."""
    regions: Counter[str | None] = Counter()
    cities: Counter[str | None] = Counter()
    for unit in units:
        if unit.is_hard and (named := unit.of(Kind.CITY)):
            cities[named[0].country] += 1
        elif unit.is_hard:
            regions.update({sense.country for sense in unit.of(Kind.REGION)})
    return regions, cities


def _settle_unknown(unit: Unit, before: Unit | None, after: Unit | None) -> None:
    """Words after a city: "Porto Seguro, Brazil" is no Porto; "Chicago Loop, Illinois" is Chicago."""
    named = before.of(Kind.CITY) if before is not None and unit.sep == " " else []
    if before is None or not named:
        return
    qualifier = countries_of(after) if after is not None and after.sep == "," else set()
    if qualifier and not any(sense.country in qualifier for sense in named):
        unit.words = [*before.words, *unit.words]
        unit.sep, unit.is_hard = before.sep, before.is_hard
        before.senses, before.is_used = (), True
    else:
        unit.is_used = True


def _is_other_name(unit: Unit, before: Unit | None, after: Unit) -> bool:
    """Whether a code or region is none, as what follows is elsewhere: "Cuneo, CN, Italy", "Avon, CT"."""
    wider = unit.of(Kind.REGION, Kind.COUNTRY)
    if len(wider) != len(unit.senses) or countries_of(unit) & countries_of(after):
        return False
    if all(sense.is_code for sense in wider):
        is_named = before is not None and not all(sense.is_code for sense in before.senses)
        return is_named and bool(after.of(Kind.COUNTRY)) and not any(sense.is_code for sense in after.senses)
    is_state = bool(after.senses) and all(sense.is_code for sense in after.senses) and bool(after.of(Kind.REGION))
    return is_state and unit.is_hard and bool(unit.of(Kind.REGION)) and not unit.of(Kind.COUNTRY)


def _settle_london(unit: Unit, before: Unit | None, after: Unit | None, gazetteer: Gazetteer) -> None:
    areas, cities = unit.of(Kind.AREA), unit.of(Kind.CITY)
    if not areas and not (cities and cities[0].name in gazetteer.london_towns):
        return
    neighbours = [named[0].name for n in (before, after) if n is not None and (named := n.of(Kind.CITY))]
    if "London" in neighbours:
        unit.senses = (Sense(Kind.AREA, "London", "GB"),)
    elif areas and areas[0].beside:
        unit.senses = tuple(sense for sense in unit.senses if sense.kind is not Kind.AREA)


def countries_of(unit: Unit) -> set[str]:
    """The countries a unit names, itself or by one of its states."""
    return {sense.country for sense in unit.of(Kind.REGION, Kind.COUNTRY) if sense.country}


def _qualifies(before: Unit, unit: Unit, after: Unit | None, gazetteer: Gazetteer) -> bool:
    names = [sense.name for sense in unit.senses if sense.kind is not Kind.AREA]
    wider = unit.of(Kind.REGION, Kind.COUNTRY)
    if not before.senses:
        is_chain = after is not None and after.sep == "," and bool(after.of(Kind.COUNTRY)) and not after.of(Kind.CITY)
        return (any(s.is_code for s in wider) or is_chain) and unit.sep == "," and is_name(before)
    known = before.of(Kind.CITY)
    if not known:
        return False
    if any(known[0].name in gazetteer.within.get(name, ()) or known[0].name == name for name in names):
        return known[0].name != "Singapore"
    allowed = {sense.country for sense in wider}
    here = [sense for sense in known if sense.country in allowed]
    if not here or unit.sep not in (",", " ", "("):
        return False
    return known[0].country not in allowed or known[0].name in gazetteer.undecidable


def is_name(unit: Unit) -> bool:
    """Whether unknown words are written as a name is: each with a capital, but for particles."""
    return len(unit.words) <= 5 and all(
        w.raw[0].isupper() or not w.raw.isascii() or w.key in _PARTICLES for w in unit.words
    )


def next_unit(units: list[Unit], at: int) -> Unit | None:
    """The unit after `at`, None where it is kept apart."""
    after = units[at + 1] if at + 1 < len(units) else None
    return None if after is None or after.is_hard else after


def following(units: list[Unit], at: int) -> Unit | None:
    """The name that may qualify unit `at`: the next one not kept apart, over unknown words, areas and modes."""
    for after in islice(units, at + 1, None):
        if after.is_hard:
            return None
        if after.senses and not after.of(Kind.AREA, Kind.MODE, Kind.SCOPE):
            return after
    return None
