"""The routes of the feeds beside the boards: Hacker News, levels.fyi and LinkedIn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
from starlette.requests import Request

from job_hunter.sandbox import algolia
from job_hunter.sandbox.faulty import Reply
from job_hunter.sandbox.levels_fyi import FAMILIES, PLACES
from job_hunter.sandbox.state import State

Answer = Callable[[State, Request], Reply]

HTML, MARKDOWN = "text/html; charset=utf-8", "text/markdown; charset=utf-8"
_ABOUT_A_DAY = 86_400


def _fixed(body: bytes, status: int = 200, content_type: str = HTML, names: tuple[str, ...] = ()) -> Reply:
    return Reply(lambda: body, status=status, content_type=content_type, names=names)


def hn_item(state: State, request: Request) -> Reply:
    """`/api/v1/items/<id>`: a whole tree. Faults find it under the id and under "items"."""
    ident, day = request.path_params["ident"], state.today
    names = ("items", ident)
    found = algolia.item(state.hn, int(ident), day) if ident.isdigit() else None
    if found is None:
        return _fixed(b'{"status":404,"error":"Not Found"}', 404, "application/json; charset=utf-8", names)
    return Reply(lambda: orjson.dumps(found), key=("hn", ident, day), names=names)


def hn_search(*, by_date: bool) -> Answer:
    """`/api/v1/search_by_date` and `/api/v1/search`. Faults find them under "search"."""

    def answer(state: State, request: Request) -> Reply:
        query, raw, day = dict(request.query_params), request.url.query, state.today

        def render() -> bytes:
            return orjson.dumps(algolia.search(state.hn, query, raw, day, by_date=by_date))

        return Reply(render, names=("search",))

    return answer


def levels_page(state: State, request: Request) -> Reply:
    """A company's salaries: Markdown below `.md`, a page otherwise; 404 where there are too few submissions."""
    found = _asked(request.path_params)
    if found is None:
        return _fixed(b"<html><body><h1>404</h1></body></html>", 404)
    slug, family, place, is_markdown = found
    page, day = state.levels_fyi.page(slug, family, place, state.today), state.today
    if page is None:
        return replace(_fixed(b"<html><body><h1>This page could not be found</h1></body></html>", 404), names=(slug,))
    render = state.levels_fyi.markdown if is_markdown else state.levels_fyi.html
    key = ("levels_fyi", slug, family, place, is_markdown, day.replace(day=1))
    kind = MARKDOWN if is_markdown else HTML
    return Reply(lambda: render(page).encode(), key=key, content_type=kind, company=page.company, names=(slug,))


def _asked(params: dict[str, Any]) -> tuple[str, str, str | None, bool] | None:
    """Company, family, place and form of `<slug>/salaries[/<family>][/levels/<level>][/locations/<place>][.md]`."""
    slug, rest = params["slug"], params["rest"]
    is_markdown = rest.endswith(".md")
    parts = rest.removesuffix(".md").split("/")
    if parts.pop(0) != "salaries":
        return None
    family = parts.pop(0) if parts and parts[0] not in ("levels", "locations") else next(iter(FAMILIES))
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) % 2 or set(pairs) - {"levels", "locations"}:
        return None
    place = pairs.get("locations")
    return (slug, family, place, is_markdown) if place is None or place in PLACES else None


def linkedin_search(state: State, request: Request) -> Reply:
    """A page of cards by `start`, `location`, `keywords`, `f_TPR`; empty at the end, 400 beyond what is reachable."""
    query, day = request.query_params, state.today
    start = int(query["start"]) if query.get("start", "").isdigit() else 0
    window = query.get("f_TPR", "").removeprefix("r")
    days = int(window) // _ABOUT_A_DAY if window.isdigit() else 45
    cards = state.linkedin.search(
        day, start=start, place=query.get("location", ""), keywords=query.get("keywords", ""), days=days
    )
    if cards is None:
        return _fixed(b"", 400, names=("search",))
    return _fixed(cards.encode(), names=("search",))


def linkedin_detail(state: State, request: Request) -> Reply:
    """The page of one posting; 404 for an id nobody has and for one that closed more than three weeks ago."""
    ident, day = request.path_params["ident"], state.today
    found = state.linkedin.find(int(ident), day) if ident.isdigit() else None
    if found is None or _is_long_closed(found[0].opening.spans[-1][1], day):
        return _fixed(b"", 404, names=("detail", ident))
    card, is_open = found
    page = state.linkedin.detail(card, day, is_open=is_open)
    return replace(_fixed(page.encode(), names=("detail", ident)), company=card.company)


def _is_long_closed(closed_on: date | None, today: date) -> bool:
    return closed_on is not None and (today - closed_on).days > 21


ROUTES: tuple[tuple[str, str, Answer], ...] = (
    ("/api/v1/items/{ident}", "hn", hn_item),
    ("/api/v1/search_by_date", "hn", hn_search(by_date=True)),
    ("/api/v1/search", "hn", hn_search(by_date=False)),
    ("/companies/{slug}/{rest:path}", "levels_fyi", levels_page),
    ("/jobs-guest/jobs/api/seeMoreJobPostings/search", "linkedin", linkedin_search),
    ("/jobs-guest/jobs/api/jobPosting/{ident}", "linkedin", linkedin_detail),
)
"""Path, source and answer of each."""
