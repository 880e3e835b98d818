"""Time that passes only while somebody waits: pauses are proven by the replica's request log, and cost nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from job_hunter.sandbox.server import SandboxServer
from job_hunter.sandbox.state import Request
from job_hunter.sources.http import INTERVALS


class Ticker:
    """A clock for the client and the replica. `pacing` is what the client is given: the pauses of the live sites."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.seconds = 0.0
        sandbox.state.clock = lambda: self.seconds

    def clock(self) -> float:
        """Seconds so far."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds

    @property
    def pacing(self) -> dict[str, Any]:
        """Options of the HTTP client."""
        return {"intervals": INTERVALS, "clock": self.clock, "sleep": self.sleep}


def pauses(requests: list[Request]) -> list[float]:
    """Seconds between each request and the next one."""
    times = [request.clock for request in requests]
    return [round(after - before, 3) for before, after in pairwise(times)]
