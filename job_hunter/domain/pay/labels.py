"""What a figure is about: named cues around it, bound to it by distance and by the words between.

A cue binds *tightly* when only filler words stand between it and the figure ("learning budget of up to £1,000",
"€100 voucher"). Failing that, the nearest cue before the figure in its own clause decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from job_hunter.domain.pay.cues import (
    CUES,
    EXAMPLE,
    FOR_A_VISA,
    MUST_EARN,
    NOT_PAY,
    NOT_THIS_PAY,
    PAY_ABROAD,
    REFUSED_OFFER,
    SPONSORSHIP,
    THIRD_PARTY,
    any_of,
)
from job_hunter.domain.pay.types import Label

PAY_LABELS = frozenset({Label.BASE, Label.OTE, Label.TOTAL, Label.STIPEND})

_BY_NAME = {cue.name: cue for cue in CUES}
_ALL = "|".join(f"(?P<{cue.name}>{cue.words})" for cue in CUES) + f"|(?P<not_pay>{NOT_PAY})"
# Matched on lower-cased words, without IGNORECASE: the engine can then refuse a branch by its first letter.
_NEAR = re.compile(rf"(?<![a-z0-9])(?:{_ALL})(?![a-z])")
_ABROAD_PART = re.compile(
    "gehalt|l[oöø]h?n|tjm|satz|salaris|uurloon|stawka|pensja|mzda|palkka|retribu|wynagr|ütung|wide|remunera|fizet|sal[aá]r|"
    "maaş|[年月給]"
)
_ABROAD = re.compile(rf"(?<![a-z0-9])(?P<base>{PAY_ABROAD})(?![a-z])")

# Words that may stand between a noun and its figure without breaking the bond.
_LINK_WORDS = any_of("""
    of, up, upto, to, is, are, was, be, will, worth, at, about, around, approx\\w*, between, from, an?, the, for
    max(?:imum)?, per, year(?:ly)?, annual(?:ly)?, month(?:ly)?, equal, totall?ing, in, starting, minimum, range, ranges
    ranging, value, valued, employee, person, each, every, you, your, capped, over, than, more, as, little, much
    on, currently, just, closed, with, have, has, nearly, almost, now, some, benefits?, plans?, only, usually
    typically, commonly, that, go, goes, them, these, our, own
""")
_LINK = re.compile(rf"(?:\s|[:(~=≈–—-]|\b(?:{_LINK_WORDS})\b)*")
# Words that may stand between a figure and the noun that follows it.
_PAID = r"(?:annual|cash|target|comp|package|reward|remun|earn|pay|salar|income)"
_FILLER = any_of(f"""
    in, of, worth, towards?, for, as, an?, the, your, our, annual(?:ly)?, yearly, monthly, weekly, quarterly, per, every
    each, year, month, week, day, employee, gross, net, new, additional, extra, personal, individual, company, target
    guaranteed, minimum, maximum, starting, competitive, discretionary, performance
    holiday, christmas, loyalty, long[- ]service, tax[- ]free, flexible, usd, gbp
    eur, cad, to, spend, on, use, total(?! {_PAID}), first, hire, joining, welcome, base, initial, pre, post, to-date
    full[- ]time
""")
_AFTER = re.compile(
    rf"[\s(–—:-]{{0,3}}(?:(?:{_FILLER})[\s,-]{{1,2}}){{0,6}}"
    r"(?:(?:(?<=in )|(?<=of )|(?<=for )|(?<=worth )|(?<=our )|(?<=your )|(?<=towards )|(?<=the ))\w+[\s-])?"
    rf"(?:{_ALL})(?![a-z])"
)
_CONNECTOR = re.compile(r"[+,;|&\n•]|\.\s|\.$|\s(?:and|plus|with|depending|who|which|while|or|but)\s|\s[–—-]\s")
_NEXT_FIGURE = re.compile(r"[\s:(]*(?:(?:of|is|up to|from) )?[A-Z]{0,3}[£$€]?\s?\d")
_OWNING = re.compile(r"\b(?:of|worth)\b")
_EQUITY_LINK = re.compile(r"\b(?:in|of|worth)\s")
_CLOSE, _LONGEST_CUE = 80, 24
NEAR = 40
"""Characters within which a word that is not about pay still owns a figure without being bound to it tightly."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The label of a figure, the rule that gave it, and whether a pay word is bound to the figure at all."""

    label: Label
    rule: str
    is_cued: bool


