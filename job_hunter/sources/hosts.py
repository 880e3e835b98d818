"""Where the states of hosts are kept: in this process, or (`job_hunter.storage.hosts`) for all shards of a run."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Protocol, TypeVar

from job_hunter.domain.politeness import HostState

T = TypeVar("T")
Step = Callable[[HostState, float], tuple[HostState, T]]
"""Takes a host's state and the time, gives the state that it leaves behind and an answer."""


class Hosts(Protocol):
    """The states of hosts, by name."""

    async def change(self, host: str, step: Step[T]) -> T:
        """Take one step for `host` with nobody else in between; gives the step's answer."""
        ...


class OwnHosts:
    """The states of hosts in this process; tasks with event loops of their own may share one."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._states: dict[str, HostState] = {}

    async def change(self, host: str, step: Step[T]) -> T:
        """Take one step for `host`."""
        with self._lock:
            self._states[host], answer = step(self._states.get(host, HostState()), self._clock())
        return answer
