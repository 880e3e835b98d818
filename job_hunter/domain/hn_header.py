"""The parts of an advertisement's first line: `Company | Role | Place | REMOTE | £60-75k`, in any order and dress."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from job_hunter.domain.families import family_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.locations import read_location
from job_hunter.domain.role_words import names_a_job


class Kind(StrEnum):
    """What a part of the header says."""

    LINK = "link"
    PAY = "pay"
    TERM = "term"
    MODE = "mode"
    PLACE = "place"
    TITLE = "title"
    TRADE = "trade"
    ANY = "any"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its `text` as written, what it says, and the words left when links, pay and terms are taken out."""

    text: str
    kind: Kind
    words: str


LINK = re.compile(r"(?:https?://|www\.)[^\s|<>()\"']+[^\s|<>()\"'.,;:!?]", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]+@(?P<host>[\w-]+(?:\.[\w-]+)+)")
HOST = re.compile(
    r"(?<![\w@./])(?:[a-z0-9][a-z0-9-]*\.)+(?:com|io|ai|co|net|org|app|dev|tech|de|uk|ca|ch|eu|us|nl|fr|se|is|so)\b/?"
    r"[^\s|,;()]*",
    re.IGNORECASE,
)
MONEY = re.compile(
    r"(?:(?:US|CA|AU|NZ|C|A)?[$£€¥₹]\s?\d|(?<![\w.])\d[\d.,]*\s?[kK]\b|\b(?:USD|GBP|EUR|CHF|CAD|AUD)\s?\d|"
    r"\d\s?(?:USD|GBP|EUR|CHF|CAD|AUD|"
    r"€|£))[^|]{0,60}"
)
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_PAY_WORDS = re.compile(
    r"\b(?:salary|salaries|compensation|competitive|equity|stock options?|options|benefits|bonus|commission|"
    r"negotiable|"
    r"paid|pay|market rates?|doe|ote|perks|great)\b",
    re.IGNORECASE,
)
TERMS = re.compile(
    r"\b(?:full[\s/-]*time(?:rs?)?|part[\s/-]*time|fulltime|f/t|p/t|ft|permanent|perm|long[\s-]term|short[\s-]term|"
    r"contract(?:ors?|ing|s)?|(?:to[\s-])?perm|freelance(?:rs?)?|employees?|employment|paid|"
    r"intern(?:s|ships?)?|co-?ops?|working students?|h-?1-?b(?:\s+transfers?)?|visas?|transfers?|sponsor(?:s|"
    r"ship|ed|ing)?|"
    r"relocat(?:ion|e)|assist(?:ance|ed)?|package|support(?:ed)?|offered|provided|available|possible|considered|"
    r"welcome[ds]?|preferred|required|negotiable|immediate(?:ly)?|urgent|hiring|now hiring|only|ok(?:ay)?|"
    r"(?:us )?citizens?|green cards?|permanent residents?|yes|no|not|will|can|or|and|for|if|to|is|are|the|an?|with|"
    r"some|strongly|positions?|openings?|jobs?|roles?|type|unable|at this time|at the moment|flexible|schedule|"
    r"experience|years?|\d+\+? years?|ycombinator|multiple|various|several|locations?(?=\s*[-–:])|"
    r"new grads?|all levels|b2b)\b",
    re.IGNORECASE,
)
MODES = re.compile(
    r"\b(?:remote(?:ly)?(?:[\s-](?:ok|okay|first|friendly|only|possible|teams?))?|on[\s-]?sites?|in[\s-]office|office|"
    r"in[\s-]person|"
    r"hybrid|wfh|work from home|home|distributed|partial(?:ly)?|fully|100%|anywhere|worldwide|globally?|"
    r"local(?:s|ly)?)\b",
    re.IGNORECASE,
)
_ANYTHING = re.compile(
    r"^\W*(?:(?:multiple|various|several|many|all|all sorts? of|different|lots of|numerous|a? ?number of|open|"
    r"tech(?:nical)?|"
    r"engineering|other|a? ?dozens? of|a? ?bunch of|software|product|new|more|full[\s-]?time|senior)\W+)*"
    r"(?:roles|positions|openings|jobs|opportunities|vacancies)\b",
    re.IGNORECASE,
)
_BLURB = re.compile(
    r"\b(?:start-?ups?|stealth|hedge[\s-]?funds?|company|companies|backed|series [a-e]|seed|early[\s-]stage|growth|"
    r"fintech|well[\s-]funded|profitable|our|we|we're|team of|founded|platform|blockchain|b2b|saas)\b",
    re.IGNORECASE,
)
_PROSE = re.compile(r"\b(?:we|are|is|you|who|looking|our|that|have|has|authori[sz]ed|only for)\b", re.IGNORECASE)
_LABELS = (
    r"locations?|roles?|positions?|job titles?|title|salary|salary range|compensation|pay|comp|type|job type|"
    r"employment type|work type|apply|website|url|contact|tech|stack"
)
COMPANY_LABEL = re.compile(r"^\W*(?:company(?: name)?|employer|organi[sz]ation)\s*[:–-]\s+(?=\S)", re.IGNORECASE)
LABEL = re.compile(
    rf"^\W*(?:company(?: name)?|employer|organi[sz]ation|{_LABELS})\s*(?::\s*|\s[–-]\s+)(?=\S)", re.IGNORECASE
)
"""What stands before a fact in a header of one fact a line: "Location: London"."""
OWN_LABEL = re.compile(rf"^\W*(?:{_LABELS})\s*(?::\s*|\s[–-]\s+)(?=\S)", re.IGNORECASE)
_WITH_SITE = re.compile(
    r"^(?P<name>[^()|]{2,40}?\s*\(\s*(?:https?://|www\.)[^()\s]+\s*\))\s+(?P<rest>\w.*)$", re.IGNORECASE
)
"""A name with its address, and something behind it without a separator: "Acme (https://acme.example) Engineer"."""
_ABOUT_PLACE = re.compile(
    r"\b(?:primarily|mainly|mostly|preferably|ideally|located|based|in|within|from|anywhere|the|our|offices?|either)\b",
    re.IGNORECASE,
)
_HIRED_AS = re.compile(r"(?:\s*\b(?:consultants?|contractors?|consultancy)\b)+", re.IGNORECASE)
"""How somebody is hired and not as what, when nothing else stands there: "Full time/Consultant/Remote"."""
_IS_HIRING = re.compile(
    r"\b(?:is|are|'re|’re)\s+(?:\w+\s+){0,2}(?:hiring|looking|seeking|recruiting|growing)\b|\bneeded at\b",
    re.IGNORECASE,
)
_REMARK = re.compile(rf"{BRACKETS.pattern}|[(\[][^()\[\]]*$")
_NOT_SOUGHT = re.compile(r"\W*(?:(?:our |small |a )*team of|(?:only|open|limited) (?:for|to))\b", re.IGNORECASE)
"""How a part opens that counts the people who are there, or tells who may apply."""
_COLON = re.compile(r"^(?P<name>[^:|()]{2,40}):\s+(?P<rest>\S.*)$")
_STRONG = re.compile(r"\s*(?:\||¦|│|•|●|∙|·|‖|\s//\s)\s*")
_DASH = re.compile(r"\s+(?:-{1,3}|–|—|~)\s+|\s*(?:--|—)\s*")
_COMMA = re.compile(r",\s+")
_FULL_STOP = re.compile(r"(?<![A-Z])(?<!\bSt)(?<!\b[JSD]r)\.\s+")
_WEAK = (
    re.compile(r"\s*;\s*"),
    re.compile(r"\s*/\s*(?!/)"),
    re.compile(r":\s+"),
    _FULL_STOP,
    _COMMA,
)
_EDGES = " \t\n,;:.|-–—/&+*!=~()[]'\"“”"
AREA = re.compile(
    r"\b(?:developer|engineering|engineer|designer|product|data|sales|research)\s+(?:tools|tooling|experience|"
    r"productivity|platforms?|relations|infrastructure|infra|success|enablement|advocacy|education|acquisition|"
    r"efficiency|operations|velocity)\b",
    re.IGNORECASE,
)
"""Teams that bear a trade's name: "Backend Engineer, Developer Tools" is one opening."""
_JOB_WORDS = re.compile(
    r"\b(?:engineers|developers?|devs?|programmers|designers|analysts|scientists|managers|architects|researchers|"
    r"leads|"
    r"directors|hackers?|coders|administrators|admins?|sysadmins?|sres?|pms?|cto|ceo|cfo|coo|vpe|specialists|"
    r"consultants|"
    r"technicians|writers|recruiters|marketers|executives|representatives|reps?|communicators?|assistants|associates|"
    r"generalists|testers|"
    r"ninjas?|evangelists|advocates|quants|traders|mathematicians|physicists|biologists|technologists|professionals|"
    r"apprentice(?:ship)?s?|co-?founders?|agents|salespeople|operators|editors|heads?|swes?|devops|"
    r"teachers?|instructors?|interviewers?|strategists|strategist|producers|artists?|animators?)\b",
    re.IGNORECASE,
)


