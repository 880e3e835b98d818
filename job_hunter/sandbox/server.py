"""The sandbox over real HTTP: in a thread of this process for tests, or as a process of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import uvicorn
from uvicorn.protocols.http import h11_impl

from job_hunter.sandbox.app import create_app
from job_hunter.sandbox.faults import Fault
from job_hunter.sandbox.rates import Rates
from job_hunter.sandbox.state import Request, State
from job_hunter.sandbox.truth import Truth
from job_hunter.sandbox.world import World

SOURCES = ("GREENHOUSE", "LEVER", "LEVER_EU", "ASHBY", "HN", "LEVELS_FYI", "LINKEDIN", "ECB")


def base_urls(url: str) -> dict[str, str]:
    """The environment that sends every source to the sandbox at `url`."""
    return {f"JOB_HUNTER_{source}_BASE_URL": f"{url}/eu" if source == "LEVER_EU" else url for source in SOURCES}


class SandboxServer:
    """A running sandbox: its address, and everything that can be switched in it, without HTTP."""

    def __init__(self, state: State, url: str) -> None:
        self.state, self.url = state, url

    @property
    def world(self) -> World:
        """The world that is served."""
        return self.state.world

    @property
    def truth(self) -> Truth:
        """What is true of it."""
        return self.state.truth

    def env(self) -> dict[str, str]:
        """The environment that sends every source here."""
        return base_urls(self.url)

    def set_date(self, day: date) -> None:
        """Make it another day."""
        self.state.set_date(day)

    def set_week(self, week: int) -> None:
        """Make it the weekly day number `week` (0 is the first, -1 the last)."""
        self.state.set_week(week)

    def fault(
        self,
        kind: Fault | str,
        board: str | None = None,
        *,
        source: str | None = None,
        times: int | None = None,
        skip: int = 0,
        **options: Any,
    ) -> None:
        """Switch a fault on for a board (token or slug), a source, or everything; see `faults.Fault`."""
        self.state.faults.set(kind, board=board, source=source, times=times, skip=skip, **options)

    def clear_faults(self, board: str | None = None, *, source: str | None = None) -> None:
        """Switch off the faults of a board, of a source, or all of them."""
        self.state.faults.clear(board=board, source=source)

    def requests(self, *, source: str | None = None, board: str | None = None) -> list[Request]:
        """What was asked so far, in order."""
        return self.state.requests(source=source, board=board)

    def most_at_once(self, *, source: str | None = None) -> int:
        """The largest number of requests that were being answered at the same time."""
        return self.state.most_at_once(source=source)

    def clear_requests(self) -> None:
        """Forget what was asked so far."""
        self.state.clear_requests()


class _Server(uvicorn.Server):
    """Tells when it listens, so that nobody has to poll for it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def listen(port: int = 0) -> socket.socket:
    """A loopback socket on `port`, or on one the system chooses."""
    # With the protocol named, asyncio switches Nagle's algorithm off; without it, every answer takes 40 ms longer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def config_for(state: State) -> uvicorn.Config:
    """How the sandbox is served: quiet, and not waiting for hanging requests when it stops."""
    # LinkedIn turns guests away with a status that no standard knows and uvicorn has no phrase for.
    h11_impl.STATUS_PHRASES.setdefault(999, b"Request denied")
    return uvicorn.Config(
        create_app(state),
        http="h11",
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )


@contextmanager
def sandbox_server(
    world: World,
    *,
    rates: Rates | None = None,
    conditional: bool = True,
    compress: bool = True,
    hn_comments: int = 40,
    levels_page_bytes: int = 40_000,
    port: int = 0,
) -> Iterator[SandboxServer]:
    """Serve `world` on loopback from a thread until the block ends. The day is the world's last one.

    `conditional` answers with validators and 304s, `compress` with gzip, both to those who ask for it.
    """
    state = State(world, rates, hn_comments=hn_comments, levels_page_bytes=levels_page_bytes)
    state.options.conditional, state.options.compress = conditional, compress
    listener = listen(port)
    server = _Server(config_for(state))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True)
    thread.start()
    try:
        if not server.listening.wait(30):
            raise RuntimeError("the sandbox did not begin to listen within 30 seconds")
        yield SandboxServer(state, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        server.force_exit = bool(state.faults.listed())
        thread.join(10)
        listener.close()
