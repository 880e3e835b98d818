"""When a host may be asked, as laws over random histories and as the cases that matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.domain.politeness import (
    COOL_DOWN,
    LONGEST_COOL_DOWN,
    LONGEST_NAP,
    PATIENCE,
    PROBE_EVERY,
    HostState,
    Pace,
    Turn,
    ask,
    failed,
    succeeded,
)

BREAKER = Pace(failures_to_open=3)
NO_BREAKER = Pace()

happenings = st.lists(
    st.tuples(
        st.floats(0, 100),
        st.sampled_from(["ask", "ok", "failure", "throttled"]),
        st.none() | st.floats(0, 1e6),
        st.floats(0, 0.5),
    ),
    max_size=60,
)


@given(happenings, st.just(0.0) | st.floats(0.001, 10))
def test_turns_are_apart_and_never_within_a_cool_down(history, interval) -> None:
    """Whatever happens, two turns are an interval apart, and none is given before a host's own time has come."""
    state, at = HostState(), 0.0
    pace = Pace(interval)
    given_at: list[float] = []
    quiet_until = 0.0
    for later, what, retry_after, jitter in history:
        at += later
        if what == "ask":
            state, turn = ask(state, at, pace, jitter=jitter)
            assert not turn.is_refused
            if turn.wait:
                continue
            assert at >= quiet_until
            assert not given_at or at - given_at[-1] >= interval - 1e-9
            given_at.append(at)
        elif what == "ok":
            state = succeeded(state)
        else:
            is_throttled = what == "throttled"
            state = failed(state, at, pace, is_throttled=is_throttled, retry_after=retry_after)
            if is_throttled:
                wait = COOL_DOWN if retry_after is None else min(retry_after, LONGEST_COOL_DOWN)
                quiet_until = max(quiet_until, at + wait)


@given(happenings)
def test_a_wait_ends(history) -> None:
    """Whoever waits as long as told, again and again, gets a turn or a refusal: nobody waits for ever."""
    state, at = HostState(), 0.0
    for later, what, retry_after, jitter in history:
        at += later
        if what == "ask":
            state, _ = ask(state, at, BREAKER, jitter=jitter)
        elif what == "ok":
            state = succeeded(state)
        else:
            state = failed(state, at, BREAKER, is_throttled=what == "throttled", retry_after=retry_after)
    waited = 0.0
    for _ in range(1000):
        state, turn = ask(state, at, BREAKER)
        if turn.is_refused or not turn.wait:
            break
        at, waited = at + turn.wait, waited + turn.wait
    assert turn.is_refused or not turn.wait
    assert waited <= LONGEST_COOL_DOWN + PROBE_EVERY + 1


def _open(at: float = 100.0) -> HostState:
    state = HostState()
    for _ in range(3):
        state = failed(state, at, BREAKER)
    return state


def test_the_breaker_opens_after_failures_in_a_row_only() -> None:
    """A success in between starts the count anew, and without a breaker nothing ever opens."""
    state = failed(failed(HostState(), 1, BREAKER), 2, BREAKER)
    assert state.opened_at is None
    assert failed(succeeded(state), 3, BREAKER).opened_at is None
    assert failed(state, 3, BREAKER).opened_at == 3
    for _ in range(100):
        state = failed(state, 4, NO_BREAKER)
    assert state.opened_at is None


def test_one_probe_at_a_time_and_its_success_lets_everybody_go() -> None:
    """Half open: the first who asks after a while may try, the others look again soon."""
    state, turn = ask(_open(), 100 + PROBE_EVERY - 1, BREAKER)
    assert turn == Turn(LONGEST_NAP)
    state, probe = ask(state, 100 + PROBE_EVERY, BREAKER)
    assert probe == Turn(is_troubled=True)
    state, other = ask(state, 100 + PROBE_EVERY, BREAKER)
    assert other.wait == LONGEST_NAP
    assert ask(succeeded(state), 100 + PROBE_EVERY, BREAKER)[1] == Turn()


def test_a_probe_that_fails_keeps_it_open_and_one_that_is_lost_is_followed_by_another() -> None:
    """The next probe goes after the same while, whether the last one failed or its process was killed."""
    state, _ = ask(_open(), 100 + PROBE_EVERY, BREAKER)
    again = failed(state, 100 + PROBE_EVERY + 5, BREAKER)
    assert (again.opened_at, again.probe_at) == (100, 100 + 2 * PROBE_EVERY + 5)
    assert ask(state, 100 + 2 * PROBE_EVERY, BREAKER)[1] == Turn(is_troubled=True)


def test_a_host_that_stays_dead_is_left_alone_but_for_probes() -> None:
    """After the patience who asks is turned away at once, while a probe still notices that it is back."""
    state, at = _open(), 100.0
    while at < 100 + PATIENCE:
        state, turn = ask(state, at, BREAKER)
        assert not turn.is_refused
        at += turn.wait or 1.0
        if not turn.wait:
            state = failed(state, at, BREAKER)
    at = state.probe_at - 1
    assert ask(state, at, BREAKER)[1].is_refused
    state, probe = ask(state, at + 1, BREAKER)
    assert (probe.wait, probe.is_refused) == (0.0, False)
    assert ask(succeeded(state), at + 2, BREAKER)[1] == Turn()


@pytest.mark.parametrize(
    ("retry_after", "wait"), [(None, COOL_DOWN), (0.0, 0.0), (7.0, 7.0), (3600.0, LONGEST_COOL_DOWN)]
)
def test_a_429_cools_the_host_down_for_all(retry_after, wait) -> None:
    """As long as the host asks for, up to 30 seconds; a second that is not named is one."""
    state = failed(HostState(), 50.0, NO_BREAKER, is_throttled=True, retry_after=retry_after)
    assert ask(state, 50.0, NO_BREAKER)[1].wait == wait
    assert ask(state, 50.0 + wait, NO_BREAKER)[1].wait == 0
    assert ask(failed(HostState(), 50.0, NO_BREAKER), 50.0, NO_BREAKER)[1].wait == 0
