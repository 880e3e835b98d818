"""What a source said, verbatim: nothing here has been interpreted yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from job_hunter.domain.money import Basis, Period


class StatedPay(NamedTuple):
    """Pay a source publishes in fields of its own, in full units of `currency` (never cents).

    `period` and `basis` are None where the source does not say; `label` is the title of the tier, zone or level;
    `note` is the text beside it that may change its meaning ("represents on-target earnings"). `origin` names the
    field it came from (`pay_input_ranges`, `metadata`, `salaryRange`, `compensationTiers`).
    """

    min: float | None
    max: float | None
    currency: str | None
    period: Period | None
    basis: Basis | None
    origin: str
    label: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One opening as a source published it. Times are aware and in UTC; `content` is text or HTML as received."""

    source: str
    external_id: str
    board: str
    title: str
    location: str
    content: str
    payload_hash: bytes
    raw: bytes
    department: str | None = None
    country: str | None = None
    workplace: str | None = None
    places: tuple[str, ...] = ()
    posted_at: datetime | None = None
    apply_url: str | None = None
    internal_id: str | None = None
    stated_pay: tuple[StatedPay, ...] = ()
    company_name: str | None = None
    company_url: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not become a posting. `reason` is one clause that names the field."""

    external_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one board's answer held.

    `postings` are new or changed against the `known` hashes handed to the parser, `unchanged` are the external ids of
    the rest. `declared_total` is the answer's own count (None when it has none): a difference from `count` means the
    answer is partial. `unread_fields` counts fields no parser knows.
    """

    postings: tuple[Posting, ...]
    unchanged: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    declared_total: int | None = None
    unlisted: int = 0
    unread_fields: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Records the answer held, of whatever kind."""
        return len(self.postings) + len(self.unchanged) + len(self.rejects) + self.unlisted

    @property
    def is_complete(self) -> bool:
        """Whether the answer holds as many records as it says it does."""
        return self.declared_total is None or self.declared_total == self.count
