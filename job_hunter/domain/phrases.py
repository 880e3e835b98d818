"""Shared reading of short texts: folding, splitting into words and separators, longest known phrase first.

Titles and locations are short. What is longer than a person would write is cut, so that a hostile text costs no more
than a real one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

# Letters that NFKD leaves whole. Sources: how these names are usually written without the letter.
_WHOLE_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae",
                                "Æ": "Ae", "œ": "oe", "ı": "i", "İ": "I", "’": "'", "‘": "'", "ʼ": "'"})  # fmt: skip

# A word keeps inner dots ("D.C."), apostrophes ("St Paul's") and its own combining marks; "-" and "&" stand alone.
_PIECE = re.compile(r"(?P<word>[^\W_]+(?:['.][^\W_]+)*\.?)|(?P<mark>[^\w\s]|_|[\r\n\t])")

SPACE, TIGHT = " ", "-"


def fold(text: str) -> str:
    """`text` without accents, case kept: "Zürich" -> "Zurich"."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_WHOLE_LETTERS))
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch))


class Word(NamedTuple):
    """One word: `key` for look-ups (lower case, no dots), `raw` as written (accents kept where they were).

    `before` is what stands between it and the word before: "" at the start, " ", "-" for a tight hyphen, or the
    strongest separator sign met (",", "/", ";", "(", ")", "|", " - " as "–", ...).
    """

    key: str
    raw: str
    before: str


def words_of(text: str, *, limit: int = 1000) -> tuple[Word, ...]:
    """The words of the first `limit` characters, each with the separator before it."""
    return _words(text[:limit])


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[Word, ...]:
    if text.isascii() and text.replace(" ", "").isalnum():  # most phrases of the tables, and many titles
        return tuple([Word(raw.lower(), raw, SPACE if at else "") for at, raw in enumerate(text.split())])
    folded = fold(text)
    words: list[Word] = []
    before, end = "", 0
    sentence = False
    for found in _PIECE.finditer(folded):
        if found["word"] is None:
            before = _stronger(before, _sign(folded, found.start()))
            continue
        raw = found["word"]
        key = raw.replace(".", "").replace("'", "").lower()
        if words and not before:
            before = "." if sentence else SPACE
        words.append(Word(key, raw.rstrip("."), before))
        end = found.end()
        sentence = raw.endswith(".") and len(key) > 3 and end < len(folded)
        before = ""
    return tuple(words)


def _sign(text: str, at: int) -> str:
    sign = text[at]
    if sign in "-‐‑‒":
        tight = 0 < at < len(text) - 1 and not text[at - 1].isspace() and not text[at + 1].isspace()
        return TIGHT if tight and text[at - 1].isalnum() and text[at + 1].isalnum() else "–"
    if sign in "–—―":
        return "–"
    if sign in "\r\n\t•·▪|¦":
        return "|"
    return {"[": "(", "{": "(", "]": ")", "}": ")"}.get(sign, sign)


# The stronger of two signs between the same words is the one that is kept.
_STRENGTH = {
    "": 0,
    SPACE: 1,
    TIGHT: 2,
    "+": 4,
    "&": 4,
    ":": 5,
    ",": 5,
    ")": 6,
    "(": 7,
    "–": 8,
    "/": 9,
    "|": 10,
    ";": 11,
}


def _stronger(one: str, other: str) -> str:
    return other if _STRENGTH.get(other, 3) >= _STRENGTH.get(one, 3) else one


class PhraseTable(Generic[V]):
    """Phrases of one or more words and what each means; the longest that fits is found first."""

    __slots__ = ("_by_first",)

    def __init__(self, phrases: Iterable[tuple[str, V]]) -> None:
        by_first: dict[str, dict[tuple[str, ...], V]] = {}
        for phrase, value in phrases:
            keys = tuple(word.key for word in words_of(phrase))
            if keys:
                by_first.setdefault(keys[0], {})[keys[1:]] = value
        self._by_first = {
            first: tuple(sorted(rest.items(), key=lambda item: -len(item[0]))) for first, rest in by_first.items()
        }

    def at(self, keys: Sequence[str], start: int, end: int | None = None) -> tuple[int, V] | None:
        """The number of words and the meaning of the longest phrase in `start:end`, None where none begins there."""
        candidates = self._by_first.get(keys[start])
        if candidates is None:
            return None
        for rest, value in candidates:
            if not rest:
                return 1, value
            if end is not None and start + len(rest) >= end:
                continue
            if tuple(keys[start + 1 : start + 1 + len(rest)]) == rest:
                return 1 + len(rest), value
        return None
