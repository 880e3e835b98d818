"""The tables by which titles and locations are read: config/levels.yaml and config/locations.yaml."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from job_hunter.config.files import Entry, Fault, load, not_one_of
from job_hunter.domain.level import Level
from job_hunter.domain.levels import Ladder, LadderTables, build_ladder
from job_hunter.errors import ConfigError

LEVELS_FILE, LOCATIONS_FILE = "levels.yaml", "locations.yaml"

Phrases = tuple[str, ...]


class CompanyEntry(Entry):
    """One employer of levels.yaml."""

    names: Phrases = ()
    rungs: dict[str, Level] = Field(default_factory=dict)


class LevelsFile(Entry):
    """The shape of levels.yaml."""

    marks: dict[Level, Phrases]
    no_marks: Phrases = ()
    trade_managers: Phrases = ()
    no_grade_after: Phrases = ()
    no_letter_grades: Phrases = ()
    letter_grades: dict[str, dict[int, Level]] = Field(default_factory=dict)
    kinds: dict[str, dict[str, Level]] = Field(default_factory=dict)
    kind_exceptions: Phrases = ()
    sectors: dict[str, str] = Field(default_factory=dict)
    name_cues: dict[str, Phrases] = Field(default_factory=dict)
    members: dict[str, Phrases] = Field(default_factory=dict)
    companies: dict[str, CompanyEntry] = Field(default_factory=dict)


def load_ladder(config_dir: Path) -> Ladder:
    """The ladder of `config_dir`/levels.yaml. Raises ConfigError naming the key and the nearest valid value."""
    file = load(config_dir / LEVELS_FILE, LevelsFile, _level_faults)
    return build_ladder(
        LadderTables(
            marks=file.marks,
            no_marks=file.no_marks,
            trade_managers=file.trade_managers,
            no_grade_after=file.no_grade_after,
            no_letter_grades=file.no_letter_grades,
            letter_grades=file.letter_grades,
            kinds=file.kinds,
            kind_exceptions=file.kind_exceptions,
            sectors=file.sectors,
            name_cues=file.name_cues,
            members=file.members,
            companies={slug: (entry.names, entry.rungs) for slug, entry in file.companies.items()},
        )
    )


def _level_faults(file: LevelsFile) -> Iterator[Fault]:
    seen: dict[str, Level] = {}
    for level, phrases in file.marks.items():
        for at, phrase in enumerate(phrases):
            if phrase in seen:
                yield Fault(("marks", level.value, at), f"{phrase!r} already stands under {seen[phrase].value}")
            seen[phrase] = level
    kinds = tuple(file.kinds)
    for sector, kind in file.sectors.items():
        if kind not in file.kinds:
            yield Fault(("sectors", sector), not_one_of(kind, kinds))
    for key, named in (("members", file.members), ("name_cues", file.name_cues)):
        for kind in named:
            if kind not in file.kinds:
                yield Fault((key, kind), not_one_of(kind, kinds))


def readings_digest(config_dir: Path) -> str:
    """A hash of the bytes of both files: when it changes, stored roles are read again."""
    digest = hashlib.blake2b(digest_size=16)
    for name in (LEVELS_FILE, LOCATIONS_FILE):
        try:
            content = (config_dir / name).read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}: cannot be read from {config_dir}: {error.strerror}") from None
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
