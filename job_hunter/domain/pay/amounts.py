"""The grammar of one amount of money: mark, number, multiplier, mark, as the world's postings write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from job_hunter.domain.currency import BY_COUNTRY, CODES, SYMBOLS, WORDS, is_by_country
from job_hunter.domain.money import Period
from job_hunter.domain.pay.periods import attached_period
from job_hunter.domain.text import digits

_GAP = "[ \u00a0\u202f\u2009]"
# One cluster of digits with its separators; `number_of` decides what they mean. A blank groups only exact thousands.
_DIGITS = re.compile(
    rf"\d{{1,3}}(?:{_GAP}\d{{3}}(?!\d)){{1,3}}(?![.,]?\d)|\d+(?:(?:, |[.,'’])\d{{2,3}}(?!\d))*(?:[.,]\d{{1,4}}(?!\d))?"
)

_UNOFFICIAL = frozenset(("UKP", "RMB", "NIS", "SFR", "TL", "CDN"))
_LONGEST_FIRST = sorted({*SYMBOLS, *BY_COUNTRY} - {"dollars", "crowns", "francs"}, key=len, reverse=True)
_SIGN = "|".join(re.escape(mark) for mark in _LONGEST_FIRST)
_CODE = "|".join(sorted(CODES | _UNOFFICIAL))
_WORD = "|".join(sorted((w.replace(" ", " ?") for w in {*WORDS, "dollars", "crowns", "francs"}), key=len, reverse=True))
_LOWER = "|".join(c.lower() for c in sorted(CODES - {"TRY", "ALL"}))

_BEFORE = {m: m for m in (*_LONGEST_FIRST, *CODES, *(c.lower() for c in CODES), *_UNOFFICIAL)} | dict.fromkeys(
    ("Euro", "euro", "Euros", "euros", "EURO", "EUROS"), "EUR"
)
# Whose dollars "US $150k" are; "CA $" may follow a place in California.
_OWNERS = frozenset({"US", "AU", "NZ", "HK", "SG"}) & {mark[:-1] for mark in _BEFORE if mark.endswith("$")}
_SIGN_ENDS = frozenset(mark[-1] for mark in _LONGEST_FIRST if not mark[-1].isalpha())
_MARK_AFTER = re.compile(
    rf"{_GAP}{{0,2}}\(?(?:(?P<code>(?:{_CODE}|{_LOWER})(?![A-Za-z])\$?)|(?P<word>(?i:{_WORD})(?![A-Za-z]))"
    rf"|(?P<sign>(?:{_SIGN})(?![A-Za-z]|{_GAP}?\d)))\)?"
)
_MULTIPLIER = re.compile(
    rf"(?P<plus>\+)?(?:{_GAP}?(?P<k>[kK]|thousand|grand|tys\.?|mille?)"
    rf"|{_GAP}?(?P<big>mm|MM|mn|mio|mln|mill?|m|M|bn|BN|Bn|bil|bill|b|B|tn|T(?!€|EUR)|juta|jt|[mM]illions?|MILLION|[bB]illions?|[tT]rillions?)"
    rf"|{_GAP}?(?P<man>万)(?=円|~|〜|～|[-–]|$)"
    rf"|{_GAP}?(?P<lakh>[Ll]akhs?|LAKHS?|[Ll]acs?|LACS?|L(?![A-Za-z])|LPA|lpa|[Cc]rores?|Cr|cr))"
    rf"(?![A-Za-z0-9])|(?P<gluedplus>\+)? ?(?P<glued>[kK]|T(?=€|EUR))"
    rf"(?={_CODE}|{_SIGN}|{_LOWER}\b|ish\b|pa\b|p\.a|p[cd]?m\b|p[dh]\b)"
)
# What a multiplier and a mark behind a figure begin with, after blanks and a bracket: asking costs less than trying.
_BLANKS = " \u00a0\u202f\u2009"
_BLANKS_AND_BRACKET = f"{_BLANKS}("
_TRAILS = frozenset(",.")
_MAY_MULTIPLY = frozenset("+kKtgmMbBTlLcCj万")
_MARK_STARTS = frozenset(mark[:2].lower() for mark in (*_BEFORE, *WORDS, "dollars", "crowns", "francs"))
_LEFT_TRAILER = re.compile(r",[-–]{1,2}(?!\d)|\.[-–](?!\d)")

# Pension schemes named after a paragraph: "401k" without a currency sign is never an amount.
_PENSION_SCHEMES = frozenset({"401", "403", "457"})
_RUPEES = frozenset(("₹", "INR", "inr", "Rs", "Rs."))
_SEPARATOR = re.compile(r", |[.,'’ \u00a0\u202f\u2009]")
_MILLIONS = {"m", "mm", "mn", "mio", "mln", "mil", "mill", "million", "millions", "juta", "jt"}


@dataclass(slots=True)  # not frozen: several are made for every posting, and a frozen one costs three times as much
class Amount:
    """One amount as written. `value` has thousands separators resolved and no multiplier applied.

    `scale` is 1, 1,000, 100,000 (lakh), 10,000,000 (crore), a million or more; `mark` is the most telling currency mark
    (a code beats a sign that several countries share); `is_grouped` says that thousands were written out.
    """

    start: int
    end: int
    value: float
    scale: float
    mark: str | None
    is_grouped: bool
    plus: bool
    period: Period | None
    is_percent: bool

    @property
    def full(self) -> float:
        """The value with its own multiplier applied; a multiplier on written-out thousands is a slip of the pen."""
        if self.scale == 1_000 and self.is_grouped and self.value >= 10_000:
            return self.value
        return self.value * self.scale


def number_of(cluster: str, *, has_multiplier: bool = False) -> tuple[float, bool] | None:
    """The value of a cluster of digits and whether it wrote out thousands; None when it is no amount.

    `12.000`, `24'000`, `55 000`, `150, 000`, `25,00,000` are grouped; `34.62`, `106.4`, `12,50` are decimals; before a
    multiplier a single dot group is a decimal (`1.250M`).
    """
    if len(cluster) > 18:
        return None
    if cluster.isdigit():
        return (float(cluster), False) if len(cluster) <= 12 else None
    groups = cluster.split(",")
    if not has_multiplier and len(groups) == 2 and len(groups[1]) == 3 and 0 < len(groups[0]) < 4 and cluster[0] != "0":
        return (float(groups[0] + groups[1]), True) if groups[0].isdigit() and groups[1].isdigit() else None
    parts = _SEPARATOR.split(cluster)
    seps = _SEPARATOR.findall(cluster)
    last, lead = parts[-1], parts[0]
    if has_multiplier and len(seps) == 1 and seps[0] in ".,":
        if len(last) == 3 and seps[0] == "," and len(lead) >= 2:
            return float(lead + last), True
        return float(f"{lead}.{last}"), False
    decimals = ""
    if len(last) != 3 and seps[-1] in ".,":
        decimals, parts, seps = last, parts[:-1], seps[:-1]
        if seps and seps[-1] == cluster[len(cluster) - len(last) - 1]:
            return None
    if not seps:
        return float(f"{lead}.{decimals}"), False
    if len({s.strip() or " " for s in seps}) > 1 or len(lead) > 3 or (lead == "0"):
        return None
    western = all(len(p) == 3 for p in parts[1:])
    indian = len(parts[-1]) == 3 and all(len(p) == 2 for p in parts[1:-1]) and len(lead) <= 2
    if not (western or indian):
        return None
    return float("".join(parts) + ("." + decimals if decimals else "")), True


_MAY_JOIN = re.compile(
    r"\s{0,3}(?:[-–—‒―−~〜～→&/]|\.\.|(?:to|To|TO|and|und|et|y|bis|till?|until|through|up ?to|tot|à|en|och|og|e|do)\b|"
    r"(?<=\s)a(?=\s))"
)
_JOINS = frozenset("-–—‒―−~〜～→odslhàaty&./")
# Short words that join ends too; their last letters alone would be those of every second word.
_SHORT_JOINS = frozenset(("en", "e", "og"))
_ENDS_AMOUNT = frozenset("0123456789kK")
_NEXT_WORD = re.compile(rf"{_GAP}?(?:,-{{1,2}}|\+)?{_GAP}{{0,2}}\(?([A-Za-zčł]+|[^\sA-Za-z0-9])")
_MONEY_WORDS = frozenset(
    {word.lower() for word in (*_BEFORE, *SYMBOLS, *BY_COUNTRY)}
    | {word.split()[0] for word in WORDS}
    | {
        "k",
        "thousand",
        "grand",
        "tys",
        "mille",
        "mill",
        "mil",
        "mm",
        "mn",
        "mio",
        "mln",
        "m",
        "bn",
        "bil",
        "bill",
        "b",
        "tn",
        "t",
    }
    | {
        "million",
        "millions",
        "billion",
        "billions",
        "trillion",
        "trillions",
        "lakh",
        "lakhs",
        "lac",
        "lacs",
        "lpa",
        "cr",
    }
    | {"crore", "crores", "dollars", "crowns", "francs", "juta", "jt", "万", "円", "kpa", "kpm", "kph", "kish"}
)


def _may_be_money(text: str, at: int) -> bool:
    """Whether what follows a bare number can make it money: a multiplier, a code, a word or a sign."""
    found = _NEXT_WORD.match(text, at)
    if found is None:
        return False
    word = found[1].lower()
    return word in _MONEY_WORDS or word in _SIGN_ENDS or (word[0] in "kt" and word[1:] in _MONEY_WORDS)


def _follows_join(text: str, at: int) -> bool:
    """Whether what stands before a bare number may join it to the one before."""
    last = text[max(0, at - 2) : at].rstrip()[-1:]
    if last in "neg" and last:
        return text[max(0, at - 5) : at].split()[-1] in _SHORT_JOINS
    return last in _JOINS


def _mark_before(text: str, floor: int, at: int) -> tuple[str | None, int, bool]:
    """The mark that stands right before a number, where it begins, and whether a "k" follows it (`£k 40-50`)."""
    end = at
    while end > floor and at - end < 3 and text[end - 1] in " \u00a0\u202f\u2009":
        end -= 1
    if end <= floor:
        return None, at, False
    last = text[end - 1]
    thousands = False
    if last in "kK" and end - 2 >= floor and text[end - 2] in "£€$":
        end, last, thousands = end - 1, text[end - 2], True
    if last in _SIGN_ENDS:
        begin = end - 1
        # the letters or code that make "$" or "£" a particular one: "US$", "CAD$", "C$", "USD $"
        letters = begin - 1 if text[begin - 1 : begin] == " " and begin - 1 > floor else begin
        start = letters
        while start > floor and letters - start < 4 and (text[start - 1].isalpha() or text[start - 1] == "."):
            start -= 1
        word = text[start:letters]
        if start > floor and text[start - 1].isalnum():
            word = ""
        if letters == begin and word + last in _BEFORE:
            return word + last, start, thousands
        if word in _BEFORE and word.upper() in CODES:
            return word, start, thousands
        if last == "$" and word.replace(".", "") in _OWNERS:
            return f"{word.replace('.', '')}$", start, thousands
        return (last, begin, thousands) if last in _BEFORE else (None, at, False)
    if not last.isalpha():
        return None, at, False
    start = end
    while start > floor and end - start < 6 and text[start - 1].isalpha():
        start -= 1
    if start > floor and text[start - 1].isalnum():
        return None, at, False
    mark = _BEFORE.get(text[start:end])
    return (mark, start, False) if mark else (None, at, False)


def _mark(before: str | None, after: str | None) -> str | None:
    """The more telling of two marks on one amount: what names one currency beats what the country decides."""
    if before and after and is_by_country(before):
        return after
    return before or after


def find_amounts(text: str) -> Iterator[Amount]:
    """Every amount in `text`, marked with a currency or not, in order."""
    taken = 0
    done = 0
    for at in digits(text):
        if at < done:
            continue
        found = _DIGITS.match(text, at)
        assert found is not None
        to = done = found.end()
        cluster = found.group()
        previous = text[at - 1] if at else ""
        before, begin, thousands = _mark_before(text, taken, at)
        if before is None and (
            previous.isalnum()
            or (previous == "/" and text[at - 2 : at - 1] not in _ENDS_AMOUNT)
            or (previous and previous in "_#@&=")
            or (previous == "." and text[at - 2 : at - 1].isalnum())
        ):
            continue
        if before is None and not _may_be_money(text, to):
            # a plain number matters only as one end of a range
            number = number_of(cluster) if _follows_join(text, at) or _MAY_JOIN.match(text, to) else None
            if number is not None:
                yield Amount(
                    at, to, number[0], 1.0, None, number[1], False, None, text[to : to + 2].lstrip()[:1] == "%"
                )
            continue
        trailer = _LEFT_TRAILER.match(text, to) if text[to : to + 1] in _TRAILS else None
        after_digits = trailer.end() if trailer else to
        times = None
        scale, plus = (1_000.0 if thousands else 1.0), False
        if text[after_digits : after_digits + 2].lstrip(_BLANKS)[:1] in _MAY_MULTIPLY:
            times = _MULTIPLIER.match(text, after_digits)
            if times and times["lakh"] == "L" and before not in _RUPEES:
                times = None  # litres
            elif times and times["big"] == "mil" and before == "R$":
                scale, after_digits, times = 1_000.0, times.end(), None
        if times:
            scale, plus = _scale_of(times)
            after_digits = times.end()
        number = number_of(cluster, has_multiplier=scale > 1)
        if number is None or (before is None and cluster in _PENSION_SCHEMES and scale == 1_000):
            continue
        mark = text[after_digits : after_digits + 5].lstrip(_BLANKS_AND_BRACKET)[:2].lower()
        tail = None
        if mark in _MARK_STARTS or mark[:1] in _MARK_STARTS or not mark.isascii():
            tail = _MARK_AFTER.match(text, after_digits)
        if tail and before and tail["sign"]:
            tail = None
        if tail:
            plus = plus or text[after_digits : after_digits + 1] == "+"
            after_digits = tail.end() if text[tail.end() - 1] != ")" or "(" in tail.group() else tail.end() - 1
        after = (tail["code"] or tail["word"] or tail["sign"]).strip() if tail else None
        if scale in (1e5, 1e7) and before is None and after is None:
            after = "INR"
        if tail and not times:
            late = _MULTIPLIER.match(text, after_digits)
            if (
                late
                and (late["k"] or late["glued"])
                and after_digits == late.start()
                and not text[after_digits].isspace()
            ):
                scale, after_digits = 1_000.0, late.end()
        period, after_period = attached_period(text, after_digits)
        value, grouped = number
        taken = after_digits
        is_percent = text[after_digits : after_digits + 2].lstrip()[:1] == "%"
        # by position: keywords cost an instance of a dataclass three times as much
        yield Amount(begin, after_period, value, scale, _mark(before, after), grouped, plus, period, is_percent)


def _scale_of(times: re.Match[str]) -> tuple[float, bool]:
    """The factor of a multiplier and whether a "+" stands before it (`40+k`)."""
    plus = bool(times["plus"] or times["gluedplus"])
    if times["k"] or times["glued"]:
        return 1e3, plus
    if times["man"]:
        return 1e4, plus
    if times["lakh"]:
        return (1e7 if times["lakh"].lower().startswith("cr") else 1e5), plus
    return (1e6 if times["big"].lower() in _MILLIONS else 1e9), plus
