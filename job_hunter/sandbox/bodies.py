"""The texts of postings: long, plausible and full of figures that are not pay.

All pieces of a world come from one pool that is rendered once, so that a body costs a few joins.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from job_hunter.sandbox.model import SandboxCompany, rng

# Words enough that a board packs no better than captured ones, which do five to thirteen times.
_VERBS = (
    "design", "build", "own", "improve", "review", "simplify", "measure", "operate", "explain", "plan", "test",
    "document", "lead work on", "take responsibility for", "question", "automate", "rewrite", "maintain", "extend",
    "challenge", "prioritise", "present", "monitor", "shape", "prototype", "migrate", "refine", "audit", "stabilise",
    "estimate", "coordinate", "deliver", "investigate", "negotiate", "standardise", "retire",
)  # fmt: skip
_OBJECTS = (
    "the services", "the tools", "a small part of a large system", "interfaces", "models of behaviour", "processes",
    "the libraries", "our response to incidents", "forecasts", "dashboards", "reports", "contracts", "experiments",
    "pipelines", "the deployment of changes", "a catalogue of data sets", "pricing rules", "onboarding journeys",
    "reconciliations", "limits and alerts", "research notes", "customer conversations", "schedules", "playbooks",
    "regression suites", "capacity plans", "the public documentation", "partner integrations", "storage engines",
    "settlement flows", "risk reviews", "search indexes",
)  # fmt: skip
_CLAUSES = (
    "our clients rely on every day", "colleagues in other offices use", "nobody has had time for yet",
    "the business plans by", "end up in front of regulators", "have grown faster than their owners",
    "several teams share", "must keep working under load", "turn an idea into something people can use",
    "were written before most of us joined", "decide how quickly a trade is confirmed", "hold a year of history",
    "new markets will need next spring", "save an analyst an hour each morning", "auditors ask about first",
    "connect warehouses to couriers", "explain a number to its reader", "are quoted in the boardroom",
    "make the on-call rota quieter", "run in four regions at once", "tell a good signal from noise",
    "depend on vendors we barely know", "support families after a claim", "break whenever clocks change",
    "cost more than they should", "keep patients' records apart", "students open from old phones",
    "will be measured in microseconds", "feed the monthly close", "protect the people behind the data",
)  # fmt: skip
_MANNERS = (
    "together with engineers, analysts and the people who use them", "in a team of eight that sits together",
    "with the freedom to choose how", "and you will see the result within weeks, not quarters",
    "while keeping an eye on cost and reliability", "with help from colleagues who have done it before",
    "so that others can build on it", "and report honestly on what did not work",
    "from first sketch to daily operation", "across three time zones and two product lines",
    "with careful attention to detail", "and mentor people who are new to it",
    "before the next planning round", "alongside a designer and two researchers", "without waiting for permission",
    "guided by what users tell us", "in close contact with the trading floor", "and leave it simpler than it was",
    "under the eye of a patient lead", "with budgets you help to set", "whenever the evidence calls for it",
    "at a pace that can be kept up for years", "using whatever language fits", "and write down why",
)  # fmt: skip
_SKILLS = (
    "experience with systems that must not fall over", "clear writing and patient listening",
    "a degree in a quantitative subject, or the same learned another way", "working knowledge of SQL and Python",
    "a habit of measuring before changing", "comfort with ambiguity and changing priorities",
    "5+ years in a comparable position", "familiarity with cloud infrastructure",
    "an interest in markets and in people",
    "judgement about what to leave out", "the ability to explain hard things simply", "curiosity and good humour",
)  # fmt: skip
_HEADINGS = (
    "What you will do",
    "Responsibilities",
    "What we look for",
    "About you",
    "Requirements",
    "Your first months",
)

TRAPS = (
    "Since 2014 we have raised $180M from investors who take the long view, most recently a £90M Series C.",
    "We process more than £4bn of payments every month for 30,000+ businesses in 28 countries.",
    "Everyone has a learning budget of £1,500 a year and ten days to spend it.",
    "Colleagues in the United States have a 401(k) with matching, and everyone has 16 weeks of parental leave.",
    "If you know someone who would do well here, our referral bonus is £2,000.",
    "We offer a competitive salary, meaningful equity and private health insurance.",
    "You receive £500 towards your desk at home and a €50 voucher on your birthday.",
    "Last year our clients traded $1.9T in notional volume, and annualised spend on the platform passed $200B.",
    "Our platform handles 250k requests a second and serves more than 10 million people.",
    "We match gifts to charity up to £250 per person a year.",
)
"""Sentences with figures that no reader may take for the pay of the job."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph or a list in each rendering: HTML, escaped HTML, Ashby's styled HTML and plain text."""

    markup: str
    escaped: str
    styled: str
    plain: str
    heading: str = ""
    items: str = ""


