"""The openings of an advertisement, each with its place, the text its pay is read from, and the way to apply."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.hn_company import cleaned_name
from job_hunter.domain.hn_header import BRACKETS, LINK, MODES, MONEY, Kind, Part, is_job, is_place, split_header
from job_hunter.domain.hn_places import location_of, place_of_line, with_own
from job_hunter.domain.hn_titles import MOST_ROLES, listed_titles, sought_titles, split_titles

UNNAMED = "Openings not named"
"""The title of an advertisement that says where and for whom, and not as what."""

APPLY = re.compile(
    r"job|career|apply|appl|position|hiring|join|work-?with|recruit|vacanc|opening|greenhouse|lever\.co|ashbyhq|"
    r"workable|grnh",
    re.IGNORECASE,
)


_SHORT_PLACES = frozenset(("UK", "US", "USA", "EU", "NYC", "SF", "LA", "DC"))
_HIRED_FOR = re.compile(
    r"\b(?:full[\s-]?time|part[\s-]?time|contract(?:or)?|permanent|perm|freelance|fixed[\s-]term|"
    r"\d+(?:\s?[-–]\s?\d+)?\s?(?:months?|weeks?))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HnRole:
    """One opening. `content` is the text its pay is to be read from; `location` holds places and ways of working."""

    title: str
    location: str
    content: str
    apply_url: str | None


@dataclass(frozen=True, slots=True)
class Ad:
    """A comment taken apart: the parts of its header, the header as text, the lines below, and who advertises."""

    parts: Sequence[Part]
    header: str
    body: Sequence[str]
    links: Sequence[str]
    company: str


def roles_of(ad: Ad, gazetteer: Gazetteer) -> tuple[HnRole, ...]:
    """The openings named in the header, else in a list, else in a sentence; one without a title when none is."""
    company_part = next((part for part in ad.parts if cleaned_name(part.text) == ad.company), None)
    location = location_of(ad.parts, ad.header, ad.body, gazetteer, company_part)
    text = "\n".join((ad.header, *ad.body))
    apply_url = apply_url_of(ad.links)
    titled = _titled(ad.parts, company_part)
    more = list(_lines_like_the_header(ad, gazetteer)) if titled else []
    if titled and more:
        roles = _of_header_lines([(ad.header, ad.parts, titled), *more], ad, location, gazetteer, company_part)
    elif titled:
        roles = _of_header(titled, location, text, ad, apply_url)
    elif listed := listed_titles(ad.body):
        roles = _of_list(listed, location, ad, gazetteer, apply_url)
    else:
        trades = [part for part in ad.parts if part.kind is Kind.TRADE and part is not company_part]
        titles = sought_titles(text)
        if not titles and trades:
            titles = tuple(dict.fromkeys(split_titles(trades[0].text)))
        roles = [HnRole(title, location, text, apply_url) for title in titles or (UNNAMED,)]
    bare: dict[tuple[str, str], HnRole] = {}
    for role in roles:
        title = _bare_title(role.title, ad.company, gazetteer)
        bare.setdefault((title, role.location), HnRole(title, role.location, role.content, role.apply_url))
    return tuple(bare.values())[:MOST_ROLES]


def apply_url_of(links: Sequence[str]) -> str | None:
    """The address that looks like a way to apply, else the first one."""
    addresses = [link if "://" in link else f"https://{link}" for link in links]
    return next((link for link in addresses if APPLY.search(link)), addresses[0] if addresses else None)


def _titled(parts: Sequence[Part], company_part: Part | None) -> list[tuple[str, Part]]:
    own = [part for part in parts if part.kind is Kind.TITLE and part is not company_part]
    return [(title, part) for part in own for title in split_titles(part.text)]


def _lines_like_the_header(
    ad: Ad, gazetteer: Gazetteer
) -> Iterator[tuple[str, Sequence[Part], list[tuple[str, Part]]]]:
    """Lines below that are written as the header is, an opening each: with the company again, or place and title."""
    shape = [part.kind for part in ad.parts]
    for line in ad.body[:20]:
        if len(line) > 200 or not ("|" in line or " - " in line or " – " in line):
            continue
        parts = split_header(line, gazetteer)
        names = next((part for part in parts if cleaned_name(part.text) == ad.company), None)
        is_like = len(parts) > 1 and [part.kind for part in parts[:2]] == shape[-len(parts) :][:2] and "|" in line
        titled = _titled(parts, names)
        if titled and len(parts) > 1 and (names is not None or is_like) and any(p.kind is Kind.PLACE for p in parts):
            yield line, parts, titled


def _of_header_lines(
    lines: Sequence[tuple[str, Sequence[Part], list[tuple[str, Part]]]],
    ad: Ad,
    location: str,
    gazetteer: Gazetteer,
    company_part: Part | None,
) -> list[HnRole]:
    """Roles of several header lines: each is given its own line, and of the text what belongs to no other line."""
    headers = {line for line, _, _ in lines}
    rest = [line for line in ad.body if line not in headers]
    roles = []
    for line, parts, titled in lines:
        own = location_of(parts, line, [], gazetteer, company_part) or location
        links = LINK.findall(line)
        url = apply_url_of(links or ad.links)
        content = "\n".join((line, *rest))
        roles += [HnRole(title, own, content, url) for title, _ in titled]
    return roles


def _of_header(
    titled: Sequence[tuple[str, Part]], location: str, text: str, ad: Ad, apply_url: str | None
) -> list[HnRole]:
    """Roles of the header; where each part names its own pay, a role is given no other's."""
    priced = [part for _, part in titled if MONEY.search(part.text)]
    roles: dict[str, HnRole] = {}
    for title, part in titled:
        content = text
        if len(priced) > 1:
            others = {other.text for _, other in titled if other is not part}
            own = [piece for piece in ad.header.split("|") if piece.strip() not in others]
            content = "\n".join(("|".join(own), *ad.body))
        roles.setdefault(title, HnRole(title, location, content, apply_url))
    return list(roles.values())


