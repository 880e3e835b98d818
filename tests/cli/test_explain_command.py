"""`job-hunter explain`: what a person sees, what labelled cases are answered with, and what a bad file is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from job_hunter.cli import app

CASES = {
    "pay": (
        {"id": "p1", "text": "Engineer | Salary £52k-£61k", "context": {"location": "London", "title": None}},
        {
            "id": "p1",
            "pay": {"min": 52_000.0, "max": 61_000.0, "currency": "GBP", "period": "year", "basis": "base"},
        },
    ),
    "location": (
        {"id": "l1", "text": "Hybrid – London"},
        {
            "id": "l1",
            "places": [{"city": "London", "country": "GB"}],
            "london": True,
            "uk": True,
            "remote": "hybrid",
        },
    ),
    "level": ({"id": "v1", "text": "Staff Engineer", "context": {"company": "Acme"}}, {"id": "v1", "level": "staff"}),
}

BAD_FILES = {
    "no JSON": (b'{"id": "a", "text": "x"}\nnope\n', ":2: not JSON"),
    "no object": (b"[1]\n", ":1: a case is a JSON object"),
    "no text": (b'{"id": "a"}\n', ":1: case 'a': 'text' must be a text"),
    "no id": (b'{"text": "x"}\n', "'id' must be a text"),
    "context of the wrong type": (b'{"id": "a", "text": "x", "context": "London"}\n', "'context' must be an object"),
    "place of the wrong type": (b'{"id": "a", "text": "x", "context": {"location": 5}}\n', "'context.location'"),
    "other encoding": (b"\xff\xfe\x00", "not UTF-8"),
}


def run(*arguments: str, stdin: str | None = None) -> Result:
    """The command as a person types it."""
    return CliRunner().invoke(app, ["explain", *arguments], input=stdin)


def test_a_person_sees_every_figure_and_what_became_of_it() -> None:
    """The chosen band, the refused figures and their reasons stand in the table."""
    result = run("We raised £12m. Salary £90-120k", "--place", "London", "--title", "Senior SRE")
    assert result.exit_code == 0
    for words in ("GBP 90,000–120,000 a year, base", "£12m", "too_big", "london", "senior", "engineering"):
        assert words in result.stdout


def test_the_explanation_is_data_when_asked_for() -> None:
    """`--format json` holds the same, for a program; `-` reads standard input."""
    result = run("-", "--place", "Leeds", "--format", "json", stdin="Salary from £45,000")
    data = json.loads(result.stdout)
    assert (data["pay"]["min"], data["pay"]["max"], data["pay"]["quote"]) == (45_000, None, "£45,000")


@pytest.mark.parametrize("kind", CASES)
def test_cases_are_answered_in_the_scorers_form(kind: str, tmp_path: Path) -> None:
    """One prediction a line; a wrong `expect` changes nothing."""
    case, answer = CASES[kind]
    file = tmp_path / "cases.jsonl"
    lines = [json.dumps(case), "", json.dumps({**case, "expect": {"pay": None, "level": "intern", "london": False}})]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = run("--kind", kind, "--jsonl", str(file))
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [answer, answer]


def test_a_byte_order_mark_and_line_separators_inside_a_text_are_read(tmp_path: Path) -> None:
    """Only the end of a line ends a case."""
    file = tmp_path / "cases.jsonl"
    case = {"id": "p2", "text": "Acme\u2028Salary £50k"}
    file.write_text("\ufeff" + json.dumps(case, ensure_ascii=False), encoding="utf-8")
    result = run("--jsonl", str(file))
    assert json.loads(result.stdout)["pay"]["min"] == 50_000


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_one_sentence_and_exit_2(name: str, tmp_path: Path) -> None:
    """The sentence names what is wrong; nothing like a traceback is shown."""
    content, words = BAD_FILES[name]
    file = tmp_path / "cases.jsonl"
    file.write_bytes(content)
    result = run("--jsonl", str(file))
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [(), ("a text", "--jsonl", "cases.jsonl"), ("--jsonl", "missing.jsonl")])
def test_wrong_usage_is_exit_2(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither or both of text and file, and a file that is not there."""
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
