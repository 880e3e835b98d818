"""Where a figure stands: its clause, its segment of a header, the words that may name the zone of its band."""

from __future__ import annotations

import re

from job_hunter.domain.pay.figures import Figure

_LAST_CLAUSE_START = re.compile(r"(?s:.*)(?:[\n|•●▪]|[.!?]\s+(?=[A-Z(\"£€$])|;\s)")
_TWO_LETTERS, _THREE_LETTERS = re.compile(r"[a-zA-Z]{2}"), re.compile(r"[a-zA-Z]{3}")
_CLAUSE_END = re.compile(r"[\n|•●▪]|[.!?](?:\s|$)|;\s")
_EDGE = r"(?:[|•●\n;,()\[\]]|\s[-–—*/]+\s|[.!?:]\s)"
_SEGMENT_EDGE = re.compile(_EDGE)
_LAST_EDGE = re.compile(rf"(?s:.*)({_EDGE})")
# All that may share a segment with a figure that is the pay of the job.
_PAY_TALK = frozenset(
    part.strip()
    for line in """
    base, basic, salary, salaries, pay, range, comp, compensation, equity, bonus, bonuses, benefit, benefits, option
    options, stock, stocks, share, shares, rsu, rsus, doe, depending, dependant, dependent, depend, depends, on, based
    experience, exp, per, year, annum, pa, gross, plus, and, with, pension, perks, negotiable, neg, competitive, ote, up
    upto, to, from, circa, ca, c, k, yr, a, generous, significant, meaningful, some, early, commission, full, fulltime
    time, ft, pro, rata, fte, equivalent, usd, gbp, eur, total, tc, visa, remote, ok, day, hour, month, week, annually
    yearly, healthcare, medical, health, super, great, excellent, or, more, for, the, right, candidate, skills, level
    seniority, in, of, ish, around, approx, about, between, rate, location, esop, vesting, cash, contract, profit
    sharing, target, annual, budget, wage, relocation, sponsorship, holiday, holidays, days, max, min, starting, at, our
    your, vat, b2b, net, brutto, bruto, netto, umbrella, paye, ltd, inside, outside, ir35, inc, incl, including
    allowance
    upwards, upward, above, over, higher, beyond, minimum, least, dependant
    package, senior, junior, mid, lead, graduate, engineer, engineers, developer, developers, dev, devs
    role, roles, position, job, stake, selon, xp, ab, von, bis, jahr, brut, annuel
    """.splitlines()
    for part in line.split(",")
)
_WORD = re.compile(r"[^\W\d_]\w*")
_ZONE_END = re.compile(r"[\n|;]|\.\s|,\s|\sand\s")
_REACH = 170
"""Characters before a figure that its clause may reach back."""


def clause(text: str, figure: Figure, previous_end: int) -> tuple[str, str]:
    """The words of the figure's clause before it (with the heading above where nothing else is) and after it."""
    left = max(0, figure.start - _REACH)
    window = text[left : figure.start]
    edge = _LAST_CLAUSE_START.match(window)
    cut = edge.end() if edge else 0
    before = window[cut:]
    if previous_end > left + cut:
        own = text[previous_end : figure.start]
        before = own if _THREE_LETTERS.search(own) else before[: max(0, previous_end - left - cut)] + own
    if not _TWO_LETTERS.search(before):
        heading = window[:cut].rstrip().rsplit("\n", 1)[-1]
        before = (heading if len(heading) < 90 and "|" not in heading else "") + "\n" + before
    after = text[figure.end : figure.end + 110]
    if stop := _CLAUSE_END.search(after):
        after = after[: stop.start()]
    return before, after


def zone_words(text: str, figure: Figure, previous_end: int, next_start: int) -> str:
    """The words that may name a band's zone: its own line (and the heading above it) between its neighbours."""
    before = text[max(previous_end, figure.start - 150) : figure.start]
    # in a header cut up by "|" a place has a segment of its own and is the place of all roles
    before = before[before.rindex("|") :] if "|" in before else before
    lines = before.rsplit("\n", 2)
    before = "\n".join(lines[-2:]) if len(lines[-1].strip()) < 4 else lines[-1]
    after = text[figure.end : min(next_start, figure.end + 80)]
    return f"{before} {_ZONE_END.split(after, maxsplit=1)[0]}"


def segment_of(text: str, figure: Figure) -> tuple[bool, bool]:
    """Whether the figure opens its segment of a line, and whether it fills it ("| £50-60k + equity |").

    Words that go with pay may stand beside it. Brackets hold a gloss more often than a header does: a single figure in
    them is not standing alone.
    """
    left = text[max(0, figure.start - 60) : figure.start]
    right = text[figure.end : figure.end + 60]
    edge = _LAST_EDGE.match(left)
    if (edge is None and figure.start > 60) or (edge and edge[1] == "(" and not figure.is_range):
        return False, False
    opens = _is_pay_talk(left[edge.end() :] if edge else left)
    stop = _SEGMENT_EDGE.search(right)
    if not opens or (stop is None and figure.end + 60 < len(text)):
        return opens, False
    return opens, _is_pay_talk(right[: stop.start()] if stop else right)


def _is_pay_talk(words: str) -> bool:
    return all(word in _PAY_TALK for word in _WORD.findall(words.lower()))


def bars_around(text: str, figure: Figure) -> tuple[bool, int]:
    """Whether the figure stands in the first line of the text, and how many bars cut up its line as a header's do."""
    line_start = text.rfind("\n", 0, figure.start) + 1
    line_end = text.find("\n", figure.end)
    line = text[line_start : line_end if line_end >= 0 else len(text)][:600]
    return line_start == 0, sum(line.count(bar) for bar in "|•●·")
