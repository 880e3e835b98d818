"""A wire to Postgres that counts what goes over it, and at a chosen byte kills its user or is cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

COPY_OF_ROLES = b'COPY "staging_roles"'


class Wire:
    """A loopback port in front of the server's socket.

    `sent` counts the bytes from all clients to the server, once the words `after` have come by. At the byte `at`, what
    came before it is passed on, `then` is called, and every connection is closed; connections made after that pass
    through untouched.
    """

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        query = parse_qs(parts.query)
        self._server = f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        login = parts.netloc.rpartition("@")[0]
        self.dsn = f"{parts.scheme}://{login}@127.0.0.1:{self._listener.getsockname()[1]}{parts.path}"
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self.sent = 0
        self.fired = threading.Event()
        self.arm(None)

    def arm(self, at: int | None, then: Callable[[], None] = lambda: None, *, after: bytes = b"") -> None:
        """Count from zero again, and at the byte `at` call `then`; None only counts."""
        with self._lock:
            self.sent = 0
            self._at, self._then, self._after, self._has_begun = at, then, after, False
            self.fired.clear()

    def run(self) -> None:
        """Take connections until `close`."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self._server)
            except OSError:
                client.close()
                server.close()
                continue
            with self._lock:
                self._pairs.append((client, server))
            for pump in (self._pump_up, self._pump_down):
                thread = threading.Thread(target=pump, args=(client, server), daemon=True)
                thread.start()
                self._threads.append(thread)

    def _pump_up(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := client.recv(65536):
                passed, fires = self._count(data)
                server.sendall(data[:passed])
                if fires:
                    self._then()
                    self.cut()
                    self.fired.set()
                    return
        except OSError:
            pass
        finally:
            _end(client, server)

    def _pump_down(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
        finally:
            _end(client, server)

    def _count(self, data: bytes) -> tuple[int, bool]:
        """How much of `data` is passed on, and whether this is the moment."""
        with self._lock:
            start = 0
            if not self._has_begun:
                if (found := data.find(self._after)) < 0:
                    return len(data), False
                self._has_begun, start = True, found
            self.sent += len(data) - start
            if self._at is None or self.sent < self._at:
                return len(data), False
            passed = len(data) - (self.sent - self._at)
            self._at = None
            return passed, True

    def refuse(self) -> None:
        """Pass nobody on any more who comes from now on."""
        self._server = "/nowhere"

    def cut(self) -> None:
        """Close every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            _end(client, server)

    def close(self) -> None:
        """Take no more connections, and close those there are."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side was quicker
        one.close()


@contextmanager
def wire_to(dsn: str) -> Iterator[Wire]:
    """A wire to the server of `dsn` for the time of the block."""
    wire = Wire(dsn)
    thread = threading.Thread(target=wire.run, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.close()
        thread.join(10)
