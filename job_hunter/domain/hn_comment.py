"""One comment of "Who is hiring" as people write it, split into company, openings, places and the way to apply.

Nothing is interpreted beyond the split: pay and levels are read later, from the text each opening is given here. A
comment that advertises nothing, or nobody's openings, is refused with the reason.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.hn_company import (
    body_company,
    cleaned_name,
    domain_of_links,
    looks_like_name,
    own_domain,
    squeezed,
)
from job_hunter.domain.hn_header import (
    EMAIL,
    HOST,
    LINK,
    MODES,
    MONEY,
    Kind,
    Part,
    is_blurb,
    is_job,
    is_place,
    split_header,
)
from job_hunter.domain.hn_titles import AT_COMPANY, listed_titles, sought_titles, split_titles

UNNAMED = "Openings not named"
"""The title of an advertisement that says where and for whom, and not as what."""

_ANCHOR = re.compile(r"<a\s[^>]*?href=\"([^\"]*)\"[^>]*>.*?</a>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:p|br|pre|/p|/pre)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_AT = re.compile(r"\s*[\[({<]\s*at\s*[\])}>]\s*|\s+at\s+(?=[\w-]+\s+dot\s)", re.IGNORECASE)
_DOT = re.compile(r"\s*[\[({<]\s*dot\s*[\])}>]\s*|\s+dot\s+(?=com\b|io\b|net\b|org\b|co\b)", re.IGNORECASE)
_PLAIN_HOST = re.compile(
    r"(?<![\w@./-])((?:[a-z0-9][a-z0-9-]*\.)+(?:com|io|ai|co\.uk|co|net|org|app|dev|tech)(?:/[^\s|,;()]*)?)",
    re.IGNORECASE,
)
_HIRING = re.compile(
    r"\b(?:hiring|hire|recruiting|looking (?:for|to)|seeking|join (?:us|our|the)|open (?:roles?|positions?)|"
    r"openings?|positions?|"
    r"apply|careers?|jobs?@|full[\s-]?time|on-?site|we need|come work|work (?:with|at|on)|opportunit(?:y|ies)|"
    r"vacanc(?:y|ies)|resume|cv|\w*jobs@[\w.-]+|"
    r"e-?mail (?:me|us)|the work you do|you (?:will|are expected to))\b",
    re.IGNORECASE,
)
_SEEKS_WORK = re.compile(
    r"^\W*(?:[\Wo]{5,}\n\W*)?(?:seeking (?:work|employment|a job)|"
    r"location:.{0,80}\bremote:.{0,80}\b(?:willing to relocate|technologies):)",
    re.IGNORECASE | re.DOTALL,
)
_ABOUT_THE_THREAD = re.compile(
    r"\b(?:upvote|this thread|these posts|all (?:the )?(?:jobs|job offers|posts)|parsing the thread|search page|"
    r"browse all|"
    r"(?:distressing )?lack of|friendly reminder|as an fyi|job[- ]posters|in (?:all of )?these (?:posts|"
    r"listings)|these listings)\b",
    re.IGNORECASE,
)
_APPLY = re.compile(
    r"job|career|apply|appl|position|hiring|join|work-?with|recruit|vacanc|opening|greenhouse|lever\.co|ashbyhq|"
    r"workable|grnh",
    re.IGNORECASE,
)
_LOCATION_LINE = re.compile(r"^\W*(?:locations?|where|office|offices)\s*[:\-–]\s*(?P<place>.{2,100})$", re.IGNORECASE)
_IN_PLACE = re.compile(
    r"\b(?:in|based in|from|near|at our)\s+(?:the\s+)?((?:[A-Z][\w.'-]+|,)(?:[ ,]+(?:[A-Z][\w.'-]*|and|or|&))*)"
)
_SENTENCE = re.compile(r"\b(?:i'm|i've|haha|lol|thanks|my|you could|couldn't|please|reminder|fyi)\b", re.IGNORECASE)
_EDITED = re.compile(r"^\W*(?:edit|update)(?:ed)?\s*[:–-][^|.!\n]{0,120}[.!]\s+(?=[^|\n]+\|)", re.IGNORECASE)
"""What was written in front of a header later."""
_SMALL = re.compile(r"[^\W\d_]")
_DEEP = re.compile(r"(?:https?://)?[^/]+/[^/?#]", re.IGNORECASE)
_TRADE_WORDS = re.compile(r"\b(?:engineers?|developers?|managers?|designers?)\b", re.IGNORECASE)
_HEADER_LINES, _LONGEST_HEADER = 4, 240


@dataclass(frozen=True, slots=True)
class HnRole:
    """One opening. `content` is the text its pay is to be read from; `location` holds places and ways of working."""

    title: str
    location: str
    content: str
    apply_url: str | None


@dataclass(frozen=True, slots=True)
class Advertisement:
    """A comment that advertises openings. `links` are all addresses in it, `domain` the company's own, if it shows.

    `is_named` is False when the company is known by its domain only.
    """

    company: str
    is_named: bool
    domain: str | None
    links: tuple[str, ...]
    header_links: tuple[str, ...]
    emails: tuple[str, ...]
    roles: tuple[HnRole, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A comment that is no advertisement; `reason` is one clause."""

    reason: str


