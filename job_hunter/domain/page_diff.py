"""The two sides of a page's change, from whatever form of a diff a message holds."""

from __future__ import annotations

import difflib
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from job_hunter.domain.role_lines import COUNT_END, plain
from job_hunter.domain.role_words import GAP

MOST_LINES = 20_000
ALIGNED_LINES = 4_000
"""Lines of both snapshots up to which they are aligned; beyond, only lines that one side lacks are changes."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one side of a diff. `is_changed` says that the other side lacks it."""

    text: str
    is_changed: bool


_WORDS = re.compile(r"[\w£$€¥%+#]+")
_GAP = Line(GAP, is_changed=False)


@dataclass(frozen=True, slots=True)
class PageChange:
    """Both sides of a change. `is_whole` says that all lines of the page are known, not only some."""

    before: tuple[Line, ...]
    after: tuple[Line, ...]
    is_whole: bool

    @property
    def came(self) -> tuple[str, ...]:
        """The lines that are new."""
        return tuple(line.text for line in self.after if line.is_changed and line.text.strip())

    @property
    def went(self) -> tuple[str, ...]:
        """The lines that are gone."""
        return tuple(line.text for line in self.before if line.is_changed and line.text.strip())


def change_of(texts: Mapping[str, str]) -> PageChange:
    """Both sides of the change that `texts` describe, from the most telling form at hand.

    Both snapshots come first, then the full diff, the snapshot beside a diff, a patch, and marked lines last.
    """
    current, previous = texts.get("current_snapshot"), texts.get("prev_snapshot")
    if current is not None and previous is not None:
        return _cancelled(*_compared(split_lines(previous), split_lines(current)), is_whole=True)
    if full := texts.get("diff_full"):
        before, after = _marked(full, keep_unmarked=True)
        return _cancelled(before, after, is_whole=True)
    if patch := texts.get("diff_patch"):
        before, after = _patched(patch)
    else:
        marked = texts.get("diff") or "\n".join(
            part for name in ("diff_removed", "diff_added", "message") if (part := texts.get(name))
        )
        before, after = _marked(marked, keep_unmarked=False)
    if current:
        came = Counter(line_key(line.text) for line in after if line.is_changed)
        page = [Line(line, came[line_key(line)] > 0) for line in split_lines(current)]
        standing = Counter(line_key(line.text) for line in page)
        kept = [Line(line.text, is_changed=False) for line in page if not line.is_changed]
        went = [line for line in before if line.is_changed and not standing[line_key(line.text)]]
        return _cancelled([*kept, _GAP, *went], page, is_whole=True)
    return _cancelled(before, after, is_whole=False)


def line_key(line: str) -> str:
    """What tells lines apart: their words. Not case, punctuation and bullets, nor a count in brackets at the end."""
    return " ".join(_WORDS.findall(COUNT_END.sub("", plain(line)).casefold()))


def split_lines(text: str) -> list[str]:
    """The lines of a page, up to `MOST_LINES`."""
    return re.split(r"\r\n|[\n\r]", text)[:MOST_LINES]


def _compared(before: Sequence[str], after: Sequence[str]) -> tuple[list[Line], list[Line]]:
    """The sides of two snapshots. Whether a line is new is a matter of its count, so no alignment is needed."""
    old, new = Counter(map(line_key, before)), Counter(map(line_key, after))
    if len(before) + len(after) > ALIGNED_LINES:
        return (
            [Line(line, not new[line_key(line)]) for line in before],
            [Line(line, not old[line_key(line)]) for line in after],
        )
    a, b = [line_key(line) for line in before], [line_key(line) for line in after]
    gone, come = [False] * len(a), [False] * len(b)
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            gone[a1:a2] = [True] * (a2 - a1)
            come[b1:b2] = [True] * (b2 - b1)
    return (
        [Line(line, flag) for line, flag in zip(before, gone, strict=True)],
        [Line(line, flag) for line, flag in zip(after, come, strict=True)],
    )