NO_CUE = Labelled(Label.BASE, "no_cue", False)
FAR_FROM_PAY = Labelled(Label.BASE, "far_from_pay", False)
"""The nearest words are about something else, though not bound to the figure: its shape alone proves nothing."""


def lowered(words: str) -> str:
    """The words in lower case, letter for letter: the one capital whose small form is longer is written plainly."""
    low = words.lower()
    return low if len(low) == len(words) else words.replace("\u0130", "i").lower()


@lru_cache(maxsize=4096)
def label_of(before: str, after: str) -> Labelled:
    """What the figure between `before` and `after` (both within its own clause) is about, and the rule that says so."""
    before, low_after = lowered(before), lowered(after)
    if REFUSED_OFFER.search(before[-60:]):
        return Labelled(Label.NOT_PAY, "refused_offer", False)
    tail_end = found.start() if (found := _CONNECTOR.search(low_after)) else len(after)
    cues = _cues_before(before) or (list(_ABROAD.finditer(before)) if _ABROAD_PART.search(before) else [])
    is_taken = bool(cues) and _is_tight(before, cues[-1])
    holds_more = is_taken and cues[-1].lastgroup in ("ote", "total")
    if close := _after_cue(low_after[:tail_end], after[:tail_end], is_taken=is_taken, holds_more=holds_more):
        return _owner(before, cues[-1]) or close if is_taken and close.is_cued else close
    if _is_for_a_visa(before, low_after):
        return Labelled(Label.NOT_PAY, "sponsorship", False)
    if (
        (cues or "income" in before or "target" in before)
        and (other := _last(NOT_THIS_PAY, before))
        and not any(
            cue.start() >= other.end()
            and (cue.lastgroup or "") != "not_pay"
            and _BY_NAME[cue.lastgroup or ""].label in PAY_LABELS
            for cue in cues
        )
    ):
        return Labelled(Label.NOT_PAY, "not_this_pay", False)
    if _may_tell_of_others(before[-80:]) and THIRD_PARTY.search(before[-80:]):
        return Labelled(Label.NOT_PAY, "third_party", False)
    if EXAMPLE.search(before[-40:]):
        return Labelled(Label.NOT_PAY, "example", False)
    return _before_cue(before, cues) if cues else NO_CUE


# The two ask for a part of what they look for first, written out: a loop over the parts takes three times as long.
def _is_for_a_visa(before: str, after: str) -> bool:
    """Whether the figure is what a visa or a tax ruling asks of a salary."""
    is_named = (
        "visa" in before
        or "sponsor" in before
        or "skilled w" in before
        or "blue card" in before
        or "permit" in before
        or "ruling" in before
        or "going rate" in before
    )
    if is_named and SPONSORSHIP.search(before[-160:]):
        return True
    close = after[:40]
    return ("visa" in close or "sponsor" in close) and bool(MUST_EARN.search(before[-60:]) and FOR_A_VISA.search(close))


def _may_tell_of_others(before: str) -> bool:
    """Whether a verb of `THIRD_PARTY` can be there."""
    return (
        "pa" in before
        or "earn" in before
        or "ma" in before
        or "cost" in before
        or "charg" in before
        or "save" in before
        or "sp" in before
        or "receive" in before
        or "win" in before
        or "won" in before
        or "bill" in before
        or "borrow" in before
        or "owe" in before
        or "take" in before
    )