def split_header(line: str, gazetteer: Gazetteer) -> tuple[Part, ...]:
    """The parts of a header line, by the strongest separators it has; one part when it runs like prose."""
    pieces = [piece for piece in _STRONG.split(line) if piece.strip(_EDGES)]
    if pieces and (site := _WITH_SITE.match(pieces[0])) and is_job(site["rest"]) and len(site["rest"].split()) <= 8:
        pieces = [site["name"], site["rest"], *pieces[1:]]
    if len(pieces) == 1 and LABEL.match(pieces[0]):
        return (classify(pieces[0], gazetteer),)
    if len(pieces) > 1:
        pieces = [*_dashed(pieces[0]), *pieces[1:]]
        return tuple(part for piece in pieces for part in _facts(piece, gazetteer))
    whole = pieces[0] if pieces else line.strip()
    dashed = [piece for piece in _DASH.split(_protected(whole)) if piece.strip(_EDGES)]
    if len(dashed) > 1 and len(dashed[0].split()) <= 8:
        if colon := _COLON.match(dashed[0]):
            dashed = [colon["name"], colon["rest"], *dashed[1:]]
        parts = tuple(classify(_restored(piece), gazetteer) for piece in dashed)
        if _tells(parts[1:]) or _tells(parts[:1]):
            return parts
    for separator in _WEAK:
        head, *rest = separator.split(_protected(whole), maxsplit=1 if separator.pattern[-2:] == "s+" else 0)
        pieces = [_restored(piece) for piece in (head, *rest) if piece.strip(_EDGES)]
        if len(pieces) < 2 or len(pieces[0].split()) > 6:
            continue
        parts = tuple(part for piece in pieces for part in _facts(piece, gazetteer))
        if _tells(parts[1:]):
            return parts
    return (classify(whole, gazetteer),)


