"""What a figure is about: named cues around it, bound to it by distance and by the words between.

A cue binds *tightly* when only filler words stand between it and the figure ("learning budget of up to £1,000",
"€100 voucher"). Failing that, the nearest cue before the figure in its own clause decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from job_hunter.domain.pay.types import Label


@dataclass(frozen=True, slots=True)
class Cue:
    """A named group of words and what a figure beside them is."""

    name: str
    label: Label
    words: str


_COMP = r"comp(?:ensation)?|cash|package|rewards?|remuneration|earnings|pay|salary|income"

CUES: tuple[Cue, ...] = (
    Cue(
        "pay_and_more",
        Label.BASE,
        r"(?:salary|compensation|comp|pay|base|package|remuneration)(?: range| package)?\s?(?:and|&|\+|/|,)\s?(?:\w+ )?"
        r"(?:equity|bonus(?:es)?|benefits?|perks|stocks?|options?)",
    ),
    Cue(
        "ote",
        Label.OTE,
        r"o\.?t\.?e\.?(?:s\b|\b)|on[- ]target(?:[- ]earnings?)?|target earnings?|on[- ]track earnings|target variable comp\w*|"
        r"base\s?(?:salary\s?)?(?:\+|and|plus|/|&)\s?(?:variable|commissions?)|\d0/\d0(?: base| split|\b)|base[- ]to[- ]commission",
    ),
    Cue(
        "total",
        Label.TOTAL,
        rf"(?:total|all[- ]in|overall) (?:(?:annual|target|cash|direct|potential|first[- ]year|yearly|potential|yr1) )*(?:{_COMP})\b|\btc\b|\bttc\b|total comp",
    ),
    Cue(
        "sign_on",
        Label.SIGN_ON,
        r"sign(?:ing)?[- ]?on\b(?: bonus)?|sign(?:ing|ed)? bonus|joining bonus|golden hello|welcome bonus|starting bonus",
    ),
    Cue(
        "referral",
        Label.BENEFIT,
        r"referral\w*|referr(?:al|ed|ing|er)\w*|refer a\b|finder['’]?s fee|bounty|bounties|reward for",
    ),
    Cue("bonus", Label.BONUS, r"bonus(?:es)?|commissions?|incentives?|profit[- ]shar\w+|variable"),
    Cue("equity", Label.EQUITY, r"equity|stocks?|rsus?|stock options|options|shares?|new hire grant|equity grant"),
    Cue(
        "budget",
        Label.BUDGET,
        r"(?:learning|training|education|development|equipment|hardware|conference|travel|wellness|office|book|growth|personal|tech|home|gadget|team|marketing|ad|media|project|l&d|set[- ]?up)\s(?:[a-z&]+\s)?"
        r"(?:budgets?|funds?|allowances?|stipends?|credits?|grants?|bonus|accounts?|pots?)|budgets?\b",
    ),
    Cue(
        "benefit",
        Label.BENEFIT,
        r"\w*vouchers?|credits?|allowances?|subsid(?:y|ies|ised|ized)|reimburs\w*|match(?:ed|ing|es)?|donat\w+|401\(?k\)?|pensions?|"
        r"insurance|life assurance|gym|relocation|child ?care|commut\w+|per diem|perks?|gifts?|lunch(?:es)?|meals?|deductibles?|premiums?|"
        r"discounts?|weighting|birthday|cash ?back|tuition|macbooks?|laptops?|workstation|courses|conferences?|hsa|fsa|fertility|adoption|"
        r"parental|wellness|wellbeing|well-being|supplement|expenses|off your|free (?:lunch|food)|contribution|towards?",
    ),
    Cue(
        "stipend_for",
        Label.BUDGET,
        r"stipends? (?:for|to(?:wards?)?|that)|\w+ing stipend|(?:home|office|internet|phone|wellness|education\w*|annual|gym|meal|food|tech\w*) stipends?",
    ),
    Cue("stipend", Label.STIPEND, r"stipends?|bursar(?:y|ies)|scholarships?|fellowships?|tax[- ]free grant"),
    Cue(
        "day_or_hour_rate",
        Label.BASE,
        r"(?:day|daily|hourly|contract|contractor|freelance|weekly|monthly|pay) rates?|rates?\b|(?:inside|outside) ir35|b2b",
    ),
    Cue(
        "base",
        Label.BASE,
        r"(?:base|basic|annual|gross|starting|fixed)\s?(?:salar(?:y|ies)|pay|comp(?:ensation)?|wage)|salar(?:y|ies)|base|basic|wages?|paid|"
        r"pay(?:s|ing|scale)?\b|compensation|compensated|comp\b|remuneration|package|earn(?:ing|ings)?\b|gehalt|jahresgehalt|salaires?|"
        r"rémunération|salario|sueldo|wynagrodzenie|stipendio|ral\b|lön|ctc|lpa|we offer|you['’]ll get|you will get|expect to (?:earn|make)",
    ),
)

_NOT_PAY = (
    r"rais(?:ed?|ing)|funding|funded|funds?|fundrais\w+|revenues?|turnover|arr\b|mrr\b|gmv|aum\b|valued|valuation|valuations|market|industry|"
    r"volumes?|processed|processing|process(?:es)?|backed|seed|series [a-g]\b|rounds?\b|investments?|invest(?:ed|ing|ors?)?|investor|capital|"
    r"profits?|profitable|prizes?|sales of|in sales|sold|sell(?:s|ing)?|sav(?:e|ed|es|ing|ings)|spend(?:s|ing)?|spent|costs?|costing|"
    r"charg(?:e|es|ed|ing)|pric(?:e|es|ed|ing)|fees?|loans?|lent|lend|lending|mortgages?|rents?|deposits?|transactions?|transfer(?:red)?|"
    r"bookings?|generat(?:e|es|ed|ing)|worth|dollars of|assets|manag(?:e|es|ing) over|purchases?|bought|buys?|orders?|subscriptions?|donors?|"
    r"median|average|households?|income of|statistics|tickets?|worth of|gross merchandise|exit(?:ed)?|acquired|acquisition|"
    r"angel|bootstrapped|users?|customers?|downloads?|members|visitors?|grants? (?:of|from)|awarded|deal(?:s)?|contracts? worth|taxes?|debt|"
    r"trad(?:e|es|ed|ing) (?:over|more)|backing|burn|runway"
)

THIRD_PARTY = re.compile(
    r"\b(?:users?|customers?|drivers?|lawyers?|attorneys|freelancers?|people|students?|members|sellers?|merchants?|clients?|teachers?|tutors?|"
    r"they|who|families|businesses|companies|graduates|artists|creators?|couriers?|experts|developers who|americans|britons)\s(?:\w+\s){0,4}?"
    r"(?:earn(?:s|ed|ing)?|mak(?:e|es|ing)|made|charge[sd]?|charging|cost|pay|pays|paid|paying|save[sd]?|spend|spent|receive[sd]?)\b",
    re.IGNORECASE,
)
"""Somebody else's money: "lawyers charge $300 an hour", "our users earn up to $1,000 a month"."""

