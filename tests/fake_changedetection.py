"""A stand-in for changedetection.io's API: what seeding and catching up ask of it, in the answers of version 0.60."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

KEY = "0123456789abcdef0123456789abcdef"


class FakeChangedetection:
    """Watches, tags and histories, in memory; every write is remembered in `writes`."""

    def __init__(self) -> None:
        self.version = "0.60.10"
        self.status: int | None = None
        self.watches: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, Any]] = {}
        self.pages: dict[str, dict[int, str]] = {}
        self.writes: list[tuple[str, str, dict[str, Any]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(*outer.get(self.path))

            def do_POST(self) -> None:
                self._write("POST")

            def do_PUT(self) -> None:
                self._write("PUT")

            def _write(self, method: str) -> None:
                fields = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._reply(*outer.write(method, self.path, fields))

            def _reply(self, status: int, found: Any) -> None:
                if self.headers.get("x-api-key") != KEY:
                    status, found = 403, "Invalid access - API key invalid."
                if outer.status is not None:
                    status, found = outer.status, "broken"
                content = found.encode() if isinstance(found, str) else json.dumps(found).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def get(self, path: str) -> tuple[int, Any]:
        """The answer to a GET."""
        parts = path.removeprefix("/api/v1/").split("/")
        match parts:
            case ["systeminfo"]:
                return 200, {"version": self.version}
            case ["tags"]:
                return 200, {uuid: {"title": tag["title"], "uuid": uuid} for uuid, tag in self.tags.items()}
            case ["tag", uuid]:
                return 200, self.tags[uuid]
            case ["watch"]:
                names = ("url", "title", "tags", "last_checked", "last_changed", "last_error")
                return 200, {u: {name: w.get(name) for name in names} for u, w in self.watches.items()}
            case ["watch", uuid]:
                return 200, self.watches[uuid]
            case ["watch", uuid, "history"]:
                return 200, {str(moment): "a path" for moment in self.pages.get(uuid, {})}
            case ["watch", uuid, "history", moment]:
                return 200, self.pages[uuid][int(moment)]
        return 404, {"message": "not here"}

    def write(self, method: str, path: str, fields: dict[str, Any]) -> tuple[int, Any]:
        """The answer to a POST or PUT."""
        self.writes.append((method, path, fields))
        kind, _, uuid = path.removeprefix("/api/v1/").partition("/")
        known = self.watches if kind == "watch" else self.tags
        if method == "PUT":
            known[uuid].update(fields)
            return 200, "OK"
        uuid = str(uuid4())
        known[uuid] = {"tags": [], "notification_urls": [], "paused": False, **fields}
        return 201, {"uuid": uuid}

    def add_page(self, url: str, *pages: tuple[int, str], tag: str = "job-hunter", **fields: Any) -> str:
        """A watch of our tag with a history; returns its uuid."""
        own = next((uuid for uuid, found in self.tags.items() if found["title"] == tag), None)
        if own is None:
            own = str(uuid4())
            self.tags[own] = {"title": tag}
        uuid = str(uuid4())
        self.watches[uuid] = {"url": url, "tags": [own], "last_checked": pages[-1][0] if pages else 0, **fields}
        self.pages[uuid] = dict(pages)
        return uuid


@contextmanager
def fake_changedetection() -> Iterator[FakeChangedetection]:
    """One that runs for the time of the block."""
    fake = FakeChangedetection()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()
