"""Parties that messages are sent to: a real SMTP server and an HTTP receiver, on loopback, each in a thread."""

from __future__ import annotations

import base64
import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Mailbox:
    """What an SMTP server took. `refused` holds recipients it turns away; while `is_down` it turns everybody away."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    is_down: bool = False
    visits: int = 0

    def url(self, *to: str, options: str = "") -> str:
        """The apprise address of the recipients."""
        return f"mailto://127.0.0.1:{self.port}/?from=hunter@example.org&to={','.join(to)}&mode=insecure{options}"

    def of(self, recipient: str) -> list[EmailMessage]:
        """The mails of one recipient, oldest first."""
        return [mail for to, mail in self.mails if to == recipient]


@dataclass
class Hook:
    """What an HTTP receiver took. While `status` is not 200 it takes nothing."""

    port: int = 0
    status: int = 200
    taken: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    visits: int = 0

    def url(self, path: str = "hook", login: str = "") -> str:
        """Its apprise address."""
        return f"json://{login}127.0.0.1:{self.port}/{path}"


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.party  # type: ignore[attr-defined]
        box.visits += 1
        if box.is_down:
            self._say("421 closed today")
            return
        self._say("220 ready")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                recipient = line.partition("<")[2].partition(">")[0]
                if recipient in box.refused:
                    self._say("550 no such person")
                    continue
                to.append(recipient)
                self._say("250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                mail = message_from_bytes(self._data(), policy=default)
                box.mails += [(recipient, mail) for recipient in to]  # type: ignore[misc]
                to = []
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class _Http(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook: Hook = self.server.party  # type: ignore[attr-defined]
        hook.visits += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if hook.status == 200:
            hook.taken.append(body)
            hook.paths.append(self.path)
        self.send_response(hook.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing: the test asks the receiver itself."""


class _Mail(socketserver.ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def _served(server: socketserver.BaseServer, party: Mailbox | Hook) -> Iterator[None]:
    server.party = party  # type: ignore[attr-defined]
    party.port = server.server_address[1]  # type: ignore[assignment]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """An SMTP server for the time of the block."""
    mailbox = Mailbox()
    with _served(_Mail(("127.0.0.1", 0), _Smtp), mailbox):
        yield mailbox


@contextmanager
def http_receiver() -> Iterator[Hook]:
    """An HTTP receiver for the time of the block."""
    hook = Hook()
    with _served(ThreadingHTTPServer(("127.0.0.1", 0), _Http), hook):
        yield hook


def page_of(taken: dict[str, Any]) -> str:
    """The page attached to what a `Hook` took."""
    (attached,) = taken["attachments"]
    assert attached["mimetype"] == "text/html"
    return base64.b64decode(attached["base64"]).decode()
