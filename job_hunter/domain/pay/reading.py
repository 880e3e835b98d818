"""The pay reading of one posting: structured fields, then pay-range markup, then prose; right or silent."""

from __future__ import annotations

import re

from job_hunter.domain.currency import CODES, SYMBOLS
from job_hunter.domain.money import Basis
from job_hunter.domain.pay.choose import choose, width
from job_hunter.domain.pay.prose import MAX_TEXT, Found, find_candidates
from job_hunter.domain.pay.stated import StatedBand, read_stated
from job_hunter.domain.pay.types import Band, Candidate, Label, Pay, PayHints, PayReading
from job_hunter.domain.pay.zones import countries_of
from job_hunter.domain.text import digits, may_state_pay, plain_text

_MARKUP = re.compile(r"<[^<>]*\bclass=[\"'][^\"'<>]*\bpay-range\b[^<>]*>")
MOST_MARKED = 50
"""Marked ranges of one posting that are looked at."""

_TAG_REACH, _MARKED_REACH = 200, 1_500
_LABELS = {Basis.BASE: Label.BASE, Basis.OTE: Label.OTE, Basis.TOTAL: Label.TOTAL}
_REFUSAL_ORDER = ("ambiguous", "no_currency", "period_unclear", "implausible", "no_pay_word")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[,. ][0-9]{3})+(?: (?P<after>[A-Z]{3})\b)?")
_NO_CODES = frozenset(
    {"AND", "THE", "FOR", "API", "SQL", "AWS", "USA", "NYC", "SME", "CEO", "CTO", "FTE", "LLC", "SaaS"}
)


def parse_pay(content: str, hints: PayHints) -> Pay | None:
    """What the posting says it pays, or None; `content` is text or HTML as received, offsets are in its plain text."""
    return read_pay(content, hints).pay


def read_pay(content: str, hints: PayHints) -> PayReading:
    """The pay of a posting with every candidate and the reason for each; never raises, time linear in the content."""
    stated = read_stated(hints)
    candidates: tuple[Candidate, ...] = ()
    if stated:
        pay, candidates = _from_stated(stated)
        if pay is not None:
            return PayReading(pay, None, candidates)
    if not may_state_pay(content):
        return PayReading(None, _reason(stated, []), candidates, _unknown_codes(stated))
    text = plain_text(content)
    found = find_candidates(text, hints, _markup_spans(content, text))
    chosen, passed = choose(found, countries_of(hints))
    for i, item in enumerate(found):
        figure = item.figure
        is_chosen = item is chosen
        candidates += (
            Candidate(
                text[figure.start : figure.end],
                figure.start,
                figure.end,
                item.label,
                item.band,
                is_chosen,
                item.why if is_chosen else passed.get(i, item.why),
            ),
        )
    if chosen is None or chosen.band is None:
        return PayReading(None, _reason(stated, found), candidates, _unknown_marks(text) + _unknown_codes(stated))
    others = _distinct([f.band for f in found if f.band and f.rank and f is not chosen], chosen.band)
    pay = Pay(
        band=chosen.band,
        confidence=_confidence(chosen, others),
        origin="markup" if chosen.rank == 4 else "text",
        start=chosen.figure.start,
        end=chosen.figure.end,
        others=others,
    )
    return PayReading(pay, None, candidates)


def _distinct(bands: list[Band], chosen: Band) -> tuple[Band, ...]:
    """Bands that say something else than the chosen one, each once, in order."""
    seen = {_key(chosen): chosen}
    for band in bands:
        seen.setdefault(_key(band), band)
    return tuple(seen.values())[1:]


def _key(band: Band) -> tuple[object, ...]:
    """What a band says, without where it says it."""
    return band.min, band.max, band.currency, band.period, band.basis


