"""Locations are read by named rules and a table of names; what neither knows is said, not guessed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from job_hunter.config import default_config_dir
from job_hunter.config.readings import load_gazetteer
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.locations import places_of, read_location
from job_hunter.domain.place import Place

CASES = yaml.safe_load(Path(__file__).with_name("location_cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    """The names of the delivered locations.yaml."""
    return load_gazetteer(default_config_dir())


def shown(places: tuple[Place, ...]) -> str:
    """Places in the notation of the case table."""
    return " ".join(f"{place.city or '-'}/{place.country or '?'}" for place in places)


@pytest.mark.parametrize("case", [case for group in CASES.values() for case in group], ids=lambda case: case[0][:40])
def test_a_location_is_read_as_a_careful_person_reads_it(case: list[str | bool | None], gazetteer: Gazetteer) -> None:
    """Places, the UK, the remote policy, the bucket and London itself, for every case of the table."""
    text, places, is_uk, remote, bucket = case
    reading = read_location(str(text), gazetteer)
    assert (places, is_uk, remote, bucket) == (
        shown(reading.places),
        reading.is_uk,
        reading.remote.value if reading.remote else None,
        reading.bucket,
    )
    assert reading.is_london == (bucket == "london")


def test_the_table_of_names_is_broad(gazetteer: Gazetteer) -> None:
    """At least 150 British towns, 900 other cities, every London area and every country are known."""
    cities = gazetteer.country_of_city
    assert sum(country == "GB" for country in cities.values()) >= 150
    assert sum(country != "GB" for country in cities.values()) >= 900
    assert len(gazetteer.countries) >= 190


def test_a_country_beside_the_text_decides_between_senses(gazetteer: Gazetteer) -> None:
    """The country a source states places an ambiguous city, and stands for a text without a place."""
    assert places_of("Cambridge", gazetteer) == (Place("Cambridge", None),)
    assert read_location("Cambridge", gazetteer, country="GB").places == (Place("Cambridge", "GB"),)
    assert read_location("Cambridge", gazetteer, country="us").places == (Place("Cambridge", "US"),)
    assert read_location("London", gazetteer, country="CA").is_london is False
    assert read_location("Remote", gazetteer, country="GB").bucket == "remote-uk"
    assert read_location("London", gazetteer, country="nowhere").is_london


def test_a_country_beside_the_text_never_overrules_it(gazetteer: Gazetteer) -> None:
    """A source that states its headquarters' country does not move a city elsewhere."""
    assert read_location("Paris", gazetteer, country="JP").places == (Place("Paris", "FR"),)
    assert read_location("London, UK", gazetteer, country="CA").is_london


def test_further_locations_follow_the_first(gazetteer: Gazetteer) -> None:
    """A role's other locations are places too; London among them decides, else the first place does."""
    both = read_location("Dublin", gazetteer, extra=("London", "Dublin"))
    assert (both.places, both.bucket) == ((Place("Dublin", "IE"), Place("London", "GB")), "london")
    assert read_location("Dublin", gazetteer, extra=("Remote, UK",)).bucket == "dublin"


def test_names_nobody_knows_are_counted(gazetteer: Gazetteer) -> None:
    """An operator sees what to add; known names beside it are still read."""
    reading = read_location("Zzyzxholm; London", gazetteer)
    assert reading.misses == ("Zzyzxholm",)
    assert reading.places == (Place("London", "GB"),)
    assert read_location("London, UK (Hybrid)", gazetteer).misses == ()


def test_an_alias_added_to_the_file_fixes_a_miss(tmp_path: Path) -> None:
    """A name that was missed needs a line in locations.yaml and no code."""
    text = (default_config_dir() / "locations.yaml").read_text(encoding="utf-8")
    assert "Big Smoke" not in text
    (tmp_path / "locations.yaml").write_text(text.replace("  London: [", "  London: [Big Smoke, "), encoding="utf-8")
    assert read_location("Big Smoke", load_gazetteer(default_config_dir())).misses == ("Big Smoke",)
    assert read_location("big smoke", load_gazetteer(tmp_path)).is_london


@given(st.text(max_size=200), st.sampled_from([None, "GB", "US", "??"]))
@settings(deadline=None, max_examples=300)
def test_any_text_is_read(text: str, country: str | None) -> None:
    """No text raises, and the answers agree with one another."""
    reading = read_location(text, _shared(), country=country)
    assert reading.is_london is (reading.bucket == "london")
    assert not reading.is_london or reading.is_uk
    assert len(set(reading.places)) == len(reading.places)


@given(st.sampled_from([case[0] for group in CASES.values() for case in group]))
@settings(deadline=None, max_examples=60)
def test_blanks_around_a_location_mean_nothing(text: str) -> None:
    """A location reads the same with stray blanks around it."""
    assert read_location(f"  {text} ", _shared()) == read_location(text, _shared())


@pytest.mark.parametrize(
    "text", ["London, " * 130_000, "(" * 1_000_000, "CA-" * 340_000, "5 days " * 140_000, "Washington; " * 90_000]
)
def test_a_hostile_text_costs_no_more_than_a_long_one(text: str, gazetteer: Gazetteer) -> None:
    """A megabyte is read in well under a second, also as one of many further locations."""
    started = time.process_time()
    read_location(text, gazetteer)
    read_location("Leeds", gazetteer, extra=(text,) * 40)
    assert time.process_time() - started < 1.0


_LOADED: list[Gazetteer] = []


def _shared() -> Gazetteer:
    if not _LOADED:
        _LOADED.append(load_gazetteer(default_config_dir()))
    return _LOADED[0]
