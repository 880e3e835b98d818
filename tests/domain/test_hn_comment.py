"""Comments of "Who is hiring" split into company, openings, places and the way to apply, on cases of our own."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.config import default_config_dir
from job_hunter.domain.company import Company, Sector
from job_hunter.domain.hn_comment import Advertisement, HnRole, Refused, comment_text, read_comment
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import Readings, Role, interpret
from job_hunter.runtime import load_readings

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("hn_comment_cases.yaml").read_text("utf-8"))
ADVERTISED = [case for case in CASES if "refused" not in case]
DRESSED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("hn_dress_cases.yaml").read_text("utf-8"))
REFUSED = [case for case in (*CASES, *DRESSED) if "refused" in case]


@pytest.fixture(scope="module")
def readings() -> Readings:
    """The readings of the shipped configuration."""
    return load_readings(default_config_dir())


def _read(role: HnRole, readings: Readings) -> Role:
    company = Company("acme", "Acme", "hn", "acme", Sector.OTHER)
    posting = Posting(
        source="hn",
        external_id="1",
        board="1",
        title=role.title,
        location=role.location,
        content=role.content,
        payload_hash=b"",
        raw=b"",
    )
    return interpret(posting, company, readings, seen_on=date(2026, 11, 22))


def _pay(role: HnRole, readings: Readings) -> list[object] | None:
    pay = _read(role, readings).pay
    return [pay.band.min, pay.band.max, pay.band.currency] if pay else None


@pytest.mark.parametrize("case", ADVERTISED, ids=lambda case: case["name"])
def test_an_advertisement_is_split(case: dict[str, Any], readings: Readings) -> None:
    """Company, titles, place, pay and the address are what a careful reader sees."""
    found = read_comment(case["html"], readings.gazetteer)
    assert isinstance(found, Advertisement), found
    if "company" in case:
        assert case["company"] == found.company
    if "titles" in case:
        assert case["titles"] == [role.title for role in found.roles]
    for role in found.roles:
        assert case.get("place", "") in role.location
    expected = case.get("pays") or [case.get("pay")] * len(found.roles)
    assert expected == [_pay(role, readings) for role in found.roles]
    if "apply" in case:
        assert {case["apply"]} == {role.apply_url for role in found.roles}
    if "email" in case:
        assert (case["email"],) == found.emails


@pytest.mark.parametrize(
    "case",
    [case for case in DRESSED if "refused" not in case],
    ids=lambda case: case["html"].partition("|")[0].strip()[:40],
)
def test_the_dress_of_a_comment_does_not_matter(case: dict[str, Any], readings: Readings) -> None:
    """Any order of facts, any separator, a fact a line, sentences, lists: each fact is found."""
    found = read_comment(case["html"], readings.gazetteer)
    assert isinstance(found, Advertisement), found
    assert (case["company"], case["titles"]) == (found.company, [role.title for role in found.roles])
    buckets = [_read(role, readings).location.bucket for role in found.roles]
    assert (case.get("buckets") or [case["bucket"]] * len(found.roles)) == buckets
    if "pay" in case:
        assert case["pay"] == _pay(found.roles[0], readings)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.get("name") or case["html"][:40])
def test_what_is_no_advertisement_is_refused_with_the_reason(case: dict[str, Any], readings: Readings) -> None:
    """Chatter, questions, people seeking work and nobody's openings."""
    found = read_comment(case["html"], readings.gazetteer)
    assert isinstance(found, Refused), found
    assert case["refused"] in found.reason


def test_links_are_taken_by_their_address() -> None:
    """What is shown of a link is cut; entities are those of the markup."""
    html = 'One &amp; two<p><a href="https:&#x2F;&#x2F;x.example&#x2F;a?b=1&amp;c=2" rel="nofollow">https:&#x2F;...</a>'
    assert comment_text(html) == "One & two\nhttps://x.example/a?b=1&c=2"


@given(st.text(max_size=300))
def test_no_text_defeats_it(readings: Readings, text: str) -> None:
    """Any text is an advertisement with a company and at least one role, or a refusal with a reason."""
    found = read_comment(text, readings.gazetteer)
    if isinstance(found, Refused):
        assert found.reason
    else:
        assert found.company
        assert found.roles
        assert all(role.title and len(role.title) <= 90 for role in found.roles)


@pytest.mark.parametrize(
    "piece",
    ["a ", "| ", "| Engineer, ", "(", "<p>", "Engineer and ", "in London, ", "www.a.io/", "- "],
)
def test_time_grows_with_the_length_alone(piece: str, readings: Readings) -> None:
    """A comment of 40,000 characters takes no more than a few times what ten of 4,000 take."""

    def seconds(size: int) -> float:
        text = "Acme | hiring | " + piece * (size // len(piece))
        best = float("inf")
        for _ in range(2):
            began = time.process_time()
            read_comment(text, readings.gazetteer)
            best = min(best, time.process_time() - began)
        return best

    small = max(seconds(4_000), 0.002)
    assert seconds(40_000) < 40 * small
