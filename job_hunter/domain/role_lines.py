"""Lines of a careers page: which of them is the title of an opening, and what the lines around it say of it.

A page holds far more lines that name jobs than openings: menus, counters, stories of colleagues, leaders, news. So the
rules refuse in doubt, an opening missed is seen by a person who opens the page, an invented one is counted for weeks:

- a title holds the singular noun of a job ("Engineers" is a department), is no sentence, no question and no call
  ("Meet our traders", "Apply now"), and no count follows it ("Engineering (12)");
- what stands before the title on its line is a place, a team or a working mode, never a name ("Jane Doe, Trader");
- places, pay and working modes stand behind it, on the same line or on the few lines below; on pages that put the
  place first, above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from job_hunter.domain.families import family_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.locations import read_location
from job_hunter.domain.role_people import titles_of_people
from job_hunter.domain.role_words import (
    GAP,
    MOST_WORDS,
    is_rank,
    is_title,
    mentions_no_title,
    names_a_job,
    stands_alone,
)

LONGEST_LINE = 300
DETAIL_LINES = 5
"""Lines below a title that can still belong to it."""
MOST_OPTIONS = 80
"""Lines of one block of filters."""

_BULLETS = re.compile(r"^[\s*•·▪▫◦●○‣►▸▶»→+–—\-]+(?=\s|\w|£|\$|€|\()|^\d{1,2}[.)]\s+")
_CALLS = re.compile(
    r"(?:\s*[|·•–—,\-]?\s*(?:\d{2}(?:\.\d+)? h(?:ou)?rs(?: (?:per|a) week)?|apply(?: now| here| online)?|"
    r"view (?:job|role|details|position|opening)|learn more|read more|more info(?:rmation)?|find out more|"
    r"see (?:job|details)|save(?: job)?|share|new!?|[→›»>↗]))+\s*$",
    re.IGNORECASE,
)
_CALLS_BEFORE = re.compile(
    r"^(?:apply (?:for|to)|view (?:job|role|opening|position)|job title|position|role|title|new|job|vacancy)"
    r"\s*[:–—-]\s*|^(?:apply for|new!)\s+",
    re.IGNORECASE,
)
_STRONG = re.compile(r"(\s+[-–—|¦·•/]\s+|\s*[|¦\t•]\s*|\s{3,}|\s+@\s+)")
COUNT_END = re.compile(r"\s*\(\d{1,4}\)$")
_REFERENCE = re.compile(r"^(?:(?:req|ref|jr|job|id)[\s.:#-]*\d{3,}|\d{5,})[\s:|–-]+(?=[A-Z])", re.IGNORECASE)
_FILTER = re.compile(r"(?:filters?|refine)(?: (?:by|jobs|roles|results|your search))?:?", re.IGNORECASE)
_FILTER_END = re.compile(r"(?:(?:apply|clear|reset)(?: all)? filters?|clear all|reset|show results)", re.IGNORECASE)
_ICONS = re.compile(r"[\u2600-\u27bf\U0001f300-\U0001faff]\ufe0f?")
_WIDE = re.compile(r"\s{3,}")
_JOINING = ("-", "–", "—", "/")
_MONEY = re.compile(r"[£$€¥]\s*\d|\d\s*(?:[kK]\b|GBP|USD|EUR|CHF)|\b(?:GBP|USD|EUR|CHF)\s*\d|\b(?:up to|from)\s+[£$€]")
_PAY_WORDS = re.compile(r"^(?:competitive|salary\b|pay\b|compensation\b|base\b|ote\b|doe$)", re.IGNORECASE)
_TERM = re.compile(
    r"^(?:(?:full|part)[\s-]?time|permanent|contract(?:or)?|fixed[\s-]term|temporary|hybrid|on-?site|in-?office|flexible|"
    r"experienced|entry[\s-]level|early careers?|new|urgent|featured|internship|graduate|students?|perm|ftc|"
    r"(?:re)?posted\b.*|\d+\+? (?:day|week|month|hour)s? ago|today|yesterday|closing\b.*|deadline\b.*|starts?\b.*|"
    r"(?:req|job|ref|id|requisition|reference)[\s.:#-]*(?:id|no|number)?[\s.:#-]*[\w-]*\d[\w-]*|#?[a-z]{0,4}-?\d{3,}|"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|summer|winter|spring|"
    r"autumn|fall|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b.{0,12}\d{2,4}|\d{1,2}[ /.-]\w+[ /.-]\d{2,4}|"
    r"\d{4}-\d\d-\d\d|\d{4})$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\(\d{1,3}\)\s*$|\b\d+\s+(?:open|jobs?|roles?|positions?|openings?|vacanc|results?)\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://|www\.|@\w|©|\.(?:com|html|pdf)\b|\b24/7$", re.IGNORECASE)
_BRACKETS_END = re.compile(r"\s*[(\[]([^()\[\]]{2,60})[)\]]\s*$")
_ONLY_REMOTE = re.compile(r"(?:fully |100% )?remote(?: first| friendly)?", re.IGNORECASE)
_REMOTE = re.compile(r"(?:fully |100% )?remote\b|anywhere\b|work from home\b", re.IGNORECASE)
_COMPANY = re.compile(r"\b(?:Inc|Ltd|Limited|LLC|LLP|GmbH|Corp|Corporation|Pty|AB|AG|B\.V|S\.A)\.?\s*$")
_HOUSE = re.compile(r",\s*\d{1,4}[a-z]?\s(?:\w+\s){0,3}(?:street|road|lane|avenue|square|row|court)\b", re.IGNORECASE)
_STREET = re.compile(r"\b(?:street|road|lane|avenue|square|row|terrace|airport|university)\s*$", re.IGNORECASE)
_NO_PLACE = re.compile(r"…|\b(?:best|top|year|award)\b", re.IGNORECASE)
_PLACE_TAIL = re.compile(r"\s+(?:in|at|based in)\s+([A-Z][\w.' ]{1,30})$")


@dataclass(frozen=True, slots=True)
class Card:
    """One opening as a page shows it. `at` are the indexes of the lines it was read from, `evidence` those lines."""

    title: str
    place: str
    evidence: tuple[str, ...]
    at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What one line holds: a title, places, and pay."""

    title: str | None
    places: tuple[str, ...]
    has_pay: bool
    is_unsure: bool = False
    """Whether a title needs a place beneath it."""


