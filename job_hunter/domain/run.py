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
    """One refresh. `snapshot_date` is fixed at its start for every task, retry and shard."""

    id: UUID
    started_at: datetime
    snapshot_date: date
    door: str
    reading_version: int


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


@dataclass(frozen=True, slots=True)
class Summary:
    """What a refresh came to. It failed when boards were planned and none was stored."""

    run: Run
    results: tuple[BoardResult, ...]
    retired: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def skipped(self) -> tuple[BoardResult, ...]:
        """The boards that gave nothing."""
        return tuple(result for result in self.results if result.status is FetchStatus.SKIPPED)

    @property
    def is_failed(self) -> bool:
        """Whether no board at all was stored."""
        return bool(self.results) and len(self.skipped) == len(self.results)

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
            slugs = [result.company_slug for result in self.results if result.status is status]
            if slugs:
                parts.append(f"{status.value}: {', '.join(sorted(slugs))}")
        return "; ".join(parts)
