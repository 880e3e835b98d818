"""The webhook receiver: changedetection.io's notifications in, a row of the inbox out, and only then a 202.

Answers, each with a reason in one line of JSON: 202 filed (again or for the first time), 401 no valid token, 408 the
body did not come in time, 413 too large, 422 no notification (kept for inspection), 429 too many failed logins,
503 the database does not take it. changedetection.io never sends again, so a valid token is never held up.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from job_hunter.errors import JobHunterError, SourceChanged, StorageError
from job_hunter.sources.changedetection_api import RECEIVER_PATH
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.usecases.receive_change import (
    Inbox,
    announce_changes,
    change_of_body,
    read_waiting,
    refused_change,
)
from job_hunter.web.access import FailureLimit, is_allowed
from job_hunter.web.metrics import Metrics

log = logging.getLogger("job_hunter.web")

MAX_BYTES = 2_000_000
BODY_SECONDS = 10.0
DISCARD_SECONDS = 2.0
ANNOUNCE_EVERY = 60.0


def now() -> datetime:
    """The time, in UTC: the web is where its clock is read."""
    return datetime.now(UTC)  # noqa: TID251 the one clock of the receiver


@dataclass(slots=True)
class Receiver:
    """What the routes work with."""

    db: Database
    http: Http
    tokens: Sequence[bytes]
    prefect_api_url: str | None
    max_bytes: int = MAX_BYTES
    body_seconds: float = BODY_SECONDS
    announce_every: float = ANNOUNCE_EVERY
    metrics: Metrics = field(default_factory=Metrics)
    limit: FailureLimit = field(default_factory=FailureLimit)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    inbox: Inbox = field(init=False)

    def __post_init__(self) -> None:
        self.inbox = Inbox(self.db, now)


class _Refused(Exception):
    """A request that is answered with `status` and one clause."""

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def create_app(receiver: Receiver) -> Starlette:
    """The ASGI application. Prefect is told of new changes, and every minute of those it did not take."""

    async def webhook(request: Request) -> Response:
        return await _answer(receiver, request)

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        try:
            waiting = await read_waiting(receiver.db)
        except StorageError as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok", **waiting})

    async def metrics(request: Request) -> Response:
        try:
            waiting = await read_waiting(receiver.db)
        except StorageError:
            waiting = None
        return PlainTextResponse(receiver.metrics.render(waiting), media_type="text/plain; version=0.0.4")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        announcer = asyncio.create_task(_announce(receiver))
        yield
        announcer.cancel()
        await asyncio.gather(announcer, return_exceptions=True)

    return Starlette(
        routes=[
            Route(RECEIVER_PATH, webhook, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ],
        lifespan=lifespan,
    )


async def _answer(receiver: Receiver, request: Request) -> Response:
    began = perf_counter()
    seen: dict[str, Any] = {"client": request.client.host if request.client else None}
    try:
        body = await _body(receiver, request)
        seen["bytes"] = len(body)
        filed, reason = await _file(receiver, body)
        seen |= {"change": filed.id, "new": filed.is_new}
        if reason is not None:
            raise _Refused(422, reason)
        response: Response = JSONResponse({"status": "accepted", "change": filed.id, "new": filed.is_new}, 202)
    except ClientDisconnect:
        seen["reason"] = "the client went away"
        response = Response(status_code=400)
    except _Refused as refused:
        seen["reason"] = refused.reason
        response = JSONResponse({"reason": refused.reason}, refused.status, headers=refused.headers)
    seconds = perf_counter() - began
    receiver.metrics.observe(response.status_code, seconds)
    if response.status_code != 429:
        level = logging.INFO if response.status_code == 202 else logging.WARNING
        line = {"event": "webhook", "status": response.status_code, **seen, "ms": round(seconds * 1000, 1)}
        log.log(level, "%s", json.dumps(line))
    return response


async def _file(receiver: Receiver, body: bytes) -> tuple[Any, str | None]:
    """File the notification, or what it is refused for; returns once that is safe."""
    reason = None
    try:
        change = change_of_body(body, at=now())
    except SourceChanged as error:
        reason = str(error)
        change = refused_change(body, reason)
    try:
        filed = await receiver.inbox.file(change)
    except StorageError as error:
        raise _Refused(503, str(error), Retry_After="60") from error
    if reason is None:
        receiver.metrics.stored += filed.is_new
        receiver.metrics.duplicates += not filed.is_new
        if filed.is_new:
            receiver.news.set()
    return filed, reason


async def _body(receiver: Receiver, request: Request) -> bytes:
    """The body of a request that bears a valid token; a stranger's is thrown away unread."""
    headers = [value for name, value in request.headers.raw if name == b"authorization"]
    if not is_allowed(headers, receiver.tokens):
        receiver.metrics.failed_logins += 1
        client = request.client.host if request.client else ""
        if receiver.limit.count(client, minute=int(now().timestamp() // 60)):
            raise _Refused(429, "too many failed logins: wait a minute", Retry_After="60", Connection="close")
        await _discard(receiver, request)
        reason = "no valid token: see WEBHOOK_BEARER_TOKEN, and run cdio-seed after changing it"
        raise _Refused(401, reason, WWW_Authenticate="Bearer", Connection="close")
    too_large = _Refused(413, f"the body is larger than {receiver.max_bytes} bytes", Connection="close")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > 15 or int(declared) > receiver.max_bytes):
        await _discard(receiver, request)
        raise too_large
    chunks, size = [], 0
    try:
        async with asyncio.timeout(receiver.body_seconds):
            while True:
                chunk, is_more = await _chunk(request)
                size += len(chunk)
                if size > receiver.max_bytes:
                    break
                chunks.append(chunk)
                if not is_more:
                    return b"".join(chunks)
    except TimeoutError:
        raise _Refused(408, "the body did not come in time", Connection="close") from None
    chunks.clear()
    await _discard(receiver, request)
    raise too_large


async def _chunk(request: Request) -> tuple[bytes, bool]:
    """The next piece of the body, and whether more follows. Raises ClientDisconnect."""
    message = await request.receive()
    if message["type"] != "http.request":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


async def _discard(receiver: Receiver, request: Request) -> None:
    """Read on for a while and keep nothing: who is still sending when we hang up never sees the answer."""
    size = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            is_more = True
            while is_more and size < 2 * receiver.max_bytes:
                chunk, is_more = await _chunk(request)
                size += len(chunk)
    except TimeoutError:
        pass


async def _announce(receiver: Receiver) -> None:
    """Tell Prefect of changes as they come, and again every minute of what it did not take."""
    is_down = False
    while receiver.prefect_api_url is not None:
        receiver.news.clear()
        try:
            receiver.metrics.announced += await announce_changes(
                receiver.db, receiver.http, receiver.prefect_api_url, clock=now
            )
            is_down = False
        except JobHunterError as error:
            receiver.metrics.failed_announcements += 1
            if not is_down:
                line = {"event": "announce", "reason": str(error)[:300], "next": "changes wait; tried every minute"}
                log.warning("%s", json.dumps(line))
            is_down = True
        except Exception as error:  # the announcer must outlive whatever it meets
            receiver.metrics.failed_announcements += 1
            log.warning("%s", json.dumps({"event": "announce", "reason": type(error).__name__}))
        try:
            async with asyncio.timeout(receiver.announce_every):
                if is_down:
                    await asyncio.sleep(receiver.announce_every)
                else:
                    await receiver.news.wait()
        except TimeoutError:
            pass
