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

_TAG_START = re.compile(r"(?:<|&lt;)[a-zA-Z/!]")
# Tags that leave their text in the line; every other tag ends it.
_INLINE_NAMES = (
    "span a strong b em i u font small sup sub code mark s big abbr label tt ins del wbr img time q cite kbd"
)
_INLINE = frozenset(_INLINE_NAMES.split())
_INLINE_TAGS = _INLINE | {f"/{name}" for name in _INLINE}
_BLANKS = re.compile(r"[ \t]{2,}|\t")
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,};?")
_INVISIBLE = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
_BLANK = ("\u00a0", "\u202f", "\u2009")

_SIGNS = ("$", "£", "€", "pound;", "euro;", "#163;", "#8364;", "#xa3;", "#x20ac;", "#36;", "â‚¬")
# What can stand beside a figure to make it money where there is no sign: codes and words, or a "k" behind it.
_CODE_NAMES = """
    AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW LPA MXN MYR NGN NIS
    NOK NTD NZD PHP PKR PLN QAR RMB RON RSD RUB SAR SEK SGD THB TRY TWD UAH UKP USD VND ZAR SFR RS RS. RM KR FR.
"""
_CODES = frozenset(_CODE_NAMES.split())
_CODES_BEFORE = _CODES | {"URO", "ROS"}  # the ends of "Euro" and "Euros"
_WORDS = "euros?|pounds|sterling|quid|yen|yuan|rupees|francs|swiss|shekels|zloty|dollars|crowns|lakhs?|lacs?|lei"
_CUE_AFTER = re.compile(
    r"\+? ?(?:(?:[mM](?:illion|ln|io)?|tys\.?|thousand|grand) )?"
    r"(?:[kK](?![a-zA-Z0-9])|zł|zl|Kč|[฿\u20a0-\u20cf¥]|"
    rf"[kK]?(?i:{'|'.join(sorted(_CODES))}|{_WORDS})(?![a-zA-Z]))"
)


FIRST_LOOK = 200_000
"""Characters in which a figure without a sign is looked for; thirty times a long posting."""


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


def _unescape(text: str) -> str:
    """Character references replaced; a number too long to be a character is dropped instead of raising."""
    if "&" not in text:
        return text
    try:
        return html.unescape(text)
    except ValueError:
        return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


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


def _without_tags(text: str, opening: str, closing: str) -> str:
    """The text without its tags, each replaced by the end of a line unless it is inline; what is no tag stays."""
    parts = text.split(opening)
    out = [parts[0]]
    for part in parts[1:]:
        tag, found, rest = part.partition(closing)
        if not found or not (tag[:1].isalpha() or tag[:1] in ("/", "!")):
            out.append("<" + part)
            continue
        name = tag if tag in _INLINE_TAGS else tag.split(None, 1)[0].lower()
        if name in _INLINE_TAGS:
            out.append(rest)
        elif name in ("/td", "/th"):
            out.append(" | " + rest)
        else:
            out.append("\n" + rest)
    return "".join(out)


def plain_text(content: str) -> str:
    """The readable text of a posting's content, one block a line; runs in time linear in its length, never raises.

    Greenhouse sends HTML escaped once more (`&lt;p&gt;`, and `&amp;nbsp;` inside): its tags are taken for what they
    are, and the entities in it are undone twice.
    """
    text = content
    first = _TAG_START.search(text)
    if first is not None:
        opening, closing = ("<", ">") if first.group()[0] == "<" else ("&lt;", "&gt;")
        for start, end in ("!--", "--"), ("script", "/script"), ("style", "/style"):
            if opening + start in text:
                text = _without(text, opening + start, end + closing)
        text = _without_tags(text, opening, closing)
        if closing == "&gt;" and "&amp;" in text:
            text = text.replace("&amp;", "&")
    text = _unescape(text)
    if not text.isascii():
        if "Â" in text or "â€" in text or "â‚" in text or "â\x80" in text or "â\x82" in text:
            for broken, sign in _MOJIBAKE.items():
                text = text.replace(broken, sign)
        for mark in _INVISIBLE:
            text = text.replace(mark, "")
        for mark in _BLANK:
            text = text.replace(mark, " ")
    lines = [line.strip() for line in text.splitlines()]
    text = "\n".join([line for line in lines if line])
    return _BLANKS.sub(" ", text) if "  " in text or "\t" in text else text


def may_state_pay(content: str) -> bool:
    """Whether the content, in any of its encodings, holds a sign of money at all; a "no" costs microseconds.

    A figure such as `100k` counts, since `100K-130K + equity` states pay without a sign.
    """
    for sign in _SIGNS:
        if sign in content:
            return True
    last = -2
    for at in digits(content[:FIRST_LOOK]):
        if at != last + 1 and content[max(0, at - 4) : at].strip().upper()[-3:] in _CODES_BEFORE:
            return True
        if _CUE_AFTER.match(content, at + 1) is not None:
            return True
        before = content[at - 1 : at]
        if before in ("¥", "฿") or "\u20a0" <= before <= "\u20cf":
            return True
        last = at
    return False
