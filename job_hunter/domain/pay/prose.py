"""Candidates found in running text: each money figure with its clause, its label, its band or why it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass

from job_hunter.domain.money import Basis, Period, annualise
from job_hunter.domain.pay.figures import Figure, find_figures
from job_hunter.domain.pay.labels import PAY_LABELS, Labelled, label_of
from job_hunter.domain.pay.resolve import resolve
from job_hunter.domain.pay.types import Band, Label, PayHints
from job_hunter.domain.pay.zones import countries_of, place_patterns, place_score

MAX_TEXT = 120_000
"""Characters of a posting that are read: twenty times a long posting; what is longer is no posting."""

_CLAUSE_START = re.compile(r"[\n|•●▪]|[.!?]\s+(?=[A-Z(\"£€$])|;\s")
_CLAUSE_END = re.compile(r"[\n|•●▪]|[.!?](?:\s|$)|;\s")
_SEGMENT_EDGE = re.compile(r"[|•●\n;,()\[\]]|\s[-–—*/]+\s|^|$")
_STANDALONE = re.compile(
    r"(?:[\s\W\d]|\b(?:base|basic|salary|pay|range|comp|compensation|equity|bonus(?:es)?|benefits?|options?|stocks?|shares?|rsus?|doe|dependi?ng|dependent|on|based|"
    r"experience|exp|per|year|annum|pa|gross|plus|and|with|pension|perks|negotiable|neg|competitive|ote|up|to|from|circa|ca|c|k|yr|a|generous|"
    r"significant|meaningful|some|early|commission|full[- ]?time|ft|pro|rata|fte|usd|gbp|eur|total|tc|visa|remote|ok|day|hour|month|week|annually|yearly|healthcare|"
    r"medical|health|super|great|excellent|or|more|for|the|right|candidate|skills|level|seniority|in|of|ish|around|approx|about|between|rate|"
    r"salaries|depends|location|stock|esop|vesting|cash|contract|profit|share|sharing|target|annual|budget|wage|relocation|sponsorship|holiday|holidays|days)\b)*",
    re.IGNORECASE,
)
_GLOSS_LINK = re.compile(
    r"[^.|\n]{0,25}(?:[(=≈~≃/]|\bi\.?e\.?\b|\bequivalent\b|\bapprox\w*|\babout\b|\baround\b)[\s=~≈]*(?:approx\w*|about|around|roughly|circa|ca\.?|equivalent|to|or|of|\s)*",
    re.IGNORECASE,
)
_OTE_STATEMENT = re.compile(
    r"\b(?:ranges?|salar(?:y|ies)|figures?|amounts?|compensation|pay)\b[^.\n]{0,60}?\b(?:reflects?|represents?|includes?|is|are|covers?)\b"
    r"[^.\n]{0,50}?\b(?:ote\b|on[- ]target|base\s?(?:salary\s?)?(?:\+|and|plus|&)\s?(?:variable|commission))",
    re.IGNORECASE,
)
_NEGATED_OTE = re.compile(r"\b(?:excl\w*|not incl\w*|does not|before|without|base (?:salary|pay))\b", re.IGNORECASE)
_STIPEND_JOB = re.compile(
    r"\b(?:ph\.? ?d|doctoral|fellow(?:s|ship)?|intern(?:s|ship)?|resident|residency|student|studentship|scholar|trainee|apprentice\w*)\b",
    re.IGNORECASE,
)
_SINGLE_PAY_WORD = 90


@dataclass(frozen=True, slots=True)
class Found:
    """A figure with everything that was decided about it. `rank` orders candidates; 0 is refused for the reason `why`."""

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
    patterns = place_patterns(hints)
    role = f"{hints.title or ''} {text[:200]}"
    figures = list(find_figures(text, 0, min(len(text), MAX_TEXT)))
    figures = _with_shared_periods(text, figures)
    found: list[Found] = []
    for i, figure in enumerate(figures):
        previous_end = figures[i - 1].end if i else 0
        next_start = figures[i + 1].start if i + 1 < len(figures) else len(text)
        item = _judge(text, figure, hints, countries, role, previous_end, markup)
        if item.rank:
            around = _around(text, figure, previous_end, next_start)
            item = _replace(item, zone=place_score(around, patterns))
        found.append(item)
    return _without_glosses(text, found)


def _replace(item: Found, **changes: object) -> Found:
    fields = {name: getattr(item, name) for name in Found.__slots__}
    return Found(**{**fields, **changes})


def _with_shared_periods(text: str, figures: list[Figure]) -> list[Figure]:
    """`3,850 USD / 2,310 GBP per week`: the period behind a list of figures is meant for all of them."""
    shared = list(figures)
    for i in range(len(shared) - 2, -1, -1):
        gap = text[shared[i].end : shared[i + 1].start]
        if (
            shared[i].period is None
            and shared[i + 1].period
            and re.fullmatch(r"\s?(?:/|,|or|and|;|\|)\s?(?:or\s|and\s)?", gap)
        ):
            f = shared[i]
            shared[i] = Figure(
                f.start, f.end, f.low, f.high, f.marks, shared[i + 1].period, f.scale, f.is_grouped, f.is_range
            )
    return shared


def _clause(text: str, figure: Figure, previous_end: int) -> tuple[str, str]:
    """The words of the figure's own clause before it (with the heading line above, where nothing else is) and after it."""
    left = max(0, figure.start - 170)
    window = text[left : figure.start]
    cut = 0
    for edge in _CLAUSE_START.finditer(window):
        cut = edge.end()
    before = window[cut:]
    if previous_end > left + cut:
        own = text[previous_end : figure.start]
        before = own if re.search(r"[a-zA-Z]{3}", own) else before[: max(0, previous_end - left - cut)] + own
    if not re.search(r"[a-zA-Z]{2}", before):
        lines = [line for line in window[:cut].rstrip().rsplit("\n", 1)[-1:] if len(line) < 90 and "|" not in line]
        before = (lines[0] if lines else "") + "\n" + before
    after = text[figure.end : figure.end + 110]
    if stop := _CLAUSE_END.search(after):
        after = after[: stop.start()]
    return before, after


