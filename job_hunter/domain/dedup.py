"""One opening, one key: the same advertisement on an ATS board, Hacker News and LinkedIn is recognised as one.

Two advertisements share a key when company, title, deciding place, level and team agree.

- Title: case, accents, punctuation, emoji, the order of words, "(m/f/d)", "Full-time", requisition numbers, pay,
  initials in brackets, working modes and names of the role's own places at its end don't count; "Sr." is "Senior",
  "II" is "2", "SWE" is "Software Engineer". Words of rank stay: "Senior Staff" and "Staff" engineers are two openings,
  though of one level.
- Place: London where it is named, else the alphabetically first city, else the first country. A board lists five
  cities where LinkedIn lists one, in an order of its own, so the whole list cannot be compared.
- Team: Hacker News and LinkedIn state none, so what a title leaves out can only keep two board postings apart. The
  words of the department count where they name a team ("Payments Infrastructure"), and not where they only name a
  function ("Engineering", "1200 - Technology"), the company, a place, or repeat the title. An advertisement without a
  team is therefore never merged into one of several teams, at the price of counting it apart.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from job_hunter.domain.level import Level
from job_hunter.domain.phrases import Word, words_of
from job_hunter.domain.place import Place

KEY_BYTES = 16
TITLE_LIMIT = 300

_SPELLED_OUT = {
    short: tuple(words.split())
    for short, words in {
        "sr": "senior", "snr": "senior", "jr": "junior", "jnr": "junior", "eng": "engineer", "engr": "engineer",
        "swe": "software engineer", "sde": "software engineer", "dev": "developer", "ml": "machine learning",
        "mgr": "manager", "mgmt": "management", "vp": "vice president", "svp": "senior vice president", "pm":
        "product manager", "sre": "site reliability engineer", "qa": "quality assurance", "frontend": "front end",
        "backend": "back end", "fullstack": "full stack", "ii": "2", "iii": "3", "iv": "4", "i": "1", "engineers":
        "engineer", "developers": "developer", "scientists": "scientist", "researchers": "researcher", "traders":
        "trader", "analysts": "analyst", "designers": "designer", "managers": "manager", "quantitative": "quant",
        "tech": "technical", "programme": "program", "ops": "operations", "internship": "intern", "internships":
        "intern", "interns": "intern", "grad": "graduate", "graduates": "graduate", "cofounder": "co founder",
        "ai": "artificial intelligence", "devops": "developer operations", "tpm": "technical program manager",
        "csm": "customer success manager"
    }.items()
}  # fmt: skip
_EMPTY = frozenset(("the", "a", "an", "of", "for", "in", "at", "and", "on", "with", "to", "our", "us"))
_GENDERS = re.compile(
    r"[(\[]\s*(?:(?:m|f|d|w|x|h|i|t|nb|gn|div|diverse?|all|male|female|weiblich|männlich)\s*[/|,*·. ]?\s*){2,}"
    r"(?:gn)?\s*[)\]]"
    r"|[(\[]\s*(?:all genders?|any gender|she/he/they|he/she/they|he/she|she/her|they/them|gn)\s*[)\]]"
    r"|\b[mwf]/[fwmd]/[dx]\b|\ball genders\b",
    re.IGNORECASE,
)
_REQUISITION = re.compile(
    r"[(\[#]\s*#?(?:[A-Z]{1,5}[-_ ]?)?\d{3,}(?:[-_]\d+)*\s*[)\]]?"
    r"|\b(?:req|jr|job|ref|id|requisition)(?:\s+(?:id|no|number))?[-_#:. ]*\d{3,}\b"
    r"|\b(?:R|JR|REQ)[-_]?\d{3,}\b|\s[-–|]\s*\d{4,}\s*$",
    re.IGNORECASE,
)
_TERMS = re.compile(
    r"\b(?:full[\s-]?time|f/t|permanent(?: role)?|vollzeit|unbefristet|urgent(?:ly)? hiring|now hiring|we'?re hiring"
    r"|hiring now"
    r"|visa sponsorship(?: available)?|relocation (?:provided|offered|available|assistance)"
    r"|immediate start)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_PAY = re.compile(
    r"(?:\b(?:up to|from|circa)\s)?[£€$]\s?\d[\d.,]*[kK]?(?:\s?(?:-|–|to)\s?[£€$]?\s?\d[\d.,]*[kK]?)?\+?"
    r"(?:\s?(?:per annum|p\.?a\b\.?|per day|/day))?"
)
# One of these is in every match of the terms.
_PART_OF_TERMS = re.compile("full|f/t|perman|vollzeit|unbefristet|hiring|visa|relocation|immediate")
# Words that, filling the end or a bracket of a title, say how the job is worked.
_MODES = frozenset(
    ("remote", "remotely", "hybrid", "onsite", "site", "on", "wfh", "home", "office", "based", "first", "friendly",
     "or", "and", "in", "the", "greater", "area", "metro", "central", "only", "fully", "flexible", "days", "week",
     "per")
)  # fmt: skip
# Words for a country of the role, and short names of its cities, that a title may repeat.
_COUNTRY_WORDS = {
    country: tuple(words.split())
    for country, words in {
        "GB": "uk gb united kingdom england britain ldn",
        "US": "us usa united states america nyc sf bay ny ca wa tx ma il co dc city", "IE": "ireland",
        "DE": "germany deutschland", "FR": "france", "NL": "netherlands", "ES": "spain", "PT": "portugal",
        "IT": "italy", "CH": "switzerland", "PL": "poland", "SE": "sweden", "DK": "denmark", "CA": "canada",
        "IN": "india", "SG": "sg", "AU": "australia", "JP": "japan", "HK": "hk", "AE": "uae",
    }.items()
}  # fmt: skip
_FUNCTIONS = frozenset(
    ("engineering", "engineer", "engineers", "software", "technology", "technologies", "technical", "tech", "it",
     "information", "systems", "r", "d", "rd", "research", "development", "developers", "product", "products",
     "management", "design", "designers", "ux", "data", "science", "analytics", "sales", "gtm", "go", "market",
     "commercial", "revenue", "marketing", "growth", "business", "operations", "ops", "people", "hr", "human",
     "resources", "talent", "acquisition", "finance", "financial", "accounting", "legal", "compliance", "risk",
     "trading", "traders", "quant", "quantitative", "customer", "client", "success", "support", "service",
     "services", "general", "administrative", "administration", "admin", "g", "corporate", "team", "teams",
     "department", "dept", "group", "division", "function", "org", "organisation", "organization", "and", "of",
     "the", "for", "all", "other", "unassigned", "none", "na", "n", "a", "us", "uk", "eu", "emea", "apac",
     "amer", "americas", "global", "international", "core", "company", "office", "intern", "interns",
     "internship", "internships", "graduate", "graduates", "campus", "early", "careers", "students",
     "experienced", "professional", "professionals", "staff", "senior", "junior")
)  # fmt: skip


def dedup_key(
    company_slug: str, title: str, places: tuple[Place, ...], level: Level | None, team: str | None = None
) -> bytes:
    """The key of an opening, 16 bytes. `team` is the department as the source states it; the rules are above."""
    words = _title_words(title[:TITLE_LIMIT], places)
    place = deciding_place(places)
    where = (f"{place.city or ''}/{place.country or ''}" if place else "").casefold()
    parts = (
        _employer(company_slug),
        " ".join(words),
        where,
        level.value if level else "",
        " ".join(team_words(team, words, company_slug, places)) if team else "",
    )
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def deciding_place(places: tuple[Place, ...]) -> Place | None:
    """London where it is named, else the alphabetically first city, else the first country, else None."""
    if not places:
        return None
    london = Place("London", "GB")
    if london in places:
        return london
    return min(places, key=lambda place: (place.city is None, place.city or "", place.country or ""))


def team_words(team: str, title_words: tuple[str, ...], company_slug: str, places: tuple[Place, ...]) -> list[str]:
    """The words of a department that name a team: not a function, the company, a place or a word of the title."""
    candidates = _team_candidates(team[:TITLE_LIMIT])
    if not candidates:
        return []
    known = {*title_words, _employer(company_slug), *(word for place in places for word in _plain(place.city or ""))}
    return [word for word in candidates if word not in known]


@lru_cache(maxsize=1024)
def _team_candidates(team: str) -> tuple[str, ...]:
    """The words of a department that may name a team; a board has many postings in each of its departments."""
    found = {spelled for word in _plain(team) for spelled in _SPELLED_OUT.get(word, (word,))}
    return tuple(sorted(word for word in found if word not in _FUNCTIONS and not word.isdigit()))


@lru_cache(maxsize=1024)
def _employer(company_slug: str) -> str:
    return "".join(_plain(company_slug))


def _plain(text: str) -> list[str]:
    return [word.key for word in words_of(text)]


@lru_cache(maxsize=1024)
def _where(places: tuple[Place, ...]) -> frozenset[str]:
    """The words for the places of a role and for how it is worked, which don't tell openings apart."""
    cities = (_plain(place.city or "") for place in places)
    return _MODES.union(*cities, *(_COUNTRY_WORDS.get(place.country or "", ()) for place in places))


