"""Text as sources send it (plain, HTML, HTML escaped once more, broken encodings) turned into plain text."""

from __future__ import annotations

import html
import re

# Bytes of UTF-8 read as Windows-1252: what is left of money signs, dashes, quotes and no-break spaces.
_MOJIBAKE = {
    "Â£": "£",
    "Ã‚£": "£",
    "â‚¬": "€",
    "â\x82¬": "€",
    "Â€": "€",
    "Â¥": "¥",
    "â€“": "–",
    "â\x80\x93": "–",
    "â€”": "—",
    "â€\x94": "—",
    "â\x80\x94": "—",
    "â€™": "’",
    "â\x80\x99": "’",
    "â€˜": "‘",
    "â€œ": "“",
    "â€¢": "•",
    "Â\u00a0": " ",
    "Â·": "·",
}

_BROKEN_STARTS = ("â€", "â‚", "â\x80", "â\x82")
_TAG_START = re.compile(r"(?:<|&lt;)[a-zA-Z/!]")
_TAG = re.compile(r"<([a-zA-Z/!][^<>]*)>")
# What a "&" begins in HTML that was escaped once more: a tag, a reference, or (the empty branch) nothing of the kind.
# Not possessive: Python 3.11.2, which Debian ships, matches a possessive repeat of a group wrongly.
_ESCAPED_PIECE = re.compile(
    r"&(lt;[a-zA-Z/!][^<>&]*(?:&(?![lg]t;)[^<>&]*)*&gt;|(?:amp;)?(?:nbsp; ?|#?[a-zA-Z0-9]{2,8};)|)"
)
_MOST_TAGS = 4096
_NO_TEXT = "\x00"
# Tags that leave their text in the line; every other tag ends it.
_INLINE_NAMES = (
    "span a strong b em i u font small sup sub code mark s big abbr label tt ins del wbr img time q cite kbd"
)
_INLINE = frozenset(_INLINE_NAMES.split())
_INLINE_TAGS = _INLINE | {f"/{name}" for name in _INLINE}
# The references of most postings, by far; looking them up takes a third of the time of a general pass.
_REFERENCES = {
    "nbsp": "\u00a0",
    "amp": "&",
    "quot": '"',
    "#39": "'",
    "#x27": "'",
    "lt": "<",
    "gt": ">",
    "rsquo": "’",
    "lsquo": "‘",
    "ldquo": "“",
    "rdquo": "”",
    "ndash": "–",
    "mdash": "—",
    "bull": "•",
    "middot": "·",
    "hellip": "…",
    "pound": "£",
    "euro": "€",
}
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,};?")
_INVISIBLE = ("\u00ad", "\u200b", "\ufeff")
_BLANK = ("\u00a0", "\u202f", "\u2009")

_SIGN_NUMBERS = ("163;", "8364;", "xa3;", "xA3;", "x20ac;", "x20AC;", "36;")
# What can stand beside a figure to make it money where there is no sign: codes and words, or a "k" behind it.
_CODE_NAMES = """
    AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW LPA MXN MYR NGN NIS
    NOK NTD NZD PHP PKR PLN QAR RMB RON RSD RUB SAR SEK SGD THB TRY TWD UAH UKP USD VND ZAR SFR RS RS. RM KR FR. TL RP
    CDN KSH
"""
_CODES = frozenset(_CODE_NAMES.split())
_CODES_BEFORE = _CODES | {"URO", "ROS"}  # the ends of "Euro" and "Euros"
_WORDS = "euros?|pounds|sterling|quid|yen|yuan|rupees|francs|swiss|shekels|zloty|dollars|crowns|lakhs?|lacs?|lei"
_CUE_AFTER = re.compile(
    r"\+? ?(?:(?:[mM](?:illion|ln|io)?|tys\.?|thousand|grand) )?\(?"
    r"(?:[kK](?![a-zA-Z0-9])|万|円|zł|zl|Kč|[฿\u20a0-\u20cf¥]|"
    rf"[kK]?(?i:{'|'.join(sorted(_CODES))}|{_WORDS})(?![a-zA-Z]))"
)


FIRST_LOOK = 200_000
"""Characters in which a figure without a sign is looked for; thirty times a long posting."""


