"""The words by which a text is known as the title of an opening, and those by which it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from job_hunter.domain.families import family_of
from job_hunter.domain.level import Family
from job_hunter.domain.phrases import TIGHT, Word, words_of

LONGEST_TITLE, MOST_WORDS = 110, 14
GAP = "\f"
"""A line that stands for lines left out: nothing below it belongs to anything above it."""

_NOUN_WORDS = """
    engineer developer programmer architect scientist researcher analyst trader manager director lead head associate
    intern specialist consultant designer administrator officer counsel accountant recruiter strategist technician
    quant sre coordinator assistant advisor adviser controller auditor writer editor operator representative
    generalist planner buyer underwriter actuary economist modeller lawyer paralegal apprentice executive president
    partner principal structurer technologist statistician mathematician linguist producer receptionist sourcer
    dealer fellow marketer copywriter treasurer tester tutor chef barista nurse swe dba devops vp cto cfo ciso owner
    master solicitor supervisor professional trainee secretary salesperson broker investigator expert evangelist
    advocate handler adjuster clerk bookkeeper banker teller inspector surveyor estimator instructor teacher translator
    merchandiser photographer animator illustrator physicist chemist biologist physician
"""
_PROGRAMME_WORDS = "internship apprenticeship placement programme program graduate scheme"
_OPEN_WORDS = "lead head principal partner executive professional expert master owner"
_NO_TITLE_WORDS = """
    we our ours you your us i my me they their he she his her is are was were be been will can could should would do
    does did has have how why what when who whom where which that this these those meet join joined joins read learn
    view see explore discover search browse find become becoming about hires hired hire hiring appoint appoints
    appointed promoted promotes named names wins announces announced launches celebrates speaks talks says said
    story stories blog podcast interview interviews subscribe cookie cookies privacy consent preferences password
    alert alerts jobs roles positions openings vacancies results showing filter sort all more faq faqs news webinar
    life everyone anyone salaries salary survey report reports award awards conference meetup community newsletter
    login sign matching recommended similar related recently viewed saved follow share current latest no not sorry
    closed filled loading unfortunately from step tag since virtual chat students
    testimonials former previously formerly authorised authorized regulated
"""
_NO_TITLE_END_WORDS = """
    portal program programme programmes blog events event stories network team teams tools resources guide training
    centre center days day api docs documentation academy handbook platform coverage benefits profiles profile
    directory relations careers career culture page pages insights overview ratings rating estimates calls
    opportunities paths path jobs roles groups group hub toolkit dashboard
    limited ltd llp plc inc gmbh llc call screen conversation discussion approved included available provided employer
"""
_VERB_WORDS = """
    build help make create shape solve start get grow work drive be let contact call ask tell email follow select choose
"""
_AFTER_NOUN_WORDS = "of for in at to with within and on i ii iii iv v f m d w l"
_NEWCOMER_WORDS = """
    internship apprenticeship placement graduate graduates intern interns student undergraduate insight spring summer
    autumn fall winter rotational rotation leadership industrial development phd mba masters
