"""Words of others made safe for the place they are shown in: postings may hold markup, pipes and control characters."""

from __future__ import annotations

_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#~!$"})


def printable(value: object) -> str:
    """`value` on one line, without control and other unprintable characters."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in str(value)).split())


def markdown(value: object) -> str:
    """`value` as plain text within markdown, a table's cell included."""
    return printable(value).translate(_MARKDOWN)


def terminal(value: object) -> str:
    """`value` as plain text within rich markup."""
    return printable(value).replace("[", r"\[")