_MAY_FOLLOW = frozenset(" +(")
# A range of yearly size without any mark: "Salary: 60,000-80,000".
_BARE_RANGE = re.compile(r"(?:\d{2,3}[,. ]\d{3}|\d{5,6}) ?(?:-|–|—|to|&[mn]dash;) ?\d")


def digits(text: str) -> list[int]:
    """Where the digits of a text are, in order; ten scans for one character are faster than one for a class."""
    at: list[int] = []
    for digit in "0123456789":
        found = text.find(digit)
        while found >= 0:
            at.append(found)
            found = text.find(digit, found + 1)
    at.sort()
    return at


def _unescape(text: str, *, twice: bool = False) -> str:
    """Character references replaced, as `html.unescape` does; one too long to be a character becomes U+FFFD.

    With `twice` each "&" may be escaped itself (`&amp;nbsp;`), which is undone on the way.
    """
    first, *rest = text.split("&")
    pieces = [first]
    for piece in rest:
        if twice and piece.startswith("amp;"):
            piece = piece[4:]
        name, end, after = piece.partition(";")
        character = _REFERENCES.get(name) if end else None
        if character is None:
            pieces.append(_unescaped_piece(piece))
        elif character == "\u00a0" and after.startswith(" ") and not pieces[-1].endswith("Â"):
            pieces.append(after)  # two blanks are one
        else:
            pieces += character, after
    return "".join(pieces)


def _unescaped_piece(piece: str) -> str:
    """What follows one "&": any reference, or none at all."""
    try:
        return html.unescape(f"&{piece}")
    except ValueError:
        return html.unescape(_LONG_REFERENCE.sub("\ufffd", f"&{piece}"))


def _without(text: str, start_mark: str, end_mark: str) -> str:
    """The text without what stands between the two marks (to the end where the second is missing)."""
    start = text.find(start_mark)
    if start < 0:
        return text
    kept, at = [], 0
    while start >= 0:
        kept.append(text[at:start])
        end = text.find(end_mark, start)
        if end < 0:
            return "".join(kept)
        at = end + len(end_mark)
        start = text.find(start_mark, at)
    kept.append(text[at:])
    return "".join(kept)


class _Edges(dict[str, str]):
    """What each tag leaves in the text: nothing when it is inline, a bar after a cell, else the end of a line.

    Tags whose content is no text leave a mark of their own, so that looking for them costs nothing.
    """

    def __missing__(self, tag: str) -> str:
        name = tag.split(None, 1)[0].lower().removesuffix("/")
        edge = "" if name in _INLINE_TAGS else " | " if name in ("/td", "/th") else "\n"
        if name in ("script", "style") or name.startswith("!--"):
            edge = _NO_TEXT
        if len(self) < _MOST_TAGS:
            self[tag] = edge
        return edge


_EDGES = _Edges()


class _Pieces(dict[str, str]):
    """What each piece of escaped HTML (`_ESCAPED_PIECE`) leaves in the text; KeyError for what needs a closer look."""

    def __missing__(self, piece: str) -> str:
        if piece.endswith("&gt;"):
            left = _EDGES[piece[3:-4]]
        elif piece in ("", "amp;") or piece.endswith(("lt;", "gt;")):
            raise KeyError(piece)
        else:
            left = _unescaped_piece(piece.removeprefix("amp;"))
        if len(self) < _MOST_TAGS:
            self[piece] = left
        return left


_PIECES = _Pieces({"nbsp; ": " ", "amp;nbsp; ": " "})


def _read_escaped(text: str) -> str | None:
    """The text of HTML that was escaped once more, its tags and references taken in one pass.

    None where the passes of `plain_text` must tell: comments, scripts, references in pieces, broken encodings.
    """
    parts = _ESCAPED_PIECE.split(text)
    try:
        parts[1::2] = map(_PIECES.__getitem__, parts[1::2])
    except KeyError:
        return None
    read = "".join(parts)
    return None if _NO_TEXT in read or "Â" in read else read


def _without_tags(text: str) -> str:
    """The text with each tag replaced by what it leaves; a "<" that begins no tag stays."""
    parts = _TAG.split(text)
    parts[1::2] = map(_EDGES.__getitem__, parts[1::2])
    return "".join(parts)


