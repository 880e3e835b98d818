"""Which ends of a single amount the words around it leave open: "up to £60k", "from £45,000", "£80k+"."""

from __future__ import annotations

import re
from functools import lru_cache

from job_hunter.domain.pay.amounts import Amount
from job_hunter.domain.pay.cues import any_of

_OPEN_TOP = re.compile(r"\s?(?:-|–|—|to)\s?[£€$]?\?+(?:[ ]?[kK])?|\s?(?:-|–|—)\s?(?:∞|infinity)")

_ROUGHLY = r"\s{0,2}(?:around |about |circa |c\. ?|~ ?)?$"
# What stands right before a figure and opens its lower or its upper end.
_UPPER_WORDS = any_of(r"""
    up ?to, upto, as much as, max(?:imum|\.)?(?: salary| pay| rate)?(?: of)?, at most, no more than, under, below
    not more than, (?<!not )(?<!no )less than, capped at, bis zu, jusqu['’]à, hasta, tot, do
""")
_LOWER_WORDS = any_of(r"""
    from, start(?:s|ing)?(?: salary| pay| rate| base| compensation| wage)?(?: at| from| of| is| is at)?
    begin(?:s|ning)? at
    min(?:imum|\.)?(?: [\w-]+)?(?: of| salary(?: of| is)?| pay(?: of| is)?)?, at least
    no less than, not less than, upwards? of, north of
    (?:in )?excess of, more than, over, above, ab, desde, dès, vanaf, od, à partir de, a partir de
    mindestens, mindestgehalt(?: von| beträgt| liegt bei| ist)?, från, fra, almeno
""")
_UPPER_ONLY = re.compile(rf"(?:\b(?:{_UPPER_WORDS})\s{{0,2}}:?|[<≤]=?){_ROUGHLY}", re.IGNORECASE)
_LOWER_ONLY = re.compile(rf"(?:\b(?:{_LOWER_WORDS})\s{{0,2}}:?|[>≥]=?){_ROUGHLY}", re.IGNORECASE)
# The last words of either, without which it can't be there: asking costs a tenth of looking.
_UPPER_LEADS = frozenset((
    "to", "upto", "as", "max", "maximum", "of", "most", "than", "under", "below", "at", "zu", "hasta", "tot", "do",
    "jusqu'à", "jusqu’à", "salary", "pay", "rate", "<", "<=", "≤",
))  # fmt: skip
_LOWER_LEADS = frozenset((
    "from", "start", "starts", "starting", "salary", "pay", "rate", "base", "compensation", "wage", "at", "of", "is",
    "begin", "begins", "beginning", "least", "than", "excess", "over", "above", "ab", "desde", "dès", "vanaf", "od",
    "de", "mindestens", "mindestgehalt", "von", "beträgt", "bei", "ist", "från", "fra", "almeno", ">", ">=", "≥",
))  # fmt: skip
_APPROXIMATIONS = frozenset(("", "around", "about", "circa", "c", "ca"))
_LEADS = _UPPER_LEADS | _LOWER_LEADS | _APPROXIMATIONS
# "| to £60k |", "salary to £60k"; elsewhere a bare "to" is any preposition
_BARE_TO = re.compile(
    r"(?:^|[|,;:(•\n-]\s{0,2}|\b(?:salary|pay|rate|compensation|salaries|package|comp)\s)to\s$", re.IGNORECASE
)
_LOWER_AFTER = re.compile(
    r"\+(?!\s?[£€$\d]|\w)|"
    r"[ ]?(?:and (?:up|above|over|higher|beyond)\b|or (?:more|above|higher)\b|upwards?\b|minimum\b|min\b(?!\.? \d)|"
    r"at least\b|"
    r"plus(?=\s*(?:$|[|,.;)\n]|depending|doe|dependent|based)))",
    re.IGNORECASE,
)
# What these three begin with, after a blank or none: asking costs a tenth of trying.
_MAY_OPEN_TOP = frozenset("-–—t")
_MAY_OPEN_AFTER = frozenset("+aAoOuUmMpPcC")
_UPPER_AFTER = re.compile(r"[ ]?(?:max(?:imum)?\b(?! ?:)|cap\b|or (?:less|below)\b)", re.IGNORECASE)


def ends_of(text: str, a: Amount) -> tuple[float | None, float | None, int]:
    """Both ends of a single amount, None where the words around it leave one open, and where it ends."""
    full = a.full
    following = text[a.end : a.end + 2].lstrip()[:1]
    if following in _MAY_OPEN_TOP and (open_top := _OPEN_TOP.match(text, a.end)):
        return full, None, open_top.end()
    after = text[a.end : a.end + 24]
    if a.plus or (following in _MAY_OPEN_AFTER and _LOWER_AFTER.match(after)):
        return full, None, a.end
    if following in _MAY_OPEN_AFTER and _UPPER_AFTER.match(after):
        return None, full, a.end
    end = _opened_by(text[max(0, a.start - 40) : a.start])
    return None if end == "upper" else full, None if end == "lower" else full, a.end


def _opened_by(before: str) -> str | None:
    """Which end the words right before a figure open: `upper` ("up to"), `lower` ("from") or none."""
    words = before.lower()
    lead = words.rsplit(None, 1)[-1:]
    last = lead[0].strip(":.,(~") if lead else None
    if "min" in words:
        return open_end(before, may_be_upper=True, may_be_lower=True)
    if last not in _LEADS:
        return None
    is_rough = last in _APPROXIMATIONS
    return open_end(
        before, may_be_upper=is_rough or last in _UPPER_LEADS, may_be_lower=is_rough or last in _LOWER_LEADS
    )


@lru_cache(maxsize=2048)
def open_end(before: str, *, may_be_upper: bool, may_be_lower: bool) -> str | None:
    """What the words right before a figure open, where they may; kept, as a board repeats them on many postings."""
    if may_be_upper and (_UPPER_ONLY.search(before) or _BARE_TO.search(before)):
        return "upper"
    return "lower" if may_be_lower and _LOWER_ONLY.search(before) else None