REFUSED_OFFER = re.compile(
    r"(?:n['’]t|\bnot|\bnever|\bno one could)\s(?:\w+\s){0,2}?(?:pay|paid|accept|take)\b|\bif i (?:made|were)",
    re.IGNORECASE,
)
"""A rant: "you couldn't pay me $500k/yr"."""

EXAMPLE = re.compile(
    r"\b(?:for example|e\.g\.?|for instance|such as|example:|imagine|i\.e\. say|hypothetical)", re.IGNORECASE
)
"""A figure that illustrates something."""

_ALL = "|".join(f"(?P<{cue.name}>{cue.words})" for cue in CUES)
_BY_NAME = {cue.name: cue for cue in CUES}
_NEAR = re.compile(rf"(?<![a-z0-9])(?:{_ALL}|(?P<not_pay>{_NOT_PAY}))(?![a-z])", re.IGNORECASE)

_LINK_WORDS = (
    r"of|up|upto|to|is|are|was|be|will|worth|at|about|around|approx\w*|between|from|an?|the|for|max(?:imum)?|per|year(?:ly)?|annual(?:ly)?|"
    r"month(?:ly)?|equal|totall?ing|in|starting|minimum|range|ranges|ranging|value|valued|employee|person|each|every|you|your|capped|over|than|more|"
    r"as|little|much|and|or|on|currently|just|closed|with|have|has|nearly|almost|now|some"
)
_LINK = re.compile(rf"(?:\s|[:(~=≈–—-]|\b(?:{_LINK_WORDS})\b)*", re.IGNORECASE)
_AFTER_FILLER = (
    r"(?:(?:in|of|worth|towards?|for|as|an?|the|your|our|annual(?:ly)?|yearly|monthly|weekly|per|every|each|year|month|week|day|employee|gross|net|new|additional|"
    r"extra|personal|individual|company|target|guaranteed|minimum|starting|competitive|discretionary|performance|tax[- ]free|"
    r"flexible|usd|gbp|eur|cad|to|spend|on|use|total|first|hire|joining|welcome|gross|base|initial|our|pre|post|to-date|annually|"
    r"yearly|quarterly|maximum|full[- ]time|worth)[\s,-]{1,2})"
)
_AFTER = re.compile(
    rf"[\s(–—:-]{{0,3}}(?:{_AFTER_FILLER}){{0,6}}(?:(?P<linked>(?<=in )|(?<=of )|(?<=for )|(?<=worth )|(?<=our )|(?<=your )|(?<=towards )|(?<=the ))\w+[\s-]){{0,1}}"
    rf"(?:{_ALL}|(?P<not_pay>{_NOT_PAY}))(?![a-z])",
    re.IGNORECASE,
)
_CONNECTOR = re.compile(
    r"[+,;|&\n•]|\.\s|\.$|\s(?:and|plus|with|depending|who|which|while|or|but)\s|\s[–—-]\s", re.IGNORECASE
)
# Nouns that follow a salary in a role name or after an implied "plus" ("$120k equity", "£40k benefits").
_LOOSE_AFTER = {"equity", "bonus", "benefit", "day_or_hour_rate", "referral"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """The label of a figure, the rule that gave it, and whether a pay word is bound to the figure at all."""

    label: Label
    rule: str
    is_cued: bool


def label_of(before: str, after: str) -> Labelled:
    """What the figure between `before` and `after` (both within its own clause) is about, and the rule that says so."""
    if REFUSED_OFFER.search(before[-60:]):
        return Labelled(Label.NOT_PAY, "refused_offer", False)
    tail = after[: found.start()] if (found := _CONNECTOR.search(after)) else after
    if close := _after_cue(tail):
        return close
    nearest = None
    for nearest in _NEAR.finditer(before):  # noqa: B007  the last match is what is wanted
        pass
    if THIRD_PARTY.search(before[-80:]):
        return Labelled(Label.NOT_PAY, "third_party", False)
    if EXAMPLE.search(before[-40:]):
        return Labelled(Label.NOT_PAY, "example", False)
    if nearest is None or nearest.lastgroup is None:
        return Labelled(Label.BASE, "no_cue", False)
    return _before_cue(before, nearest)


def _after_cue(tail: str) -> Labelled | None:
    """The cue bound to the figure from behind, within the words up to the next connector."""
    found = _AFTER.match(tail[:70])
    if not found or found.lastgroup is None:
        return None
    name = found.lastgroup
    if name == "not_pay":
        return Labelled(Label.NOT_PAY, "not_pay_after", False)
    cue = _BY_NAME[name]
    if name == "equity" and not re.search(r"\b(?:in|of|worth)\s", found.group()):
        return None
    return Labelled(cue.label, f"{name}_after", cue.label in PAY_LABELS)


PAY_LABELS = frozenset({Label.BASE, Label.OTE, Label.TOTAL, Label.STIPEND})


def _before_cue(before: str, nearest: re.Match[str]) -> Labelled:
    """The nearest cue before the figure: tight for what is not pay, anywhere in the clause for pay."""
    name = nearest.lastgroup or ""
    between = before[nearest.end() :]
    tight = _LINK.fullmatch(between) is not None
    if name == "not_pay":
        if tight or len(between) < 40:
            return Labelled(Label.NOT_PAY, "not_pay_before", False)
        return Labelled(Label.BASE, "no_cue", False)
    cue = _BY_NAME[name]
    if cue.label in PAY_LABELS:
        return Labelled(cue.label, f"{name}_before", True)
    if tight:
        return Labelled(cue.label, f"{name}_before", False)
    earlier = None
    for earlier in _NEAR.finditer(before, 0, nearest.start()):  # noqa: B007  the last match is what is wanted
        pass
    if (
        earlier is not None
        and earlier.lastgroup not in (None, "not_pay")
        and _BY_NAME[earlier.lastgroup].label in PAY_LABELS
    ):
        return Labelled(_BY_NAME[earlier.lastgroup].label, f"{earlier.lastgroup}_before", True)
    return Labelled(Label.BASE, "no_cue", False)
