"""One refresh and what became of its boards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from job_hunter.domain.closing import BoardHistory, FetchStatus


@dataclass(frozen=True, slots=True)
class Run:
    """One refresh, or one `shard` of it. `snapshot_date` is fixed at its start for every task, retry and shard."""

    id: UUID
    started_at: datetime
    snapshot_date: date
    door: str
    reading_version: int
    shard: int | None = None


@dataclass(frozen=True, slots=True)
class BoardState:
    """What a fetch and a store need to know of a board beforehand."""

    history: BoardHistory = field(default_factory=BoardHistory)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class BoardResult:
    """What became of one board in one run: one row of the ledger. Counts are of postings."""

    source: str
    board: str
    company_slug: str
    status: FetchStatus
    http_status: int | None = None
    is_not_modified: bool = False
    tries: int = 0
    seconds: float | None = None
    wire_bytes: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    postings: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    closed: int = 0
    reopened: int = 0
    rejected: int = 0
    with_pay: int = 0
    with_level: int = 0
    with_place: int = 0
    lookup_misses: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[str, ...] = ()
    unread_fields: Mapping[str, int] = field(default_factory=dict)
    message: str | None = None


_MAX_NAMED = 20

FEED_SOURCES = frozenset({"hn", "levels_fyi", "linkedin_guest"})
"""The sources that are no boards of single employers: what fails there is named by the source and a count."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Of how many roles or points it is known what they pay, at which level, and where."""

    roles: int
    with_pay: int
    with_level: int
    with_place: int

    def rates(self) -> tuple[float, float, float] | None:
        """The shares of pay, level and place, 0 to 1; None of nothing."""
        if not self.roles:
            return None
        return self.with_pay / self.roles, self.with_level / self.roles, self.with_place / self.roles


@dataclass(frozen=True, slots=True)
class SourceRun:
    """One source in one run: `seconds` from the run's start until the last of it was stored.

    `filled` and `filled_before` are of the boards that were complete in this run and in an earlier one, so that they
    can be compared; both are of nothing in a first run.
    """

    seconds: float
    filled: Filled
    filled_before: Filled


@dataclass(frozen=True, slots=True)
class Summary:
    """What a refresh came to. It failed when nothing was stored, or boards were planned and none of them was."""

    run: Run
    results: tuple[BoardResult, ...]
    retired: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: Mapping[str, SourceRun] = field(default_factory=dict)

    @property
    def skipped(self) -> tuple[BoardResult, ...]:
        """The boards that gave nothing."""
        return tuple(result for result in self.results if result.status is FetchStatus.SKIPPED)

    @property
    def is_failed(self) -> bool:
        """Whether no board at all was stored, whatever the feeds gave; of feeds alone, whether none gave anything."""
        boards = [result for result in self.results if result.source not in FEED_SOURCES] or self.results
        return bool(boards) and all(result.status is FetchStatus.SKIPPED for result in boards)

    def totals(self) -> dict[str, int]:
        """Counts over all boards."""
        totals: Counter[str] = Counter()
        for result in self.results:
            for name in ("postings", "new", "changed", "unchanged", "closed", "reopened", "rejected"):
                totals[name] += getattr(result, name)
            totals[result.status.value] += 1
        return dict(totals)

    def sentence(self) -> str:
        """One line for logs, the ledger and the flow's final state."""
        totals = self.totals()
        parts = [f"{totals.get('complete', 0)} of {len(self.results)} boards complete"]
        for status in (FetchStatus.PARTIAL, FetchStatus.QUARANTINED, FetchStatus.SKIPPED):
            found = [result for result in self.results if result.status is status]
            names = sorted(result.company_slug for result in found if result.source not in FEED_SOURCES)
            feeds = Counter(result.source for result in found if result.source in FEED_SOURCES)
            names += [f"{count} of {source}" for source, count in sorted(feeds.items())]
            if names:
                more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
                parts.append(f"{status.value}: {', '.join(names[:_MAX_NAMED])}{more}")
        return "; ".join(parts)
