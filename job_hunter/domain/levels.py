"""Titles as levels of the generic ladder: what the words of a title say about rank, and nothing that they don't.

The rules are named, so that a person can see which one decided. In their order:

1. `intern`: a word for an internship beats everything else.
2. `word`: the first part of the title that holds a rank word decides. Parts end at commas, dashes, bars and brackets.
   Within a part the highest word wins ("Senior Engineering Manager" is a manager), except that a word for newcomers
   ("Junior", "Trainee") beats "manager" and "lead".
3. `range`: alternatives in one part ("Senior/Staff", "Manager / Director") give the lower one.
4. `numeral`: "II", "3", "Level 2" directly after the role's noun, where the same part has no rank word.
5. `company rung`: what the employer's own ladder, or that of its kind (a bank's VP), says.
6. `letter grade`: "L5", "E6", "IC4" where the employer's own ladder is not known.
7. `unmarked`: no mark, no level. A plain "Software Engineer" is no evidence of "mid".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from job_hunter.domain.ladder import CompanyLadder, Ladder, LadderTables, Mark, build_ladder, company_ladder
from job_hunter.domain.level import RANK, Level
from job_hunter.domain.phrases import PhraseTable, Word, words_of

__all__ = [
    "LEVEL_READING",
    "CompanyLadder",
    "Ladder",
    "LadderTables",
    "LevelReading",
    "build_ladder",
    "company_ladder",
    "level_of",
    "read_level",
]

LEVEL_READING = 2
"""Version of these rules; raised when one of them changes, so that stored roles are read again."""

TITLE_LIMIT = 300
"""Characters of a title that are read."""


class LevelReading(NamedTuple):
    """A title's level and why: `rung` is the text that decided, `rule` its rule, `misses` grades nobody knows."""

    level: Level | None
    rung: str | None
    rule: str
    misses: tuple[str, ...] = ()


def level_of(title: str, ladder: Ladder, company: CompanyLadder | None = None) -> Level | None:
    """The level `title` states, None where it states none."""
    return read_level(title, ladder, company).level


def read_level(title: str, ladder: Ladder, company: CompanyLadder | None = None) -> LevelReading:
    """What `title` says about level, with the rule that decided. Never raises; the rules are in the module's head."""
    return _read(title[:TITLE_LIMIT], ladder, company)


_SUBORDINATE = re.compile(
    r"\b(?:assistant|ea|pa|advisor|adviser|partner|staff|support(?:ing)?|reporting)\s+to\b.*", re.IGNORECASE
)
_CHIEF_OFFICER = re.compile(r"\bchief(?:\s+(?:[\w&-]+,?)){0,5}?\s+officer\b", re.IGNORECASE)
_OFFICER_CODE = re.compile(r"(?:^|[/,(|–&+]|\band\b|\b(?i:interim|deputy|fractional|acting|global|group|co)\b-?)\s*"
                           r"(?:CEO|CTO|CFO|COO|CMO|CPO|CRO|CIO|CISO|CHRO|CCO|CDO)\s*(?=$|[/,()|–&+:-])")  # fmt: skip
_DATE_OR_ID = re.compile(r"\b\d{1,2}/\d{1,2}/\d{2,4}\b|\(\s*#?[A-Z]{0,4}-?\d{3,}\s*\)|#\d+")
_DIGIT = re.compile(r"\d")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5}
_NUMERALS = frozenset((*_ROMAN, "1", "2", "3", "4", "5"))
_NUMERAL_LEVEL = {1: Level.JUNIOR, 2: Level.MID, 3: Level.SENIOR, 4: Level.STAFF, 5: Level.PRINCIPAL}
_LETTERED = re.compile(r"([A-Za-z]{1,3})(\d{1,2})[A-Za-z]?")
# A role's noun ends like this: engineer, developer, scientist, technician, consultant, analyst, associate, partner.
_ROLE_NOUN = re.compile(
    r".+(?:er|or|ist|ian|ant|ent|yst|ive|ate|ect|tary|sel|man|person|rep|ineering|swe|sde|dev)s?$"
    r"|^(?:swe|sde|sdet|sre|dev|qa|mts|dba|ae|csm|bdr|sdr|pm|tpm)$"
)
_PART_ENDS = frozenset(",–|();:.•")
# "Data Lead" says less than a rank stated beside it ("Data Lead - Senior Engineer").
_WEAK = frozenset(("lead", "leads", "leader", "tech lead", "technical lead"))
_LOOSE_NEWCOMER = frozenset(("associate", "associates"))
# People in these trades are led by their managers, whatever rank stands before the word.
_LED_BY_MANAGERS = frozenset(
    ("engineering", "software", "data", "analytics", "development", "science", "senior", "sr", "staff", "principal", "")
)
_CEDES_TO_NEWCOMER = frozenset((Level.MANAGER, Level.STAFF))
_NOT_NEWCOMER_BEFORE = frozenset(
    (
        "program",
        "programme",
        "programs",
        "programmes",
        "recruitment",
        "recruiting",
        "scheme",
        "schemes",
        "apprenticeship",
    )
)


