"""One comment of "Who is hiring" as people write it, split into company, openings, places and the way to apply.

Nothing is interpreted beyond the split: pay and levels are read later, from the text each opening is given here. A
comment that advertises nothing, or nobody's openings, is refused with the reason.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    COMPANY_LABEL,
    EMAIL,
    HOST,
    LABEL,
    LINK,
    MONEY,
    Kind,
    Part,
    is_blurb,
    is_job,
    is_place,
    split_header,
)
from job_hunter.domain.hn_roles import APPLY, Ad, HnRole, roles_of
from job_hunter.domain.hn_titles import AT_COMPANY

_ANCHOR = re.compile(r"<a\s[^>]*?href=\"([^\"]*)\"[^>]*>.*?</a>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:p|br|pre|/p|/pre)\b[^>]*>", re.IGNORECASE)
_PICTURES = re.compile("[\u2600-\u26ff\u2700-\u27bf\ufe0e\ufe0f\u200d\U0001f000-\U0001faff]+")
"""Emoji, their variants and flags: decoration, never a name, a place or a separator that counts."""
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
_SENTENCE = re.compile(r"\b(?:i'm|i've|haha|lol|thanks|my|you could|couldn't|please|reminder|fyi)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"\W*(?:(?:hi|hello|hey|greetings)(?:\s+(?:hn|all|everyone|there|folks|hackers?))?\s*[!,.:–—-]|"
    r"(?:hi|hello|hey)\s+(?:hn|all|everyone|there|folks)\b|(?:i am|i'm|i’m|my name is)\b)",
    re.IGNORECASE,
)
_EDITED = re.compile(r"^\W*(?:edit|update)(?:ed)?\s*[:–-][^|.!\n]{0,120}[.!]\s+(?=[^|\n]+\|)", re.IGNORECASE)
"""What was written in front of a header later."""
_CONNECTIVES = frozenset(("and", "of", "the", "for", "in", "&", "de", "du", "la", "van"))
_SMALL = re.compile(r"[^\W\d_]")
_DEEP = re.compile(r"(?:https?://)?[^/]+/[^/?#]", re.IGNORECASE)
_TRADE_WORDS = re.compile(r"\b(?:engineers?|developers?|managers?|designers?)\b", re.IGNORECASE)
_BULLET = re.compile(r"[-*•–]|\(?\d{1,2}[.):]")
_HEADER_LINES, _LONGEST_HEADER = 4, 240


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
    text = _PICTURES.sub(" ", text)
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
    name = _company(parts, header, body, links, emails, gazetteer)
    domain = domain_of_links(header_links, ()) or own_domain(name, links, emails)
    company = name or domain or domain_of_links(links, emails)
    if company is None:
        return Refused("the comment names no company")
    roles = roles_of(Ad(parts, header, body, links, company), gazetteer)
    return Advertisement(company, name is not None, domain, links, header_links, emails, roles, text)


def _header(lines: Sequence[str], gazetteer: Gazetteer) -> tuple[tuple[Part, ...], int]:
    """The parts of the header and the number of lines they take: some write one fact a line."""
    parts = split_header(lines[0], gazetteer)
    used = 1
    while used < min(len(lines), _HEADER_LINES):
        line = lines[used]
        is_labelled = LABEL.match(line) is not None
        is_open = lines[used - 1].rstrip().endswith(("|", ",")) or line.startswith("|") or is_labelled
        known = {part.kind for part in parts} & {Kind.PLACE, Kind.TITLE, Kind.MODE, Kind.TERM, Kind.TRADE}
        if len(line) > _LONGEST_HEADER or (len(known) >= 2 and not is_open):
            break
        more = split_header(line, gazetteer)
        telling = sum(part.kind is not Kind.OTHER for part in more)
        if not is_open and (
            telling < len(more) / 2 or len(parts) > 8 or (len(line) > 90 and len(more) < 3) or line[-1] in ".:!?"
        ):
            break
        if not is_open and more[0].kind is Kind.TITLE and _BULLET.match(line):
            break
        parts, used = (*parts, *more), used + 1
    return parts, used


def _company(
    parts: Sequence[Part],
    header: str,
    body: Sequence[str],
    links: Sequence[str],
    emails: Sequence[str],
    gazetteer: Gazetteer,
) -> str | None:
    """Who advertises: by convention the first part; a job, a place or a term in front moves it further back."""
    for part in parts:
        label = COMPANY_LABEL.match(part.text)
        if label and (name := cleaned_name(part.text[label.end() :])) and looks_like_name(name):
            return name
    if _GREETING.match(parts[0].text):
        return body_company("\n".join((header, *body)), gazetteer)
    if len(parts) == 1:
        part = parts[0]
        alone = cleaned_name(part.text)
        if (
            alone
            and not _is_cut_from_prose(alone, part.text)
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
    others = [part for part in parts[1:] if part.kind is Kind.OTHER and not is_blurb(part.text)]
    names = [name for part in others if (name := cleaned_name(part.text)) and looks_like_name(name)]
    if names:
        return next((name for name in names if own_domain(name, links, emails)), names[0])
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


def _is_cut_from_prose(name: str, text: str) -> bool:
    """Whether the name is the subject of a sentence, small words in it: "Life insurance is a large market"."""
    small = any(word[0].islower() and word not in _CONNECTIVES for word in name.split()[1:])
    return small and bool(re.match(re.escape(name) + r"\s+(?:is|are)\s+(?:an?|the)\b", text, re.IGNORECASE))


def _named_by_site(site: Part, parts: Sequence[Part], body: Sequence[str], gazetteer: Gazetteer) -> str | None:
    """The company whose own site a part of the header is: as other words spell its name, else the site as written."""
    links = LINK.findall(site.text)
    if site is not parts[0] and any(_DEEP.match(link) and not APPLY.search(link) for link in links):
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