def plain(line: str) -> str:
    """`line` without its bullet, its control characters, and blanks more than one; the form in which lines compare."""
    visible = "".join(ch if ch.isprintable() else " " for ch in line[:LONGEST_LINE].replace("\t", "  "))
    return " ".join(_BULLETS.sub("", visible.strip()).split())


def read_cards(lines: Sequence[str], gazetteer: Gazetteer) -> tuple[Card, ...]:
    """The openings that `lines` show, in their order. Nothing is read across a `GAP`."""
    parts = [_read(line[:LONGEST_LINE], gazetteer) for line in lines]
    texts = [line if line == GAP else plain(line) for line in lines]
    options = _options(texts)
    named = [at for at, part in enumerate(parts) if part.title and at not in options]
    people = titles_of_people(texts, named, lambda at: bool(parts[at].places) or _has_place_below(lines, parts, at))
    titles = [at for at in named if at not in people]
    is_place_first = _is_first(lambda part: bool(part.places), parts, titles, lines)
    is_pay_first = _is_first(lambda part: part.has_pay, parts, titles, lines)
    cards = []
    for n, at in enumerate(titles):
        end = titles[n + 1] if n + 1 < len(titles) else len(parts)
        used, places = [at], list(parts[at].places)
        for below in _details(lines, parts, at, end):
            found = parts[below]
            if found.places and all(map(_ONLY_REMOTE.fullmatch, places)) and not is_place_first:
                places += found.places
                used.append(below)
            elif found.has_pay and not is_pay_first:
                used.append(below)
        if not places and is_place_first:
            above = next((i for i in range(at - 1, -1, -1) if parts[i].places and not parts[i].title), None)
            if above is not None:
                places += parts[above].places
                used.insert(0, above)
        if is_pay_first and at and parts[at - 1].has_pay:
            used.insert(0, at - 1)
        title = parts[at].title or ""
        is_bare = not parts[at].places and (is_rank(title) or (is_place_first and parts[at].is_unsure))
        if is_bare or (not places and (parts[at].is_unsure or not stands_alone(title))):
            continue
        evidence = tuple(_verbatim(lines[i]) for i in used)
        cards.append(Card(title, "; ".join(dict.fromkeys(places)), evidence, tuple(used)))
    return tuple(cards)


