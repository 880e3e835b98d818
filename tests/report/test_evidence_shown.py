"""However narrow the place, a reader sees what stands behind a median, and that missing is not zero."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from job_hunter.domain.leaders import LeadersReport
from job_hunter.report.messages import render_digest
from job_hunter.report.render import render_html, render_markdown
from job_hunter.report.terminal import render_terminal
from tests.companions.screens.stress import stress_report


def _report() -> LeadersReport:
    report = stress_report()
    unread = replace(
        report.leaders[3], open_roles=None, n_posted=0, n_points_reported=58, n_reported=None, is_unread=True
    )
    return replace(report, leaders=(*report.leaders[:3], unread, *report.leaders[4:]))


def _terminal(width: int) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    render_terminal(_report(), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("width", "row"), [(80, r"58/1 +58r .* – "), (140, r"58 \(1 +.* – .*58 reported")])
def test_the_terminal_says_what_a_median_is_made_of(width: int, row: str) -> None:
    """Posted and reported apart, and how many of the figures differ, at eighty columns too."""
    said = _terminal(width)
    (line,) = [line for line in said.splitlines() if re.match(r" *4 +Acme", line)]
    assert re.search(row, line), line
    assert "40p+18r" in said or "40 posted" in said
    assert "† fewer than three figures" in said
    assert "the median over all figures here is £" in said
    assert "8 of 10, the largest first" in said
    assert "None" not in said


def test_the_pages_say_it_too() -> None:
    """The same in markdown and on the web page, in which nothing but the layout depends on the width."""
    for said in (render_markdown(_report()), render_html(_report())):
        assert "58 (1 different)" in said
        assert "8 of 10, the largest first" in said
        assert "58 reported" in said
        assert "(None people)" not in said
        assert ">None<" not in said
        assert "| None |" not in said
    assert "display: none" not in re.sub(r"td:empty \{[^}]*\}", "", render_html(_report()))


def test_a_week_without_figures_is_a_dot_between_bars() -> None:
    """Markdown drops and joins blanks in a cell, which would move every week after a gap."""
    rows = [line for line in render_markdown(_report()).splitlines() if re.match(r"\| \d+ \|", line)]
    cells = [re.split(r"(?<!\\)\|", row)[5].strip() for row in rows]
    assert {13} == {len(cell) for cell in cells}
    assert all("·" in cell for cell in cells)


def test_a_move_on_few_figures_is_marked_everywhere() -> None:
    """With both medians, and how many figures stand behind each of them."""
    report = stress_report()
    week = report.comparisons[0]
    few = replace(week, movers=(replace(week.movers[3], n_before=2, n_after=7), *week.movers[:2]))
    shaky, sure = (
        replace(report, comparisons=(few,)),
        replace(report, comparisons=(replace(few, movers=few.movers[1:]),)),
    )
    assert "| Acme | **−£124k** † | £1.00m → £876k | 2 → 7 |" in render_markdown(shaky)
    badge = '<span class="badge">low confidence</span>'
    assert [render_html(one).count(badge) for one in (shaky, sure)] == [4, 3]
    for width in (80, 140):
        console = Console(file=io.StringIO(), width=width, color_system=None)
        render_terminal(shaky, console)
        assert re.search(r"Acme † +£1\.00m → £876k +−£124k", console.file.getvalue())  # type: ignore[attr-defined]
    few_said = "Acme: −£124k to £876k, low confidence"
    assert few_said in render_digest(shaky, []).text


def test_before_the_first_snapshot_there_is_one_sentence_and_no_table_of_nothing() -> None:
    """What to run, in every form."""
    note = "There is no snapshot yet: run `job-hunter refresh` first."
    report = replace(
        stress_report(), snapshot_date=None, leaders=(), comparisons=(), missing=(), caveats=(), notes=(note,), you=()
    )
    console = Console(file=io.StringIO(), width=80, color_system=None)
    render_terminal(report, console)
    for said in (render_markdown(report), render_html(report), console.file.getvalue()):  # type: ignore[attr-defined]
        assert "job-hunter refresh" in said
        assert "How far to trust" not in said
        assert "None" not in said
    assert "\n\nThere is no snapshot yet" in render_markdown(report)


def test_what_to_type_is_shown_as_such_and_stays_text() -> None:
    """Backticks of a message, whoever wrote it, become a piece of code and let no markup through."""
    report = replace(stress_report(), notes=("run `job-hunter <b>probe</b>`",))
    assert "run <code>job-hunter &lt;b&gt;probe&lt;/b&gt;</code>" in render_html(report)