def comment_text(comment: str) -> str:
    """A comment's HTML as text: a line a paragraph, links by their whole address (what is shown of them is cut)."""
    text = _ANCHOR.sub(lambda found: f" {found[1]} ", comment)
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = html.unescape(text).replace("\u00ad", "").replace("\u200b", "").replace("\xa0", " ")
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line)


def read_comment(comment: str, gazetteer: Gazetteer) -> Advertisement | Refused:
    """Split a top-level comment, given as HTML. Never raises; takes time linear in its length."""
    text = comment_text(comment)
    if not text or not _SMALL.search(text) or text.strip("[]").lower() in ("flagged", "dead", "deleted"):
        return Refused("the comment is deleted, flagged or empty")
    lines = _EDITED.sub("", text).split("\n")
    if _SEEKS_WORK.match(text):
        return Refused("somebody seeks work")
    parts, used = _header(lines, gazetteer)
    body = lines[used:]
    links = tuple(dict.fromkeys(LINK.findall(text) + [f"https://{host}" for host in _PLAIN_HOST.findall(text)]))
    plain = _DOT.sub(".", _AT.sub("@", text))
    emails = tuple(dict.fromkeys(found[0] for found in EMAIL.finditer(plain)))
    facts = sum(part.kind not in (Kind.OTHER, Kind.LINK) for part in parts)
    is_header = len(parts) > 1 and facts > 0 and (used > 1 or not _SENTENCE.search(parts[0].text))
    names_job = _HIRING.search(text) or (len(lines[0].split()) <= 12 and is_job(lines[0]))
    if not is_header and (not names_job or _ABOUT_THE_THREAD.search(text)):
        return Refused("the comment talks about something else than an opening")
    if not is_header and len(text) < 250 and text.rstrip().endswith("?") and not links:
        return Refused("the comment asks a question")
    header = "\n".join(lines[:used])
    header_links = tuple(link for link in links if link.removeprefix("https://") in header)
    name = _company(parts, body, gazetteer)
    domain = domain_of_links(header_links, ()) or own_domain(name, links, emails)
    company = name or domain or domain_of_links(links, emails)
    if company is None:
        return Refused("the comment names no company")
    roles = _roles(parts, header, body, links, gazetteer, company)
    return Advertisement(company, name is not None, domain, links, header_links, emails, roles, text)


def _header(lines: Sequence[str], gazetteer: Gazetteer) -> tuple[tuple[Part, ...], int]:
    """The parts of the header and the number of lines they take: some write one fact a line."""
    parts = split_header(lines[0], gazetteer)
    used = 1
    while used < min(len(lines), _HEADER_LINES):
        line = lines[used]
        is_open = lines[used - 1].rstrip().endswith(("|", ",")) or line.startswith("|")
        known = {part.kind for part in parts} & {Kind.PLACE, Kind.TITLE, Kind.MODE, Kind.TERM, Kind.TRADE}
        if len(line) > _LONGEST_HEADER or (len(known) >= 2 and not is_open):
            break
        more = split_header(line, gazetteer)
        telling = sum(part.kind is not Kind.OTHER for part in more)
        if not is_open and (
            telling < len(more) / 2 or len(parts) > 8 or (len(line) > 90 and len(more) < 3) or line[-1] in ".:!?"
        ):
            break
        if not is_open and more[0].kind is Kind.TITLE and line[:1] in "-*•–":
            break
        parts, used = (*parts, *more), used + 1
    return parts, used


