"""Serving the receiver: uvicorn on a socket of our own, with a limit on slow clients, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from job_hunter.errors import ConfigError, UsageError
from job_hunter.runtime import open_runtime
from job_hunter.settings import Settings
from job_hunter.sources.http import Http
from job_hunter.web.app import Receiver, create_app

HEADER_SECONDS = 10.0
GRACE_SECONDS = 20


class _ImpatientProtocol(H11Protocol):
    """HTTP whose clients have ten seconds to send a request's head; uvicorn alone would wait for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch(None)

    def on_response_complete(self) -> None:
        ended = self.cycle
        super().on_response_complete()
        self._watch(ended)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _watch(self, ended: Any) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._give_up, ended)

    def _give_up(self, ended: Any) -> None:
        """Close the connection unless a request came after the one that `ended`."""
        if self.cycle is ended and not self.transport.is_closing():
            self.transport.close()


class _Server(uvicorn.Server):
    """A server that ends on SIGTERM and SIGINT by answering what it began; its caller closes what it opened."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 lets the system choose. Raises UsageError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"cannot listen on {host}:{port} ({error}): choose another --host or --port") from None
    listener.setblocking(False)
    return listener


def tokens_of(settings: Settings) -> list[bytes]:
    """The token in force, and the one before it. Raises ConfigError when there is none."""
    if settings.webhook_bearer_token is None:
        raise ConfigError(
            "WEBHOOK_BEARER_TOKEN is not set: without it anybody could post; set it for serve and cdio-seed"
        )
    secrets = (settings.webhook_bearer_token, settings.webhook_bearer_token_previous)
    return [secret.get_secret_value().encode() for secret in secrets if secret is not None]


async def serve(settings: Settings, *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` gets the address, once requests are taken.

    Raises ConfigError without a token, DatabaseUnmigrated when the schema is not current, UsageError when the address
    is taken.
    """
    tokens = tokens_of(settings)
    listener = listen(host, port)
    try:
        async with (
            open_runtime(settings) as runtime,
            Http(timeout=15, read_timeout=10, connect_timeout=5, connections=2) as http,
        ):
            receiver = Receiver(runtime.db, http, tokens, settings.prefect_api_url)
            config = uvicorn.Config(
                create_app(receiver),
                http=_ImpatientProtocol,
                loop="asyncio",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
            name = f"[{host}]" if ":" in host else host
            on_ready(f"http://{name}:{listener.getsockname()[1]}")
            await _Server(config).serve(sockets=[listener])
    finally:
        listener.close()