def paragraph(text: str) -> Piece:
    """A paragraph of plain text; ampersands and apostrophes come out as entities."""
    inner = html.escape(text, quote=False).replace(". ", ".&nbsp; ", 1)
    markup = f"<p>{inner}</p>\n"
    return Piece(markup, escape(markup), f'<p style="min-height:1.5em">{inner}</p>', f"{text}\n\n")


def listing(heading: str, items: tuple[str, ...]) -> Piece:
    """A heading with a bulleted list under it."""
    rows = "".join(f"<li>{html.escape(item, quote=False)}</li>\n" for item in items)
    markup = f"<p><strong>{heading}</strong></p>\n<ul>\n{rows}</ul>\n"
    styled_rows = "".join(
        f'<li><p style="min-height:1.5em">{html.escape(item, quote=False)}</p></li>' for item in items
    )
    plain = f"{heading}\n\n" + "".join(f"- {item}\n" for item in items) + "\n"
    styled = f'<h2>{heading}</h2><ul style="min-height:1.5em">{styled_rows}</ul>'
    return Piece(markup, escape(markup), styled, plain, heading, f"\n{rows}")


def escape(markup: str) -> str:
    """HTML escaped once more, as Greenhouse puts it into JSON."""
    return html.escape(markup, quote=False).replace('"', "&quot;").replace("'", "&#39;")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _duty(r: Random) -> str:
    return f"{r.choice(_VERBS)} {_thing(r)} {r.choice(_MANNERS)}"


def _thing(r: Random) -> str:
    return f"{r.choice(_OBJECTS)} that {r.choice(_CLAUSES)}"


@dataclass(frozen=True, slots=True)
class Pool:
    """Pieces that the bodies of a world are put together from."""

    paragraphs: tuple[Piece, ...]
    lists: tuple[Piece, ...]
    traps: tuple[Piece, ...]


@lru_cache(maxsize=8)
def pool(seed: int) -> Pool:
    """The pool of one seed: some 900 paragraphs and 300 lists of about 500 bytes each."""
    r = rng(seed, "bodies")
    paragraphs = tuple(
        paragraph(" ".join(f"You will {_duty(r)}." if n % 2 else f"Here you {_duty(r)}." for n in range(4)))
        for _ in range(900)
    )
    lists = []
    for _ in range(300):
        heading = r.choice(_HEADINGS)
        asks = heading in ("What we look for", "About you", "Requirements")
        items = tuple(_capital(skill) for skill in r.sample(_SKILLS, 6)) if asks else ()
        lists.append(listing(heading, items or tuple(_capital(_duty(r)) for _ in range(4))))
    return Pool(paragraphs, tuple(lists), tuple(paragraph(trap) for trap in TRAPS))


@dataclass(frozen=True, slots=True)
class Body:
    """A posting's text: an opening, paragraphs, lists and a closing; `pay` is where the pay is said in words."""

    intro: Piece
    paragraphs: tuple[Piece, ...]
    lists: tuple[Piece, ...]
    pay: Piece | None
    pay_is_last: bool
    closing: Piece

    def pieces(self) -> list[Piece]:
        """All pieces in reading order."""
        said = [self.pay] if self.pay else []
        first, last = ([], said) if self.pay_is_last else (said, [])
        return [self.intro, *self.paragraphs, *first, *self.lists, *last, self.closing]


@lru_cache(maxsize=256)
def _frame(company: SandboxCompany) -> tuple[Piece, Piece]:
    intro = paragraph(
        f"{company.display_name} is one of the firms people in its field watch. We're spread over several offices, "
        "we write things down, and we'd rather do a few things well than many things at once."
    )
    closing = paragraph(
        f"{company.display_name} welcomes everyone who can do the job & wants to. If you need anything changed about "
        "the way we interview, tell us and we'll change it. We don't use the services of agencies."
    )
    return intro, closing


def body_for(seed: int, company: SandboxCompany, key: int, title: str, size: int | None, pay: str | None) -> Body:
    """The text of posting `key`, about `size` bytes of HTML (drawn from 5,000 to 7,000 when None)."""
    r = rng(seed, company.index, key)
    pieces = pool(seed)
    intro, closing = _frame(company)
    target = size or r.randint(5000, 7000)
    lists = tuple(r.sample(pieces.lists, 3))
    lead = paragraph(f"We're looking for a {title} to join us. {_capital(_thing(r))}: that is the job.")
    traps = r.sample(pieces.traps, r.randint(1, 3))
    fixed = (intro, closing, lead, *lists, *traps)
    room = target - sum(len(piece.markup) for piece in fixed)
    chosen = r.sample(pieces.paragraphs, min(len(pieces.paragraphs), target // 300 + 1))
    body = [lead]
    for piece in chosen:
        if room < len(piece.markup) // 2:
            break
        body.append(piece)
        room -= len(piece.markup)
    for trap in traps:
        body.insert(r.randrange(1, len(body) + 1), trap)
    said = paragraph(pay) if pay else None
    return Body(intro, tuple(body), lists, said, r.random() < 0.5, closing)
