"""The closing policy: an absence closes a role only when it is sure to be one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.closing import BoardHistory, FetchStatus, is_short, judge, turnover_note

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
AN_HOUR_AGO = NOW - timedelta(hours=1)

CASES = [
    # count, whole, last complete, quarantined since, status
    (300, True, None, None, FetchStatus.COMPLETE),
    (0, True, None, None, FetchStatus.COMPLETE),
    (0, True, 0, None, FetchStatus.COMPLETE),
    (0, True, 300, None, FetchStatus.QUARANTINED),
    (0, True, 1, None, FetchStatus.QUARANTINED),
    (149, True, 300, None, FetchStatus.QUARANTINED),
    (150, True, 300, None, FetchStatus.COMPLETE),
    (1, True, 4, None, FetchStatus.COMPLETE),
    (2, True, 5, None, FetchStatus.QUARANTINED),
    (0, True, 300, AN_HOUR_AGO, FetchStatus.QUARANTINED),
    (0, True, 300, YESTERDAY, FetchStatus.COMPLETE),
    (100, True, 300, YESTERDAY, FetchStatus.COMPLETE),
    (300, True, 300, YESTERDAY, FetchStatus.COMPLETE),
    (900, True, 300, None, FetchStatus.COMPLETE),
    (299, False, 300, None, FetchStatus.PARTIAL),
    (0, False, 300, YESTERDAY, FetchStatus.PARTIAL),
]


@pytest.mark.parametrize(("count", "is_whole", "last", "since", "status"), CASES)
def test_the_table_of_verdicts(
    count: int, is_whole: bool, last: int | None, since: datetime | None, status: FetchStatus
) -> None:
    """Each rule of the policy, one case a line."""
    verdict = judge(count=count, is_whole=is_whole, history=BoardHistory(last, since), at=NOW)
    assert verdict.status is status
    assert verdict.closes is (status is FetchStatus.COMPLETE)


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_growth_and_stable_size_are_never_short(last: int, more: int) -> None:
    """A board that keeps its size or grows is never quarantined, whatever its turnover."""
    assert not is_short(last + more, last)


TURNOVERS = [
    # open before, gone, now, whether it is worth a warning
    (300, 151, 300, True),
    (300, 150, 300, False),
    (300, 300, 900, True),
    (300, 300, 0, False),  # short, and thus quarantined or confirmed
    (4, 4, 4, False),
    (5, 3, 5, True),
    (0, 0, 7, False),
]


@pytest.mark.parametrize(("before", "gone", "count", "is_worth_it"), TURNOVERS)
def test_a_high_turnover_at_stable_size_is_a_warning(before: int, gone: int, count: int, is_worth_it: bool) -> None:
    """It is said, and nothing is held back for it."""
    assert is_worth_it == (turnover_note(open_before=before, gone=gone, count=count) is not None)


HARVEST = st.tuples(
    st.sampled_from(["whole", "partial", "failed"]),
    st.sets(st.integers(0, 30), max_size=30),
    st.integers(1, 40),  # hours since the harvest before
)


@given(st.lists(HARVEST, max_size=25), st.sets(st.integers(0, 30), max_size=30))
def test_never_closes_on_an_incomplete_harvest_and_converges(
    harvests: list[tuple[str, set[int], int]], truth: set[int]
) -> None:
    """Whatever came before, two whole harvests of different days bring the open roles to the truth."""
    open_roles: set[int] = set()
    history, at = BoardHistory(), NOW

    def take(kind: str, seen: set[int]) -> None:
        nonlocal open_roles, history
        if kind == "failed":
            return
        before = set(open_roles)
        verdict = judge(count=len(seen), is_whole=kind == "whole", history=history, at=at)
        open_roles |= seen
        if verdict.closes:
            open_roles = set(seen)
            history = BoardHistory(len(seen))
        elif verdict.status is FetchStatus.QUARANTINED:
            history = BoardHistory(history.last_complete_count, history.quarantined_since or at)
        if kind == "partial":
            assert before <= open_roles

    for kind, seen, hours in harvests:
        at += timedelta(hours=hours)
        take(kind, seen)
    for _ in range(2):
        at += timedelta(days=1)
        take("whole", truth)
    assert open_roles == truth