def _options(texts: Sequence[str]) -> set[int]:
    """The lines of filters: what stands between "Filter by" and "Apply filters" is offered, not open."""
    options: set[int] = set()
    for at, text in enumerate(texts):
        if _FILTER.fullmatch(text):
            block = range(at + 1, min(len(texts), at + MOST_OPTIONS))
            end = next((n for n in block if _FILTER_END.fullmatch(texts[n])), at)
            options.update(range(at, end))
    return options


def _verbatim(line: str) -> str:
    return "".join(ch for ch in line[:LONGEST_LINE] if ch.isprintable() or ch == "\t").strip()


def _details(lines: Sequence[str], parts: Sequence[_Parts], at: int, end: int) -> Iterator[int]:
    """The lines below a title that may speak of it: up to the next title, a gap or a sentence."""
    left = DETAIL_LINES
    for below in range(at + 1, end):
        line = lines[below]
        if line == GAP or not left or parts[below].title or len(line.split()) > MOST_WORDS or _COMPANY.search(line):
            return
        if lines[below].strip():
            left -= 1
            yield below


def _is_first(
    has: Callable[[_Parts], bool], parts: Sequence[_Parts], titles: Sequence[int], lines: Sequence[str]
) -> bool:
    """Whether the places, or the pay, stand above the titles: one above the first, none below the last."""
    if not titles:
        return False
    above = any(has(part) and not part.title for part in parts[: titles[0]])
    below = any(has(parts[i]) for i in _details(lines, parts, titles[-1], len(parts)))
    return above and not below and not any(has(parts[at]) for at in titles)


def _has_place_below(lines: Sequence[str], parts: Sequence[_Parts], at: int) -> bool:
    return any(parts[i].places for i in _details(lines, parts, at, len(parts)))


@lru_cache(maxsize=16384)
def _read(line: str, gazetteer: Gazetteer) -> _Parts:
    text = plain(line)
    has_pay = bool(_MONEY.search(text)) or bool(_PAY_WORDS.match(text))
    nothing = _Parts(None, (), has_pay)
    if not text or len(text) >= LONGEST_LINE:
        return nothing
    body = _BULLETS.sub("", _WIDE.sub("   ", _ICONS.sub(" | ", line).replace("\t", " | ")).strip(" |"))
    body = _CALLS_BEFORE.sub("", _REFERENCE.sub("", _CALLS.sub("", body)))
    is_counted = bool(_COUNTED.search(text))
    body = (COUNT_END.sub("", body) if is_counted else body).rstrip(" -–—")
    segments, joins = _segments(body)
    if not segments:
        return nothing
    kinds = [_kind(segment, gazetteer) for segment in segments]
    if all(kind in ("place", "term", "pay") for kind in kinds):
        named = tuple(s for s, kind in zip(segments, kinds, strict=True) if kind == "place")
        return _Parts(None, named, has_pay)
    if "title" not in kinds and "place" in kinds and _is_detail(segments, kinds):
        named = tuple(s for s, kind in zip(segments, kinds, strict=True) if kind == "place")
        return _Parts(None, named, has_pay)
    if is_counted or _HOUSE.search(text) or _ADDRESS.search(text) or text.endswith((".", "?", "!", "…", ":", ";", ",")):
        return nothing
    start = next((n for n, kind in enumerate(kinds) if kind == "title"), None)
    if start is None or any(kinds[n] == "other" and family_of(segments[n]) is None for n in range(start)):
        return nothing
    if start and kinds[start - 1] == "other" and is_rank(segments[start]):
        start, end = start - 1, start + 1
    else:
        end = start + 1
    while end < len(segments) and kinds[end] in ("other", "title") and len(segments[end].split()) <= 6:
        if not joins[end] and not (end == start + 1 and is_rank(segments[start])):
            break
        end += 1
    places = [segments[n] for n in range(len(segments)) if kinds[n] == "place" and not start < n < end]
    title, own = _without_place(_between(body, segments[start], segments[end - 1]), gazetteer)
    teams = [segment for segment, kind in zip(segments[end:], kinds[end:], strict=True) if kind in ("other", "title")]
    if not is_title(title) or (teams and (len(teams) > 1 or len(teams[0].split()) > 4)):
        return nothing
    return _Parts(title, (*own, *places), has_pay, is_unsure=bool(teams) and not (own or places))