def _facts(piece: str, gazetteer: Gazetteer) -> tuple[Part, ...]:
    """A piece as one part, or as several where it lists facts: "Data Engineer - £70k - London", "Leeds, SRE, £60k"."""
    whole = classify(piece, gazetteer)
    if whole.kind is not Kind.TITLE:
        return (whole,)
    for separator in (_DASH, _FULL_STOP, _COMMA):
        found = [_restored(item) for item in separator.split(_protected(piece)) if item.strip(_EDGES)]
        if len(found) < 2:
            continue
        parts = tuple(classify(item, gazetteer) for item in found)
        titles = [part for part in parts if part.kind is Kind.TITLE]
        places = [part for part in parts if part.kind in (Kind.PLACE, Kind.MODE) and _is_known(part, gazetteer)]
        others = len(parts) - len(titles) - len(places)
        paid = sum(part.kind in (Kind.PAY, Kind.TERM) for part in parts)
        if titles and places and others <= paid:
            return tuple(fact for part in parts for fact in _facts(part.text, gazetteer))
    return (whole,)


def _is_known(part: Part, gazetteer: Gazetteer) -> bool:
    if part.kind is Kind.MODE or part.words in ("US", "UK", "EU", "SF", "LA", "NY", "DC", "USA"):
        return True
    return len(part.words) > 3 and not read_location(part.words, gazetteer).misses