@lru_cache(maxsize=8192)
def _read(title: str, ladder: Ladder, company: CompanyLadder | None) -> LevelReading:
    plain = _SUBORDINATE.sub("", title) if "to" in title.lower() else title
    plain = _DATE_OR_ID.sub(" | ", plain) if _DIGIT.search(plain) else plain
    table = company.table if company is not None else ladder.table
    words = words_of(plain, limit=TITLE_LIMIT)
    parts = list(_parts(words))
    found = [list(_marks(part, table)) for part in parts]
    for part, marks in zip(parts, found, strict=True):
        for mark, text, _, _ in marks:
            if mark.rule == "intern" and (text != "stage" or len(part) == 1):
                return LevelReading(Level.INTERN, text, "intern")
    weak: LevelReading | None = None
    for part, marks in zip(parts, found, strict=True):
        reading = _by_words(part, marks)
        if reading is not None and weak is None and reading.rung in _WEAK:
            weak = reading
            continue
        if weak is not None:
            if reading is not None and reading.rung not in _WEAK:
                return reading
            continue
        if reading is None:
            reading = _officer(" ".join(word.raw for word in part), plain)
        if reading is None:
            reading = _by_numeral(part, marks, ladder)
        if reading is not None:
            return reading
    if weak is not None:
        return weak
    if (officer := _officer(plain, plain)) is not None:
        return officer
    return _by_letter(words, ladder, company)


def _parts(words: Iterable[Word]) -> Iterator[list[Word]]:
    part: list[Word] = []
    for word in words:
        if part and word.before in _PART_ENDS:
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def _marks(part: list[Word], table: PhraseTable[Mark]) -> Iterator[tuple[Mark, str, int, int]]:
    """The known phrases of a part: mark, text, first word and the word after the last. None spans "Senior/Staff"."""
    keys = [word.key for word in part]
    at, bound = 0, 0
    while at < len(part):
        while bound <= at or (bound < len(part) and part[bound].before in (" ", "-")):
            bound += 1
        hit = table.at(keys, at, bound)
        if hit is None:
            at += 1
            continue
        length, mark = hit
        yield mark, " ".join(keys[at : at + length]), at, at + length
        at += length


def _by_words(part: list[Word], marks: list[tuple[Mark, str, int, int]]) -> LevelReading | None:
    ranked = [m for m in marks if m[0].level is not None and _states_rank(part, m)]
    if not ranked:
        return None
    groups: list[list[tuple[Mark, str, int, int]]] = []
    last_end = 0
    for mark in ranked:
        if not groups or _is_alternative(part, last_end, mark[2]):
            groups.append([])
        groups[-1].append(mark)
        last_end = mark[3]
    chosen = [_highest(group, part) for group in groups]
    level, text, rule = min(chosen, key=lambda c: RANK[c[0]])
    return LevelReading(level, text, "range" if len(groups) > 1 else rule)


def _states_rank(part: list[Word], mark: tuple[Mark, str, int, int]) -> bool:
    """Whether a rank word is used as one: "Restaurant Staff" and "Mid Season" are not."""
    _, text, start, end = mark
    if text == "staff":
        closes = end == len(part)
        return not (closes and start > 0 and part[start].before == " ")
    if text in ("head", "stage"):
        return len(part) == 1
    if text == "entry":
        return end == len(part) or part[end].key == "level"
    if text == "leads":
        return end == len(part) and start > 0
    return True


def _is_alternative(part: list[Word], last_end: int, start: int) -> bool:
    between = part[last_end : start + 1]
    if any(word.before == "/" for word in between):
        return True
    joining = [word.key for word in between[:-1]]
    return any(key in ("or", "to") for key in joining) or (
        joining in ([], ["and"]) and between[-1].before in ("-", "&")
    )


def _highest(group: list[tuple[Mark, str, int, int]], part: list[Word]) -> tuple[Level, str, str]:
    top = max(group, key=lambda m: (RANK[_level(m)], -m[2]))
    if _level(top) in _CEDES_TO_NEWCOMER and (other := _instead(group, top, part)) is not None:
        top = other
    return _level(top), top[1], top[0].rule