def _company(parts: Sequence[Part], body: Sequence[str], gazetteer: Gazetteer) -> str | None:
    """Who advertises: by convention the first part; a job, a place or a term in front moves it further back."""
    if len(parts) == 1:
        part = parts[0]
        alone = cleaned_name(part.text)
        if (
            alone
            and len(alone.split()) <= 4
            and looks_like_name(alone)
            and part.kind in (Kind.OTHER, Kind.TRADE, Kind.PLACE)
        ) and (part.kind is not Kind.PLACE or not is_place(alone, gazetteer)):
            return alone
        return body_company("\n".join((part.text, *body)), gazetteer)
    first = parts[0]
    if first.kind is Kind.LINK and (name := _named_by_site(first, parts, body, gazetteer)):
        return name
    is_figure = first.kind is Kind.PAY and not first.words and MONEY.search(first.text)
    if (first.kind in (Kind.OTHER, Kind.TRADE, Kind.PAY) and not is_figure) or (
        first.kind is Kind.PLACE and _is_name_of_place(parts)
    ):
        name = cleaned_name(first.text)
        if name and looks_like_name(name):
            return name
        return body_company("\n".join((first.text, *body)), gazetteer)
    if first.kind is Kind.TITLE:
        at = AT_COMPANY.search(first.text)
        if at and is_job(first.text[: at.start()]) and (name := cleaned_name(at["name"])) and looks_like_name(name):
            return name
        named = body_company(first.text, gazetteer)
        if named:
            return named
        if not _has_other_title(parts) and not _TRADE_WORDS.search(first.words):
            name = cleaned_name(first.text)
            if name and any(part.kind is Kind.TITLE for part in parts[1:]):
                return name
    for part in parts[1:]:
        if part.kind is Kind.OTHER and not is_blurb(part.text):
            name = cleaned_name(part.text)
            if name and looks_like_name(name):
                return name
    site = next((part for part in parts[1:] if part.kind is Kind.LINK), None)
    if site and (name := _named_by_site(site, parts, body, gazetteer)):
        return name
    if (
        first.kind is Kind.TITLE
        and any(part.kind in (Kind.TITLE, Kind.TRADE) for part in parts[1:])
        and not _TRADE_WORDS.search(first.words)
    ):
        name = cleaned_name(first.text)
        if name and looks_like_name(name) and len(name.split()) <= 3:
            return name
    return body_company("\n".join(body), gazetteer)


def _named_by_site(site: Part, parts: Sequence[Part], body: Sequence[str], gazetteer: Gazetteer) -> str | None:
    """The company whose own site a part of the header is: as other words spell its name, else the site as written."""
    links = LINK.findall(site.text)
    if site is not parts[0] and any(_DEEP.match(link) and not _APPLY.search(link) for link in links):
        return None  # a shortener, or somebody else's page
    domain = domain_of_links((*links, site.words), ())
    written = cleaned_name(site.text) if HOST.fullmatch(site.words) else None
    if domain is None:
        return written if site is parts[0] else None
    label = squeezed(domain.split(".")[0])
    kinds = (Kind.OTHER, Kind.TITLE, Kind.TRADE)
    named = [cleaned_name(part.text) for part in parts if part.kind in kinds and not _TRADE_WORDS.search(part.words)]
    for name in (*named, body_company("\n".join(body), gazetteer)):
        if name and (spelt := squeezed(name)) and len(label) > 2 and (label in spelt or spelt in label):
            return name
    return written if written and written.lower() == domain else domain


def _is_name_of_place(parts: Sequence[Part]) -> bool:
    """Whether a first part that reads like a place is the company after all: another part is the place."""
    return "," not in parts[0].text and any(part.kind is Kind.PLACE for part in parts[1:])


def _has_other_title(parts: Sequence[Part]) -> bool:
    return any(part.kind is Kind.TITLE for part in parts[1:])


