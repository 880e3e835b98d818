"""Candidates found in running text: each money figure with its clause, its label, its band or why it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from job_hunter.domain.money import Basis, Period, annualise
from job_hunter.domain.pay.context import bars_around, clause, segment_of, zone_words
from job_hunter.domain.pay.figures import Figure, find_figures
from job_hunter.domain.pay.labels import PAY_LABELS, Labelled, label_of
from job_hunter.domain.pay.resolve import CRORE, Resolved, is_company_money, resolve
from job_hunter.domain.pay.types import Band, Label, PayHints
from job_hunter.domain.pay.zones import countries_of, names_other_country, own_currency, place_patterns, place_score

WIDEST_UNCUED = 3
"""A range without a pay word whose top is more than this many times its bottom is of something else."""

MAX_TEXT = 60_000
"""Characters of a posting that are read: ten times a long posting; what is longer is no posting."""

_APPROXIMATELY = r"(?:approx\w*|about|around|roughly|circa|ca\.?|equivalent|to|or|of|\s)*"
_GLOSS_LINK = re.compile(
    r"[^.|\n]{0,25}(?:[(=≈~≃/]|\bi\.?e\.?\b|\bequivalent\b|\bapprox\w*|\babout\b|\baround\b)"
    rf"[\s=~≈]*{_APPROXIMATELY}",
    re.IGNORECASE,
)
_SAME_PERIOD = re.compile(r"\s?(?:/|,|or|and|;|\|)\s?(?:or\s|and\s)?")
_VARIABLE = r"(?:base|basic|salary)\s?(?:salary\s?)?(?:\+|and|plus|&|/)\s?(?:variable|commissions?)"
_OTE_STATEMENT = re.compile(
    r"\b(?:ranges?|salar(?:y|ies)|figures?|amounts?|compensation|pay)\b[^.\n]{0,60}?"
    r"\b(?:reflects?|represents?|includes?|is|are|covers?)\b"
    rf"[^.\n]{{0,50}}?\b(?:ote\b|on[- ]target|{_VARIABLE})",
    re.IGNORECASE,
)
_TOTAL_STATEMENT = re.compile(
    r"\b(?:this|ranges?|figures?|amounts?)\s(?:is|are|represents?|reflects?)"
    r"(?: the| an| our)?(?: estimated| expected| annual)*"
    r" total (?:\w+ )?(?:comp|cash|remuneration)",
    re.IGNORECASE,
)
_SPLIT_BEHIND = re.compile(rf"\s?\(\s?(?:{_VARIABLE}|\d0\s?/\s?\d0)", re.IGNORECASE)
_IN_A_SENTENCE = re.compile(r"\bfrom\s{1,2}$|\b(?!range|band|bracket|scale|region)\w+ of\s{1,2}$", re.IGNORECASE)
_TOTAL_BEHIND = re.compile(r"\+ ?(?:TC\b|[Tt]otal [Cc]omp)")
_NEGATED_OTE = re.compile(r"\b(?:excl\w*|not incl\w*|does not|before|without|base (?:salary|pay))\b", re.IGNORECASE)
_STIPEND_JOB = re.compile(
    r"\b(?:ph\.? ?d|doctoral|fellow(?:s|ship)?|intern(?:s|ship)?|resident|residency|student|studentship|scholar|"
    r"trainee|apprentice\w*)\b",
    re.IGNORECASE,
)


# "The Canadian base salary": whose dollars they are, not where the job is.
_ADJECTIVE = re.compile(r"\b(?:Canadian|Australian|American|British|German|French|Dutch|Irish|Swiss|Indian)\b")


@dataclass(slots=True)  # not frozen: several are made for every posting, and a frozen one costs three times as much
class Found:
    """A figure with everything that was decided about it.

    `rank` orders candidates: 4 pay-range markup, 3 a pay word or a header, 2 a period or a segment of its own, 1 its
    shape alone, 0 refused for the reason `why`.
    """

    figure: Figure
    label: Label
    band: Band | None
    why: str
    rank: int
    zone: int = 0
    is_header: bool = False
    is_inferred: bool = False


def find_candidates(text: str, hints: PayHints, markup: tuple[tuple[int, int], ...] = ()) -> list[Found]:
    """Every money figure of `text`, labelled and resolved; `markup` are spans that a source rendered as a pay range."""
    countries = countries_of(hints)
    role = f"{hints.title or ''} {text[:200]}"
    figures = _with_shared_periods(text, list(find_figures(text[:MAX_TEXT])))
    found: list[Found] = []
    for i, figure in enumerate(figures):
        in_markup = any(a <= figure.start < b for a, b in markup)
        previous_end = figures[i - 1].end if i else 0
        found.append(_judge(text, figure, countries, role, previous_end, in_markup=in_markup))
    return _with_zones(text, _with_continuations(text, _without_glosses(text, found)), hints)


def _with_shared_periods(text: str, figures: list[Figure]) -> list[Figure]:
    """`3,850 USD / 2,310 GBP per week`: the period behind a list of figures is meant for all of them."""
    shared = list(figures)
    for i in range(len(shared) - 2, -1, -1):
        period = shared[i + 1].period
        if shared[i].period is None and period and _SAME_PERIOD.fullmatch(text, shared[i].end, shared[i + 1].start):
            shared[i] = replace(shared[i], period=period)
    return shared


def _judge(
    text: str, figure: Figure, countries: tuple[str, ...], role: str, previous_end: int, *, in_markup: bool
) -> Found:
    """One figure's label, band and rank."""
    if figure.scale >= 1e6 and figure.scale != CRORE and not in_markup and is_company_money(figure, countries):
        return Found(figure, Label.NOT_PAY, None, "too_big", 0)
    before, after = clause(text, figure, previous_end)
    labelled = label_of(before, after)
    if in_markup:
        label = labelled.label if labelled.label in PAY_LABELS else Label.BASE
        labelled = Labelled(label, "pay_range_markup", True)
    if labelled.label not in PAY_LABELS and labelled.rule != "hiring_budget_before":
        return Found(figure, labelled.label, None, labelled.rule, 0)
    opens, standalone = segment_of(text, figure)
    resolved = resolve(figure, before, after, countries, role=role, is_cued=labelled.is_cued or standalone)
    labelled = _relabelled(labelled, figure, resolved, f"{role} {before}")
    if labelled.label not in PAY_LABELS:
        return Found(figure, labelled.label, None, labelled.rule, 0)
    if resolved.problem or resolved.currency is None or resolved.period is None:
        why = resolved.problem or "no_currency"
        return Found(figure, Label.NOT_PAY if why == "too_big" else labelled.label, None, why, 0)
    is_first_line, bars = bars_around(text, figure)
    is_header = opens and bars >= 2
    header = (standalone and (is_first_line or bars >= 2)) or (is_header and is_first_line and figure.is_range)
    rank, why = _rank(
        figure, labelled, before, opens=opens, standalone=standalone, header=header, markup=in_markup, resolved=resolved
    )
    if not rank:
        return Found(figure, labelled.label, None, why, 0)
    own = own_currency(countries)
    if own and resolved.currency != own and not in_markup and _is_elsewhere(before, after, countries):
        return Found(figure, labelled.label, None, "another_country", 0)
    basis = _basis(text, figure, labelled.label)
    quote = text[figure.start : figure.end]
    band = Band(resolved.low, resolved.high, resolved.currency, resolved.period, basis, quote)
    return Found(figure, labelled.label, band, why, rank, is_header=is_header, is_inferred=resolved.is_inferred)