@lru_cache(maxsize=4096)
def _title_words(title: str, places: tuple[Place, ...]) -> tuple[str, ...]:
    text = unicodedata.normalize("NFKC", title)
    text = _without_noise(text)
    text = text.replace("++", "plusplus").replace("#", "sharp ").replace(".NET", "dotnet ").replace(".net", "dotnet ")
    where = _where(places)
    parts = _parts(words_of(text))
    parts = [part for at, part in enumerate(parts) if not at or not _is_initials(part, parts[at - 1])]
    while len(parts) > 1 and all(word.key in where for word in parts[-1]):
        parts.pop()
    kept = [part for at, part in enumerate(parts) if at == 0 or not all(word.key in where for word in part)]
    if len(kept) > 1 and all(word.key in where for word in kept[0]):
        kept.pop(0)
    if kept:
        kept[-1] = _without_tail(kept[-1], where)
    words = [spelled for part in kept for word in part for spelled in _SPELLED_OUT.get(word.key, (word.key,))]
    named = sorted({word for word in words if word not in _EMPTY})
    return tuple(named) if named else tuple(sorted(set(words)))


def _without_noise(text: str) -> str:
    """`text` without genders, requisition numbers, pay and terms, each looked for before it is tried."""
    low = text.lower()
    if "/" in low or "(" in low or "[" in low or "gender" in low:
        text = _GENDERS.sub(" ", text)
    if _DIGIT.search(low):
        text = _REQUISITION.sub(" ", text)
        if "£" in text or "€" in text or "$" in text:
            text = _PAY.sub(" ", text)
    return _TERMS.sub(" ", text) if _PART_OF_TERMS.search(low) else text


def _is_initials(part: list[Word], before: list[Word]) -> bool:
    """Whether a part only gives the initials of the one before it: "Sales Development Representative (SDR)"."""
    if len(part) != 1 or not part[0].raw.isupper() or not 2 <= len(part[0].key) <= 5:
        return False
    return "".join(word.key[0] for word in before if word.key not in _EMPTY).endswith(part[0].key)


def _without_tail(part: list[Word], where: frozenset[str]) -> list[Word]:
    """`part` without a place or mode that follows unseparated: "Software Engineer London", "Trader in Paris"."""
    end = len(part)
    while end > 1 and part[end - 1].key in where:
        end -= 1
    return part[:end]


def _parts(words: Sequence[Word]) -> list[list[Word]]:
    parts: list[list[Word]] = []
    for word in words:
        if not parts or word.before not in (" ", "-", "&", "+", "'"):
            parts.append([])
        parts[-1].append(word)
    return parts