def _read_html(text: str, *, is_escaped: bool) -> str:
    """The text of any HTML, in as many passes as it takes."""
    whole = text.replace("&lt;", "<").replace("&gt;", ">") if is_escaped else text
    stripped = _without_tags(whole)
    if _NO_TEXT in stripped or "<!--" in stripped or "&lt;!--" in stripped:
        for start, end in ("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"):
            whole = _without(whole, start, end)
        stripped = _without_tags(whole).replace(_NO_TEXT, "")
    return _unescape(stripped, twice=is_escaped)


def plain_text(content: str) -> str:
    """The readable text of a posting's content, one block a line; runs in time linear in its length, never raises.

    Greenhouse sends HTML escaped once more (`&lt;p&gt;`, and `&amp;nbsp;` inside): its tags are taken for what they
    are, and the entities in it are undone twice.
    """
    text = content
    first = _TAG_START.search(text)
    if first is not None:
        is_escaped = first.group()[0] == "&"
        # nearly every board: what is escaped throughout is read as it is, which spares three passes
        read = _read_escaped(text) if is_escaped and "<" not in text and ">" not in text else None
        text = _read_html(text, is_escaped=is_escaped) if read is None else read
    else:
        text = _unescape(text)
    if not text.isascii():
        if "Â" in text or ("â" in text and any(start in text for start in _BROKEN_STARTS)):
            for broken, sign in _MOJIBAKE.items():
                text = text.replace(broken, sign)
        for mark in _BLANK:
            text = text.replace(mark, " ")
        if not text.isascii():
            for mark in _INVISIBLE:
                text = text.replace(mark, "")
    text = "\n".join(filter(None, map(str.strip, text.split("\n"))))
    if "\t" in text:
        text = text.replace("\t", " ")
    return _single_spaced(text)


def _single_spaced(text: str) -> str:
    """Runs of blanks made one, in a single scan: repeated `str.replace` costs three for the same."""
    if text.rfind("  ") < 0:  # most texts hold none; looking from the end costs half as much
        return text
    end = text.find("  ")
    kept, at = [], 0
    while end >= 0:
        kept.append(text[at : end + 1])
        at = end + 2
        while text.startswith(" ", at):
            at += 1
        end = text.find("  ", at)
    kept.append(text[at:])
    return "".join(kept)


def may_state_pay(content: str) -> bool:
    """Whether the content, in any of its encodings, holds a sign of money at all; a "no" costs microseconds.

    A figure such as `100k` counts, since `100K-130K + equity` states pay without a sign.
    """
    return _has_sign(content) or _has_figure_without_sign(content)


def _has_sign(content: str) -> bool:
    """Whether a sign of money stands in the content, as a character, a reference or mojibake."""
    if "$" in content or (not content.isascii() and ("£" in content or "€" in content or "â‚¬" in content)):
        return True
    if "&" not in content:
        return False
    found = content.find("#")
    while found >= 0:
        if content.startswith(_SIGN_NUMBERS, found + 1):
            return True
        found = content.find("#", found + 1)
    return "pound;" in content or "euro;" in content


def _names_currency(before: str) -> bool:
    """Whether what stands before a digit ends in a code or an abbreviation of a currency."""
    word = before[-3:].upper()
    return word in _CODES_BEFORE or word[-2:] in _CODES_BEFORE or (before[-1:] == "R" and not before[-2:-1].isalnum())


def _has_figure_without_sign(content: str) -> bool:
    """Whether there is a digit that a code, a word or a "k" beside it makes money."""
    last = -2
    for at in digits(content[:FIRST_LOOK]):
        after = content[at + 1 : at + 2]
        if at != last + 1:
            before = content[at - 1 : at]
            if before == " ":
                before = content[max(0, at - 2) : at - 1]
            if before in ("¥", "฿") or "\u20a0" <= before <= "\u20cf" or _BARE_RANGE.match(content, at):
                return True
            if before.isalpha() and _names_currency(content[max(0, at - 5) : at].rstrip()):
                return True
        if (after in _MAY_FOLLOW or after.isalpha() or after > "\u007f") and _CUE_AFTER.match(content, at + 1):
            return True
        last = at
    return False
