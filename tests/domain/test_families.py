"""Titles are sorted into families by the noun of the job, then by its field, then by the department."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.families import family_of
from job_hunter.domain.family_phrases import FIELDS, NOUNS
from job_hunter.domain.level import Family

CASES = yaml.safe_load(Path(__file__).with_name("family_cases.yaml").read_text(encoding="utf-8"))
FLAT = [
    (*(case if isinstance(case, list) else (case, None)), None if family == "none" else Family(family))
    for family, cases in CASES.items()
    for case in cases
]


@pytest.mark.parametrize(("title", "department", "family"), FLAT)
def test_a_title_is_in_the_family_of_its_noun(title: str, department: str | None, family: Family | None) -> None:
    """The family of every title of the table."""
    assert family == family_of(title, department)


def test_a_title_that_says_its_trade_is_not_overruled_by_its_department() -> None:
    """A recruiter within engineering is no engineer, and an engineer within sales no seller."""
    assert family_of("Recruiter", "Engineering") is Family.OTHER
    assert family_of("Software Engineer", "Sales") is Family.ENGINEERING


def test_no_phrase_is_in_two_families() -> None:
    """A phrase listed twice would be read by the order of the lists."""
    for listed in (NOUNS, FIELDS):
        phrases = [phrase.strip() for text in listed.values() for phrase in text.split(",")]
        assert len(phrases) == len(set(phrases)), {phrase for phrase in phrases if phrases.count(phrase) > 1}


@given(st.text(max_size=150), st.none() | st.text(max_size=60))
def test_any_title_is_sorted(title: str, department: str | None) -> None:
    """No title and no department raises, and the case of letters means nothing."""
    assert family_of(title, department) in (None, *Family)


@given(st.sampled_from([title for title, _, _ in FLAT]))
def test_case_and_blanks_of_a_title_mean_nothing(title: str) -> None:
    """Capitals and stray blanks leave the family as it is."""
    assert family_of(title.upper()) == family_of(f" {title.replace(' ', '  ')} ") == family_of(title)


def test_a_hostile_title_costs_no_more_than_a_long_one() -> None:
    """A megabyte is sorted in a moment."""
    started = time.process_time()
    family_of("engineer of " * 90_000, "sales, " * 140_000)
    assert time.process_time() - started < 0.5
