"""When an absence means that a role was closed: the policy that keeps a broken answer from emptying a history.

Peers lost hundreds of live postings to one empty or half answer. So only a complete harvest closes anything, and one
that is suddenly short must be confirmed by a second, later one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SMALL_BOARD = 5
SHORT_BELOW = 0.5
CONFIRMED_AFTER = timedelta(hours=20)


class FetchStatus(StrEnum):
    """What a board's fetch came to. Only `complete` closes roles and writes snapshot rows."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class BoardHistory:
    """What the ledger knows of a board: its last complete count, and since when a short answer awaits confirmation."""

    last_complete_count: int | None = None
    quarantined_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How to treat a harvest; `message` says why in one clause when it is not simply complete."""

    status: FetchStatus
    message: str | None = None

    @property
    def closes(self) -> bool:
        """Whether roles that the harvest lacks are closed."""
        return self.status is FetchStatus.COMPLETE


def is_short(count: int, last_complete_count: int | None) -> bool:
    """Whether `count` is suspiciously few: none after some, or under half on a board that had five or more."""
    if not last_complete_count:
        return False
    if count == 0:
        return True
    return last_complete_count >= SMALL_BOARD and count < last_complete_count * SHORT_BELOW


def turnover_note(*, open_before: int, gone: int, count: int) -> str | None:
    """A warning when most openings of a board were replaced at once though its size held; None for the usual.

    It stops nothing: boards are filled anew after a change of their system, and their ids may change with it.
    """
    if open_before < SMALL_BOARD or gone <= open_before * SHORT_BELOW or is_short(count, open_before):
        return None
    return f"{gone} of {open_before} openings were replaced at once: see whether the board changed its ids"


def judge(*, count: int, is_whole: bool, history: BoardHistory, at: datetime) -> Verdict:
    """The verdict on a harvest of `count` records fetched `at`; `is_whole` is False when records are known to lack.

    A short harvest is quarantined until another short one, at least 20 hours after the first, confirms it.
    """
    if not is_whole:
        return Verdict(FetchStatus.PARTIAL, "the answer lacks records it says it has")
    if not is_short(count, history.last_complete_count):
        return Verdict(FetchStatus.COMPLETE)
    seen = f"{count} openings after {history.last_complete_count}"
    if history.quarantined_since is None or at - history.quarantined_since < CONFIRMED_AFTER:
        return Verdict(FetchStatus.QUARANTINED, f"{seen}: kept until a harvest of a later day confirms it")
    return Verdict(FetchStatus.COMPLETE, f"{seen}: confirmed by a second harvest")