def classify(text: str, gazetteer: Gazetteer) -> Part:
    """What one part of a header says."""
    text = text.strip()
    bare = OWN_LABEL.sub("", text)
    bare = EMAIL.sub(" ", LINK.sub(" ", bare))
    without_money = MONEY.sub(" ", bare)
    words = TERMS.sub(" ", without_money).strip(_EDGES)
    stripped = _squeezed(MODES.sub(" ", _PAY_WORDS.sub(" ", words)))
    if sum(ch.isalpha() for ch in stripped) < 2 and not (words and _has_no_pay(without_money, bare, words)):
        if MODES.search(bare):
            kind = Kind.MODE
        elif without_money != bare or _PAY_WORDS.search(words):
            kind = Kind.PAY
        elif not bare.strip(_EDGES) and text != bare:
            kind = Kind.LINK
        else:
            kind = Kind.ANY if _ANYTHING.match(text) else Kind.TERM
        return Part(text, kind, "")
    clean = _squeezed(without_money)
    if HOST.fullmatch(clean):
        return Part(text, Kind.LINK, clean)
    if _ANYTHING.match(clean) and len(clean.split()) <= 8:
        return Part(text, Kind.ANY, clean)
    if _NOT_SOUGHT.match(clean):
        return Part(text, Kind.OTHER, clean)
    # What stands in brackets explains ("REMOTE (or Leeds if you prefer)"): it makes no sentence of the part.
    outside = _squeezed(_REMARK.sub(" ", stripped))
    is_prose = _PROSE.search(outside) is not None or _IS_HIRING.search(bare) is not None
    if _HIRED_AS.fullmatch(_squeezed(re.sub(r"[/,]|\bor\b", " ", outside))):
        return Part(text, Kind.MODE if MODES.search(bare) else Kind.TERM, "")
    has_job = is_job(AREA.sub(" ", outside or stripped))
    if not has_job and is_job(AREA.sub(" ", stripped)):
        # Nobody is sought by "Remote UK (for engineers with experience)".
        has_job = not MODES.search(bare) and not is_place(outside, gazetteer)
    if has_job and len(stripped.split()) <= 24 + 8 * stripped.count(",") and not is_prose:
        return Part(text, Kind.TITLE, clean)
    if not is_prose and (
        is_place(outside or stripped, gazetteer)
        or (len(outside.split()) <= 6 and is_place(_ABOUT_PLACE.sub(" ", outside), gazetteer))
    ):
        return Part(text, Kind.PLACE, clean)
    if MODES.search(bare) and not _squeezed(_ABOUT_PLACE.sub(" ", outside)):
        return Part(text, Kind.PLACE if is_place(clean, gazetteer) else Kind.MODE, clean)
    if without_money != bare and len(stripped) < 30:
        return Part(text, Kind.PAY, clean)
    if family_of(stripped) is not None and len(stripped.split()) <= 8 and not _BLURB.search(stripped):
        return Part(text, Kind.TRADE, clean)
    return Part(text, Kind.OTHER, clean)


def _has_no_pay(without_money: str, bare: str, words: str) -> bool:
    """Whether few letters are a name all the same ("B", "X") and not what is left of pay and terms."""
    return (
        without_money == bare
        and words == bare.strip(_EDGES)
        and not _PAY_WORDS.search(words)
        and not MODES.search(words)
    )


def is_job(text: str) -> bool:
    """Whether the words name a job, in the singular or the plural."""
    return bool(_JOB_WORDS.search(text)) or names_a_job(text)


def is_place(text: str, gazetteer: Gazetteer) -> bool:
    """Whether the words are places: all of them known, or the more part of a list."""
    if len(text) > 160 or not any(ch.isalpha() for ch in text):
        return False
    found = read_location(text, gazetteer)
    missed = sum(len(miss) for miss in found.misses)
    return bool(found.places or found.bucket) and missed <= 0.45 * len(text)


def is_blurb(text: str) -> bool:
    """Whether a part tells what kind of company it is and not which."""
    return bool(_BLURB.search(text))


def _tells(parts: Sequence[Part]) -> bool:
    return any(part.kind not in (Kind.OTHER, Kind.TRADE) for part in parts)


def _dashed(first: str) -> list[str]:
    pieces = [piece for piece in _DASH.split(_protected(first)) if piece.strip(_EDGES)]
    if pieces and (colon := _COLON.match(pieces[0])):
        pieces = [colon["name"], colon["rest"], *pieces[1:]]
    return [_restored(piece) for piece in pieces] or [first]


_HIDDEN = str.maketrans("/:-,;.", "\x01\x02\x03\x04\x05\x06")
_SHOWN = str.maketrans("\x01\x02\x03\x04\x05\x06", "/:-,;.")
_WHOLE = re.compile(rf"\([^()]*\)|{LINK.pattern}", re.IGNORECASE)


def _protected(text: str) -> str:
    """Separators inside links and brackets must not split them."""
    return _WHOLE.sub(lambda found: found[0].translate(_HIDDEN), text)


def _restored(text: str) -> str:
    return text.translate(_SHOWN)


def _squeezed(text: str) -> str:
    text = re.sub(r"\(\W*\)|\[\W*\]", " ", text)
    return " ".join(text.split()).strip(" \t\n,;:|-–—/&+*!=~'\"“”")