def _segments(body: str) -> tuple[list[str], list[bool]]:
    """The parts of a line between strong separators, and whether each is joined to the one before by a dash."""
    tokens = _STRONG.split(body)
    segments, joins = [], []
    for n in range(0, len(tokens), 2):
        if segment := plain(tokens[n]):
            segments.append(segment)
            joins.append(n > 0 and tokens[n - 1].strip() in _JOINING)
    return segments, joins


def _is_detail(segments: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether a line says where the opening above it is: beside the place stand a team or an employer, in few words."""
    others = [segment for segment, kind in zip(segments, kinds, strict=True) if kind == "other"]
    return len(others) == 1 and len(others[0].split()) <= 4 and not mentions_no_title(others[0])


def _kind(segment: str, gazetteer: Gazetteer) -> str:
    if _TERM.match(segment):
        return "term"
    if _MONEY.search(segment) or _PAY_WORDS.match(segment):
        return "pay"
    if _is_place(segment, gazetteer):
        return "place"
    return "title" if is_title(_without_place(segment, gazetteer)[0]) else "other"


def _is_place(segment: str, gazetteer: Gazetteer) -> bool:
    words = segment.split()
    if len(words) > 10 or not segment[:1].isupper() or mentions_no_title(segment):
        return False
    if names_a_job(segment) or _STREET.search(segment) or _NO_PLACE.search(segment):
        return False
    found = read_location(segment, gazetteer)
    return not found.misses and bool(found.places or (found.remote and _REMOTE.match(segment)))


def _between(body: str, first: str, last: str) -> str:
    """The text of `body` from `first` to the end of `last`, as written."""
    text = plain(body)
    start = text.find(first)
    end = text.find(last, start + (len(first) if last != first else 0))
    if start < 0 or end < 0:
        return first
    return text[start : end + len(last)]


def _without_place(title: str, gazetteer: Gazetteer) -> tuple[str, tuple[str, ...]]:
    """A title without the place at its end ("…, London", "… (London)"), and that place."""
    places: list[str] = []
    while (found := _BRACKETS_END.search(title)) is not None:
        inner = plain(found[1])
        if _is_place(inner, gazetteer):
            places.insert(0, inner)
        elif not _TERM.match(inner) or re.fullmatch(r"\d{1,3}", inner):
            break
        title = title[: found.start()]
    head, comma, tail = title.rpartition(",")
    taken: list[str] = []
    while comma and _is_place(tail.strip(), gazetteer):
        taken.insert(0, tail.strip())
        title = head
        head, comma, tail = title.rpartition(",")
    if taken:
        places.insert(0, ", ".join(taken))
    if not places and (found := _PLACE_TAIL.search(title)) is not None and _is_place(found[1], gazetteer):
        places.append(found[1])
    if not places:
        words = title.split()
        for n in (2, 1):
            tail = " ".join(words[-n:])
            if len(words) > n + 1 and _is_place(tail, gazetteer) and not _TERM.match(tail):
                places.append(tail)
                break
    return title.strip(" ,"), tuple(places)
