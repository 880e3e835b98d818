"""Which board a careers page or a slug may stand for, and whether a board is the employer it is taken for."""

from __future__ import annotations

import re
import unicodedata
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
    """The board names to try for a slug or an address that names no board: as it is, in its plain form, in one word."""
    if "." in address or "/" in address:
        host = _host(address)
        labels = [label for label in host.split(".") if label]
        if len(labels) > 1:  # "acme.energy" as well as "acme.com"
            labels.pop()
        while len(labels) > 1 and labels[-1] in _SECOND_LEVELS:
            labels.pop()
        word = labels[-1] if labels else ""
    else:
        word = address.strip()
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    # Ashby's boards are often named so: "SedgewaterPay".
    words = re.findall(r"[A-Za-z0-9]+", word)
    joined = "".join(each[0].upper() + each[1:] for each in words) if len(words) > 1 else ""
    return list(dict.fromkeys(guess for guess in (word, word.lower(), plain, joined) if guess))


def _host(address: str) -> str:
    try:
        return (urlsplit(address if "://" in address else f"https://{address}").hostname or "").lower()
    except ValueError:
        return ""


def named_by(name: str, postings: Iterable[Posting]) -> tuple[int, int]:
    """How many of `postings` name the employer, and how many there are.

    A posting names it by the `company_name` it bears, in its text, or by an address on the employer's own site. The
    address on the board's site says nothing: it holds the board's name, whoever's that is.
    """
    key = name_key(name)
    if not key:
        return 0, sum(1 for _ in postings)
    # the letters of the name and at most blanks or marks between them, as a word of its own: Wise is not in otherwise
    pattern = re.compile(r"(?<![^\W_])" + r"[\W_]{0,3}".join(map(re.escape, key)) + r"(?![^\W_])", re.IGNORECASE)
    named = total = 0
    for posting in postings:
        total += 1
        named += (
            is_same_employer(name, posting.company_name or "")
            or _on_own_site(key, posting.apply_url)
            or any(_is_proper(found.group(), name) for found in pattern.finditer(_spelt(posting.content, key)))
        )
    return named, total


def is_same_employer(name: str, other: str) -> bool:
    """Whether one name is the other or its beginning: a board of `DoorDash` may call itself `DoorDash USA`."""
    words, others = name_words(name), name_words(other)
    shorter = min(len(words), len(others))
    return name_key(name) == name_key(other) != "" or (shorter > 0 and words[:shorter] == others[:shorter])


def name_words(name: str) -> list[str]:
    """The words of a name as `name_key` sees them."""
    return [key for word in name.split() if (key := name_key(word))]


def _spelt(content: str, key: str) -> str:
    said = plain_text(content)
    if key.isascii():
        said = "".join(ch for ch in unicodedata.normalize("NFKD", said) if not unicodedata.combining(ch))
    return said.replace("&", " and ")


def _is_proper(found: str, name: str) -> bool:
    """Whether the words found are the name: to ramp up is not Ramp, unless the employer writes itself in small."""
    return not found[0].islower() or found == name


def _on_own_site(key: str, address: str | None) -> bool:
    if not address or board_of_link(address) is not None:
        return False
    return key in (label.replace("-", "") for label in _host(address).split("."))


def is_named_enough(named: int, total: int) -> bool:
    """Whether that many namings make a board the employer's own."""
    return total > 0 and named / total >= _NAMED_ENOUGH