def _is_elsewhere(before: str, after: str, countries: tuple[str, ...]) -> bool:
    """Whether the words around a figure in a foreign currency name another country and none of the posting's own."""
    return names_other_country(_ADJECTIVE.sub("", f"{before[-120:]} | {after[:40]}"), countries)


def _relabelled(labelled: Labelled, figure: Figure, resolved: Resolved, role: str) -> Labelled:
    """Labels that the figure itself or the job changes.

    A stipend is pay only where the job is a fellowship, a doctorate or an internship; a "budget" that is a range of
    yearly pay is what a recruiter may offer.
    """
    if labelled.label is Label.STIPEND and not _STIPEND_JOB.search(role):
        return Labelled(Label.BENEFIT, "stipend_without_fellowship", False)
    if labelled.rule == "hiring_budget_before" and figure.is_range and resolved.period is Period.YEAR:
        return Labelled(Label.BASE, "hiring_budget", True)
    return labelled


def _rank(
    figure: Figure,
    labelled: Labelled,
    before: str,
    *,
    opens: bool,
    standalone: bool,
    header: bool,
    markup: bool,
    resolved: Resolved,
) -> tuple[int, str]:
    """How surely the figure is the pay of the job, and by which evidence."""
    if markup:
        return 4, "pay_range_markup"
    if header and (figure.marks or standalone):
        return 3, "header_segment"
    if labelled.is_cued:
        return (3 if figure.marks or figure.is_range else 2), labelled.rule
    is_sure = figure.is_range or labelled.rule != "far_from_pay"
    if standalone and is_sure and (figure.is_range or figure.marks):
        return (3 if figure.is_range and figure.marks else 2), "own_segment"
    if not figure.marks or labelled.rule == "far_from_pay":
        return 0, "no_pay_word"
    # "from £5,000 to £15,000", "a machine of €100,000": so are growth and prices written
    is_plain = _IN_A_SENTENCE.search(before) is not None
    # a price or a perk is by the month too: a single such figure needs a pay word, or to open its segment
    is_narrow = figure.top <= WIDEST_UNCUED * figure.bottom
    is_wage = (figure.is_range and is_narrow and not is_plain) or (
        not figure.is_range and figure.period in (Period.HOUR, Period.DAY)
    )
    if figure.period is not None and (is_wage or (opens and figure.period is not Period.YEAR)):
        return (3 if figure.is_range and not resolved.is_inferred else 2), "stated_period"
    if figure.is_range and is_narrow and not is_plain and not resolved.is_inferred:
        return 1, "range_of_pay_size"
    return 0, "no_pay_word"


