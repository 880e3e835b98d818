"""LinkedIn's pages for guests: cards of a search, then the details of each. Off unless asked for by name.

Its terms forbid automated reading, so little is asked, slowly, and nothing more after the first refusal. What it does
not show means nothing: results repeat, reshuffle and end without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from urllib.parse import SplitResult, urlsplit

from lxml import etree, html

from job_hunter.errors import SourceBlocked, SourceChanged, SourceGone
from job_hunter.sources.answer import Answer
from job_hunter.sources.http import Http

WARNING = (
    "linkedin_guest: LinkedIn's terms forbid automated reading of its pages; you have asked for it, so a few pages are "
    "read slowly, and nothing more once it refuses"
)
SEARCH = "https://www.linkedin.com/jobs-guest/jobs/api/seeMoreJobPostings/search"
DETAIL = "https://www.linkedin.com/jobs-guest/jobs/api/jobPosting/{id}"
LAST_START = 1000
BLOCKED = frozenset({401, 403, 429, 999})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_PAGE = 4_000_000
A_WEEK = "r604800"

_AUTHWALL = re.compile(rb"authwall|/checkpoint/|uas/login|sign in to (?:linkedin|view)|join linkedin to", re.IGNORECASE)
_NATIONAL = re.compile(r"https://[a-z]{2,3}\.linkedin\.com/jobs-guest/")
_URN = re.compile(r"urn:li:jobPosting:(\d+)")
_ID_IN_PATH = re.compile(r"(\d+)/?$")


@dataclass(frozen=True, slots=True)
class Card:
    """One card of a search: texts as shown, the day it was listed (UTC midnight), the address without its tracking."""

    id: str
    title: str
    company: str
    location: str
    listed_at: datetime | None
    url: str | None
    salary: str | None = None

    def digest(self, *, detailed: bool) -> bytes:
        """What stays the same as long as the card says the same; a card read without its details differs."""
        parts = (self.title, self.company, self.location, self.salary or "", "detailed" if detailed else "card")
        return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of one page of a search, and how many elements looked like cards and were none."""

    cards: tuple[Card, ...]
    broken: int = 0

    @property
    def count(self) -> int:
        """By how many the next page starts later."""
        return len(self.cards) + self.broken


@dataclass(frozen=True, slots=True)
class Detail:
    """The page of one posting. `criteria` holds its labels and values as shown, in the page's language."""

    description: str
    salary: str | None
    criteria: tuple[tuple[str, str], ...]
    is_closed: bool


async def fetch_cards(http: Http, *, keywords: str, location: str, start: int) -> Answer:
    """A page of cards. Raises `SourceBlocked` at a refusal or the login page, else the `SourceError` family."""
    params: dict[str, str | int] = {"keywords": keywords, "location": location, "start": start, "f_TPR": A_WEEK}
    return await _get(http, SEARCH, params, accept=frozenset({400}))


async def fetch_detail(http: Http, card_id: str) -> Answer:
    """The page of a posting. Raises `SourceGone` (404) when it is no longer there; else as `fetch_cards`."""
    return await _get(http, DETAIL.format(id=card_id), None, accept=frozenset())


async def _get(http: Http, url: str, params: dict[str, str | int] | None, *, accept: frozenset[int]) -> Answer:
    accepted = BLOCKED | REDIRECTS | accept
    answer = await http.get("linkedin", url, params=params, max_bytes=MAX_PAGE, accept=accepted)
    if answer.status in REDIRECTS and _NATIONAL.match(answer.location or ""):
        answer = await http.get("linkedin", answer.location or "", max_bytes=MAX_PAGE, accept=accepted)
    if answer.status in BLOCKED:
        raise SourceBlocked(f"LinkedIn refused with HTTP {answer.status}", status=answer.status)
    if answer.status in REDIRECTS:
        # Guests are sent to the login; a posting that moved is of no interest.
        if _AUTHWALL.search((answer.location or "").encode("utf-8", "replace")):
            raise SourceBlocked("LinkedIn sends guests to its login", status=answer.status)
        raise SourceGone(f"LinkedIn sends the page elsewhere (HTTP {answer.status})", status=answer.status)
    if b"job-search-card" not in answer.body and b"show-more-less-html" not in answer.body and is_authwall(answer.body):
        raise SourceBlocked("LinkedIn shows its login page instead of openings", status=answer.status)
    return answer


