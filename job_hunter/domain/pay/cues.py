"""The words that tell what a figure is about, as tables: a row is a named group of words and the label they give.

Each list holds regular-expression fragments in lower case, separated by commas or line ends and matched as whole words
of a lower-cased text. Rows are tried in order, so a longer expression stands above the shorter one it contains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from job_hunter.domain.pay.types import Label


def any_of(fragments: str) -> str:
    """One alternation of comma- or line-separated fragments."""
    return "|".join(part.strip() for part in re.split(r",|\n", fragments) if part.strip())


@dataclass(frozen=True, slots=True)
class Cue:
    """A named group of words and what a figure beside them is."""

    name: str
    label: Label
    words: str


_SPENT_ON = any_of("""
    learning, training, education, development, equipment, hardware, conference, travel, wellness, office, book, growth
    personal, tech, home, gadget, team, marketing, ad, media, project, l&d, set[- ]?up, departmental, client
""")
_TOTAL_OF = any_of("comp(?:ensation)?, cash, package, rewards?, remuneration, earnings, pay, salary, income")

CUES: tuple[Cue, ...] = (
    Cue(
        "with_weighting",
        Label.BASE,
        r"incl(?:\.|uding|usive|udes)?(?: of)?(?: the)? (?:[a-z]+ )?(?:weighting|allowance)",
    ),
    Cue("weighting", Label.BENEFIT, r"(?:[a-z]+ )?(?:weighting|(?:market|location) (?:supplement|allowance))"),
    Cue(
        "statutory",
        Label.BENEFIT,
        r"(?:maternity|paternity|parental|adoption|sick|overtime|stand-?by|on[- ]call|call[- ]?out|holiday|redundancy|"
        r"notice|full|half|statutory)\s(?:pay|rates?|payments?|leave)\b",
    ),
    Cue(
        "perk_package",
        Label.BENEFIT,
        r"(?:relocation|benefits?|severance|training|pension|healthcare|wellness|perks)\s(?:and \w+ )?"
        r"(?:package|pay|compensation|support)",
    ),
    # "compensation and equity: $100k-$150k": the figure belongs to the first of the two
    Cue(
        "pay_and_more",
        Label.BASE,
        r"(?:salary|compensation|comp|pay|base|package|remuneration)(?: range| package)?\s?(?:and|&|\+|/|,)\s?(?:\w+ )?"
        r"(?:equity|bonus(?:es)?|benefits?|perks|stocks?|options?)",
    ),
    Cue(
        "ote",
        Label.OTE,
        any_of(r"""
            o\.?t\.?e\.?(?:s\b|\b), on[- ]target(?:[- ]earnings?)?, target earnings?, on[- ]track earnings
            target variable comp\w*, base\s?(?:salary\s?)?(?:\+|and|plus|/|&)\s?(?:variable|commissions?)
            \d0/\d0(?: base| split|\b), base[- ]to[- ]commission
        """),
    ),
    Cue(
        "total",
        Label.TOTAL,
        r"(?:total|all[- ]in|overall|first[- ]year|1st[- ]year|year[- ]one) "
        r"(?:(?:annual|target|cash|direct|potential|first[- ]year|yearly) )*"
        rf"(?:{_TOTAL_OF})\b|\bt?tc\b|total(?=\W*$)",
    ),
    Cue(
        "sign_on",
        Label.SIGN_ON,
        any_of("""
            sign(?:ing)?[- ]?on\\b(?: bonus)?, sign(?:ing|ed)? bonus, joining bonus, golden hello, welcome bonus
            starting bonus, retention bonus
        """),
    ),
    Cue(
        "referral",
        Label.BENEFIT,
        any_of("referral\\w*, referr\\w+, refer a\\b, finder['’]?s fee, bount(?:y|ies), reward for"),
    ),
    Cue("bonus", Label.BONUS, any_of("bonus(?:es)?, commissions?, incentives?, profit[- ]shar\\w+, variable")),
    Cue("equity", Label.EQUITY, any_of("equity, stocks?, rsus?, stock options, options, shares?, new hire grant")),
    # "20% of basic salary, max £7,746" and "life cover of 4 x salary" are parts or multiples of pay
    Cue(
        "share_of_pay",
        Label.BENEFIT,
        r"(?<=% )of (?:your |the )?(?:\w+ )?(?:salary|pay|base|earnings)|"
        r"\d{0,2} ?x (?:your |annual |base |basic )*(?:salary|pay)\b",
    ),
    Cue(
        "budget",
        Label.BUDGET,
        rf"(?:{_SPENT_ON})\s(?:[a-z&]+\s){{0,2}}?"
        r"(?:budgets?|funds?|allowances?|stipends?|credits?|grants?|bonus|accounts?|pots?)",
    ),
    Cue("budget_responsibility", Label.BUDGET, any_of("budget(?:ary)? (?:responsibility|of|ownership), budgets")),
    # "permanent, budget £55-65k" is what recruiters call the pay they may offer; see `prose.judge`
    Cue("hiring_budget", Label.BUDGET, "budget"),
    Cue(
        "benefit",
        Label.BENEFIT,
        any_of(r"""
            \w*vouchers?, credits?, allowances?, subsid(?:y|ies|ised|ized), reimburs\w*, match(?:ed|ing|es)?, donat\w+
            401\(?k\)?, pensions?, insurance, life assurance, death in service, critical illness, life cover, gym
            relocation, child ?care, commut\w+, per diem, perks?
            gifts?, lunch(?:es)?, meals?, deductibles?, premiums?, discounts?, weighting, birthday, cash ?back, tuition
            macbooks?, laptops?, workstation, courses, conferences?
            hsa, fsa, hra, fertility, surrogacy, adoption, parental
            subsistence, mileage, food, snacks, breakfast, parking, fuel
            wellness, wellbeing, well-being, supplement, expenses, off your, contributions?
            towards?, retirement, isa
        """),
    ),
    Cue(
        "stipend_for",
        Label.BUDGET,
        r"stipends? (?:for|to(?:wards?)?|that)|\w+ing stipend|"
        r"(?:home|office|internet|phone|wellness|education\w*|annual|gym|meal|food|tech\w*) stipends?",
    ),
    Cue(
        "stipend",
        Label.STIPEND,
        any_of("stipends?, bursar(?:y|ies), scholarships?, fellowships?, tax[- ]free grant"),
    ),
    Cue(
        "rate",
        Label.BASE,
        r"(?:day|daily|hourly|contract|contractor|freelance|weekly|monthly|pay) rates?|rates?\b|"
        r"(?:inside|outside) ir35|b2b",
    ),
    Cue(
        "base",
        Label.BASE,
        any_of(r"""
            (?:base|basic|annual|gross|starting|fixed)\s?(?:salar(?:y|ies)|pay|comp(?:ensation)?|wage)
            salar(?:y|ies), base, basic, wages?, paid(?! out), pay(?:s|ing|scale)?\b(?! out| for you), compensation
            compensated, comp\b
            remuneration, package, earn(?:ing|ings)?\b, expect to (?:earn|make), you['’]ll get, you will get, we offer
            competitive(?= ?\(), (?:start|join|begin)(?:s|ing)? on, rising (?:\w+ )?to, increments?
            full[- ]time equivalent, fte, pro[- ]rata, ctc, lpa, gehalt, jahresgehalt, salaires?, rémunération, salario
            sueldo, wynagrodzenie, stipendio, ral\b, lön, salaris, lønn, løn
        """),
    ),
)

PAY_ABROAD = any_of(r"""
    tjm, (?:brutto|jahres|monats|mindest|einstiegs|grund|fix)\w*gehalt, gehalts(?:spanne|rahmen|band), vergütung
    stundenlohn, lohn, tagessatz, stundensatz, månadslön, grundlön, årslønn, månedsløn
    (?:bruto|maand|start|jaar)salaris, uurloon, uurtarief, wynagrodzeni\w, widełki, pensja, stawka, mzda, palkka
    retribuzione, retribución, salário, remuneração, fizetés, salariu, maaş, 年収, 月給, 給与
""")
"""Words for pay in other languages; looked for only where no other cue stands, as English postings are the most."""

NOT_PAY = any_of(r"""
    rais(?:ed?|ing), funding, funded, funds?, fundrais\w+, revenues?, turnover, arr\b, mrr\b, gmv, aum\b, valued
    valuations?, (?<!of )(?<!the )(?<!above )(?<!job )market(?! rates?)(?! related), a [\w-]+ market
    industry, volumes?, processed, processing, process(?:es)?, backed, backing, seed
    series [a-g]\b, rounds?\b, investments?, invest(?:ed|ing|ors?)?, capital, profits?, profitable, prizes?, sales of
    in sales, sold, sell(?:s|ing)?, sav(?:e|ed|es|ing|ings), spend(?:s|ing)?, spent, costs?, costing
    charg(?:e|es|ed|ing), pric(?:e|es|ed|ing), fees?, loans?, lent, lend, lending, mortgages?, rents?, rental, deposits?
    transactions?, transfer(?:red)?, bookings?, generat(?:e|es|ed|ing), worth, dollars of, assets
    manag(?:e|es|ing) (?:over|more|up), purchases?, bought, buys?, orders?, subscriptions?, donors?
    median, average, households?, income of, statistics, tickets?, gross merchandise, exit(?:ed)?, acquired, acquisition
    angel, bootstrapped, users?, customers?, downloads?, members, visitors?, grants? (?:of|from), awarded, deals?
    contracts? (?:worth|valued|between|of(?! employment)|ranging|from)
    invoices?, payments?, cheques?
    billings?, pay(?:s|ing)? for your?, acv\b, tcv\b, aov\b, arpu\b, ltv\b, grant applications?
    per (?:project|user|customer|client|deal|sale|lead|hire|head|seat|unit|order|trade|click|case|claim)
    (?:contract|deal|order|project|programme|portfolio) values?, paid out, pay(?:s|ing)? out, quotas?, taxes?, debt
    trad(?:e|es|ed|ing) (?:over|more), burn, runway, houses?, homes?, apartments?
    portfolios?, propert(?:y|ies), responsib\w+
""")
"""Words about money that is not the job's: a company's, a customer's, a product's, a statistic's."""

THIRD_PARTY = re.compile(
    r"\b(?:"
    + any_of("""
        users?, customers?, drivers?, lawyers?, attorneys, freelancers?, people, students?, members, sellers?
        merchants?, clients?, teachers?, tutors?, they, who, families, businesses, companies, graduates, artists
        traders, players?, hosts, workers, recruiters?, agencies, landlords?, funds?
        creators?, couriers?, experts, developers who, americans, britons
    """)
    + r")\s(?:\w+\s){0,4}?(?:earn(?:s|ed|ing)?|mak(?:e|es|ing)|made|charge[sd]?|charging|cost|pay|pays|paid|paying|"
    r"save[sd]?|spend|spent|receive[sd]?|wins?|won|bills?|billed|borrow(?:s|ed)?|owe[sd]?|takes?)\b",
)
"""Somebody else's money: "lawyers charge $300 an hour", "our users earn up to $1,000 a month"."""

REFUSED_OFFER = re.compile(
    r"(?:n['’]t|\bnot|\bnever|\bno one could)\s(?:\w+\s){0,2}?(?:pay|paid|accept|take)\b|\bif i (?:made|were)",
)
"""A rant: "you couldn't pay me $500k/yr"."""

NOT_THIS_PAY = re.compile(
    r"\b(?:salary[- ]sacrific\w+|(?:salary|pay) (?:increases?|rises?|reviews?|uplifts?)|"
    r"(?:wages?|salary|payroll|pay) (?:bills?|costs?)|"
    r"fringe benefits?|(?:higher|additional)[- ]rate|"
    r"(?:living|minimum) wage (?:is|in|employers?|of|for)|"
    r"(?:salar(?:y|ies)|pay|earnings|wages?) (?:must|needs? to|has to|have to) (?:exceed|be (?:at least|above|over))|"
    r"(?:overtime|on[- ]?call|stand-?by|call[- ]?outs?|weekends?|nights?|sleep-?ins?)(?: shifts?)? (?:is |are )?paid|"
    r"(?:average|median) (?:base |basic |gross |annual |total )*(?:salar(?:y|ies)|pay|compensation|wages?|rewards)|"
    r"compensation claims?|life (?:assurance|insurance|cover)|income protection|(?:sales|revenue) targets?|"
    r"base rate swaps?)\b"
)
"""Words that hold a pay word and are about something else, up to the next pay word in their clause."""

_VISA = r"\b(?:sponsor\w*|visas?|skilled worker|blue card|work permits?|30 ?% ruling|going rate)(?![a-z])"
SPONSORSHIP = re.compile(
    rf"{_VISA}[^.\n]{{0,80}}\b(?:minimum|at least|threshold|must|unless|needs?|requires?|meets?|appl(?:y|ies))\b|"
    rf"\b(?:must|needs? to|unless|cannot|minimum|at least|threshold|meets?)\b[^.\n]{{0,60}}{_VISA}"
)
"""What a visa asks of a salary, which is the law's figure: "we cannot sponsor below a salary of £41,700"."""

MUST_EARN = re.compile(r"\b(?:must (?:be paid|earn)|need to (?:earn|pay)|at least|minimum)\b")
FOR_A_VISA = re.compile(r"\b(?:to |for )?(?:sponsor\w*|visas?)\b")

EXAMPLE = re.compile(r"\b(?:for example|e\.g\.?|for instance|example:|imagine|hypothetical)")
"""A figure that illustrates something."""
