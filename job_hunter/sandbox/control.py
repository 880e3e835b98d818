"""The controls over HTTP, at /_sandbox: the day, faults, options, rates, the request log and the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from job_hunter.sandbox.state import State

Action = Callable[[dict[str, Any], Request], Any]


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, default=_plain), status, media_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset, tuple)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def control_routes(state: State) -> list[Route]:
    """GET reads, POST switches on, DELETE clears. A wrong request is answered with 400 and one sentence."""

    def overview(_: dict[str, Any], __: Request) -> Any:
        return {
            "date": state.today,
            "dates": state.world.dates,
            "companies": [
                {"slug": c.slug, "source": c.source, "token": c.token, "region": c.region, "sector": c.sector}
                for c in state.world.companies_on(state.today)
            ],
            "options": asdict(state.options),
            "faults": [asdict(switch) for switch in state.faults.listed()],
            "suspended": sorted(state.rates.suspended),
        }

    def set_date(body: dict[str, Any], _: Request) -> Any:
        if "week" in body:
            state.set_week(int(body["week"]))
        else:
            state.set_date(date.fromisoformat(body["date"]))
        return {"date": state.today}

    def set_fault(body: dict[str, Any], _: Request) -> Any:
        state.faults.set(body.pop("kind"), **body)
        return {"faults": [asdict(switch) for switch in state.faults.listed()]}

    def clear_faults(_: dict[str, Any], request: Request) -> Any:
        state.faults.clear(board=request.query_params.get("board"), source=request.query_params.get("source"))
        return {"faults": [asdict(switch) for switch in state.faults.listed()]}

    def set_options(body: dict[str, Any], _: Request) -> Any:
        for name, value in body.items():
            if name not in asdict(state.options):
                raise ValueError(f"unknown option {name!r}; there are {', '.join(asdict(state.options))}")
            setattr(state.options, name, bool(value))
        return asdict(state.options)

    def suspend(body: dict[str, Any], _: Request) -> Any:
        state.suspend_rates(date.fromisoformat(body["first"]), int(body["days"]))
        return {"suspended": sorted(state.rates.suspended)}

    def restore(_: dict[str, Any], __: Request) -> Any:
        state.restore_rates()
        return {"suspended": []}

    def move(body: dict[str, Any], _: Request) -> Any:
        on = date.fromisoformat(body["on"]) if "on" in body else None
        state.move(body["slug"], body["source"], body["token"], on)
        return {"moved": body["slug"]}

    def requests(_: dict[str, Any], request: Request) -> Any:
        asked = request.query_params
        return [asdict(entry) for entry in state.requests(source=asked.get("source"), board=asked.get("board"))]

    def clear_requests(_: dict[str, Any], __: Request) -> Any:
        state.clear_requests()
        return []

    def truth(_: dict[str, Any], request: Request) -> Any:
        asked, of = request.query_params.get("date"), request.query_params.get("of", "boards")
        day = date.fromisoformat(asked) if asked else state.today
        return {"boards": state.truth.as_json, "hn": hn, "levels_fyi": levels_fyi, "linkedin": linkedin}[of](day)

    def hn(day: date) -> Any:
        return [
            {
                "comment": ad.comment,
                "thread": ad.thread,
                "company": ad.company.display_name,
                "slug": ad.slug,
                "titles": [job.title for job in ad.jobs],
                "location": ad.location.text,
                "bucket": ad.location.bucket,
                "band": ad.pay(day),
                "opening": ad.opening,
                "posted_at": ad.created_at,
            }
            for ad in state.hn.live(day)
        ]

    def levels_fyi(day: date) -> Any:
        return [
            {"company": page.company.slug, "updated": page.updated} | asdict(rung)
            for page, rung in state.levels_fyi.reported(day)
        ]

    def linkedin(day: date) -> Any:
        return [
            {
                "id": card.ident,
                "company": card.company.slug,
                "title": card.opening.title,
                "location": card.opening.location.text,
                "posted_on": card.posted_on,
                "opening": card.external_id(state.world),
            }
            for card in state.linkedin.cards(day)
        ]

    def at(path: str, method: str, action: Action) -> Route:
        return Route(f"/_sandbox/{path}", _endpoint(action), methods=[method])

    return [
        at("state", "GET", overview),
        at("date", "POST", set_date),
        at("faults", "POST", set_fault),
        at("faults", "DELETE", clear_faults),
        at("options", "POST", set_options),
        at("rates/gaps", "POST", suspend),
        at("rates/gaps", "DELETE", restore),
        at("moves", "POST", move),
        at("requests", "GET", requests),
        at("requests", "DELETE", clear_requests),
        at("truth", "GET", truth),
    ]


def _endpoint(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        try:
            body = orjson.loads(raw) if raw else {}
            return _json(action(body, request))
        except (KeyError, ValueError, TypeError, IndexError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint
