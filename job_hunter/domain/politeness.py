"""When a host may be asked: requests apart in time, none while it asked for patience, and few while it only fails.

Pure. Times are seconds of one clock that all who ask the host share; a state is what they know of it together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

COOL_DOWN = 1.0
"""Seconds without a request after a 429 that names no time."""

LONGEST_COOL_DOWN = 30.0
"""A longer Retry-After is not waited for: the board's one retry comes too early then, and the next run asks again."""

PROBE_EVERY = 15.0
"""Seconds between two looks at a host that only fails."""

PATIENCE = 300.0
"""Seconds a failing host is waited for; then only its probes go on, and whoever else asks is turned away at once."""

FAILURES_TO_OPEN = 20
"""Failures in a row after which a host of many boards is left alone but for probes."""

LONGEST_NAP = 1.0
"""Whoever waits for another's probe looks again after so many seconds."""


class Pace(NamedTuple):
    """How a host is asked: seconds between two requests, and after how many failures in a row its breaker opens."""

    interval: float = 0.0
    failures_to_open: int | None = None


@dataclass(frozen=True, slots=True)
class HostState:
    """What is known of a host. `failures` are in a row; `opened_at` is since when it is left alone but for probes."""

    next_at: float = 0.0
    paused_until: float = 0.0
    failures: int = 0
    opened_at: float | None = None
    probe_at: float = 0.0


class Turn(NamedTuple):
    """The answer to who asks for a turn: go (`wait` 0), look again after `wait` seconds, or don't ask this host.

    `is_troubled` when the host's last request failed, so that a success is news.
    """

    wait: float = 0.0
    is_refused: bool = False
    is_troubled: bool = False


def ask(state: HostState, at: float, pace: Pace, *, jitter: float = 0.0) -> tuple[HostState, Turn]:
    """A turn at a host, or how long to wait before asking for one again. `jitter` is a share of the interval, 0 up."""
    if at < state.paused_until:
        return state, Turn(state.paused_until - at)
    if state.opened_at is not None:
        if at >= state.probe_at:
            return replace(state, probe_at=at + PROBE_EVERY), Turn(is_troubled=True)
        if at - state.opened_at >= PATIENCE:
            return state, Turn(is_refused=True)
        return state, Turn(min(state.probe_at - at, LONGEST_NAP))
    is_troubled = state.failures > 0
    if not pace.interval:
        return state, Turn(is_troubled=is_troubled)
    if at < state.next_at:
        return state, Turn(state.next_at - at)
    return replace(state, next_at=at + pace.interval * (1.0 + jitter)), Turn(is_troubled=is_troubled)


def succeeded(state: HostState) -> HostState:
    """After any answer of the host itself, be it a 404: nothing is held against it."""
    return replace(state, failures=0, opened_at=None, probe_at=0.0)


def failed(
    state: HostState, at: float, pace: Pace, *, is_throttled: bool = False, retry_after: float | None = None
) -> HostState:
    """After a 5xx, a timeout or a broken connection; `is_throttled` after a 429, which cools the host down for all."""
    failures = state.failures + 1
    paused_until = state.paused_until
    if is_throttled:
        cool_down = COOL_DOWN if retry_after is None else min(retry_after, LONGEST_COOL_DOWN)
        paused_until = max(paused_until, at + cool_down)
    opened_at, probe_at = state.opened_at, state.probe_at
    if pace.failures_to_open is not None and failures >= pace.failures_to_open:
        opened_at = at if opened_at is None else opened_at
        probe_at = max(probe_at, at + PROBE_EVERY)
    return replace(state, failures=failures, paused_until=paused_until, opened_at=opened_at, probe_at=probe_at)
