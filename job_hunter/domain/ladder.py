"""The tables by which titles are read as levels: marks, the ladders of kinds of employers, and those of companies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from job_hunter.domain.level import Level
from job_hunter.domain.phrases import PhraseTable, words_of


@dataclass(frozen=True, slots=True)
class Mark:
    """What a phrase says: the level, or None where a rank word states no rank. `rule` is the kind of phrase."""

    level: Level | None
    rule: str


@dataclass(frozen=True, slots=True, eq=False)
class CompanyLadder:
    """One employer's ladder. `rungs` maps its own grades ("L5", "VP") to the generic ladder; `kind` may be None."""

    slug: str
    kind: str | None
    rungs: Mapping[str, Level]
    table: PhraseTable[Mark]


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The tables a title is read by; built by `build_ladder` from config/levels.yaml."""

    table: PhraseTable[Mark]
    no_grade_after: frozenset[str]
    no_letter_grades: PhraseTable[bool]
    letter_grades: Mapping[str, Mapping[int, Level]]
    companies: Mapping[str, CompanyLadder]
    kinds: Mapping[str, CompanyLadder]
    by_name: Mapping[str, CompanyLadder]
    sectors: Mapping[str, str]
    name_cues: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LadderTables:
    """The plain content of levels.yaml, validated elsewhere."""

    marks: Mapping[Level, tuple[str, ...]]
    no_marks: tuple[str, ...]
    trade_managers: tuple[str, ...]
    no_grade_after: tuple[str, ...]
    no_letter_grades: tuple[str, ...]
    letter_grades: Mapping[str, Mapping[int, Level]]
    kinds: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    kind_exceptions: tuple[str, ...] = ()
    sectors: Mapping[str, str] = field(default_factory=dict)
    name_cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    companies: Mapping[str, tuple[tuple[str, ...], Mapping[str, Level]]] = field(default_factory=dict)


def build_ladder(tables: LadderTables) -> Ladder:
    """The look-up form of `tables`."""
    generic = list(_generic_marks(tables))

    def ladder_of(slug: str, kind: str | None, rungs: Mapping[str, Level]) -> CompanyLadder:
        marks = dict(generic)
        marks.update({phrase: Mark(level, "company rung") for phrase, level in rungs.items()})
        if kind is not None:
            plain = dict(generic)
            marks.update({p: plain.get(p, Mark(_first_level(p, plain), "word")) for p in tables.kind_exceptions})
        return CompanyLadder(slug, kind, rungs, PhraseTable(marks.items()))

    kinds = {kind: ladder_of(kind, kind, rungs) for kind, rungs in tables.kinds.items()}
    companies: dict[str, CompanyLadder] = {}
    by_name: dict[str, CompanyLadder] = {}
    for kind, names in tables.members.items():
        by_name.update((_squeezed(name), kinds[kind]) for name in names)
    for slug, (names, rungs) in tables.companies.items():
        companies[slug] = ladder_of(slug, None, rungs)
        by_name.update((_squeezed(name), companies[slug]) for name in (slug, *names))
    cues = tuple((" ".join(w.key for w in words_of(cue)), kind) for kind, cs in tables.name_cues.items() for cue in cs)
    return Ladder(
        table=PhraseTable(generic),
        no_grade_after=frozenset(tables.no_grade_after),
        no_letter_grades=PhraseTable((phrase, True) for phrase in tables.no_letter_grades),
        letter_grades=tables.letter_grades,
        companies=companies,
        kinds=kinds,
        by_name=by_name,
        sectors=tables.sectors,
        name_cues=cues,
    )


def _generic_marks(tables: LadderTables) -> Iterator[tuple[str, Mark]]:
    for level, phrases in tables.marks.items():
        for phrase in phrases:
            yield phrase, Mark(level, "intern" if level is Level.INTERN else "word")
    for phrase in tables.no_marks:
        yield phrase, Mark(None, "no mark")
    for phrase in tables.trade_managers:
        yield phrase, Mark(None, "trade manager")


def _first_level(phrase: str, marks: Mapping[str, Mark]) -> Level | None:
    return next((marks[word].level for word in phrase.split() if word in marks), None)


def _squeezed(name: str) -> str:
    return "".join(
        word.key for word in words_of(name) if word.key not in ("inc", "ltd", "limited", "plc", "llc", "the")
    )


@lru_cache(maxsize=1024)
def company_ladder(
    ladder: Ladder, *, slug: str | None = None, name: str | None = None, sector: str | None = None
) -> CompanyLadder | None:
    """The ladder of an employer known by slug, by display name or by sector; None where none of them is known."""
    for label in (slug, name):
        if label and (found := ladder.by_name.get(_squeezed(label))) is not None:
            return found
    if sector is not None and (kind := ladder.sectors.get(str(sector))) is not None:
        return ladder.kinds.get(kind)
    if name:
        spaced = f" {' '.join(word.key for word in words_of(name))} "
        return next((ladder.kinds[kind] for cue, kind in ladder.name_cues if f" {cue} " in spaced), None)
    return None
