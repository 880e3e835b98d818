"""Which board a careers page or a slug may stand for, and whether a board is the employer it is taken for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import urlsplit

from job_hunter.domain.company_match import board_of_link, name_key
from job_hunter.domain.posting import Posting
from job_hunter.domain.text import plain_text

_LINK = re.compile(r"(?:https?:)?//[^\s\"'<>\\)]{4,300}", re.IGNORECASE)
_SECOND_LEVELS = frozenset(("co", "com", "org", "ac", "net", "gov"))
_NAMED_ENOUGH = 0.5
"""Share of a board's postings that name the employer from which on the board is taken for its own."""


def boards_linked(page: str) -> list[tuple[str, str]]:
    """The boards that a careers page links to or embeds, as (source, token), the most linked first."""
    counts: dict[tuple[str, str], int] = {}
    for found in _LINK.finditer(unescape(page.replace("\\/", "/"))):
        board = board_of_link(found.group().removeprefix("//"))
        if board is not None and board[1] not in ("embed", "v1", "v0"):
            counts[board] = counts.get(board, 0) + 1
    return sorted(counts, key=lambda board: -counts[board])


def slug_guesses(address: str) -> list[str]:
    """The board names to try for a slug or an address that names no board: the slug as it is, then its plain form."""
    if "." in address or "/" in address:
        host = (urlsplit(address if "://" in address else f"https://{address}").hostname or "").lower()
        labels = [label for label in host.split(".") if label]
        while len(labels) > 1 and (len(labels[-1]) <= 3 or labels[-1] in _SECOND_LEVELS or len(labels) > 3):
            labels.pop()
        word = labels[-1] if labels else ""
    else:
        word = address.strip()
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    return list(dict.fromkeys(guess for guess in (word, word.lower(), plain) if guess))


def named_by(name: str, postings: Iterable[Posting]) -> tuple[int, int]:
    """How many of `postings` name the employer in their text or address, and how many there are."""
    key = name_key(name)
    named = total = 0
    for posting in postings:
        total += 1
        said = f"{plain_text(posting.content)} {posting.apply_url or ''}"
        named += bool(key) and key in re.sub(r"[\W_]+", "", said.casefold())
    return named, total


def is_named_enough(named: int, total: int) -> bool:
    """Whether that many namings make a board the employer's own."""
    return total > 0 and named / total >= _NAMED_ENOUGH
