"""Titles are read as levels by named rules; a title without a mark states no level."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from job_hunter.config import default_config_dir
from job_hunter.config.readings import load_ladder
from job_hunter.domain.level import RANK, Level
from job_hunter.domain.levels import Ladder, company_ladder, level_of, read_level

CASES: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("level_cases.yaml").read_text(encoding="utf-8"))
LADDER = load_ladder(default_config_dir())


@pytest.fixture
def ladder() -> Ladder:
    """The marks of the delivered levels.yaml."""
    return LADDER


@pytest.mark.parametrize(
    ("title", "level"),
    [(title, None if level == "none" else Level(level)) for level, titles in CASES.items() for title in titles],
)
def test_a_title_is_read_as_a_careful_person_reads_it(title: str, level: Level | None, ladder: Ladder) -> None:
    """The level of every title of the table."""
    assert level == level_of(title, ladder), read_level(title, ladder)


@pytest.mark.parametrize(
    ("title", "rule", "rung"),
    [
        ("Campus FPGA Engineer (Intern)", "intern", "intern"),
        ("Senior Engineering Manager", "word", "manager"),
        ("Senior/Staff Engineer", "range", "senior"),
        ("Software Engineer II", "numeral", "II"),
        ("Software Engineer (L5)", "letter grade", "L5"),
        ("Software Engineer", "unmarked", None),
    ],
)
def test_a_reading_names_its_rule(title: str, rule: str, rung: str | None, ladder: Ladder) -> None:
    """A person sees which rule decided, and by which words."""
    reading = read_level(title, ladder)
    assert (rule, rung) == (reading.rule, reading.rung)


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Vice President, Equity Derivatives", Level.MANAGER),
        ("VP - Software Engineer", Level.MANAGER),
        ("Associate, Leveraged Finance", Level.MID),
        ("Investment Banking Analyst", Level.JUNIOR),
        ("Summer Analyst", Level.INTERN),
        ("Assistant Vice President, Risk", Level.SENIOR),
        ("Executive Director", Level.DIRECTOR),
        ("Director, Rates Technology", Level.DIRECTOR),
        ("Managing Director", Level.EXECUTIVE),
        ("Senior Associate", Level.SENIOR),
        ("Software Engineer", None),
    ],
)
def test_titles_of_a_bank_mean_what_they_mean_in_banks(title: str, level: Level | None, ladder: Ladder) -> None:
    """A bank's VP is no executive; banks are known by name, by slug and by sector."""
    assert level == level_of(title, ladder, company_ladder(ladder, slug="goldmansachs"))
    assert level == level_of(title, ladder, company_ladder(ladder, name="Barclays plc"))
    assert level == level_of(title, ladder, company_ladder(ladder, slug="unheardof", sector="bank"))


def test_a_company_has_a_ladder_of_its_own(ladder: Ladder) -> None:
    """The same grade is another level elsewhere, and a word in the title beats both."""
    amazon, meta = company_ladder(ladder, slug="amazon"), company_ladder(ladder, name="Meta")
    assert level_of("Software Engineer, L6", ladder, amazon) is Level.SENIOR
    assert level_of("Software Engineer, L6", ladder) is Level.STAFF
    assert level_of("Software Engineer (E5)", ladder, meta) is Level.SENIOR
    assert (
        level_of("Senior Member of Technical Staff", ladder, company_ladder(ladder, slug="salesforce")) is Level.SENIOR
    )
    assert level_of("Member of Technical Staff", ladder, company_ladder(ladder, slug="salesforce")) is Level.MID
    assert company_ladder(ladder, slug="nobody", name="Nobody", sector="other") is None


def test_employers_are_known_by_what_their_name_says(ladder: Ladder) -> None:
    """ "Asset Management" in a display name makes an asset manager of an employer no list names."""
    assert (
        level_of("Associate", ladder, company_ladder(ladder, slug="oakhill", name="Oakhill Asset Management"))
        is Level.MID
    )
    assert (
        level_of("Associate", ladder, company_ladder(ladder, slug="oakhill", name="Oakhill Software")) is Level.JUNIOR
    )


@pytest.mark.parametrize(
    ("title", "level"),
    [("Engineer (L3)", Level.JUNIOR), ("Engineer (E4)", Level.MID), ("Engineer IC4", Level.SENIOR),
     ("Engineer - L6", Level.STAFF), ("Engineer (IC6)", Level.PRINCIPAL), ("L2/L3 Network Engineer", None),
     ("Perception Engineer, L4 Autonomy", None)],
)  # fmt: skip
def test_bare_letter_grades(title: str, level: Level | None, ladder: Ladder) -> None:
    """Letters with a number are grades, unless they count support lines, network layers or automation."""
    assert level == level_of(title, ladder)


def test_grades_nobody_knows_are_counted(ladder: Ladder) -> None:
    """An operator sees what to add to levels.yaml."""
    assert read_level("Software Engineer (P4)", ladder).misses == ("P4",)
    assert read_level("Civil Servant, Grade 7", ladder).misses == ("Grade 7",)
    assert read_level("B2B Marketing Specialist", ladder).misses == ()
    assert read_level("Senior Engineer (P4)", ladder).misses == ()


@given(st.text(max_size=150))
@settings(deadline=None)
def test_any_title_is_read(title: str) -> None:
    """No title raises, and a level always comes with the words it was read from."""
    reading = read_level(title, LADDER)
    assert (reading.level is None) == (reading.rung is None)


@given(st.sampled_from([title for titles in CASES.values() for title in titles]))
def test_blanks_and_case_of_a_title_mean_little(title: str) -> None:
    """Stray blanks change nothing."""
    assert level_of(f"  {title.replace(' ', '  ')} ", LADDER) == level_of(title, LADDER)


@given(st.permutations([Level.JUNIOR, Level.MID, Level.SENIOR, Level.STAFF, Level.PRINCIPAL]), st.integers(2, 4))
def test_a_range_is_its_lowest_end(levels: list[Level], length: int) -> None:
    """Whatever the order of the alternatives, the lower one is the level."""
    chosen = levels[:length]
    assert level_of(f"{'/'.join(chosen)} Engineer", LADDER) is min(chosen, key=RANK.__getitem__)


@pytest.mark.parametrize("title", ["Senior/" * 150_000, "chief " * 170_000, "I/" * 500_000, "(" * 1_000_000])
def test_a_hostile_title_costs_no_more_than_a_long_one(title: str, ladder: Ladder) -> None:
    """A megabyte is read in a moment."""
    started = time.process_time()
    read_level(title, ladder)
    assert time.process_time() - started < 0.5
