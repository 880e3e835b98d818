"""alerts.yaml, and which openings a saved search finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.config import default_config_dir, load_alerts
from job_hunter.config.readings import load_gazetteer
from job_hunter.domain.alerts import AlertRules, SavedSearch, matches
from job_hunter.domain.level import Family, Level
from job_hunter.errors import ConfigError


def read(tmp_path: Path, text: str, buckets: tuple[str, ...] = ()) -> AlertRules:
    """What `load_alerts` makes of `text`."""
    (tmp_path / "alerts.yaml").write_text(text, encoding="utf-8")
    return load_alerts(tmp_path, buckets=buckets)


def test_the_shipped_rules_start_from_half_a_million_in_london() -> None:
    """
    The default threshold is the documented one.
    """
    rules = load_alerts(default_config_dir())
    assert (rules.threshold_gbp, rules.location) == (500_000.0, "london")
    assert len(rules.searches) >= 2


def test_the_shipped_rules_name_places_that_the_shipped_locations_know() -> None:
    """
    Remote forms of a bucket included, as `job-hunter alert` checks them.
    """
    folder = default_config_dir()
    assert load_alerts(folder, buckets=load_gazetteer(folder).buckets) == load_alerts(folder)


def test_a_search_arrives_whole(tmp_path: Path) -> None:
    """
    Every key of a search reaches the domain.
    """
    text = (
        "threshold: {p50_gbp: 250_000.5, location: uk}\nsearches:\n"
        "  - {name: X, title_terms: [c++], levels: [staff], places: [uk], families: [trading], min_pay_gbp: 9e4}\n"
    )
    search = SavedSearch("X", ("c++",), (Level.STAFF,), ("uk",), (Family.TRADING,), 90_000.0)
    assert AlertRules(250_000.5, "uk", (search,)) == read(tmp_path, text)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """
    A file with searches only keeps the default threshold.
    """
    assert AlertRules() == read(tmp_path, "searches: []")


REFUSED = [
    ("searches: [{name: X}]", "alerts.yaml.searches[0]: asks for nothing; give title_terms"),
    (
        "searches: [{name: X, levels: [stuff]}]",
        (
            "alerts.yaml.searches[0].levels[0]: 'stuff' is not one of intern, junior, mid, senior, staff, principal, "
            "manager, director, executive; did you mean staff? (line 1)"
        ),
    ),
    (
        "searches: [{name: X, familys: [trading]}]",
        "alerts.yaml.searches[0].familys: unknown key; did you mean families? (line 1)",
    ),
    (
        "searches: [{name: X, places: [lundon]}]",
        "alerts.yaml.searches[0].places[0]: 'lundon' is not one of london, uk; did you mean london? (line 1)",
    ),
    (
        "threshold: {location: londn}",
        "alerts.yaml.threshold.location: 'londn' is not one of london, uk; did you mean london?",
    ),
    ("threshold: {p50_gbp: -1}", "alerts.yaml.threshold.p50_gbp: must be more than 0"),
    ("threshold: {p50_gbp: '500000'}", "alerts.yaml.threshold.p50_gbp: must be a number, not '500000'"),
    ("threshold: {p50_gbp: 500k}", "alerts.yaml.threshold.p50_gbp: must be a number, not '500k'"),
    ("threshold: {p50_gbp: true}", "alerts.yaml.threshold.p50_gbp: must be a number, not True"),
    (
        "searches: [{name: X, levels: [mid]}, {name: x, levels: [mid]}]",
        "alerts.yaml.searches[1].name: 'x' is already the name of entry .searches[0]",
    ),
    ("thresold: {}", "alerts.yaml.thresold: unknown key; did you mean threshold? (line 1)"),
    ("- name: X", "alerts.yaml: must be a mapping of keys to values, not a list (line 1)"),
]


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_a_wrong_rule_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    """
    The message names file, search, key and the nearest value.
    """
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, ("london", "uk"))
    assert str(caught.value).startswith(said)


ANY = SavedSearch("any")
TERMS = SavedSearch("terms", title_terms=("staff engineer", "c++"))
FOUND = [
    (ANY, "Chef", None, None, None, None, True),
    (TERMS, "Staff Software Engineer", None, None, None, None, True),
    (TERMS, "ENGINEER, Staff (Platform)", None, None, None, None, True),
    (TERMS, "Senior C++ Developer", None, None, None, None, True),
    (TERMS, "C++/Rust Developer", None, None, None, None, True),
    (TERMS, "Staff Accountant", None, None, None, None, False),
    (TERMS, "C Developer", None, None, None, None, False),
    (TERMS, "C# Developer", None, None, None, None, False),
    (SavedSearch("s", title_terms=("low latency",)), "Low-Latency Engineer", None, None, None, None, True),
    (SavedSearch("s", title_terms=("sre",)), "Presreader", None, None, None, None, False),
    (SavedSearch("s", title_terms=(".net",)), "Senior .NET Developer", None, None, None, None, True),
    (SavedSearch("s", levels=(Level.STAFF,)), "x", Level.STAFF, None, None, None, True),
    (SavedSearch("s", levels=(Level.STAFF,)), "x", Level.SENIOR, None, None, None, False),
    (SavedSearch("s", levels=(Level.STAFF,)), "x", None, None, None, None, False),
    (SavedSearch("s", places=("london", "uk")), "x", None, "uk", None, None, True),
    (SavedSearch("s", places=("london",)), "x", None, "remote-uk", None, None, False),
    (SavedSearch("s", places=("london",)), "x", None, None, None, None, False),
    (SavedSearch("s", families=(Family.TRADING,)), "x", None, None, Family.TRADING, None, True),
    (SavedSearch("s", families=(Family.TRADING,)), "x", None, None, Family.SALES, None, False),
    (SavedSearch("s", families=(Family.TRADING,)), "x", None, None, None, None, False),
    (SavedSearch("s", min_pay_gbp=100_000), "x", None, None, None, 100_000, True),
    (SavedSearch("s", min_pay_gbp=100_000), "x", None, None, None, 99_999.99, False),
    (SavedSearch("s", min_pay_gbp=100_000), "x", None, None, None, None, False),
    (SavedSearch("s", ("engineer",), (Level.STAFF,), ("london",), (Family.ENGINEERING,), 1e5), "Staff Engineer",
     Level.STAFF, "london", Family.ENGINEERING, 2e5, True),
    (SavedSearch("s", ("engineer",), (Level.STAFF,), ("london",), (Family.ENGINEERING,), 1e5), "Staff Engineer",
     Level.STAFF, "uk", Family.ENGINEERING, 2e5, False),
]  # fmt: skip


@pytest.mark.parametrize(("search", "title", "level", "bucket", "family", "pay", "found"), FOUND)
def test_an_opening_is_found_when_it_satisfies_every_key(
    search: SavedSearch,
    title: str,
    level: Level | None,
    bucket: str | None,
    family: Family | None,
    pay: float | None,
    found: bool,
) -> None:
    """
    All keys must be satisfied, by one of their values; the unknown satisfies none.
    """
    assert found == matches(search, title, level, bucket, family, pay)


@given(st.text(st.characters(codec="ascii"), max_size=40), st.text(st.characters(codec="ascii"), max_size=20))
def test_case_and_surroundings_do_not_matter(title: str, term: str) -> None:
    """
    A term is found in any case and between other words.
    """
    assert matches(SavedSearch("s", title_terms=(term,)), f"{title} {term.swapcase()} {title}", None, None, None, None)
