"""`make accuracy`: how right the readings are, on labelled cases and on postings that state their pay twice.

Labelled cases are found through JOB_HUNTER_GOLD (a folder with the sets and their scorer, `score.py`), captured boards
through JOB_HUNTER_REAL_PAYLOADS (a folder with greenhouse/, lever/ and ashby/). Without them it says so and skips. A
score below its floor makes the exit code 1.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from job_hunter.config import default_config_dir
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.locations import read_location
from job_hunter.domain.pay import Band, PayHints, read_pay
from job_hunter.domain.posting import Posting
from job_hunter.domain.role import Readings
from job_hunter.domain.text import plain_text
from job_hunter.runtime import load_readings
from job_hunter.sources import ATS
from job_hunter.usecases.explain import predict

SETS = {
    "pay_dev.jsonl": "pay",
    "location_dev.jsonl": "location",
    "location_handmade.jsonl": "location",
    "level_dev.jsonl": "level",
}

# rate of the scorer: (lowest allowed, or highest where the rate counts faults)
FLOORS: dict[str, dict[str, float]] = {
    "pay": {
        "precision (band+currency+period right / said)": 0.97,
        "recall (band+currency+period right / with pay)": 0.95,
        "basis right, of said": 0.97,
    },
    "location": {"london accuracy": 0.98, "uk three-way accuracy": 0.96, "remote four-way accuracy": 0.96},
    "level": {"accuracy (also_ok counts)": 0.95},
}
CEILINGS: dict[str, dict[str, float]] = {"pay": {"false positives on the no-pay items": 0.0}}
AGREEMENT_FLOOR = 0.90


@dataclass(frozen=True, slots=True)
class Score:
    """One rate: k right (or wrong, for a ceiling) of n, its bound and whether it is kept."""

    name: str
    k: int
    n: int
    bound: str
    is_kept: bool


def gold_scores(folder: Path, readings: Readings) -> Iterator[tuple[str, list[Score], list[str]]]:
    """For each labelled set that is there: its name, its scores and its errors in one line each."""
    scorer = _scorer(folder / "score.py")
    for name, kind in SETS.items():
        file = folder / name
        if not file.exists():
            yield f"{kind}: {name} is not in this folder, skipped", [], []
            continue
        # not splitlines(): texts hold separators that JSON leaves as they are
        gold = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
        cases = ({key: value for key, value in case.items() if key != "expect"} for case in gold)
        predictions = {case["id"]: predict(kind, case, readings=readings) for case in cases}  # type: ignore[arg-type]
        result = scorer.score(gold, predictions)
        yield f"{kind}: {name}, {len(gold)} cases", list(_bounded(kind, result["rates"])), _errors(result["errors"])


def _bounded(kind: str, rates: dict[str, Any]) -> Iterator[Score]:
    for name, floor in FLOORS[kind].items():
        rate = rates[name]
        yield Score(name, rate["k"], rate["n"], f"≥ {floor:.0%}", bool(rate["n"]) and rate["k"] >= floor * rate["n"])
    for name, ceiling in CEILINGS.get(kind, {}).items():
        rate = rates[name]
        yield Score(name, rate["k"], rate["n"], f"≤ {ceiling:.0%}", rate["k"] <= ceiling * rate["n"])


def _errors(errors: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(error, ensure_ascii=False) for error in errors]


def _scorer(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gold_scorer", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise SystemExit(f"{file}: no scorer here; JOB_HUNTER_GOLD must name the folder that holds score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def agreement(folder: Path, readings: Readings) -> tuple[Score, list[str]]:
    """Postings that state pay in a field and in their text: the field is the label, the text alone is read.

    A posting counts when the figures of one of its stated bands stand in its text; right is a reading that gives one of
    the stated bands (ends, currency, period). Silence counts as wrong.
    """
    right, wrong = 0, []
    for posting in captured(folder):
        location = read_location(posting.location, readings.gazetteer, country=posting.country, extra=posting.places)
        hints = PayHints(posting.stated_pay, location.places, posting.country, posting.title, posting.location)
        labels = [c.band for c in read_pay("", hints).candidates if c.band]
        text = plain_text(posting.content)
        labels = [band for band in labels if _stands_in(band, text)]
        if not labels:
            continue
        alone = PayHints((), location.places, posting.country, posting.title, posting.location)
        pay = read_pay(posting.content, alone).pay
        if pay and any(_same(pay.band, label) for label in labels):
            right += 1
        else:
            wrong.append(f"{posting.external_id} {posting.title}: {labels[0].quote} ≠ {pay and pay.band.quote}")
    n = right + len(wrong)
    kept = not n or right >= AGREEMENT_FLOOR * n
    return Score("text agrees with the posting's own field", right, n, f"≥ {AGREEMENT_FLOOR:.0%}", kept), wrong


def captured(folder: Path) -> Iterator[Posting]:
    """Every posting of the captured boards under `folder`, parsed as a refresh would."""
    for source, ats in ATS.items():
        for file in sorted((folder / source).glob("*.json")):
            payload = json.loads(file.read_bytes())
            if source in ("greenhouse", "ashby") and "jobs" not in payload:
                continue
            company = Company(file.stem, file.stem, source, file.stem, Sector.OTHER)
            yield from ats.parse(payload, Board(source, file.stem, company), {}).postings


def _stands_in(band: Band, text: str) -> bool:
    """Whether both ends of a band are written in the text, in full ("120,000", "120000") or in thousands ("120k")."""
    plain = text.replace(",", "").replace("\u202f", "").lower()

    def is_written(end: float) -> bool:
        forms = {f"{end:.0f}", f"{end:g}", f"{end / 1000:g}k", f"{end:.2f}"}
        return any(form in plain for form in forms)

    return all(is_written(end) for end in (band.min, band.max) if end is not None)


def _same(a: Band, b: Band) -> bool:
    return (a.min, a.max, a.currency, a.period) == (b.min, b.max, b.currency, b.period)


def main(say: Callable[[str], object] = print) -> int:
    """Print all scores that can be had; 1 when one is below its floor."""
    config = default_config_dir()
    readings = load_readings(config)
    failed = False

    def report(title: str, scores: list[Score], errors: list[str]) -> None:
        nonlocal failed
        say(title)
        for score in scores:
            failed |= not score.is_kept
            rate = f"{100 * score.k / score.n:5.1f} %" if score.n else "    –  "
            verdict = "" if score.is_kept else "   BELOW ITS FLOOR"
            say(f"  {score.name:<48} {score.k:>4}/{score.n:<4} {rate}  ({score.bound}){verdict}")
        for error in errors:
            say(f"    ! {error}")

    gold, real = os.environ.get("JOB_HUNTER_GOLD"), os.environ.get("JOB_HUNTER_REAL_PAYLOADS")
    if gold:
        for title, scores, errors in gold_scores(Path(gold), readings):
            report(title, scores, errors)
    else:
        say("labelled cases: skipped, JOB_HUNTER_GOLD names no folder")
    if real:
        score, wrong = agreement(Path(real), readings)
        report("pay: postings that state it in a field and in their text", [score], wrong)
    else:
        say("stated twice: skipped, JOB_HUNTER_REAL_PAYLOADS names no folder")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
