"""One opening has one key wherever it is advertised; two openings never share one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.dedup import KEY_BYTES, deciding_place, dedup_key, team_words
from job_hunter.domain.level import Level
from job_hunter.domain.place import Place

CASES = yaml.safe_load(Path(__file__).with_name("dedup_cases.yaml").read_text(encoding="utf-8"))
LONDON = (Place("London", "GB"),)


def key(title: str, places: str, level: str | None, team: str | None) -> bytes:
    """The key of one advertisement in the notation of the case table."""
    named = [text.replace("_", " ").split("/") for text in places.split()]
    where = tuple(Place(None if city == "-" else city, country) for city, country in named)
    return dedup_key("acme", title, where, Level(level) if level else None, team)


@pytest.mark.parametrize("pair", CASES["same"], ids=lambda pair: pair[1][0])
def test_one_opening_has_one_key(pair: list[list[str]]) -> None:
    """Spelling, ids, terms and places repeated in the title don't make another opening."""
    assert key(*pair[0]) == key(*pair[1])


@pytest.mark.parametrize("pair", CASES["different"], ids=lambda pair: f"{pair[0][0]} / {pair[1][0]}")
def test_two_openings_have_two_keys(pair: list[list[str]]) -> None:
    """Another city, level, team, market or trade is another opening."""
    assert key(*pair[0]) != key(*pair[1])


def test_another_company_is_another_opening() -> None:
    """The company is part of the key; punctuation in its slug is not."""
    assert dedup_key("acme", "Trader", LONDON, None) != dedup_key("apex", "Trader", LONDON, None)
    assert dedup_key("jane-street", "Trader", LONDON, None) == dedup_key("janestreet", "Trader", LONDON, None)


def test_the_deciding_place_does_not_depend_on_order() -> None:
    """London where it is named, else the alphabetically first city, else a country."""
    paris, oslo, country = Place("Paris", "FR"), Place("Oslo", "NO"), Place(None, "DE")
    assert deciding_place((paris, oslo, country)) == deciding_place((country, oslo, paris)) == oslo
    assert deciding_place((oslo, *LONDON)) == LONDON[0]
    assert deciding_place(()) is None


def test_a_department_counts_where_it_names_a_team() -> None:
    """Functions, cost centres, the company, places and words of the title are no team."""
    assert team_words("1200 - Payments Infrastructure", (), "acme", LONDON) == ["infrastructure", "payments"]
    assert team_words("Engineering, Acme London", (), "acme", LONDON) == []
    assert team_words("Payments", ("engineer", "payments"), "acme", LONDON) == []


@given(st.text(max_size=120), st.text(max_size=40))
def test_any_text_has_a_key(title: str, team: str) -> None:
    """No title and no department raises, and the key has its size."""
    assert len(dedup_key("acme", title, LONDON, None, team)) == KEY_BYTES


@given(st.text(alphabet="abcdefghij ÉàçÑ-,/()&", max_size=60))
def test_case_and_blanks_mean_nothing(title: str) -> None:
    """Upper case and doubled, leading or trailing blanks leave the key as it is."""
    plain = dedup_key("acme", title, LONDON, None)
    assert plain == dedup_key("ACME", title.upper(), LONDON, None)
    assert plain == dedup_key("acme", f"  {title.replace(' ', '   ')} ", LONDON, None)


@given(st.permutations(["Senior", "Payments", "Engineer", "Ledger"]))
def test_the_order_of_words_means_nothing(words: list[str]) -> None:
    """ "Engineer, Payments" and "Payments Engineer" are one opening."""
    first = dedup_key("acme", "Senior Payments Engineer, Ledger", LONDON, Level.SENIOR)
    assert dedup_key("acme", " ".join(words), LONDON, Level.SENIOR) == first