def _of_list(
    listed: Sequence[tuple[str, int]], location: str, ad: Ad, gazetteer: Gazetteer, apply_url: str | None
) -> list[HnRole]:
    """Roles of a list: where their lines state pay or a place, a role is given the lines of no other."""
    body = ad.body
    starts = sorted({n for _, n in listed})
    ends = dict(zip(starts, (*starts[1:], len(body)), strict=True))
    is_priced = any(MONEY.search(body[n]) for n in starts)
    roles = []
    for title, n in listed:
        lines = [line for at, line in enumerate(body) if at not in ends or at == n] if is_priced else list(body)
        found = [LINK.findall(line) for line in body[n : min(ends[n], n + 3)]]
        link = next((apply_url_of(links) for links in found if links), None)
        own = place_of_line(body[n], gazetteer) if sum(at == n for _, at in listed) == 1 else ""
        place = with_own(location, own)
        roles.append(HnRole(title, place, "\n".join((ad.header, *lines)), link or apply_url))
    return roles


def _bare_title(title: str, company: str, gazetteer: Gazetteer) -> str:
    """A title without the company, and without the place and the way of working in brackets or behind a comma."""
    bare = re.sub(rf"\s+(?:at|@|for|with)\s+{re.escape(company)}(?!\w).*$", "", title, flags=re.IGNORECASE)
    for bracket in BRACKETS.findall(bare):
        inner = bracket.strip("()[]")
        words = _HIRED_FOR.sub(" ", MODES.sub(" ", inner)).strip(" /&,.")
        if not words or (not is_job(inner) and is_place(words, gazetteer) and _is_place_alone(words)):
            bare = bare.replace(bracket, " ")
    head, comma, tail = bare.rpartition(", ")
    if comma and is_job(head) and len(tail.split()) <= 3 and is_place(tail, gazetteer) and tail[:1].isupper():
        bare = head
    bare = " ".join(bare.split()).strip(" ,;:-–—|/")
    return bare if is_job(bare) else title


def _is_place_alone(words: str) -> bool:
    return words[:1].isupper() and (len(words) > 3 or words in _SHORT_PLACES)