def _cancelled(before: Iterable[Line], after: Iterable[Line], *, is_whole: bool) -> PageChange:
    """Lines that only moved are no change: what went and came again, as often, is taken as kept."""
    old, new = list(before), list(after)
    went = Counter(line_key(line.text) for line in old if line.is_changed)
    came = Counter(line_key(line.text) for line in new if line.is_changed)
    return PageChange(_without(old, went & came), _without(new, went & came), is_whole)


def _without(lines: Sequence[Line], moved: Counter[str]) -> tuple[Line, ...]:
    left, kept = Counter(moved), []
    for line in lines:
        key = line_key(line.text)
        if line.is_changed and (not key or left[key] > 0):
            left[key] -= 1
            line = Line(line.text, is_changed=False)
        kept.append(line)
    return tuple(kept)


_MARK = re.compile(r"\((added|removed|changed|into)\) ?")
_GONE, _NEW = frozenset(("removed", "changed")), frozenset(("added", "into"))
_HTML = re.compile(r"<br\s*/?>|</(?:p|div|li|del|strong|span)>|&(?:nbsp|amp|lt|gt|#\d+);", re.IGNORECASE)
_HTML_MARKS = (
    (re.compile(r"<del>|<span[^>]*title=\"Removed text\"[^>]*>", re.IGNORECASE), "(removed) "),
    (re.compile(r"<ins>|<strong>|<span[^>]*title=\"Added text\"[^>]*>", re.IGNORECASE), "(added) "),
    (re.compile(r"<span[^>]*title=\"Changed text\"[^>]*>", re.IGNORECASE), "(changed) "),
    (re.compile(r"<span[^>]*title=\"Changed into\"[^>]*>", re.IGNORECASE), "(into) "),
)


def _marked(text: str, *, keep_unmarked: bool) -> tuple[list[Line], list[Line]]:
    """The sides of a diff with `(added)`, `(removed)`, `(changed)` and `(into)` before its lines.

    A line with such marks inside it holds its old and its new words glued together and is left out on both sides.
    """
    text = _from_html(text) if _HTML.search(text) else text
    before: list[Line] = []
    after: list[Line] = []
    for line in split_lines(text):
        mark = _MARK.match(line.lstrip())
        rest = line.lstrip()[mark.end() :] if mark else line
        if _MARK.search(rest):
            before.append(_GAP)
            after.append(_GAP)
        elif mark is None:
            gap = Line(line, is_changed=False) if keep_unmarked else _GAP
            before.append(gap)
            after.append(gap)
        elif mark[1] in _GONE:
            before.append(Line(rest, is_changed=True))
        else:
            after.append(Line(rest, is_changed=True))
    return before, after


def _patched(text: str) -> tuple[list[Line], list[Line]]:
    """The sides of a unified diff; its context stands on both, its hunks apart."""
    before: list[Line] = []
    after: list[Line] = []
    for line in split_lines(text):
        if line.startswith(("--- ", "+++ ")) and not line[4:].strip():
            continue
        if line.startswith("@@"):
            for side in (before, after):
                side.append(_GAP)
        elif line.startswith("-"):
            before.append(Line(line[1:], is_changed=True))
        elif line.startswith("+"):
            after.append(Line(line[1:], is_changed=True))
        elif line.startswith(" "):
            before.append(Line(line[1:], is_changed=False))
            after.append(Line(line[1:], is_changed=False))
    return before, after


def _from_html(text: str) -> str:
    """An HTML or HTML-coloured message as marked lines."""
    for pattern, mark in _HTML_MARKS:
        text = pattern.sub(mark, text)
    text = re.sub(r"<br\s*/?>\s*|</(?:p|div|li)>", "\n", text, flags=re.IGNORECASE)
    return html.unescape(re.sub(r"<[^<>]{0,500}>", "", text)).replace("\xa0", " ")