def _roles(
    parts: Sequence[Part], header: str, body: Sequence[str], links: Sequence[str], gazetteer: Gazetteer, company: str
) -> tuple[HnRole, ...]:
    location = _location(parts, header, body, gazetteer, company)
    apply_url = _apply_url(links)
    text = "\n".join((header, *body))
    own = [part for part in parts if part.kind is Kind.TITLE and cleaned_name(part.text) != company]
    titled = [(title, part) for part in own for title in split_titles(part.text)]
    if titled:
        return _header_roles(titled, location, text, header, body, apply_url)
    listed = listed_titles(body)
    if listed:
        return _listed_roles(listed, location, header, body, apply_url)
    trades = [part for part in parts if part.kind is Kind.TRADE and cleaned_name(part.text) != company]
    titles = sought_titles(text)
    if not titles and trades:
        titles = tuple(dict.fromkeys(split_titles(trades[0].text)))
    return tuple(HnRole(title, location, text, apply_url) for title in titles or (UNNAMED,))


def _header_roles(
    titled: Sequence[tuple[str, Part]],
    location: str,
    text: str,
    header: str,
    body: Sequence[str],
    apply_url: str | None,
) -> tuple[HnRole, ...]:
    """Roles of the header; where each part names its own pay, a role is given no other's."""
    priced = [part for _, part in titled if MONEY.search(part.text)]
    roles: dict[str, HnRole] = {}
    for title, part in titled:
        content = text
        if len(priced) > 1:
            others = {other.text for _, other in titled if other is not part}
            own = [piece for piece in header.split("|") if piece.strip() not in others]
            content = "\n".join(("|".join(own), *body))
        roles.setdefault(title, HnRole(title, location, content, apply_url))
    return tuple(roles.values())


def _listed_roles(
    listed: Sequence[tuple[str, int]], location: str, header: str, body: Sequence[str], apply_url: str | None
) -> tuple[HnRole, ...]:
    """Roles of a list; where their lines state pay, a role is given the lines of no other."""
    starts = sorted({n for _, n in listed})
    ends = dict(zip(starts, (*starts[1:], len(body)), strict=True))
    is_priced = any(MONEY.search(body[n]) for n in starts)
    roles = []
    for title, n in listed:
        lines = [line for at, line in enumerate(body) if at not in ends or at == n] if is_priced else list(body)
        own = [LINK.findall(line) for line in body[n : min(ends[n], n + 3)]]
        link = next((_apply_url(found) for found in own if found), None)
        roles.append(HnRole(title, location, "\n".join((header, *lines)), link or apply_url))
    return tuple(roles)


def _location(parts: Sequence[Part], header: str, body: Sequence[str], gazetteer: Gazetteer, company: str) -> str:
    places = [part for part in parts if part.kind is Kind.PLACE and cleaned_name(part.text) != company]
    modes = [part for part in parts if part.kind is Kind.MODE]
    if not places and not modes:
        modes = [part for part in parts[1:] if part.kind is Kind.OTHER and MODES.match(part.text)]
    if not places:
        places = [
            replace(part, words=found)
            for part in parts
            if part.kind in (Kind.TITLE, Kind.OTHER) and (found := place_in(part.text, gazetteer))
        ][:1]
    named = [part.words or part.text for part in places]
    if not named:
        for line in body[:40]:
            stated = _LOCATION_LINE.match(line)
            if stated and is_place(stated["place"], gazetteer):
                named = [stated["place"]]
                break
    if not named and not any(MODES.search(part.text) for part in modes):
        named = [found for line in (header, *body[:6]) if (found := place_in(line, gazetteer))][:1]
    ways = [" ".join(found[0] for found in MODES.finditer(part.text)) for part in modes]
    text = "; ".join(dict.fromkeys(" ".join(LINK.sub(" ", item).split()) for item in (*named, *ways) if item.strip()))
    return text[:300]


def place_in(text: str, gazetteer: Gazetteer) -> str | None:
    """The place a phrase names after "in", "based in" and the like; None when there is none we know."""
    for found in _IN_PLACE.finditer(text):
        name = re.sub(r"\s+(?:and|or)$", "", found[1].strip(" ,.&"))
        if is_place(name, gazetteer):
            return name
    return None


def _apply_url(links: Sequence[str]) -> str | None:
    """The address that looks like a way to apply, else the first one."""
    addresses = [link if "://" in link else f"https://{link}" for link in links]
    return next((link for link in addresses if _APPLY.search(link)), addresses[0] if addresses else None)