def is_authwall(body: bytes) -> bool:
    """Whether a page that came with status 200 is the login or a check for humans."""
    return bool(_AUTHWALL.search(body)) or b"verify you are human" in body.lower()


def parse_cards(body: bytes) -> Cards:
    """The cards of a search page; an empty page has none. Raises `SourceChanged` for a page that is something else."""
    root = _root(body)
    if root is None:
        return Cards(())
    found: dict[str, Card] = {}
    broken = 0
    elements = _by_class(root, "job-search-card") or _by_class(root, "base-search-card")
    for element in elements:
        card = _card(element)
        if card is None:
            broken += 1
        else:
            found.setdefault(card.id, card)
    if not elements and root.find(".//li") is None and _text(root):
        raise SourceChanged("linkedin_guest: the search answered with a page without cards; see whether it changed")
    if broken and not found:
        raise SourceChanged(f"linkedin_guest: none of {broken} cards could be read; see whether their shape changed")
    # A repeated card still counts for where the next page starts.
    return Cards(tuple(found.values()), broken=len(elements) - len(found))


def _card(element: html.HtmlElement) -> Card | None:
    link = next(iter(_by_class(element, "base-card__full-link")), None)
    href = link.get("href") if link is not None else None
    parts = _address(href)
    urn = _URN.search(element.get("data-entity-urn") or "")
    number = urn or (_ID_IN_PATH.search(parts.path) if parts else None)
    title = _first_text(element, "base-search-card__title")
    if number is None or not title:
        return None
    day = next((time.get("datetime") for time in element.iter("time") if time.get("datetime")), None)
    return Card(
        id=number[1],
        title=title,
        company=_first_text(element, "base-search-card__subtitle") or "",
        location=_first_text(element, "job-search-card__location") or "",
        listed_at=_midnight(day),
        url=f"https://{parts.netloc}{parts.path}" if parts and parts.netloc else None,
        salary=_first_text(element, "job-search-card__salary-info"),
    )


def _address(href: str | None) -> SplitResult | None:
    """The parts of a link; None when there is none, or it is no address."""
    try:
        return urlsplit(href) if href else None
    except ValueError:
        return None


def parse_detail(body: bytes) -> Detail:
    """The page of a posting. Raises `SourceChanged` when it shows neither a description nor that it is closed."""
    root = _root(body)
    markup = next(iter(_by_class(root, "show-more-less-html__markup")), None) if root is not None else None
    is_closed = root is not None and bool(_by_class(root, "closed-job"))
    if root is None or (markup is None and not is_closed):
        raise SourceChanged("linkedin_guest: a posting's page shows no description; see whether its shape changed")
    description = "" if markup is None else _inner_html(markup)
    return Detail(
        description=description,
        salary=_first_text(root, "compensation__salary"),
        criteria=tuple(_criteria(root)),
        is_closed=is_closed,
    )


def _criteria(root: html.HtmlElement) -> Iterator[tuple[str, str]]:
    for item in _by_class(root, "description__job-criteria-item"):
        name = _first_text(item, "description__job-criteria-subheader")
        value = _first_text(item, "description__job-criteria-text")
        if name and value:
            yield name, value


def _root(body: bytes) -> html.HtmlElement | None:
    text = body.decode("utf-8", "replace").replace("\x00", "")
    if not re.sub(r"<!DOCTYPE[^>]*>|<!--.*?-->", "", text, flags=re.IGNORECASE | re.DOTALL).strip():
        return None
    try:
        return html.document_fromstring(text)
    except (etree.ParserError, ValueError) as error:
        raise SourceChanged("linkedin_guest: the page is no HTML; see whether its shape changed") from error


def _by_class(element: html.HtmlElement, name: str) -> list[html.HtmlElement]:
    """The elements below `element` that bear the class `name`."""
    return [
        found for found in element.iter() if isinstance(found.tag, str) and name in (found.get("class") or "").split()
    ]


def _first_text(element: html.HtmlElement, name: str) -> str | None:
    found = next(iter(_by_class(element, name)), None)
    return _text(found) or None if found is not None else None


def _text(element: html.HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())


def _inner_html(element: html.HtmlElement) -> str:
    whole = html.tostring(element, encoding="unicode", with_tail=False)
    return str(whole[whole.find(">") + 1 : whole.rfind("<")]).strip()


def _midnight(day: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((day or "").strip()[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None
