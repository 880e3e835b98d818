"""Words of others made safe for the place they are shown in: postings may hold markup, pipes and control characters."""

from __future__ import annotations

import re
from textwrap import wrap

from markupsafe import Markup
from markupsafe import escape as _escape

_BREAK = "\N{ZERO WIDTH SPACE}"
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#~!$@"})
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)


def printable(value: object) -> str:
    """`value` on one line, without control and other unprintable characters."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in str(value)).split())


def html(value: object) -> Markup:
    """`value` as text within HTML; what stands between backticks is shown as something to type."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(_escape(printable(value)))))  # noqa: S704 escaped here


def markdown(value: object, *, longest_word: int = 60) -> str:
    """`value` as plain text within markdown, a table's cell included.

    Words longer than `longest_word` get places to break: a page that cannot break one cuts its whole paragraph.
    """
    words = (_breakable(word, longest_word) for word in printable(value).split(" "))
    return _plain(" ".join(words))


def markdown_cell(value: object) -> str:
    """`value` as plain text in a table's cell, on lines of 28 characters: Prefect's UI breaks none by itself."""
    lines = wrap(printable(value), 28, break_on_hyphens=False)
    return "<br>".join(_plain(line) for line in lines)


def _plain(text: str) -> str:
    """`text` without a meaning in markdown, in which a bare address becomes a link by itself."""
    return _ADDRESS.sub(r"\\\g<0>", text.translate(_MARKDOWN))


def _breakable(word: str, longest: int) -> str:
    return word if len(word) <= longest else _BREAK.join(wrap(word, longest, break_on_hyphens=False))


def terminal(value: object) -> str:
    """`value` as plain text within rich markup."""
    return printable(value).replace("[", r"\[")
