"""Titles as families of jobs, so that a median never mixes engineers with sales on-target earnings or with counsel.

The noun of the job decides ("Trading Systems Developer" is an engineer, "Engineering Recruiter" a recruiter). The title
is read part by part (parts end at commas, dashes, bars and brackets); within a part the last noun before a preposition
wins, and a longer phrase wins over a shorter one. Where the noun says nothing of the trade (manager, director, analyst,
associate, head) the field beside it does ("Head of Sales", "Manager, Software Engineering"), then the department.

Choices where people differ:
- research engineers, ML engineers, quant developers and data engineers are engineering, and are paid as such;
- research scientists, applied scientists, quants and data scientists are research;
- sales, solutions and pre-sales engineers, solutions architects and customer success are sales: their pay has a
  commission or on-target part; a delivery or engineering department makes solutions people engineers;
- designers, user researchers and technical program managers are product; brand and graphic designers are other;
- customer support is other even when it is called engineering; production and application support is engineering;
- data and business analysts, program and project managers, marketing, operations and recruiting are other;
- portfolio managers, structurers and execution traders are trading; trade support and trading operations are other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from job_hunter.domain.family_phrases import FIELDS, NOUNS
from job_hunter.domain.level import Family
from job_hunter.domain.phrases import PhraseTable, Word, words_of

FAMILY_READING = 2
"""Version of these rules; raised when one of them changes, so that stored roles are read again."""

TITLE_LIMIT = 300
"""Characters of a title that are read."""

_PREPOSITIONS = frozenset(
    ("for", "in", "with", "at", "on", "to", "from", "focused", "focusing", "supporting", "within", "using")
)
_PART_ENDS = frozenset(",–|();:.")
_DELIVERY = PhraseTable(
    (phrase, True)
    for phrase in (
        "engineering",
        "delivery",
        "professional services",
        "services",
        "r&d",
        "technology",
        "software",
        "development",
        "implementation",
    )
)
_TURNING = frozenset(
    ("solutions engineer", "solution engineer", "solutions engineers", "solutions architect", "solution architect")
)


def _phrases(listed: dict[Family, str]) -> Iterator[tuple[str, Family]]:
    for family, text in listed.items():
        yield from ((phrase.strip(), family) for phrase in text.split(","))


_NOUN_TABLE = PhraseTable(_phrases(NOUNS))
_FIELD_TABLE = PhraseTable(_phrases(FIELDS))


def family_of(title: str, department: str | None = None) -> Family | None:
    """The family of the job called `title` in `department`, None where neither says it. Never raises."""
    return _family(title[:TITLE_LIMIT], department[:TITLE_LIMIT] if department else "")


@lru_cache(maxsize=8192)
def _family(title: str, department: str) -> Family | None:
    parts = list(_parts(words_of(title, limit=TITLE_LIMIT)))
    for part in parts:
        if (noun := _noun(part)) is not None:
            text, family = noun
            return Family.ENGINEERING if text in _TURNING and _mentions(department, _DELIVERY) else family
    in_department = _parts(words_of(department, limit=TITLE_LIMIT))
    fields = (_field(part) for part in (*parts, *in_department))
    return next((family for family in fields if family is not None), None)


def _parts(words: Iterable[Word]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if part and word.before in _PART_ENDS:
            yield part
            part = []
        part.append(word.key)
    if part:
        yield part


def _hits(part: list[str], table: PhraseTable[Family]) -> Iterator[tuple[int, int, str, Family]]:
    """Every phrase of the part: first word, word after the last, text, family. Phrases may overlap."""
    for at in range(len(part)):
        hit = table.at(part, at)
        if hit is not None:
            yield at, at + hit[0], " ".join(part[at : at + hit[0]]), hit[1]


def _noun(part: list[str]) -> tuple[str, Family] | None:
    """The job's noun, the longest of those that end last; after a preposition only where none stands before it."""
    return _last(part, _NOUN_TABLE)


def _field(part: list[str]) -> Family | None:
    """The last field: "Data Engineering Manager", "Head of Sales Operations", "Enterprise Sales Engineering"."""
    found = _last(part, _FIELD_TABLE)
    return found[1] if found is not None else None


def _last(part: list[str], table: PhraseTable[Family]) -> tuple[str, Family] | None:
    edge = next((at for at, key in enumerate(part) if key in _PREPOSITIONS and at > 0), len(part))
    hits = list(_hits(part, table))
    near = [hit for hit in hits if hit[0] < edge] or hits
    if not near:
        return None
    _, _, text, family = max(near, key=lambda hit: (hit[1], hit[1] - hit[0]))
    return text, family


def _mentions(text: str, table: PhraseTable[bool]) -> bool:
    keys = [word.key for word in words_of(text, limit=TITLE_LIMIT)]
    return any(table.at(keys, at) for at in range(len(keys)))
