"""Which of several bands is the posting's own: the words of its place, looked for around each band."""

from __future__ import annotations

import re
from functools import lru_cache

from job_hunter.domain.currency import COUNTRY_CURRENCY
from job_hunter.domain.pay.types import PayHints
from job_hunter.domain.place import Place

COUNTRY_WORDS: dict[str, str] = {
    "GB": r"UK|U\.K\.|GBR?|United Kingdom|Britain|British|England|Scotland|Wales|EMEA",
    "US": r"US|U\.S\.A?\.?|USA|United States|America|American|Nationwide",
    "CA": r"Canada|Canadian|CAN",
    "AU": r"Australian?|AUS",
    "IE": r"Ireland|Irish|IRE|EMEA",
    "DE": r"Germany|German|Deutschland|DE",
    "FR": r"France|French|FR",
    "NL": r"Netherlands|Dutch|Holland|NL",
    "ES": r"Spain|Spanish|ES",
    "IT": r"Italy|Italian|IT",
    "PL": r"Poland|Polish|PL",
    "PT": r"Portugal|PT",
    "SE": r"Sweden|Swedish|SE",
    "CH": r"Switzerland|Swiss|CH",
    "SG": r"Singapore|SG",
    "IN": r"India|Indian",
    "JP": r"Japan",
    "HK": r"Hong Kong|HK",
    "IL": r"Israel",
    "NZ": r"New Zealand|NZ",
}

_STATES = {
    "AZ": "Arizona", "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "IL": "Illinois", "IN": "Indiana", "MA": "Massachusetts",
    "MD": "Maryland", "MI": "Michigan", "MN": "Minnesota", "NC": "North Carolina", "NJ": "New Jersey", "NV": "Nevada",
    "NY": "New York", "OH": "Ohio", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "TX": "Texas",
    "UT": "Utah", "VA": "Virginia", "VT": "Vermont", "WA": "Washington", "ON": "Ontario", "BC": "British Columbia",
    "QC": "Quebec", "AB": "Alberta", "NSW": "New South Wales", "VIC": "Victoria",
}  # fmt: skip
_SAME_CITY = {
    "new york": r"NYC?|Manhattan|Brooklyn|New York",
    "san francisco": r"SF|Bay Area|San Francisco|SFO",
    "los angeles": r"LA|Los Angeles",
    "washington": r"DC|D\.C\.|Washington",
    "london": r"London|LON|LDN|Greater London",
    "seattle": r"SEA|Seattle",
}
_BAY_AREA = {
    "san francisco",
    "palo alto",
    "menlo park",
    "mountain view",
    "san jose",
    "san mateo",
    "sunnyvale",
    "oakland",
    "redwood city",
}
_NO_PLACE = {
    "remote",
    "hybrid",
    "onsite",
    "on-site",
    "office",
    "hq",
    "headquarters",
    "or",
    "and",
    "the",
    "of",
    "area",
    "greater",
    "inc",
}


_OUTSIDE = re.compile(r"\b(?:outside(?: of)?|excluding|except|not in|rest of)\s(?:the\s)?[A-Z][\w.]*(?:\s[A-Z]\w*)?")
_ELSEWHERE = re.compile(
    r"\b(?:elsewhere|(?:all )?other (?:\w+ )?(?:locations|places|cities|states|areas|offices)|"
    r"rest of|all other|outside|non-london|nationwide|"
    r"national(?:ly)?(?=\s?[:)(–-]|\s(?:pay|salary|base|range|band|rates?|locations?|offices?)))\b",
    re.IGNORECASE,
)


def countries_of(hints: PayHints) -> tuple[str, ...]:
    """The job's countries, first named first, each once; the source's own country field comes last."""
    return _countries(hints.places, hints.country)


@lru_cache(maxsize=2048)
def _countries(places: tuple[Place, ...], country: str | None) -> tuple[str, ...]:
    named = [place.country for place in places if place.country]
    if country and len(country) == 2:
        named.append(country.upper())
    return tuple(dict.fromkeys(named))


def place_patterns(hints: PayHints) -> tuple[tuple[int, re.Pattern[str]], ...]:
    """Weighted patterns of the posting's own places: city 4, state 3, "remote" 2, country 2."""
    return _patterns(hints.location, hints.places, hints.country)


@lru_cache(maxsize=2048)
def _patterns(
    location: str | None, places: tuple[Place, ...], country: str | None
) -> tuple[tuple[int, re.Pattern[str]], ...]:
    words: list[tuple[int, str]] = []
    cities = {p.city.lower() for p in places if p.city}
    for token in re.split(r"[,;/|()•·+&-]+|\bor\b|\band\b", (location or "")[:300]):
        name = token.strip()
        if name.upper() in _STATES:
            words.append((3, rf"{name.upper()}|{_STATES[name.upper()]}"))
        elif name in _STATES.values():
            words.append((3, "|".join([name, *(abbr for abbr, full in _STATES.items() if full == name)])))
        elif name.lower() == "remote":
            words.append((2, r"[Rr]emote"))
        elif len(name) >= 3 and name.lower() not in _NO_PLACE:
            cities.add(name.lower())
    for city in sorted(cities):
        words.append((4, _SAME_CITY.get(city) or rf"(?i:{re.escape(city)})"))
        if city in _BAY_AREA:
            words.append((4, r"Bay Area|San Francisco|SF"))
    words += [(2, COUNTRY_WORDS[country]) for country in _countries(places, country) if country in COUNTRY_WORDS]
    return tuple((weight, re.compile(rf"(?<![A-Za-z])(?:{pattern})(?![A-Za-z])")) for weight, pattern in words)


def place_score(around: str, patterns: tuple[tuple[int, re.Pattern[str]], ...]) -> int:
    """How surely the words around a band name the posting's own place; 1 for a band of all other places, 0 for none."""
    inside = _OUTSIDE.sub("", around)
    named = max((weight for weight, pattern in patterns if pattern.search(inside)), default=0)
    return named or (1 if _ELSEWHERE.search(around) else 0)


_COUNTRY_PATTERNS = tuple(
    (country, re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])")) for country, words in COUNTRY_WORDS.items()
)
_US_PLACES = re.compile(
    r"(?<![A-Za-z])(?:NYC?|SF|Bay Area|San Francisco|Silicon Valley|Seattle|Chicago|Los Angeles|Austin|CA|CO|WA|"
    r"California|Colorado|New York|Texas)(?![A-Za-z])"
)


@lru_cache(maxsize=2048)
def names_other_country(label: str, countries: tuple[str, ...]) -> bool:
    """Whether a label names a country or US state that is none of the posting's ("NY Pay Rate Range")."""
    own = set(countries)
    if not own or not label:
        return False
    named = {country for country, pattern in _COUNTRY_PATTERNS if pattern.search(label)}
    if "CA" not in own and _US_PLACES.search(label):
        named.add("US")
    return bool(named) and not named & own


def own_currency(countries: tuple[str, ...]) -> str | None:
    """The currency of the first country a table knows."""
    return next((COUNTRY_CURRENCY[c] for c in countries if c in COUNTRY_CURRENCY), None)
