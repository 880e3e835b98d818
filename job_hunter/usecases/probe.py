"""What is behind a careers page: the board it publishes on, whether that is the employer's, and what to configure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import orjson

from job_hunter.domain.careers import boards_linked, is_named_enough, named_by, slug_guesses
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.company_match import board_of_link, name_key, slug_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.locations import read_location
from job_hunter.domain.posting import Posting
from job_hunter.errors import SourceError, SourceGone, SourceUnavailable, UsageError
from job_hunter.sources import ATS
from job_hunter.sources.contract import decode
from job_hunter.sources.http import Http

MAX_PAGE_BYTES = 8_000_000
MOST_LINKED = 5
"""Boards of one page that are asked: an employer has one or two, a list of employers has many."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class BoardFound:
    """A board that answers: its openings, those in London, and how many of them name `employer`.

    `calls_itself` is the employer's name as the board gives it; only Greenhouse's do.
    """

    source: str
    token: str
    openings: int
    london: int
    named: int
    employer: str
    titles: tuple[str, ...]
    calls_itself: str | None = None

    @property
    def is_named_enough(self) -> bool:
        """Whether its postings show that the board is the employer's."""
        return is_named_enough(self.named, self.openings)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found: boards (the likeliest first), what could not be asked, and the block to paste."""

    address: str
    name: str
    boards: tuple[BoardFound, ...]
    problems: tuple[str, ...]
    file: str
    block: str
    advice: str


async def probe(
    http: Http,
    address: str,
    gazetteer: Gazetteer,
    *,
    at: datetime,
    name: str | None = None,
    companies: Sequence[Company] = (),
) -> Probe:
    """Find the board behind `address`: a slug, or the address of a careers page or board.

    The slug of one of `companies` is looked up on its configured board, then on its careers page, then by its names.
    What a source does wrong is among the `problems`. Raises UsageError when `address` or `name` can be none.
    """
    _check(address, name)
    ours = next((company for company in companies if company.slug == address), None)
    look = _Look(http, gazetteer, name or (ours.display_name if ours else None))
    is_address = "/" in address or "." in address
    page = ours.careers_url if ours else address if is_address else None
    linked: list[tuple[str, str]] = []
    found: list[BoardFound] = []
    if ours and ours.ats_type in ATS:
        linked = [(ours.ats_type, ours.ats_id)]
        found = await look.ask_all(linked, are_linked=True)
    if not found and page:
        linked = await _boards_of(http, page, look.problems)
        found = await look.ask_all(linked, are_linked=True)
    if not found and (ours or not linked):
        linked = []
        found = await look.ask_all(_guesses(address, ours), are_linked=False)
    wanted = look.name or _name_of(linked[0][1] if linked else (slug_guesses(address) or [address])[0])
    if found and (linked or found[0].is_named_enough):
        wanted = found[0].employer
        file, block, advice = "companies.yaml", _company_block(found[0], at, ours), _verdict(found[0], ours)
    else:
        file = "cdio_watches.yaml"
        block = _watch_block(page, wanted)
        is_certain = not any(isinstance(problem, SourceUnavailable) for problem in look.problems)
        advice = _nothing(found, wanted, is_certain=is_certain)
    return Probe(address, wanted, tuple(found), tuple(map(str, look.problems)), file, block, advice)


def _guesses(address: str, ours: Company | None) -> list[tuple[str, str]]:
    """The boards that may be of that name; one of ours is looked for by all its names."""
    words = [address] if ours is None else [ours.slug, ours.display_name, *ours.also_known_as]
    tokens = dict.fromkeys(token for word in words for token in slug_guesses(word))
    return [(source, token) for token in tokens for source in ATS]


@dataclass(slots=True)
class _Look:
    """Boards asked in one probe. `name` is the employer's, None when each board is taken at its own word."""

    http: Http
    gazetteer: Gazetteer
    name: str | None
    problems: list[SourceError | str] = field(default_factory=list)

    async def ask_all(self, boards: Sequence[tuple[str, str]], *, are_linked: bool) -> list[BoardFound]:
        """Those that answer, the likeliest first; a guess that nobody has taken is no problem and no find."""
        found: list[BoardFound] = []
        wanted = self.name or (_name_of(boards[0][1]) if boards else "")
        for source, token in boards:
            if any(board.source == source and board.token.lower() == token.lower() for board in found):
                continue
            try:
                board = await _ask(self.http, source, token, wanted, self.gazetteer, takes_own_name=self.name is None)
            except SourceError as error:
                if are_linked or not isinstance(error, SourceGone):
                    self.problems.append(error)
                continue
            if are_linked or board.openings:  # a name that nobody has taken may be answered with an empty board
                found.append(board)
        return sorted(found, key=lambda board: (not board.is_named_enough, -board.openings))


def _check(address: str, name: str | None) -> None:
    if not name_key(address) or not address.isprintable():
        raise UsageError("give a board's name or the address of a careers page")
    try:
        scheme = urlsplit(address).scheme if "://" in address else "https"
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise UsageError(f"{address} is no web address: it starts with https:// or http://")
    if name is not None and (not name_key(name) or not name.isprintable() or name != name.strip()):
        raise UsageError("--name: give the employer's name, such as 'Jane Street'")


