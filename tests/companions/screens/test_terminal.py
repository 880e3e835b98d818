"""The report in a terminal of 80 and of 140 columns, with the hardest contents: nothing cut, nothing taken as code."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from job_hunter.domain.leaders import money
from job_hunter.report import render_terminal
from job_hunter.report.escape import printable
from tests.companions.screens.browser import CHROMIUM, OUTPUT, browser
from tests.companions.screens.stress import HOSTILE, NAMES, stress_report

pytestmark = pytest.mark.slow


def printed(width: int) -> Console:
    """The report printed on a terminal as the command prints it, recorded."""
    console = Console(
        width=width, record=True, force_terminal=True, color_system="truecolor", highlight=False, soft_wrap=True,
        file=io.StringIO(),
    )  # fmt: skip
    render_terminal(stress_report(), console)
    return console


@pytest.mark.parametrize("width", [80, 140])
def test_nothing_is_cut(width: int) -> None:
    """No line is wider than the terminal, no ellipsis, every name and figure whole but for the line breaks."""
    text = printed(width).export_text(clear=False)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= width
    assert "…" not in text
    squeezed = "".join(text.split())
    for leader in stress_report().leaders:
        assert money(leader.p50) in text
    short = [name for name in NAMES if len(name) <= 22]
    assert len(short) == 6
    for name in short:
        assert name in text
    for start in ("WolverhamptonInternational", "Donaudampfschiff"):
        assert start in squeezed


@pytest.mark.parametrize("width", [80, 140])
def test_a_hostile_name_is_text(width: int) -> None:
    """No control character reaches the terminal, and what looks like the terminal library's markup is shown."""
    console = printed(width)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    assert "\x1b[31m=HYPERLINK" not in written
    assert "\x1b[31m" in HOSTILE
    squeezed = "".join(console.export_text(clear=False).split())
    assert "".join(printable(HOSTILE).split())[:30] in squeezed
    assert "[x]" in squeezed


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (tests/companions/screens/setup.sh)")
@pytest.mark.parametrize("width", [80, 140])
async def test_a_picture_is_kept(tmp_path: Path, width: int) -> None:
    """For a person to look at."""
    path = tmp_path / "terminal.html"
    path.write_text(printed(width).export_html(clear=False), encoding="utf-8")
    async with browser(tmp_path) as page:
        await page.open(path.as_uri(), width=width * 10 + 40)
        assert (await page.picture(f"terminal-{width}")).parent == OUTPUT