def _basis(text: str, figure: Figure, label: Label) -> Basis:
    """OTE and total by the cue bound to the figure, or by a statement about the range beside it."""
    if label is Label.OTE:
        return Basis.OTE
    if label is Label.TOTAL:
        return Basis.TOTAL
    if _SPLIT_BEHIND.match(text, figure.end):
        return Basis.OTE
    if _TOTAL_BEHIND.match(text, figure.end):
        return Basis.TOTAL
    after = text[figure.end : figure.end + 220]
    around = (text[max(0, figure.start - 160) : figure.start] + after).lower()
    if not (
        "target" in around
        or "total" in around
        or "commission" in around
        or "variable" in around
        or _begins_word(around, "ote")
    ):
        return Basis.BASE
    statement = _OTE_STATEMENT.search(after) or _OTE_STATEMENT.search(text[max(0, figure.start - 160) : figure.start])
    if statement and not _NEGATED_OTE.search(statement.group()):
        return Basis.OTE
    return Basis.TOTAL if _TOTAL_STATEMENT.search(after) else Basis.BASE


def _begins_word(text: str, letters: str) -> bool:
    """Whether a word of `text` begins with `letters`: "ote" alone is in "notes", "remote" and "protect"."""
    at = text.find(letters)
    while at >= 0:
        if not text[at - 1 : at].isalnum():
            return True
        at = text.find(letters, at + 1)
    return False


def _without_glosses(text: str, found: list[Found]) -> list[Found]:
    """Refuse what restates the figure before it: another currency in brackets, the yearly sense of an hourly rate."""
    kept: list[Found] = []
    last: Found | None = None
    for item in found:
        if item.band and last and _restates(text, last, item):
            kept.append(replace(item, why="gloss", rank=0))
            continue
        last = item if item.band else last
        kept.append(item)
    return kept


def _restates(text: str, first: Found, second: Found) -> bool:
    a, b = first.band, second.band
    if a is None or b is None:
        return False
    gap = text[first.figure.end : second.figure.start]
    if a.currency != b.currency and len(gap) <= 45 and _GLOSS_LINK.fullmatch(gap) and gap.strip() != "/":
        return True
    if a.period != b.period and a.currency == b.currency and b.period is Period.YEAR:
        ratio = annualise(a.mid, a.period) / max(annualise(b.mid, b.period), 1)
        return 0.6 <= ratio <= 1.5
    return False


def _with_continuations(text: str, found: list[Found]) -> list[Found]:
    """A range told by its shape alone is as sure as a sure one beside it in the same line.

    "In London the salary is £90k-£110k, £80k-£98k elsewhere."
    """
    kept = list(found)
    for order in (range(len(kept)), reversed(range(len(kept)))):
        sure: Found | None = None
        for i in order:
            item = kept[i]
            if item.rank == 1 and sure and item.band and sure.band and item.band.currency == sure.band.currency:
                first, second = sorted((item.figure, sure.figure), key=lambda figure: figure.start)
                gap = text[first.end : second.start]
                if len(gap) <= 120 and "\n" not in gap:
                    item = kept[i] = replace(item, rank=sure.rank, why="continuation")
            if item.rank >= 3 and item.figure.is_range:
                sure = item
    return kept


def _with_zones(text: str, found: list[Found], hints: PayHints) -> list[Found]:
    """Where several bands compete, how surely the words around each name the posting's own place."""
    pool = {(f.band.min, f.band.max, f.band.currency) for f in found if f.band and f.rank}
    if len(pool) < 2:
        return found
    patterns = place_patterns(hints)
    scored = []
    for i, item in enumerate(found):
        if item.band and item.rank:
            previous_end = found[i - 1].figure.end if i else 0
            next_start = found[i + 1].figure.start if i + 1 < len(found) else len(text)
            words = zone_words(text, item.figure, previous_end, next_start)
            item = replace(item, zone=place_score(words, patterns))
        scored.append(item)
    return scored