async def _boards_of(http: Http, address: str, problems: list[SourceError | str]) -> list[tuple[str, str]]:
    """The boards that `address` is of, leads to, or links to."""
    url = address if "://" in address else f"https://{address}"
    is_replica = any(http.is_redirected(source) for source in ATS)
    for _ in range(MOST_REDIRECTS + 1):
        if board := board_of_link(url):
            return [board]
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if is_replica and host not in _LOOPBACK:
            problems.append(f"{url} was not asked: a replica stands in for the boards")
            return []
        try:
            answer = await http.get("careers", url, max_bytes=MAX_PAGE_BYTES, accept=REDIRECTS)
        except SourceError as error:
            problems.append(error)
            return []
        if answer.status not in REDIRECTS or not answer.location:
            linked = boards_linked(answer.body.decode("utf-8", "replace"))[:MOST_LINKED]
            if not linked:
                problems.append(f"{url} links to no board of Greenhouse, Lever or Ashby; scripts may draw its list")
            return linked
        try:
            url = urljoin(url, answer.location)
        except ValueError:
            break
    problems.append(f"{address} redirects without end")
    return []


async def _ask(
    http: Http, source: str, token: str, wanted: str, gazetteer: Gazetteer, *, takes_own_name: bool
) -> BoardFound:
    board = Board(source, token, Company(slug_of(wanted), wanted, source, token, Sector.OTHER))
    parsed = ATS[source].parse(decode(await ATS[source].fetch(http, board, None)), board, {})
    postings = [replace(posting, company_name=_own_name(posting)) for posting in parsed.postings]
    names = Counter(posting.company_name for posting in postings if posting.company_name)
    own = max(names, key=lambda name: names[name], default=None)
    employer = own if own and takes_own_name else wanted
    places = (
        read_location(posting.location, gazetteer, country=posting.country, extra=posting.places)
        for posting in postings
    )
    named, total = named_by(employer, postings)
    return BoardFound(
        source,
        token,
        total,
        sum(place.bucket == "london" for place in places),
        named,
        employer,
        tuple(posting.title for posting in postings[:3]),
        own,
    )


def _own_name(posting: Posting) -> str | None:
    """The employer a Greenhouse posting says it is of: the board's name of itself, whatever its address."""
    record = orjson.loads(posting.raw)
    name = record.get("company_name") if posting.source == "greenhouse" else None
    return name.strip() or None if isinstance(name, str) else None


def _name_of(slug: str) -> str:
    return " ".join(word.capitalize() if word.islower() else word for word in slug.replace("-", " ").split()) or slug


def _scalar(value: str) -> str:
    """`value` as YAML reads it back: quoted where it might be taken for anything but a text."""
    words = r"[A-Za-z][\w.&+-]*(?: [\w.&+-]+)*"
    is_plain = re.fullmatch(words, value) and value.lower() not in ("yes", "no", "on", "off", "true", "false", "null")
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _company_block(board: BoardFound, at: datetime, ours: Company | None) -> str:
    seen = f"answered on {at.astimezone(UTC).date()}: {board.openings} openings, {board.london} London"
    return (
        f"- slug: {_scalar(ours.slug if ours else slug_of(board.employer))}\n"
        f"  display_name: {_scalar(board.employer)}\n"
        f"  ats_type: {board.source}\n"
        f"  ats_id: {_scalar(board.token)}  # {seen}\n  sector: {ours.sector if ours else Sector.OTHER}\n"
    )


def _watch_block(page: str | None, name: str) -> str:
    url = (page if "://" in page else f"https://{page}") if page else "https://CAREERS-PAGE"
    return (
        f"- slug: {_scalar(slug_of(name))}\n  display_name: {_scalar(name)}\n  sector: other\n"
        f"  url: {json.dumps(url)}\n"
        "  css: a[href*='/jobs/']  # the links to the openings; change it to the form of this page's links\n"
    )


def _verdict(board: BoardFound, ours: Company | None) -> str:
    name = board.employer
    if ours and (ours.ats_type, ours.ats_id) == (board.source, board.token):
        is_theirs = f"{board.named} of its {board.openings} openings name {name}"
        return f"The board is where companies.yaml has it, and answers: {is_theirs}."
    if ours:
        return f"{name} is on another board than companies.yaml says: put these two lines in the place of its own."
    if not board.openings:
        return f"The board answers and is empty: make sure that it is {name}'s before you add it."
    if board.is_named_enough:
        return f"The board is {name}'s: {board.named} of its {board.openings} openings name it."
    said = f" The board calls itself {board.calls_itself}." if board.calls_itself else ""
    return (
        f"Look before you add it: only {board.named} of {board.openings} openings name {name}.{said} "
        "Give the employer's name with --name."
    )


def _nothing(found: Sequence[BoardFound], name: str, *, is_certain: bool) -> str:
    if found:
        others = ", ".join(
            f"{board.source} {board.token}" + (f", calling itself {board.calls_itself}" if board.calls_itself else "")
            for board in found
        )
        return (
            f"Boards of that name answer ({others}) but their openings do not name {name}: they may be another "
            "employer's. Give the address of the careers page, or the right name with --name."
        )
    doubt = "" if is_certain else "Not everything could be asked: see above, and run it again before you settle. "
    return (
        f"{doubt}No board of Greenhouse, Lever or Ashby was found. Give the address of the careers page, or let "
        "changedetection.io watch it: add this block, adjust its url and css, and run `job-hunter cdio-seed`."
    )