def _instead(
    group: list[tuple[Mark, str, int, int]], top: tuple[Mark, str, int, int], part: list[Word]
) -> tuple[Mark, str, int, int] | None:
    """The mark that beats "manager" or "lead": one for newcomers, or the rank of a manager without people."""
    juniors = [m for m in group if m[0].level is Level.JUNIOR]
    newcomer = next((m for m in juniors if m[1] not in _LOOSE_NEWCOMER), None)
    if newcomer is not None:
        return None if any(word.key in _NOT_NEWCOMER_BEFORE for word in part) else newcomer
    trade = part[top[2] - 1].key if top[2] else ""
    if top[1] != "manager" or trade in _LED_BY_MANAGERS:
        return None
    # "Associate Brand Manager" and "Principal Brand Manager" name ranks of a trade, as with product managers.
    ranks = [m for m in group if m[1] in ("staff", "principal", "senior staff", "senior principal")]
    prefix = [m for m in juniors if m[2] == 0 and top[2] > m[3]]
    return next(iter(ranks or prefix), None)


def _level(mark: tuple[Mark, str, int, int]) -> Level:
    level = mark[0].level
    assert level is not None
    return level


def _officer(text: str, title: str) -> LevelReading | None:
    """Chief officers, in words ("Chief Product & Technology Officer") or as a code that fills a part ("CTO")."""
    if not _mentions_officer(text):
        return None
    if (found := _CHIEF_OFFICER.search(text if text != title else title)) is not None:
        return LevelReading(Level.EXECUTIVE, found[0].lower(), "word")
    if (found := _OFFICER_CODE.search(text)) is not None:
        return LevelReading(Level.EXECUTIVE, found[0].strip(" /,(|&+").lower(), "word")
    return None


def _mentions_officer(text: str) -> bool:
    return "hief" in text or "CHIEF" in text or "chief" in text or ("C" in text and ("O" in text))


def _by_numeral(part: list[Word], marks: list[tuple[Mark, str, int, int]], ladder: Ladder) -> LevelReading | None:
    """ "Engineer II", "Analyst 2", "Level 1-3", or a part that is nothing but a numeral ("Engineer, II")."""
    for at, word in enumerate(part):
        number = _ROMAN.get(word.key) or (int(word.key) if word.key in _NUMERALS else None)
        if number is None or not _is_grade(part, at, ladder):
            continue
        following = part[at + 1].key if at + 1 < len(part) else ""
        if following.isdigit() and len(following) > 1:
            continue
        return LevelReading(_NUMERAL_LEVEL[number], word.raw, "numeral")
    return None


def _is_grade(part: list[Word], at: int, ladder: Ladder) -> bool:
    word = part[at]
    if at == 0:
        return len(part) == 1 or (part[1].before in ("/", "-") and part[1].key in _NUMERALS)
    before = part[at - 1].key
    if before in ("level", "lvl", "grade"):
        return "support" not in {other.key for other in part}
    if word.before not in (" ", "-", "/", "&"):
        return False
    if before in ladder.no_grade_after or before.isdigit():
        return False
    if word.key in ("ii", "iii", "iv") and word.raw.isupper():
        return True
    following = part[at + 1] if at + 1 < len(part) else None
    if following is not None and following.before == "-" and not (following.key.isdigit() or following.key in _ROMAN):
        return False
    return _ROLE_NOUN.match(before) is not None


def _counts_other_things(words: Iterable[Word], ladder: Ladder) -> bool:
    """Whether a title's "L2" counts support lines, network layers or the like."""
    keys = [word.key for word in words]
    return any(ladder.no_letter_grades.at(keys, at) for at in range(len(keys)))


def _by_letter(words: Sequence[Word], ladder: Ladder, company: CompanyLadder | None) -> LevelReading:
    misses: list[str] = []
    for at, word in enumerate(words):
        match = _LETTERED.fullmatch(word.raw)
        if match is None or not word.raw[0].isupper():
            continue
        letters, number = match[1].upper(), int(match[2])
        known = ladder.letter_grades.get(letters, {})
        closes = at + 1 == len(words) or words[at + 1].before in _PART_ENDS or words[at + 1].before in "/-"
        placed = word.before in _PART_ENDS or (closes and (at == 0 or _ROLE_NOUN.match(words[at - 1].key) is not None))
        if number in known:
            if not _counts_other_things(words, ladder):
                return LevelReading(known[number], word.raw, "letter grade")
        elif placed and closes and at > 0:
            misses.append(word.raw)
    for at, word in enumerate(words[:-1]):
        if word.key in ("grade", "band", "level") and words[at + 1].key.isdigit() and int(words[at + 1].key[:4]) > 5:
            misses.append(f"{word.raw} {words[at + 1].raw}")
    return LevelReading(None, None, "unmarked", tuple(misses))
