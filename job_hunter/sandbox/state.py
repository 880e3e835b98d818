"""What can be switched in a running sandbox: its day, its faults and options, and the log of what was asked."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from threading import RLock
from typing import Any

from job_hunter.sandbox.faults import Faults
from job_hunter.sandbox.hn import HackerNews
from job_hunter.sandbox.levels_fyi import LevelsFyi
from job_hunter.sandbox.linkedin import LinkedIn
from job_hunter.sandbox.rates import Rates
from job_hunter.sandbox.truth import Truth
from job_hunter.sandbox.world import World

_CACHE_BYTES = 200_000_000


@dataclass(slots=True)
class Request:
    """One request as it came in. `at` is seconds since the epoch, `clock` of a clock that never jumps: the state's own,
    which a test may set to the one that the asking side waits by.

    `board` is the token asked for; `fault` the fault it met; `status` and `sent` are filled in by the answer (`sent`
    in bytes on the wire without headers, status 0 while or because nothing was answered), `ended` is on `clock`.
    """

    at: float
    clock: float
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    source: str = ""
    board: str = ""
    fault: str | None = None
    status: int = 0
    sent: int = 0
    ended: float | None = None


@dataclass(slots=True)
class Options:
    """Switches that are no faults: validators with 304 answers, and gzip for clients that accept it."""

    conditional: bool = True
    compress: bool = True


@dataclass(slots=True)
class _Cache:
    """Rendered answers by what they depend on, forgotten oldest first beyond `_CACHE_BYTES`."""

    entries: OrderedDict[tuple[Any, ...], bytes] = field(default_factory=OrderedDict)
    size: int = 0


class State:
    """A world on a day, with everything that tests and demos may switch. Safe to use from any thread.

    `hn_comments` is the number of top-level comments in each thread, `levels_page_bytes` the size of a levels.fyi page.
    """

    def __init__(
        self, world: World, rates: Rates | None = None, *, hn_comments: int = 40, levels_page_bytes: int = 40_000
    ) -> None:
        self.world = world
        self.rates = rates or Rates(world.seed)
        self.truth = Truth(world, self.rates)
        self.hn = HackerNews(world, hn_comments)
        self.levels_fyi = LevelsFyi(world, self.rates, levels_page_bytes)
        self.linkedin = LinkedIn(world)
        self.faults = Faults()
        self.options = Options()
        self.clock: Callable[[], float] = time.monotonic
        self.epoch = 0
        self._date = world.end
        self._requests: list[Request] = []
        self._cache = _Cache()
        self._lock = RLock()

    @property
    def today(self) -> date:
        """The day it is in the sandbox."""
        return self._date

    def set_date(self, day: date) -> None:
        """Make it another day."""
        self._date = day

    def set_week(self, week: int) -> None:
        """Make it the weekly day number `week` (0 is the first, -1 the last). Raises IndexError."""
        self._date = self.world.dates[week]

    def suspend_rates(self, first: date, days: int) -> None:
        """Let the bank publish nothing on `days` days from `first` on."""
        self.rates.suspend(first, days)
        self.forget()

    def restore_rates(self) -> None:
        """Let the bank publish every working day again."""
        self.rates.restore()
        self.forget()

    def move(self, slug: str, source: str, token: str, on: date | None = None) -> None:
        """Let a company publish on another system from that day (today by default)."""
        self.world.move(slug, source, token, on or self._date)
        self.forget()

    def forget(self) -> None:
        """Drop rendered answers after a change that their keys do not show."""
        with self._lock:
            self.epoch += 1
            self._cache = _Cache()

    def cached(self, key: tuple[Any, ...], render: Callable[[], bytes]) -> bytes:
        """What `render` gave for this key before, or gives now."""
        with self._lock:
            found = self._cache.entries.get(key)
            if found is not None:
                self._cache.entries.move_to_end(key)
                return found
        made, epoch = render(), self.epoch
        with self._lock:
            if epoch == self.epoch and key not in self._cache.entries:
                self._cache.entries[key] = made
                self._cache.size += len(made)
                while self._cache.size > _CACHE_BYTES and len(self._cache.entries) > 1:
                    self._cache.size -= len(self._cache.entries.popitem(last=False)[1])
        return made

    def log(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> Request:
        """Note a request that has just come in."""
        request = Request(time.time(), self.clock(), method, path, query, headers)
        with self._lock:
            self._requests.append(request)
        return request

    def requests(self, *, source: str | None = None, board: str | None = None) -> list[Request]:
        """What was asked so far, in order, of a source or of a board (token or slug)."""
        tokens = {board, *(c.token for c in self.world.companies_on(self._date) if c.slug == board)} if board else None
        with self._lock:
            return [
                request
                for request in self._requests
                if (source is None or request.source == source) and (tokens is None or request.board in tokens)
            ]

    def most_at_once(self, *, source: str | None = None) -> int:
        """The largest number of requests that were being answered at the same time."""
        asked = self.requests(source=source)
        edges = [(entry.clock, 1) for entry in asked]
        edges += [(entry.ended, -1) for entry in asked if entry.ended is not None]
        most = running = 0
        for _, step in sorted(edges):
            running += step
            most = max(most, running)
        return most

    def clear_requests(self) -> None:
        """Forget what was asked so far."""
        with self._lock:
            self._requests.clear()
