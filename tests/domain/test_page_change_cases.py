"""How right the openings are that are read from changes of pages, on labelled changes of our own."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from job_hunter.config import default_config_dir
from job_hunter.config.readings import load_gazetteer
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.page_change import ChangeReading, Outcome, read_change
from job_hunter.domain.page_diff import change_of

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("page_change_cases.yaml").read_text("utf-8"))
LEAST_PRECISION, LEAST_RECALL = 0.95, 0.9


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    """The places of the shipped configuration."""
    return load_gazetteer(default_config_dir())


def _read(case: dict[str, Any], gazetteer: Gazetteer) -> ChangeReading:
    names = {"before": "prev_snapshot", "after": "current_snapshot", "patch": "diff_patch"}
    texts = {names.get(key, key): case[key] for key in ("before", "after", "diff", "patch", "message") if key in case}
    return read_change(change_of(texts), gazetteer)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_labelled_change_is_read_as_labelled(case: dict[str, Any], gazetteer: Gazetteer) -> None:
    """Each labelled change gives the openings that a careful person sees in it, and no other."""
    reading = _read(case, gazetteer)
    came = sorted((card.title, card.place) for card in reading.came.values())
    assert sorted((title, place) for title, place in case.get("came", [])) == came
    assert sorted(case.get("went", [])) == sorted(card.title for card in reading.went.values())
    if case["kind"] == "redesign":
        assert reading.outcome is Outcome.REDESIGN
        assert "page-wide redesign" in (reading.reason or "")
    elif not came and not case.get("went"):
        assert reading.outcome is Outcome.NOTHING
        assert reading.reason


@pytest.mark.parametrize("filling", [" ", " ,", "\t", "12 h", '"', "📍 "], ids=repr)
def test_a_hostile_page_costs_no_more_than_a_long_one(gazetteer: Gazetteer, filling: str) -> None:
    """Five hundred lines, each of blanks, commas or signs to the limit, are read in seconds and not in minutes."""
    page = "\n".join(f"Engineer {n}{filling * (280 // len(filling))}x" for n in range(500))
    started = time.process_time()
    read_change(change_of({"prev_snapshot": "", "current_snapshot": page}), gazetteer)
    assert time.process_time() - started < 5


def test_precision_over_all_cases(
    gazetteer: Gazetteer, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """At least 95 % of the openings read are openings, on forty changes and more; the counts are printed."""
    counts: Counter[str] = Counter()
    for case in CASES:
        wanted = {(title, place) for title, place in case.get("came", [])}
        wanted |= {("-", title) for title in case.get("went", [])}
        reading = _read(case, gazetteer)
        found = {(card.title, card.place) for card in reading.came.values()}
        found |= {("-", card.title) for card in reading.went.values()}
        counts.update(right=len(wanted & found), wrong=len(found - wanted), missed=len(wanted - found), cases=1)
    assert counts["cases"] >= 40
    read = counts["right"] + counts["wrong"]
    precision, recall = counts["right"] / read, counts["right"] / (counts["right"] + counts["missed"])
    with capsys.disabled():
        sys.stdout.write(
            f"\n{counts['cases']} changes: {counts['right']} of {read} openings read are right "
            f"(precision {precision:.1%}), {counts['missed']} missed (recall {recall:.1%})\n"
        )
    record_property("precision", precision)
    assert precision >= LEAST_PRECISION
    assert recall >= LEAST_RECALL
