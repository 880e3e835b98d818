"""However narrow the place, a reader sees what stands behind a median, and that missing is not zero."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from job_hunter.domain.leaders import LeadersReport
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
