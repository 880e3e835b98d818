"""The pay reading against the table of cases written from the label rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from job_hunter.domain.money import Basis, Period
from job_hunter.domain.pay import Pay, PayHints, parse_pay, read_pay
from job_hunter.domain.place import Place

GROUPS: dict[str, list[dict[str, str]]] = yaml.safe_load(
    (Path(__file__).parent / "pay_cases.yaml").read_text(encoding="utf-8")
)["groups"]
CASES = [pytest.param(case, id=f"{group}-{i}") for group, cases in GROUPS.items() for i, case in enumerate(cases)]


def hints(case: dict[str, str]) -> PayHints:
    """The hints a case gives: its place and title."""
    city, _, country = case.get("at", "").rpartition(" ")
    places = (Place(city or None, country),) if country else ()
    return PayHints(places=places, location=city or None, title=case.get("title"))


def stated(words: str) -> tuple[Any, ...] | None:
    """The expected band as (min, max, currency, period, basis); None for "none"."""
    if words == "none":
        return None
    ends, currency, *rest = words.split()
    low, dash, high = ends.partition("-")
    number = [float(end) if end else None for end in (low, high if dash else low)]
    return (*number, currency, Period(rest[0] if rest else "year"), Basis(rest[1] if len(rest) > 1 else "base"))


def said(pay: Pay | None) -> tuple[Any, ...] | None:
    """A reading in the form of `stated`."""
    return pay and (pay.band.min, pay.band.max, pay.band.currency, pay.band.period, pay.band.basis)


@pytest.mark.parametrize("case", CASES)
def test_a_posting_is_read_as_a_careful_person_would(case: dict[str, str]) -> None:
    """Every case of the table gives exactly its band, or nothing."""
    assert stated(case["pay"]) == said(parse_pay(case["text"], hints(case)))


def test_the_table_is_large_enough_to_mean_something() -> None:
    """At least 150 cases, a fifth of them traps, and every one is read with a reason when nothing is said."""
    cases = [case for group in GROUPS.values() for case in group]
    silent = [case for case in cases if case["pay"] == "none"]
    assert len(cases) >= 150
    assert len(silent) >= len(cases) // 5
    assert all(read_pay(case["text"], hints(case)).reason for case in silent)
