"""Period words near a figure: what the figure is stated for."""

from __future__ import annotations

import re

from job_hunter.domain.money import Period
from job_hunter.domain.pay.cues import any_of

_UNITS = {
    Period.HOUR: any_of(r"hours?, hrs?\b, h\b, std\b, stunde, heure, hora, uur, godz\w*, ora"),
    Period.DAY: any_of(r"days?\b, diem, tag, jour, dag, día, dia, giorno"),
    Period.WEEK: any_of(r"weeks?\b, wks?\b, woche, semaine"),
    Period.MONTH: any_of(
        r"months?\b, mths?\b, mo\b, monat, mois, maand, mes\b, m[eê]s\b, mese, miesi\w+, mies\.?, mnd, "
        r"mån\w*, måned, kk\b, měsíc\w*, luna, ay\b, bulan"
    ),
    Period.YEAR: any_of(
        r"years?\b, yrs?\b, y\b, annum, jahr, ann?ée, \ban\b, a\b, año, ano, jaar, anno, rok, år, tahun"
    ),
}
_ADVERBS = {
    Period.HOUR: any_of(r"hourly, p[./]?h\.?(?![a-z]), an hour"),
    Period.DAY: any_of(r"daily, p[./]?d\.?(?![a-z]), day[- ]?rate, a day"),
    Period.WEEK: any_of(r"weekly, p[./]?w\.?(?![a-z]), a week, wöchentlich"),
    Period.MONTH: any_of(r"""
        monthly, p\.?c\.?m\.?(?![a-z]), p[./]?m\.?(?![a-z]), monatlich, a month, mensuels?, mensile
        mensua(?:l|les|is)\b, mensal
        miesięcznie, maandelijks
    """),
    Period.YEAR: any_of(r"""
        yearly, p[./]?a\.?(?![a-z]), annually, annual, annualised, annualized, jährlich, a year, annuels?, brut annuel
        anual(?:es)?, rocznie
    """),
}
_FILLER = (
    r"(?:[ ]?(?:\+ ?VAT|gross|net|netto|brutt[oi]|brut[oa]s?|brut|net[oa]s?|l[ií]quid[oa]s?|hrubého|before tax(?:es)?|"
    r"after tax(?:es)?|base|basic|"
    r"salary|pay|equivalent|"
    r"full[- ]time equivalent|fte|(?-i:[A-Z]{3})|in cash|dollars)\b[ ,]?){0,2}"
)
_PER = any_of(r"/, per, pr\., each, every, pro, par, al, im, na, \ba\b, \ban\b, p\., por, all[’'], il, / ?per")
_AFTER = re.compile(
    rf"[ ]?\(?{_FILLER}(?:[ ]?\n?(?:{_PER})[ ]{{0,2}}\n?(?:"
    + "|".join(f"(?P<u{p.name}>{words})" for p, words in _UNITS.items())
    + r")(?![a-zA-Z])(?:\.(?=\s?[-–—]))?|[ ]?,?(?:"
    + "|".join(f"(?P<a{p.name}>{words})" for p, words in _ADVERBS.items())
    # thirteen or fourteen salaries a year
    + r")(?![a-zA-Z])|[ ]?(?P<xMONTH>[x×*])[ ]?1[2-6](?:[.,]5)?(?![\d.,])(?: months?| salaries)?)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"\b(?:(?P<HOUR>hourly|per hour|hour rate|/hr|/hour|stundenlohn|stundensatz|timlön|uurtarief|uurloon)|"
    r"(?P<DAY>daily|day[- ]?rates?|per day|per diem|/day|tjm|tagessatz)|(?P<WEEK>weekly|per week|/week)|"
    r"(?P<MONTH>monthly|per month|/month|monatlich|monatsgehalt|monatslohn|månadslön|månedsløn|maandsalaris)|"
    r"(?P<YEAR>annual|annually|yearly|annualized|annualised|per annum|per year|p\.a\.|/year|/yr|årslön|årsløn|"
    r"(?:brutto)?jahres(?:brutto|ziel)?gehalt|jaarsalaris))\b",
    re.IGNORECASE,
)

# "36 hours per week", "2 days a week": how long one works is no period of the pay that follows.
_COUNTED = re.compile(
    r"(?:\d|\b(?:one|two|three|four|five|six))[\s-]{0,2}"
    r"(?:hours?|hrs?|h|days?|shifts?|times|x|evenings?|weekends?|sessions?)[\s(]{0,2}(?:a\s)?$",
    re.IGNORECASE,
)

# The two letters that a period, or what may stand before it, begins with after a blank, a comma or a bracket.
_PERIOD_STARTS = frozenset((
    "pe", "ea", "ev", "pr", "pa", "al", "im", "na", "po", "il", "gr", "ne", "br", "be", "af", "ba", "sa", "eq", "fu",
    "ft", "in", "do", "lí", "li", "hr", "ho", "da", "we", "wö", "mo", "pc", "pm", "me", "mi", "ma", "ye", "an", "jä",
    "ro", "x", "×", "*", "x1", "×1", "*1", "pd", "pw", "ph", "a",
))  # fmt: skip
_MAY_START = frozenset("/+.\n")


def _may_name_period(low: str) -> bool:
    """Whether one of the parts that every match of `_BEFORE` holds is there; asking costs a seventh of trying."""
    # written out: a loop over the parts takes three times as long
    return (
        "hour" in low
        or "ann" in low
        or "year" in low
        or "da" in low
        or "mon" in low
        or "week" in low
        or "diem" in low
        or "p.a" in low
        or "yr" in low
        or "hr" in low  # "/hr", "jahr"
        or "stund" in low
        or "uur" in low
        or "tjm" in low
        or "satz" in low
        or "lön" in low
        or "løn" in low
        or "salaris" in low
    )


def attached_period(text: str, at: int) -> tuple[Period | None, int]:
    """The period written directly behind a figure that ends at `at`, and where it ends; (None, at) when none is."""
    start = text[at : at + 5].lstrip(" (,")[:2]
    if not (
        start[:1] in _MAY_START
        or start.lower().rstrip() in _PERIOD_STARTS
        or start[1:] in _MAY_START
        or start.isupper()
    ):
        return None, at
    found = _AFTER.match(text, at, min(len(text), at + 60))
    if not found or found.lastgroup is None:
        return None, at
    return Period[found.lastgroup[1:]], found.end()


def preceding_period(before: str) -> Period | None:
    """The period named last in the words before a figure ("hourly rate of", "Daily rate:")."""
    if not _may_name_period(before.lower()):
        return None
    last = None
    for found in _BEFORE.finditer(before):
        if not _COUNTED.search(before, max(0, found.start() - 30), found.start()):
            last = found
    return Period[last.lastgroup] if last and last.lastgroup else None