def _confidence(chosen: Found, others: tuple[Band, ...]) -> float:
    """Markup 0.92, a pay word or header 0.85, shape alone 0.6; less for an inferred period or competing bands."""
    value = {4: 0.92, 3: 0.85, 2: 0.75}.get(chosen.rank, 0.6)
    if chosen.is_inferred:
        value -= 0.1
    rivals = [band for band in others if chosen.band and band.basis is chosen.band.basis]
    if rivals and not chosen.zone and not chosen.is_header:
        value -= 0.1
    return round(value, 2)


def _from_stated(stated: list[StatedBand]) -> tuple[Pay | None, tuple[Candidate, ...]]:
    """The band of the posting's own place among the stated ones, and all of them as candidates."""
    pool = [s for s in stated if s.band]
    if len(pool) > 1:
        pool = [s for s in pool if s.is_own] or pool
        for basis in (Basis.BASE, Basis.OTE, Basis.TOTAL):
            if any(s.band and s.band.basis is basis for s in pool):
                pool = [s for s in pool if s.band and s.band.basis is basis]
                break
        zone = max(s.zone for s in pool)
        pool = [s for s in pool if s.zone == zone]
    chosen = max(pool, key=lambda s: width(s.band)) if pool else None  # type: ignore[arg-type]
    candidates = tuple(
        Candidate(
            s.quote,
            0,
            0,
            _LABELS[s.band.basis] if s.band else Label.NOT_PAY,
            s.band,
            s is chosen,
            s.why if s is chosen or not s.band else "another_band",
        )
        for s in stated
    )
    if chosen is None or chosen.band is None:
        return None, candidates
    others = _distinct([s.band for s in stated if s.band and s is not chosen], chosen.band)
    return Pay(chosen.band, 0.98 if chosen.is_own else 0.95, chosen.stated.origin, others=others), candidates


def _markup_spans(content: str, text: str) -> tuple[tuple[int, int], ...]:
    """Where in the plain text the spans lie that a board rendered as a pay range (`<div class="pay-range">`)."""
    spans: list[tuple[int, int]] = []
    at = 0
    named = content.find("pay-range")
    while named >= 0 and len(spans) < MOST_MARKED:
        source = content[max(0, named - _TAG_REACH) : named + _MARKED_REACH]
        if "&lt;" in source:
            source = source.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
        opening = _MARKUP.search(source)
        named = content.find("pay-range", named + 1)
        if opening is None:
            continue
        end = source.find("</div>", opening.end())
        quote = plain_text(source[opening.end() : end if end >= 0 else opening.end() + 300])
        start = text.find(quote, at) if 0 < len(quote) < 200 else -1
        if start >= 0:
            at = start + len(quote)
            spans.append((start, at))
    return tuple(spans)


def _reason(stated: list[StatedBand], found: list[Found]) -> str:
    """The code of why nothing is said: the nearest miss among the figures, else that there is none."""
    reasons = {f.why for f in found} | {s.why for s in stated}
    for code in _REFUSAL_ORDER:
        if code in reasons:
            return code
    if found or stated:
        return "not_pay"
    return "no_figure"


def _unknown_marks(text: str) -> tuple[str, ...]:
    """Currency-like marks beside figures that no table knows, each once; at most five."""
    seen: dict[str, None] = {}
    last = -2
    for at in digits(text[:MAX_TEXT]):
        if at != last + 1 and at:
            group = _THOUSANDS.match(text, at)
            sign = text[at - 1] if "\u20a0" <= text[at - 1] <= "\u20cf" else None
            if group or sign:
                code = text[max(0, at - 5) : at].strip()[-4:]
                is_code = group and len(code) == 3 and code.isalpha() and code.isupper()
                for mark in (sign, code if is_code else None, group and group["after"]):
                    if mark and mark not in CODES and mark not in SYMBOLS and mark not in _NO_CODES and len(seen) < 5:
                        seen[mark] = None
        last = at
    return tuple(seen)


def _unknown_codes(stated: list[StatedBand]) -> tuple[str, ...]:
    """Currency codes of structured fields that no table knows."""
    return tuple(dict.fromkeys(s.stated.currency for s in stated if s.why == "unknown_currency" and s.stated.currency))