def _around(text: str, figure: Figure, previous_end: int, next_start: int) -> str:
    """The words that may name a band's zone: its own line (and the heading above it) between its neighbours."""
    left = max(previous_end, figure.start - 150)
    before = text[left : figure.start]
    lines = before.rsplit("\n", 2)
    before = "\n".join(lines[-2:]) if len(lines[-1].strip()) < 4 else lines[-1]
    after = text[figure.end : min(next_start, figure.end + 80)]
    after = re.split(r"[\n|;]|\.\s|,\s|\sand\s", after, maxsplit=1)[0]
    return f"{before} {after}"


def _is_standalone(text: str, figure: Figure) -> bool:
    """Whether the figure fills its own segment of a header ("| £50-60k + equity |") but for words that go with pay."""
    left = text[max(0, figure.start - 60) : figure.start]
    right = text[figure.end : figure.end + 60]
    lead = max((e.end() for e in _SEGMENT_EDGE.finditer(left) if e.group() or e.start() == 0), default=0)
    if lead == 0 and figure.start > 60:
        return False
    stop = next((e.start() for e in _SEGMENT_EDGE.finditer(right) if e.group()), None)
    if stop is None and figure.end + 60 < len(text):
        return False
    return _STANDALONE.fullmatch(left[lead:] + " " + right[:stop]) is not None


def _in_header(text: str, figure: Figure) -> bool:
    """Whether the figure stands in the first line of the text, or in a line cut up by "|"."""
    line_start = text.rfind("\n", 0, figure.start) + 1
    line_end = text.find("\n", figure.end)
    line = text[line_start : line_end if line_end >= 0 else len(text)][:600]
    return line_start == 0 or line.count("|") >= 2


def _basis(text: str, figure: Figure, label: Label) -> Basis:
    if label is Label.OTE:
        return Basis.OTE
    if label is Label.TOTAL:
        return Basis.TOTAL
    after = text[figure.end : figure.end + 220]
    statement = _OTE_STATEMENT.search(after) or _OTE_STATEMENT.search(text[max(0, figure.start - 160) : figure.start])
    if statement and not _NEGATED_OTE.search(statement.group()):
        return Basis.OTE
    return Basis.BASE


