"""Explaining a reading to a person, and answering labelled cases in the scorer's form."""

from __future__ import annotations

import pytest

from job_hunter.config import default_config_dir
from job_hunter.domain.role import Readings
from job_hunter.errors import UsageError
from job_hunter.runtime import load_readings
from job_hunter.usecases.explain import explain, explanation_data, predict


@pytest.fixture(scope="module")
def readings() -> Readings:
    """The tables that ship with the product."""
    config = default_config_dir()
    return load_readings(config)


TEXT = "We raised £12m. The salary is £60k-£75k plus a £1,000 learning budget."


def test_every_candidate_is_shown_with_its_label_and_reason(readings: Readings) -> None:
    """A person sees what was chosen, what was refused and why, with offsets into the plain text."""
    found = explain(TEXT, place="London", title="Senior Engineer", readings=readings)
    data = explanation_data(found)
    assert [(candidate["quote"], candidate["label"], candidate["chosen"]) for candidate in data["candidates"]] == [
        ("£12m", "not_pay", False),
        ("£60k-£75k", "base", True),
        ("£1,000", "budget", False),
    ]
    assert all(candidate["why"] for candidate in data["candidates"])
    assert all(found.text[c["start"] : c["end"]] == c["quote"] for c in data["candidates"])
    assert data["pay"]["min"] == 60_000
    assert (data["london"], data["level"]) == (True, "senior")


def test_silence_has_a_reason(readings: Readings) -> None:
    """Nothing said comes with the code of why."""
    data = explanation_data(explain("Salary: competitive", place="London", readings=readings))
    assert (data["pay"], data["reason"], data["level"]) == (None, "no_figure", None)


def test_the_header_is_the_place_where_none_is_given(readings: Readings) -> None:
    """The header's place decides the currency; a role that looks like a place does not."""
    data = explanation_data(explain("Acme | Java Engineer | Leeds, UK | 50-60k\nWe build.", readings=readings))
    assert (data["pay"]["currency"], data["places"]) == ("GBP", [{"city": "Leeds", "country": "GB"}])


def test_a_pay_case_is_answered_without_its_label(readings: Readings) -> None:
    """The expected answer is never looked at: a wrong one, or none, changes nothing."""
    case = {"id": "x1", "text": "Salary £50k", "context": {"location": "London", "title": None, "source": "hn"}}
    wrong = {**case, "expect": {"pay": {"min": 1, "max": 2, "currency": "USD", "period": "hour", "basis": "ote"}}}
    answer = {"min": 50_000, "max": 50_000, "currency": "GBP", "period": "year", "basis": "base"}
    assert (
        {"id": "x1", "pay": answer}
        == predict("pay", case, readings=readings)
        == predict("pay", wrong, readings=readings)
    )


def test_a_pay_case_without_pay_says_null(readings: Readings) -> None:
    """A trap gives null, with or without a context."""
    assert predict("pay", {"id": "x2", "text": "We raised £650k"}, readings=readings) == {"id": "x2", "pay": None}


def test_a_location_case_is_answered(readings: Readings) -> None:
    """Places, London, the UK and the remote policy, in the scorer's form."""
    answer = predict("location", {"id": "x3", "text": "Hybrid - London"}, readings=readings)
    places = [{"city": "London", "country": "GB"}]
    assert {"id": "x3", "places": places, "london": True, "uk": True, "remote": "hybrid"} == answer


def test_a_level_case_is_answered_with_the_employer_in_mind(readings: Readings) -> None:
    """A title's level; an unmarked title has none."""
    senior = {"id": "x4", "text": "Senior Engineer", "context": {"company": "acme"}}
    assert predict("level", senior, readings=readings) == {"id": "x4", "level": "senior"}
    assert predict("level", {"id": "x5", "text": "Engineer"}, readings=readings) == {"id": "x5", "level": None}


@pytest.mark.parametrize("case", [{"text": "£50k"}, {"id": "x6"}, {"id": "x6", "text": None}])
def test_a_case_without_id_or_text_is_refused(case: dict[str, object], readings: Readings) -> None:
    """The message names the field to add."""
    with pytest.raises(UsageError, match="must be a text"):
        predict("pay", case, readings=readings)


def test_an_unknown_kind_is_refused(readings: Readings) -> None:
    """The message names the kinds there are."""
    with pytest.raises(UsageError, match="pay, location or level"):
        predict("salary", {"id": "x7", "text": "£50k"}, readings=readings)  # type: ignore[arg-type]
