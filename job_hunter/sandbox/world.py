"""The world: which companies there are, and what each has on its board on a given day."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from threading import RLock
from uuid import UUID

from job_hunter.sandbox.life import Settings, openings_of
from job_hunter.sandbox.model import Opening, SandboxCompany
from job_hunter.sandbox.names import MOST, SOURCES, company_at

_KEPT_BOARDS = 400
DEFAULT_END = date(2026, 11, 22)


class World:
    """Invented companies whose openings evolve over `weeks` weekly days that end on `end`.

    Everything follows from `seed` and the sizes. Boards are generated when they are first asked for and the oldest are
    forgotten, so that a world of 10,000 companies costs no more memory than one of a few hundred.
    `openings_per_company` fixes the size of every board and `body_bytes` the length of every text (for benchmarks);
    `prose=False` states pay in structured fields and pay blocks only; `sources` (greenhouse, lever, lever_eu, ashby)
    are the systems that companies are spread over.
    """

    def __init__(
        self,
        seed: int = 1,
        companies: int = 35,
        weeks: int = 12,
        max_openings: int = 80,
        end: date = DEFAULT_END,
        *,
        openings_per_company: int | None = None,
        body_bytes: int | None = None,
        prose: bool = True,
        sources: tuple[str, ...] = SOURCES,
    ) -> None:
        if not 0 < companies <= MOST or weeks < 1:
            raise ValueError(f"a world has 1 to {MOST} companies and at least one week, not {companies} and {weeks}")
        if not sources or set(sources) - set(SOURCES):
            raise ValueError(f"a world has boards of {', '.join(sorted(set(SOURCES)))}, not of {sources}")
        self.seed, self.weeks, self.body_bytes = seed, weeks, body_bytes
        self.dates = tuple(end - timedelta(7 * n) for n in reversed(range(weeks)))
        self._settings = Settings(seed, self.dates, max_openings, openings_per_company, prose)
        self._companies = tuple(company_at(seed, index, sources) for index in range(companies))
        self._boards: OrderedDict[int, tuple[Opening, ...]] = OrderedDict()
        self._by_token = {(company.source, company.token): company for company in self._companies}
        self._moves: dict[str, tuple[date, SandboxCompany]] = {}
        self.moves = 0
        self._lock = RLock()

    @property
    def end(self) -> date:
        """The last weekly day."""
        return self.dates[-1]

    @property
    def companies(self) -> tuple[SandboxCompany, ...]:
        """Every company, where it was at the start."""
        return self._companies

    def company(self, slug: str, on: date | None = None) -> SandboxCompany:
        """The company with this slug, with the board it has on that day (the last one without a day)."""
        found = next((company for company in self._companies if company.slug == slug), None)
        if found is None:
            raise KeyError(f"no company {slug!r} in this world")
        return self._where(found, on or self.end)

    def companies_on(self, on: date) -> tuple[SandboxCompany, ...]:
        """Every company with the board it has on that day."""
        return tuple(self._where(company, on) for company in self._companies)

    def _where(self, company: SandboxCompany, on: date) -> SandboxCompany:
        moved = self._moves.get(company.slug)
        return moved[1] if moved and moved[0] <= on else company

    def move(self, slug: str, source: str, token: str, on: date) -> SandboxCompany:
        """Let a company publish on another system from `on`; its old board is unknown from that day on."""
        with self._lock:
            there = replace(self.company(slug, date.min), source=source, token=token, region="us")
            self._moves[slug] = (on, there)
            self.moves += 1
            self._by_token[(source, token)] = there
            return there

    def find(self, source: str, token: str, on: date) -> SandboxCompany | None:
        """The company whose board this is on that day."""
        company = self._by_token.get((source, token))
        if company is None:
            return None
        here = self._where(company, on)
        return here if (here.source, here.token) == (source, token) else None

    def openings(self, company: SandboxCompany) -> tuple[Opening, ...]:
        """Every posting the company ever has, unlisted ones among them."""
        with self._lock:
            found = self._boards.get(company.index)
            if found is None:
                found = openings_of(self._settings, self._companies[company.index])
                self._boards[company.index] = found
                if len(self._boards) > _KEPT_BOARDS:
                    self._boards.popitem(last=False)
            else:
                self._boards.move_to_end(company.index)
            return found

    def on_board(self, company: SandboxCompany, on: date) -> Iterator[Opening]:
        """What the board's answer holds that day, unlisted postings included."""
        return (opening for opening in self.openings(company) if opening.is_open(on))


def number_of(opening: Opening, index: int | None = None) -> int:
    """A Greenhouse id, unique over all boards; most exceed 32 bits, some boards are old and have seven digits."""
    company = opening.company.index
    base = 1_000_000 if company % 7 == 2 and company < 100 else 8_400_000_000
    return base + company * 10_000 + (opening.number if index is None else index)


def uuid_of(seed: int, opening: Opening) -> str:
    """The id of a posting on Lever and Ashby."""
    digest = blake2b(f"{seed}/{opening.company.slug}/{opening.number}".encode(), digest_size=16).digest()
    return str(UUID(bytes=digest, version=4))


def external_id(seed: int, opening: Opening, source: str) -> str:
    """The id under which `source` publishes the opening."""
    return str(number_of(opening)) if source == "greenhouse" else uuid_of(seed, opening)
