"""The sandbox as an ASGI application: every replica at its real path, faults in front, the controls at /_sandbox."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, time
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from job_hunter.sandbox import ashby, greenhouse, lever
from job_hunter.sandbox.control import control_routes
from job_hunter.sandbox.faulty import Reply, answer_faulty
from job_hunter.sandbox.feeds import ROUTES
from job_hunter.sandbox.model import SandboxCompany
from job_hunter.sandbox.state import Request as Logged
from job_hunter.sandbox.state import State
from job_hunter.sandbox.world import number_of

Render = Callable[[], bytes]
JSON = "application/json; charset=utf-8"


class Replica:
    """One endpoint: knows its source and how to answer; logging, faults, validators and gzip are the same for all."""

    def __init__(self, state: State, source: str, answer: Callable[[State, Request], Reply]) -> None:
        self.state, self.source, self.answer = state, source, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = Request(scope, receive)
        state = self.state
        logged = state.log(request.method, request.url.path, dict(request.query_params), dict(request.headers))
        logged.source = self.source
        named = request.path_params
        logged.board = named.get("token") or named.get("slug") or named.get("ident") or ""
        try:
            await self._answer(request, logged, scope, receive, send)
        finally:
            logged.ended = state.clock()

    async def _answer(self, request: Request, logged: Logged, scope: Scope, receive: Receive, send: Send) -> None:
        state, switch = self.state, None
        reply = self.answer(state, request)
        if "_moved" not in request.query_params:
            own = (reply.company.slug,) if reply.company else ()
            names = tuple({logged.board, *own, *reply.names})
            switch = state.faults.draw(self.source, names)
        if switch is not None:
            logged.fault = switch.kind.value
            await answer_faulty(switch, reply, request, logged, scope, receive, send)
            return
        await self._send(reply, request, logged, scope, receive, send)

    async def _send(
        self, reply: Reply, request: Request, logged: Logged, scope: Scope, receive: Receive, send: Send
    ) -> None:
        state, headers = self.state, {"content-type": reply.content_type, "vary": "Accept-Encoding", **reply.headers}
        body = reply.body() if reply.key is None else state.cached(reply.key, reply.body)
        if reply.status == 200 and state.options.conditional and reply.key is not None:
            etag = state.cached((*reply.key, "etag"), lambda: _etag(body)).decode()
            stamp = format_datetime(datetime.combine(state.today, time(4), UTC), usegmt=True)
            headers |= {"etag": etag, "last-modified": stamp}
            asked = request.headers.get("if-none-match")
            if asked is not None and etag in [tag.strip() for tag in asked.split(",")]:
                logged.status = 304
                await Response(status_code=304, headers=headers)(scope, receive, send)
                return
        wants_gzip = state.options.compress and "gzip" in request.headers.get("accept-encoding", "") and len(body) > 500
        if wants_gzip and reply.key is not None:
            body = state.cached((*reply.key, "gzip"), lambda: gzip.compress(body, 1, mtime=0))
            headers["content-encoding"] = "gzip"
        logged.status, logged.sent = reply.status, len(body)
        await Response(body, reply.status, headers)(scope, receive, send)


def _etag(body: bytes) -> bytes:
    return b'W/"' + blake2b(body, digest_size=12).hexdigest().encode() + b'"'


def _missing(body: bytes | dict[str, Any], content_type: str = JSON) -> Reply:
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    return Reply(lambda: text, status=404, content_type=content_type)


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() == "true"


def _greenhouse(state: State, request: Request) -> Reply:
    company = state.world.find("greenhouse", request.path_params["token"], state.today)
    if company is None:
        return _missing({"status": 404, "error": "Job board not found"})
    content, pay, day = _flag(request, "content"), _flag(request, "pay_transparency"), state.today
    return Reply(
        lambda: orjson.dumps(greenhouse.board(state.world, company, day, content=content, pay=pay)),
        key=("greenhouse", company.slug, day, content, pay),
        company=company,
    )


def _greenhouse_job(state: State, request: Request) -> Reply:
    company = state.world.find("greenhouse", request.path_params["token"], state.today)
    wanted = request.path_params["ident"]
    jobs = state.world.on_board(company, state.today) if company else iter(())
    found = next((opening for opening in jobs if str(number_of(opening)) == wanted), None)
    if company is None or found is None:
        return _missing({"status": 404, "error": "Job not found"})
    job = greenhouse.job(state.world, company, found, state.today, content=True, pay=_flag(request, "pay_transparency"))
    return Reply(lambda: orjson.dumps(job), company=company)


def _greenhouse_board(state: State, request: Request) -> Reply:
    company = state.world.find("greenhouse", request.path_params["token"], state.today)
    if company is None:
        return _missing({"status": 404, "error": "Job board not found"})
    board = {"name": company.display_name, "content": f"<p>Work at {company.display_name}.</p>"}
    return Reply(lambda: orjson.dumps(board), company=company)


def _lever(region: str) -> Callable[[State, Request], Reply]:
    def answer(state: State, request: Request) -> Reply:
        company = state.world.find("lever", request.path_params["token"], state.today)
        if company is None or company.region != region:
            return _missing({"ok": False, "error": "Document not found"})
        day, (skip, limit) = state.today, _page(request)

        def render() -> bytes:
            return orjson.dumps(lever.site(state.world, company, day)[skip:limit])

        return Reply(render, key=("lever", company.slug, day, skip, limit), company=company)

    return answer


def _page(request: Request) -> tuple[int, int | None]:
    skip, limit = (request.query_params.get(name, "") for name in ("skip", "limit"))
    start = int(skip) if skip.isdigit() else 0
    return start, start + int(limit) if limit.isdigit() else None


def _ashby(state: State, request: Request) -> Reply:
    company = state.world.find("ashby", request.path_params["token"], state.today)
    if company is None:
        return _missing(b"Not Found", "text/plain; charset=utf-8")
    day, paid = state.today, _flag(request, "includeCompensation")
    return Reply(
        lambda: orjson.dumps(ashby.board(state.world, company, day, compensation=paid)),
        key=("ashby", company.slug, day, paid),
        company=company,
    )


_ECB = {
    "eurofxref-daily.xml": ("daily_xml", "text/xml"),
    "eurofxref-hist-90d.xml": ("ninety_days_xml", "text/xml"),
    "eurofxref-hist.xml": ("history_xml", "text/xml"),
    "eurofxref-hist.zip": ("history_zip", "application/zip"),
    "eurofxref.zip": ("daily_zip", "application/zip"),
}


def _ecb(state: State, request: Request) -> Reply:
    name, day = request.path_params["name"], state.today
    if name not in _ECB:
        return _missing(b"<html><body><h1>404 Not Found</h1></body></html>", "text/html")
    method, content_type = _ECB[name]
    return Reply(lambda: getattr(state.rates, method)(day), key=("ecb", name, day), content_type=content_type)


def _careers(state: State, request: Request) -> Reply:
    slug = request.path_params["slug"]
    found: list[SandboxCompany] = [c for c in state.world.companies_on(state.today) if c.slug == slug]
    if not found:
        return _missing(b"<html><body>Not found</body></html>", "text/html")
    company = found[0]
    link = {
        "greenhouse": f'<script src="https://boards.greenhouse.io/embed/job_board/js?for={company.token}"></script>',
        "lever": f'<a href="https://jobs.{"eu." if company.region == "eu" else ""}lever.co/{company.token}">Jobs</a>',
        "ashby": f'<iframe src="https://jobs.ashbyhq.com/{company.token}?embed=js"></iframe>',
    }[company.source]
    page = f"<!doctype html><title>Careers at {company.display_name}</title><h1>{company.display_name}</h1>{link}"
    return Reply(page.encode, content_type="text/html; charset=utf-8", company=company)


def board_routes(state: State) -> list[Route]:
    """The boards, the bank and the companies' own careers pages."""

    def at(path: str, source: str, answer: Callable[[State, Request], Reply]) -> Route:
        return Route(path, Replica(state, source, answer))

    return [
        at("/v1/boards/{token}/jobs", "greenhouse", _greenhouse),
        at("/v1/boards/{token}/jobs/{ident}", "greenhouse", _greenhouse_job),
        at("/v1/boards/{token}", "greenhouse", _greenhouse_board),
        at("/v0/postings/{token}", "lever", _lever("us")),
        at("/eu/v0/postings/{token}", "lever", _lever("eu")),
        at("/posting-api/job-board/{token}", "ashby", _ashby),
        at("/stats/eurofxref/{name}", "ecb", _ecb),
        at("/careers/{slug}", "careers", _careers),
        *(at(path, source, answer) for path, source, answer in ROUTES),
    ]


def create_app(state: State) -> Starlette:
    """The whole sandbox over one state. Whatever no replica knows is logged too, and answered with a plain 404."""

    async def unknown(request: Request) -> Response:
        logged = state.log(request.method, request.url.path, dict(request.query_params), dict(request.headers))
        logged.status = 404
        return PlainTextResponse("Not Found", 404)

    routes: list[Any] = [*control_routes(state), *board_routes(state), Route("/{rest:path}", unknown)]
    return Starlette(routes=routes)