def _last(pattern: re.Pattern[str], before: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(before, max(0, len(before) - 100)):  # noqa: B007  the last match is what is wanted
        pass
    return found


def _cues_before(before: str) -> list[re.Match[str]]:
    """The cues of a clause in order; looked for near its end first, since only the nearest two count."""
    start = max(0, len(before) - _CLOSE)
    cues = list(_NEAR.finditer(before, start)) if start else []
    # a cue at the very edge may be the tail of a longer one; one that is no pay may need the one before it
    if cues and cues[-1].start() > start + _LONGEST_CUE:
        name = cues[-1].lastgroup or ""
        if len(cues) > 2 or name == "not_pay" or _BY_NAME[name].label in PAY_LABELS:
            return cues
    if not start:
        return list(_NEAR.finditer(before))
    # nothing is looked at twice, unless a cue lies across the seam
    seam = start + 2 * _LONGEST_CUE
    head = [cue for cue in _NEAR.finditer(before, 0, seam) if cue.start() < start]
    if head and (head[-1].end() >= seam - 1 or (cues and head[-1].end() > cues[0].start())):
        return list(_NEAR.finditer(before))
    return head + cues


def _is_tight(before: str, cue: re.Match[str]) -> bool:
    return _LINK.fullmatch(before, cue.end()) is not None


def _owner(before: str, cue: re.Match[str]) -> Labelled | None:
    """The label of a tight cue before a figure that what follows can't take it from: "a bonus of £10k paid in May"."""
    name = cue.lastgroup or ""
    if name == "not_pay":
        return Labelled(Label.NOT_PAY, "not_pay_before", False)
    label = _BY_NAME[name].label
    if label in PAY_LABELS or not _OWNING.search(before, cue.end()):
        return None
    return Labelled(label, f"{name}_before", False)


def _after_cue(tail: str, as_written: str, *, is_taken: bool, holds_more: bool) -> Labelled | None:
    """The cue bound to the figure from behind, within the words up to the next connector (lower-cased, as written).

    Where a cue is bound to the figure from the front (`is_taken`) and another figure follows, the words between belong
    to that one: "total comp £200k (base £120k)".
    """
    found = _AFTER.match(tail[:70])
    name = found.lastgroup if found else None
    if found is None or name is None:
        return None
    # "total compensation of £200k (base + bonus)": the bracket says what is in it
    if found.group().lstrip().startswith("(") and is_taken and holds_more:
        return None
    is_bracketed = found.group().lstrip().startswith("(")
    is_next_bracketed = as_written[found.end() :].lstrip().startswith("(")
    if (is_bracketed or (is_taken and not is_next_bracketed)) and _NEXT_FIGURE.match(as_written, found.end()):
        return None
    if name == "not_pay":
        return Labelled(Label.NOT_PAY, "not_pay_after", False)
    label = _BY_NAME[name].label
    # "$120k equity" leaves out a "plus"; only "in equity" makes the figure one of equity
    if name == "equity" and not _EQUITY_LINK.search(found.group()):
        return None
    return Labelled(label, f"{name}_after", label in PAY_LABELS)


def _before_cue(before: str, cues: list[re.Match[str]]) -> Labelled:
    """The nearest cue before the figure: tight for what is not pay, anywhere in the clause for pay."""
    nearest = cues[-1]
    name = nearest.lastgroup or ""
    between = before[nearest.end() :]
    is_tight = _is_tight(before, nearest)
    if name == "not_pay":
        return Labelled(Label.NOT_PAY, "not_pay_before", False) if is_tight or len(between) < NEAR else FAR_FROM_PAY
    label = _BY_NAME[name].label
    if label in PAY_LABELS:
        return Labelled(label, f"{name}_before", True)
    if is_tight:
        return Labelled(label, f"{name}_before", False)
    earlier = _BY_NAME.get(cues[-2].lastgroup or "") if len(cues) > 1 else None
    if earlier is not None and earlier.label in PAY_LABELS:
        return Labelled(earlier.label, f"{earlier.name}_before", True)
    return FAR_FROM_PAY
