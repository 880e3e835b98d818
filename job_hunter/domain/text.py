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

_TAG_START = re.compile(r"<[a-zA-Z/!]")
# Tags whose edges end a line of text; every other tag leaves its text in the line.
_BLOCK = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|table|tbody|thead|section|article|header|footer|hr|dd|dt|dl|pre|blockquote)\b[^<>]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</t[dh]\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_BLANKS = re.compile(r"[ \t\f\v\r]{2,}")
_BLANK_LINES = re.compile(r"\n\s*\n+|[ \t\r]+\n|\n[ \t\r]+")
_LONG_REFERENCE = re.compile(r"&#[0-9]{8,}")
_INVISIBLE = str.maketrans(
    dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None) | {"\u2028": "\n", "\u2029": "\n"}
)
_INVISIBLE_SET = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff\u2028\u2029]")

_SIGNS = ("£", "€", "$", "¥", "₹", "&pound", "&euro", "&#163", "&#8364", "&#xa3", "&#x20ac", "â‚¬", "zł")
# The codes and words that a figure without a sign would carry, cheap enough to be looked for one after another.
_NAMES = re.compile(
    r"(?:GBP|EUR|USD|CHF|CAD|AUD|PLN|SEK|NOK|DKK|SGD|HKD|INR|ILS|JPY|CZK|NZD|AED|ZAR|BRL|eur|gbp|usd|chf|pln|sek|"
    r"[Ee]uros?|UKP|pounds|yen|rupees)\b"
)
_THOUSANDS = re.compile(r"[0-9] ?[kK](?![a-zA-Z0-9])")


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


def plain_text(content: str) -> str:
    """The readable text of a posting's content, one block a line; runs in time linear in its length, never raises.

    Greenhouse sends HTML escaped once more (`&lt;p&gt;`, and `&amp;nbsp;` inside): that is undone first, because
    stripping tags before it removes nothing.
    """
    text = content
    if "&lt;" in text and not _TAG_START.search(text):
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    if "<" in text and _TAG_START.search(text):
        text = _without(_without(_without(text, "<!--", "-->"), "<script", "</script>"), "<style", "</style>")
        text = _BLOCK.sub("\n", text)
        if "</t" in text:
            text = _CELL.sub(" | ", text)
        text = _TAG.sub("", text)
    text = _unescape(text)
    if "&" in text and "&nbsp;" in text:
        text = text.replace("&nbsp;", " ")
    if not text.isascii():
        if "Â" in text or "â" in text:
            for broken, sign in _MOJIBAKE.items():
                text = text.replace(broken, sign)
        if _INVISIBLE_SET.search(text):
            text = text.translate(_INVISIBLE)
        text = text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")
    if "  " in text or "\t" in text or "\r" in text:
        text = _BLANKS.sub(" ", text)
    return _BLANK_LINES.sub("\n", text).strip()


def may_state_pay(content: str) -> bool:
    """Whether the content, in any of its encodings, holds a sign of money at all; a "no" costs microseconds.

    A figure such as `100k` counts, since `100K-130K + equity` states pay without a sign.
    """
    for sign in _SIGNS:
        if sign in content:
            return True
    return _THOUSANDS.search(content) is not None or _NAMES.search(content) is not None
