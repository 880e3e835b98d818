"""Where an advertisement's openings are: the places and ways of working in its header, else in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.hn_header import BRACKETS, LINK, MODES, Kind, Part, is_job, is_place
from job_hunter.domain.locations import read_location

LONGEST = 300

_LOCATION_LINE = re.compile(
    r"^\W*(?:locations?|where|office|offices|based in)\s*[:\-–]\s*(?P<place>.{2,100})$", re.IGNORECASE
)
_IN_PLACE = re.compile(
    r"\b(?:in|based in|from|near|(?:at|for|to|join) our)\s+((?:[A-Z][\w.'-]+|,)(?:[ ,]+(?:[A-Z][\w.'-]*|and|or|&))*)"
)
_BASED = re.compile(r"\b((?:[A-Z][\w.'-]*[ ,]+)*[A-Z][\w.'-]*?)(?:\s|-)based\b")
_MEETING = re.compile(
    r"[,(]?[^(),|;]*\b(?:meet-?ups?|retreats?|off-?sites?|gatherings?|get-?togethers?|hq|headquarter\w*)\b[^(),|;]*\)?",
    re.IGNORECASE,
)
"""Where people who work elsewhere come together, or where their employer sits, is not where they work."""

_PIECES = re.compile(r"\s+[-–—|:]+\s+|[(),;|]|\s*[-–—]{2,}\s*")


def location_of(
    parts: Sequence[Part], header: str, body: Sequence[str], gazetteer: Gazetteer, company_part: Part | None
) -> str:
    """Places and ways of working as written, apart by semicolons; "" when nothing tells. At most 300 characters."""
    places = [part for part in parts if part.kind is Kind.PLACE and part is not company_part]
    named = [part.words or part.text for part in places]
    # A part is looked into only when no part is a place as a whole.
    named = named or list(_within(parts, gazetteer))[:1]
    if not named:
        lines = (_LOCATION_LINE.match(line) for line in body[:40])
        named = [found["place"] for found in lines if found and is_place(found["place"], gazetteer)][:1]
    ways = list(_ways(parts))
    if not named and not any(part.kind is Kind.MODE for part in parts):
        named = [found for line in (header, *body[:6]) if (found := place_in(line, gazetteer))][:1]
        named = named or [line for line in body[:6] if _is_bulleted_place(line, gazetteer)][:1]
    return joined((*(_worked_at(name) for name in named), *ways))


def _worked_at(name: str) -> str:
    kept = _MEETING.sub(" ", name) if MODES.search(name) else name
    return kept if any(ch.isalpha() for ch in kept) else name


def _within(parts: Sequence[Part], gazetteer: Gazetteer) -> Iterable[str]:
    """Places inside parts that say something else besides: "Acme, Leeds", "a Head of Data (London, hybrid)"."""
    told = [part for part in parts if part.kind in (Kind.TITLE, Kind.OTHER, Kind.TRADE, Kind.ANY)]
    for part in told:
        if found := place_in(part.text, gazetteer):
            yield found
    for part in told:
        for bracket in BRACKETS.findall(part.text):
            inner = bracket.strip("()[]")
            if not is_job(inner) and is_place(MODES.sub(" ", inner), gazetteer):
                yield inner
    first = parts[0] if parts else None
    if first is not None and first.kind is Kind.OTHER and "," in first.text:
        tail = first.words.partition(",")[2]
        if len(tail.split()) <= 6 and is_place(tail, gazetteer):
            yield tail


def _ways(parts: Sequence[Part]) -> Iterable[str]:
    """The ways of working of parts that hold nothing else; when there are none, those said beside something else."""
    told = [part for part in parts if part.kind is Kind.MODE]
    if not told and not any(part.kind is Kind.PLACE and MODES.search(part.text) for part in parts):
        told = [part for part in parts if part.kind is Kind.LINK or len(part.text.split()) <= 12]
        told = [part for part in told if part.kind not in (Kind.PLACE, Kind.PAY)]
        told = [part for part in told if part.kind is not Kind.TITLE or MODES.search("".join(_brackets(part)))]
    for part in told:
        text = "".join(_brackets(part)) if part.kind is Kind.TITLE else LINK.sub(" ", part.text)
        if found := " ".join(match[0] for match in MODES.finditer(text)):
            yield found


def _brackets(part: Part) -> list[str]:
    return BRACKETS.findall(part.text)


def _is_bulleted_place(line: str, gazetteer: Gazetteer) -> bool:
    """Whether a line of a list is a place or a way of working: "* Remote or on-site (Auckland, New Zealand)"."""
    if line[:1] not in "*-•–" or len(line) > 100:
        return False
    bare = line.strip("*-•– ")
    rest = MODES.sub(" ", bare)
    return bool(MODES.search(bare) or len(bare.split()) <= 4) and is_place(rest.strip(" ()orand,/"), gazetteer)


def joined(pieces: Iterable[str]) -> str:
    """The pieces apart by semicolons, each once."""
    clean = (" ".join(LINK.sub(" ", piece).split()).strip(" ,") for piece in pieces)
    return "; ".join(dict.fromkeys(piece for piece in clean if piece))[:LONGEST]


def place_in(text: str, gazetteer: Gazetteer) -> str | None:
    """The place a phrase names after "in", "based in" and the like; None when there is none we know."""
    for found in _IN_PLACE.finditer(text):
        name = re.sub(r"\s+(?:and|or)$", "", found[1].strip(" ,.&"))
        if is_place(name, gazetteer):
            return name
    for found in _BASED.finditer(text):
        if is_place(found[1], gazetteer):
            return found[1]
    return None


def _is_known_place(text: str, gazetteer: Gazetteer) -> bool:
    """Whether every word belongs to places we know; "join us" is none."""
    if not text[:1].isupper() or not any(ch.isalpha() for ch in text):
        return False
    found = read_location(text, gazetteer)
    return bool(found.places or found.bucket) and not found.misses


def with_own(location: str, own: str) -> str:
    """The location of an opening whose line states `own`: place and way are the header's where it states none."""
    pieces = location.split("; ")
    ways = [piece for piece in pieces if not MODES.sub("", piece).strip(" ,/&+")]
    has_place = bool(MODES.sub("", own).strip(" ;,/&()"))
    kept = [] if has_place else [piece for piece in pieces if piece not in ways]
    return joined((*kept, own, *([] if MODES.search(own) else ways)))


def place_of_line(line: str, gazetteer: Gazetteer) -> str:
    """The places and ways of working that a list's line states behind its title; "" when it states none."""
    found = []
    for piece in _PIECES.split(line)[1:8]:
        bare = " ".join(piece.split())
        if not bare or len(bare.split()) > 6 or is_job(bare):
            continue
        rest = MODES.sub(" ", bare).strip(" /&,.")
        if _is_known_place(rest, gazetteer) or (MODES.search(bare) and rest in ("", "or", "and")):
            found.append(bare)
    return joined(found)
