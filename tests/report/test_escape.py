"""Words of others stay words, wherever they are shown."""

from __future__ import annotations

import pytest

from job_hunter.report.escape import html, markdown, markdown_cell, terminal

MARKDOWN = [
    ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
    ("a | b <b>c</b>", r"a \| b \<b\>c\</b\>"),
    ("see https://evil.example", r"see https\://evil.example"),
    ("WWW.evil.example or me@evil.example", r"WWW\.evil.example or me\@evil.example"),
    ("# one\n- two\x1b[31m", r"\# one - two \[31m"),
    ("Data: Levels.fyi", "Data: Levels.fyi"),
]


@pytest.mark.parametrize(("text", "shown"), MARKDOWN)
def test_nothing_in_markdown_is_more_than_text(text: str, shown: str) -> None:
    """No link, not even of a bare address, no markup, no cell of its own, no line of its own."""
    assert shown == markdown(text)
    assert shown == markdown_cell(text).replace("<br>", " ")


def test_nothing_in_html_or_a_terminal_is_more_than_text() -> None:
    """But for what stands between backticks on a page."""
    assert html("`a <b>` & \x1b[1m") == "<code>a &lt;b&gt;</code> &amp; [1m"
    assert terminal("[red]x\x1b[0m\u202e") == r"\[red]x \[0m"
