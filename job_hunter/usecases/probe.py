"""What is behind a careers page: the board it publishes on, whether that is the employer's, and what to configure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from job_hunter.domain.careers import boards_linked, is_named_enough, named_by, slug_guesses
from job_hunter.domain.company import Board, Company, Sector
from job_hunter.domain.company_match import board_of_link, slug_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.locations import read_location
from job_hunter.errors import SourceError, SourceGone
from job_hunter.sources import ATS
from job_hunter.sources.contract import decode
from job_hunter.sources.http import Http

MAX_PAGE_BYTES = 8_000_000
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class BoardFound:
    """A board that answers: its openings, those in London, and how many of them name the employer asked for."""

    source: str
    token: str
    openings: int
    london: int
    named: int
    titles: tuple[str, ...]

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


async def probe(http: Http, address: str, gazetteer: Gazetteer, *, at: datetime, name: str | None = None) -> Probe:
    """Find the board behind `address`, a slug or the address of a careers page or board. Never raises for a source."""
    problems: list[str] = []
    is_address = "/" in address or "." in address
    direct = board_of_link(address) if is_address else None
    linked = [direct] if direct else []
    if is_address and not linked:
        linked = await _boards_of_page(http, address, problems)
    guesses = [] if linked else [(source, token) for token in slug_guesses(address) for source in ATS]
    wanted = name or _name_of(linked[0][1] if linked else (slug_guesses(address) or [address])[0])
    found: list[BoardFound] = []
    for source, token in linked or guesses:
        if any(board.source == source and board.token.lower() == token.lower() for board in found):
            continue
        board = await _ask(http, source, token, wanted, gazetteer, problems, is_guess=not linked)
        if board is not None:
            found.append(board)
    found.sort(key=lambda board: (not board.is_named_enough, -board.openings))
    if found and (linked or found[0].is_named_enough):
        return Probe(
            address,
            wanted,
            tuple(found),
            tuple(problems),
            "companies.yaml",
            _company_block(found[0], wanted, at),
            _verdict(found[0], wanted),
        )
    return Probe(
        address,
        wanted,
        tuple(found),
        tuple(problems),
        "cdio_watches.yaml",
        _watch_block(address, wanted, is_address=is_address),
        _nothing(found, wanted),
    )


async def _boards_of_page(http: Http, address: str, problems: list[str]) -> list[tuple[str, str]]:
    url = address if "://" in address else f"https://{address}"
    if http.is_redirected("greenhouse") and urlsplit(url).hostname not in _LOOPBACK:
        problems.append(f"{url} was not asked: a replica stands in for the boards")
        return []
    try:
        answer = await http.get("careers", url, max_bytes=MAX_PAGE_BYTES)
    except SourceError as error:
        problems.append(str(error))
        return []
    linked = boards_linked(answer.body.decode("utf-8", "replace"))
    if not linked:
        problems.append(f"{url} links to no board of Greenhouse, Lever or Ashby; its list may be drawn by scripts")
    return linked


async def _ask(
    http: Http, source: str, token: str, name: str, gazetteer: Gazetteer, problems: list[str], *, is_guess: bool
) -> BoardFound | None:
    board = Board(source, token, Company(slug_of(name), name, source, token, Sector.OTHER))
    try:
        harvest = await ATS[source].fetch(http, board, None)
        postings = ATS[source].parse(decode(harvest), board, {}).postings
    except SourceError as error:
        if not (is_guess and isinstance(error, SourceGone)):
            problems.append(str(error))
        return None
    if is_guess and not postings:
        return None
    places = (
        read_location(posting.location, gazetteer, country=posting.country, extra=posting.places)
        for posting in postings
    )
    named, total = named_by(name, postings)
    return BoardFound(
        source,
        token,
        total,
        sum(place.bucket == "london" for place in places),
        named,
        tuple(posting.title for posting in postings[:3]),
    )


def _name_of(slug: str) -> str:
    return " ".join(word.capitalize() if word.islower() else word for word in slug.replace("-", " ").split()) or slug


def _company_block(board: BoardFound, name: str, at: datetime) -> str:
    seen = f"answered on {at.astimezone(UTC).date()}: {board.openings} openings, {board.london} London"
    return (
        f"- slug: {slug_of(name)}\n  display_name: {name}\n  ats_type: {board.source}\n"
        f"  ats_id: {board.token}  # {seen}\n  sector: other\n"
    )


def _watch_block(address: str, name: str, *, is_address: bool) -> str:
    url = (address if "://" in address else f"https://{address}") if is_address else "https://CAREERS-PAGE"
    return (
        f"- slug: {slug_of(name)}\n  display_name: {name}\n  sector: other\n  url: {url}\n"
        "  css: a[href*='/jobs/']  # the links to the openings; change it to the form of this page's links\n"
    )


def _verdict(board: BoardFound, name: str) -> str:
    if not board.openings:
        return f"The board answers and is empty: make sure that it is {name}'s before you add it."
    if board.is_named_enough:
        return f"The board is {name}'s: {board.named} of its {board.openings} openings name it."
    return (
        f"Look before you add it: only {board.named} of {board.openings} openings name {name}. "
        "Give the employer's name with --name."
    )


def _nothing(found: Sequence[BoardFound], name: str) -> str:
    if found:
        others = ", ".join(f"{board.source} {board.token}" for board in found)
        return (
            f"Boards of that name answer ({others}) but their openings do not name {name}: they may be another "
            "employer's. Give the address of the careers page, or the right name with --name."
        )
    return (
        "No board of Greenhouse, Lever or Ashby was found. Give the address of the careers page, or let "
        "changedetection.io watch it: add this block, adjust its url and css, and run `job-hunter cdio-seed`."
    )