def _judge(
    text: str,
    figure: Figure,
    hints: PayHints,
    countries: tuple[str, ...],
    role: str,
    previous_end: int,
    markup: tuple[tuple[int, int], ...],
) -> Found:
    """One figure's label, band and rank."""
    before, after = _clause(text, figure, previous_end)
    in_markup = any(a <= figure.start < b for a, b in markup)
    labelled: Labelled = Labelled(Label.BASE, "pay_range_markup", True) if in_markup else label_of(before, after)
    label = labelled.label
    if in_markup and (cue := label_of(before, after)).label in PAY_LABELS:
        label = cue.label
    if label is Label.STIPEND and not _STIPEND_JOB.search(f"{hints.title or ''} {text[:300]} {before}"):
        label, labelled = Label.BENEFIT, Labelled(Label.BENEFIT, "stipend_without_fellowship", False)
    standalone = _is_standalone(text, figure)
    resolved = resolve(figure, before, after, countries, role=role, is_cued=labelled.is_cued or standalone)
    if label not in PAY_LABELS:
        if not (standalone and label in (Label.EQUITY, Label.BONUS) and labelled.rule.endswith("_before")):
            return Found(figure, label, None, labelled.rule, 0)
        label = Label.BASE
    if resolved.problem or resolved.currency is None or resolved.period is None:
        why = resolved.problem or "no_currency"
        return Found(figure, Label.NOT_PAY if why == "too_big" else label, None, why, 0)
    rank, why = _rank(figure, labelled, standalone, _in_header(text, figure), in_markup, inferred=resolved.is_inferred)
    if not rank:
        return Found(figure, label, None, why, 0)
    band = Band(
        min=resolved.low,
        max=resolved.high,
        currency=resolved.currency,
        period=resolved.period,
        basis=_basis(text, figure, label),
        quote=text[figure.start : figure.end],
        title=None,
    )
    header = standalone and _in_header(text, figure)
    return Found(figure, label, band, why, rank, is_header=header, is_inferred=resolved.is_inferred)


def _rank(
    figure: Figure, labelled: Labelled, standalone: bool, header: bool, markup: bool, *, inferred: bool
) -> tuple[int, str]:
    """How surely the figure is the pay of the job (3 sure, 2 cued, 1 by its shape alone, 0 refused), and why."""
    if markup:
        return 4, "pay_range_markup"
    if standalone and header:
        return 3, "header_segment"
    if labelled.is_cued and (figure.marks or figure.is_range):
        return 3, labelled.rule
    if labelled.is_cued:
        return 2, labelled.rule
    if standalone and (figure.is_range or figure.marks):
        return 2, "own_segment"
    if not figure.marks:
        return 0, "no_pay_word"
    if figure.period is not None and not inferred:
        return 2, "stated_period"
    if figure.is_range and not inferred:
        return 1, "range_of_pay_size"
    return 0, "no_pay_word"


def _without_glosses(text: str, found: list[Found]) -> list[Found]:
    """Refuse what only restates the figure before it: another currency in brackets, or the yearly sense of an hourly rate."""
    kept: list[Found] = []
    last: Found | None = None
    for item in found:
        if item.band and last and last.band and _restates(text, last, item):
            item = _replace(item, why="gloss", rank=0)
        elif item.band:
            last = item
        kept.append(item)
    return kept


def _restates(text: str, first: Found, second: Found) -> bool:
    a, b = first.band, second.band
    assert a and b
    gap = text[first.figure.end : second.figure.start]
    if a.currency != b.currency and len(gap) <= 45 and _GLOSS_LINK.fullmatch(gap) and not gap.strip() == "/":
        return True
    if a.period != b.period and a.currency == b.currency and b.period is Period.YEAR:
        ratio = annualise(a.mid, a.period) / max(annualise(b.mid, b.period), 1)
        return 0.6 <= ratio <= 1.5
    return False