"""
_AFTER_PROGRAMME_WORDS = "year month week opportunity summer spring autumn winter fall full part"
_RANK_WORDS = "vice president associate analyst director managing executive senior vp assistant manager"
# Before the noun they make prose of it: "Call with a recruiter", "Contact the administrator".
_PROSE_WORDS = "a an the with by to into through as like than"

_NOUNS = frozenset(_NOUN_WORDS.split())
# Alone they are as often a programme's page as an opening.
_PROGRAMMES = frozenset(_PROGRAMME_WORDS.split())
# "Lead generation", "Head office", "Partner portal": these must end their phrase, or lead "of".
_OPEN = frozenset(_OPEN_WORDS.split())
_NO_TITLE = frozenset(_NO_TITLE_WORDS.split())
_NO_TITLE_END = frozenset(_NO_TITLE_END_WORDS.split()) - _PROGRAMMES
_VERBS = frozenset(_VERB_WORDS.split())
_PROSE = frozenset(_PROSE_WORDS.split())

_STAFF = ["of", "technical", "staff"]
_AFTER_NOUN = frozenset(_AFTER_NOUN_WORDS.split())
_AFTER_PROGRAMME = frozenset(_AFTER_PROGRAMME_WORDS.split()) | _PROGRAMMES
_NEWCOMERS = frozenset(_NEWCOMER_WORDS.split())
_RANKS = frozenset(_RANK_WORDS.split())
_TRADES = frozenset((Family.ENGINEERING, Family.TRADING, Family.RESEARCH, Family.PRODUCT))
_DOTTED = re.compile(r"[·|•]")

QUOTES = re.compile(r"[\"“”«»]")
_QUOTED_WORD = re.compile(r"[\"“][\w +#./-]{2,25}[\"”]")


@lru_cache(maxsize=16384)
def is_title(text: str) -> bool:
    """Whether `text`, without its place, can be the title of an opening."""
    if not 2 <= len(text) <= LONGEST_TITLE or not (text[0].isupper() or text[0].isdigit() or text[:2] in ("iO", "eC")):
        return False
    found = words_of(text)
    words = [word.key for word in found]
    if not words or len(words) > MOST_WORDS or words[0] in _VERBS:
        return False
    comma, colon = text.split(",")[0], text.split(":")[0]
    if any(map(_is_no_title, found)) or _last(comma) in _NO_TITLE_END:
        return False
    if "…" in text or (QUOTES.search(text) and not _QUOTED_WORD.search(text)):
        return False
    if comma != text and not names_a_job(comma) and family_of(comma) is None:
        return False
    if colon != text and not names_a_job(colon):
        return False
    noun = _noun_at(found)
    if noun is None:
        noun = next((at for at, word in enumerate(words) if word in _PROGRAMMES and _ends(found, at)), None)
        if noun is not None and _is_perk(text, words):
            return False
    if noun is None or any(word in _PROSE for word in words[:noun]):
        return False
    return not _is_sentence(text)


def _noun_at(words: Sequence[Word]) -> int | None:
    """Where the singular noun of a job is; "Engineer-led" holds none."""
    for at, word in enumerate(words):
        if word.key == "member" and [after.key for after in words[at + 1 : at + 4]] == _STAFF:
            return at + 3
        following = words[at + 1] if at + 1 < len(words) else None
        if word.key not in _NOUNS or (following is not None and following.before == TIGHT):
            continue
        if word.key not in _OPEN:
            return at
        after = following.key if following and following.before == " " else None
        if after in (None, "of", "for", "in", "and") and (at > 0 or after == "of"):
            return at
    return None


def _is_perk(text: str, words: Sequence[str]) -> bool:
    """Whether a programme names neither a trade nor newcomers: "Commuter programme", "Cycle to work scheme"."""
    return family_of(text) is None and not any(word in _NEWCOMERS for word in words)


def _last(text: str) -> str:
    return words[-1].key if (words := words_of(text)) else ""


def _ends(words: Sequence[Word], at: int) -> bool:
    """Whether the word ends its phrase: "Graduate Employer" is no opening, "Placement Year" is one."""
    after = words[at + 1] if at + 1 < len(words) else None
    if after is None or after.before not in (" ", TIGHT):
        return True
    return after.key in _AFTER_NOUN or after.key in _AFTER_PROGRAMME or after.key.isdigit()


def names_a_job(text: str) -> bool:
    """Whether `text` holds the noun of a job, or that of a programme for newcomers."""
    words = words_of(text)
    return _noun_at(words) is not None or any(word.key in _PROGRAMMES for word in words)


def _is_sentence(text: str) -> bool:
    """Whether the words run like prose: most of the longer ones in lower case, and many of them."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if len(word) > 3]
    lower = sum(word[0].islower() for word in words)
    return len(words) > 5 and lower > len(words) / 2


def stands_alone(title: str) -> bool:
    """Whether the words make an opening even where no place is named.

    Two words or more, a trade that only openings name (leaders and advisers are named everywhere), and the noun ends
    its part: "Portfolio Analyst Tool" is a product.
    """
    words = words_of(title)
    noun = _noun_at(words)
    head = title.split(",")[0]
    if len(words) < 2 or noun is None or _DOTTED.search(title):
        return False
    if family_of(title if is_rank(head) else head) not in _TRADES:
        return False
    end = next((at for at in range(noun + 1, len(words)) if words[at].before not in (" ", TIGHT)), len(words))
    rest = [word.key for word in words[noun + 1 : end]]
    return not rest or rest[0] in _AFTER_NOUN or rest[0].isdigit() or any(word in _NOUNS for word in rest[-1:])


def is_rank(title: str) -> bool:
    """Whether the words only state a rank, as banks do: what the work is stands before them. An assistant is none."""
    words = [word.key for word in words_of(title)]
    return all(word in _RANKS for word in words) and words[-1:] != ["assistant"]


def mentions_no_title(text: str) -> bool:
    """Whether `text` holds a word that no title and no place holds."""
    return any(map(_is_no_title, words_of(text)))


def _is_no_title(word: Word) -> bool:
    return word.key in _NO_TITLE and word.raw != "US"
