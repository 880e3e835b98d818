"""How each fault answers, over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from job_hunter.sandbox.faults import Fault, Switch, gzip_bomb
from job_hunter.sandbox.model import SandboxCompany
from job_hunter.sandbox.state import Request as Logged


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint would say without faults.

    `key` names what the body depends on, None keeps it uncached; `names` are further names faults find it under.
    """

    body: Callable[[], bytes]
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    key: tuple[Any, ...] | None = None
    company: SandboxCompany | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()


_REFUSALS = {
    Fault.NOT_FOUND: (404, {"status": 404, "error": "Not found"}),
    Fault.GONE: (410, {"status": 410, "error": "Gone"}),
    Fault.FORBIDDEN: (403, {"status": 403, "error": "Forbidden"}),
    Fault.RATE_LIMITED: (429, {"message": "Rate limit exceeded"}),
    Fault.ERROR: (500, {"status": 500, "error": "Internal Server Error"}),
}
_BLOCK_PAGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><h1>Human Verification</h1>"
    b'<p>Verify you are human by completing the action below.</p><div id="challenge-running"></div></body></html>'
)


async def answer_faulty(
    switch: Switch, reply: Reply, request: Request, logged: Logged, scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer a request with the fault that is on for it."""
    kind, options = switch.kind, switch.options
    if kind is Fault.HANG:
        await _until_gone(receive)
        return
    if kind is Fault.CUT:
        await _cut(reply, logged, send)
        return
    if kind is Fault.TRICKLE:
        await _trickle(reply, logged, send, float(options.get("seconds", 0.2)), int(options.get("parts", 5)))
        return
    if kind is Fault.SLOW:
        await asyncio.sleep(float(options.get("seconds", 1.0)))
    response = _response(kind, options, reply, request)
    logged.status, logged.sent = response.status_code, len(response.body)
    await response(scope, receive, send)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut(reply: Reply, logged: Logged, send: Send) -> None:
    body = reply.body()
    logged.status, logged.sent = 200, len(body) // 2
    await send(_start(reply, [(b"content-length", str(len(body)).encode())]))
    # More is announced and never sent: the server ends the connection, as a broken one would.
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": False})


async def _trickle(reply: Reply, logged: Logged, send: Send, seconds: float, parts: int) -> None:
    body = reply.body()
    logged.status, logged.sent = reply.status, len(body)
    await send(_start(reply, [(b"content-length", str(len(body)).encode())]))
    step = -(-len(body) // parts)
    for start in range(0, len(body), step):
        await send({"type": "http.response.body", "body": body[start : start + step], "more_body": True})
        await asyncio.sleep(seconds)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _start(reply: Reply, headers: list[tuple[bytes, bytes]]) -> Message:
    given = [(b"content-type", reply.content_type.encode()), *headers]
    return {"type": "http.response.start", "status": 200, "headers": given}


def _response(kind: Fault, options: dict[str, Any], reply: Reply, request: Request) -> Response:
    if kind in _REFUSALS:
        status, body = _REFUSALS[kind]
        retry_after = options.get("retry_after", 1) if kind is Fault.RATE_LIMITED else options.get("retry_after")
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        return Response(orjson.dumps(body), status, headers, "application/json")
    if kind is Fault.STATUS:
        return Response(str(options.get("text", "")), int(options.get("status", 503)), media_type="text/plain")
    if kind in (Fault.REDIRECT_HOST, Fault.REDIRECT_FOREIGN, Fault.REDIRECT_LOOP, Fault.AUTHWALL):
        return Response(b"", 302, {"location": _target(kind, options, request)})
    if kind is Fault.GZIP_BOMB:
        bomb = gzip_bomb(int(options.get("megabytes", 300)), reply.body()[:1])
        return Response(bomb, 200, {"content-encoding": "gzip", "content-type": reply.content_type})
    if kind is Fault.EMPTY_BODY:
        return Response(b"", 200, media_type=reply.content_type)
    if kind is Fault.BLOCK_PAGE:
        return Response(_BLOCK_PAGE, int(options.get("status", 200)), media_type="text/html")
    if kind is Fault.SLOW:
        return _plain(reply, request, reply.body())
    return _plain(reply, request, _spoilt(kind, options, reply))


_LISTS = ("jobs", "children", "hits")


def _plain(reply: Reply, request: Request, body: bytes) -> Response:
    headers = {"content-type": reply.content_type}
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
    return Response(body, reply.status, headers)


def _target(kind: Fault, options: dict[str, Any], request: Request) -> str:
    path = request.url.path
    query = f"{request.url.query}&" if request.url.query else ""
    if kind is Fault.AUTHWALL:
        return f"https://www.linkedin.com/authwall?trk=bf&sessionRedirect={path}"
    if kind is Fault.REDIRECT_LOOP:
        return f"{path}?{request.url.query}"
    if kind is Fault.REDIRECT_HOST:
        return f"{path}?{query}_moved=1"
    # The same server under its other name: whoever follows to a foreign host shows in the request log.
    base = options.get("target") or f"http://localhost:{request.url.port}"
    return f"{base}{path}?{query}_moved=1"


def _spoilt(kind: Fault, options: dict[str, Any], reply: Reply) -> bytes:
    body = reply.body()
    if kind is Fault.TRUNCATED:
        return body[: len(body) // 2]
    if kind is Fault.NOT_JSON:
        return b"<!DOCTYPE html><html><body><h1>Scheduled maintenance</h1></body></html>"
    answer = orjson.loads(body)
    # The list of records: bare, or a board's jobs, a thread's comments, a search's hits.
    name = "" if isinstance(answer, list) else next((key for key in _LISTS if key in answer), "jobs")
    records: list[Any] = answer if isinstance(answer, list) else answer.get(name, [])
    if kind is Fault.WRONG_SHAPE:
        return orjson.dumps(records if isinstance(answer, dict) else {"ok": False, "postings": answer})
    if kind is Fault.BAD_RECORD:
        for record in records[: int(options.get("count", 1))]:
            for lost in ("title", "text") if name != "children" else ("id",):
                record.pop(lost, None)
    kept = {Fault.EMPTY: 0, Fault.HALF: len(records) // 2}.get(kind, len(records))
    if isinstance(answer, list):
        return orjson.dumps(records[:kept])
    answer[name] = records[:kept]
    if "meta" in answer:
        answer["meta"]["total"] = kept + (int(options.get("by", 7)) if kind is Fault.WRONG_TOTAL else 0)
    return orjson.dumps(answer)
