"""The tables of levels and places are strict: a fault names the file, the key and the nearest valid value."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from job_hunter.config import default_config_dir
from job_hunter.config.readings import load_gazetteer, load_ladder, readings_digest
from job_hunter.domain.level import Level
from job_hunter.domain.levels import level_of
from job_hunter.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the delivered levels.yaml and locations.yaml."""
    for name in ("levels.yaml", "locations.yaml"):
        (tmp_path / name).write_bytes((default_config_dir() / name).read_bytes())
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    """Replace the first `old`, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("levels.yaml", "  senior: [", "  senoir: [", ("levels.yaml.marks", "senoir", "did you mean senior")),
        ("levels.yaml", "{bank: bank}", "{bank: bnak}", ("levels.yaml.sectors.bank", "did you mean bank")),
        ("levels.yaml", "no_marks:", "no_mark:", ("levels.yaml.no_mark", "did you mean no_marks")),
        ("levels.yaml", "L3: junior", "L3: juniour", ("levels.yaml.companies", "did you mean junior")),
        ("levels.yaml", "  mid: [mid,", "  mid: [mid, junior,",
         ("levels.yaml.marks.mid[1]", "already stands under junior")),
        ("locations.yaml", "  Lisbon: [", "  Lisbn: [", ("locations.yaml.aliases.Lisbn", "did you mean Lisbon")),
        ("locations.yaml", "LON: London", "LON: Londn", ("locations.yaml.codes.LON", "did you mean London")),
        ("locations.yaml", "  berlin: {cities: [Berlin]}", "  berlin: {cities: [Brlin]}",
         ("locations.yaml.buckets.berlin.cities[0]", "did you mean Berlin")),
        ("locations.yaml", "  IE: [Leinster", "  IX: [Leinster", ("locations.yaml.regions.IX", "is not one of")),
        ("locations.yaml", "  remote: [remote,", "  remotee: [remote,",
         ("locations.yaml.modes.remotee", "did you mean remote")),
        ("locations.yaml", "undecidable:", "undecideable:",
         ("locations.yaml.undecideable", "did you mean undecidable")),
    ],
)  # fmt: skip
def test_a_fault_is_named(folder: Path, name: str, old: str, new: str, said: tuple[str, ...]) -> None:
    """The message holds the path of the entry and what was probably meant."""
    edit(folder / name, old, new)
    load = load_ladder if name == "levels.yaml" else load_gazetteer
    with pytest.raises(ConfigError) as caught:
        load(folder)
    for part in said:
        assert part in str(caught.value)


def test_a_word_added_to_the_file_is_a_mark(folder: Path) -> None:
    """A level word that was missed needs a line in levels.yaml and no code."""
    assert level_of("Grizzled Engineer", load_ladder(folder)) is None
    edit(folder / "levels.yaml", "  senior: [senior,", "  senior: [senior, grizzled,")
    assert level_of("Grizzled Engineer", load_ladder(folder)) is Level.SENIOR


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message names the file and the folder it was sought in."""
    for load in (load_ladder, load_gazetteer, readings_digest):
        with pytest.raises(ConfigError, match=r"l\w+\.yaml"):
            load(tmp_path)


def test_the_digest_follows_the_bytes_of_both_files(folder: Path) -> None:
    """Any edit of either file changes the digest, and nothing else does."""
    digest = readings_digest(folder)
    assert digest == readings_digest(default_config_dir())
    edit(folder / "levels.yaml", "# ", "#  ")
    changed = readings_digest(folder)
    edit(folder / "locations.yaml", "# ", "#  ")
    assert len({digest, changed, readings_digest(folder)}) == 3


def test_the_tables_load_quickly() -> None:
    """Both tables are read in a fraction of a second, so that a command starts at once."""
    started = time.process_time()
    load_ladder(default_config_dir())
    load_gazetteer(default_config_dir())
    assert time.process_time() - started < 1.0
