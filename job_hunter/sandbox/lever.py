"""Lever's postings API: a bare list, the text in five parts, pay in a range whose note may change its meaning."""

from __future__ import annotations

from datetime import date

from job_hunter.sandbox.model import Opening, SandboxCompany
from job_hunter.sandbox.postings import Json, body_of, whole
from job_hunter.sandbox.world import World, uuid_of


def site(world: World, company: SandboxCompany, on: date) -> list[Json]:
    """`/v0/postings/<site>`: a bare list."""
    return [posting(world, company, opening, on) for opening in world.on_board(company, on)]


_INTERVALS = {
    "year": "per-year-salary", "month": "per-month-salary", "week": "per-week-salary", "day": "per-day-wage",
    "hour": "per-hour-wage",
}  # fmt: skip


def posting(world: World, company: SandboxCompany, opening: Opening, on: date) -> Json:
    """One posting of a Lever site. Pay in words is in `additional` or in one of the lists."""
    body, stated, ident = body_of(world, opening, on), opening.pay(on), uuid_of(world.seed, opening)
    host = "jobs.eu.lever.co" if company.region == "eu" else "jobs.lever.co"
    url = f"https://{host}/{company.token}/{ident}"
    closing = [body.closing, *([body.pay] if body.pay and body.pay_is_last else [])]
    main = [*body.paragraphs, *([body.pay] if body.pay and not body.pay_is_last else [])]
    whole_text = [body.intro, *main]
    texts = {"opening": [body.intro], "descriptionBody": main, "description": whole_text, "additional": closing}
    posting: Json = {}
    for name, pieces in texts.items():
        posting[f"{name}Plain"] = "".join(piece.plain for piece in pieces).rstrip().replace(" & ", "\u00a0& ")
        posting[name] = "".join(piece.markup for piece in pieces)
    posting |= {
        "categories": {
            "commitment": "Intern" if opening.level == "intern" else "Full-time",
            "department": opening.department,
            "location": opening.location.text if len(opening.location.spots) == 1 else opening.location.spots[0].text,
            "team": opening.team,
            "allLocations": _all_places(opening),
        },
        "createdAt": int(opening.posted_at.timestamp() * 1000 + 0.5) if opening.posted_at else 0,
        "id": ident,
        "lists": [{"text": piece.heading, "content": piece.items} for piece in body.lists],
        "text": opening.title,
        "country": opening.location.spots[0].country,
        "workplaceType": opening.location.remote or ("unspecified", "onsite")[opening.number % 2],
        "hostedUrl": url,
        "applyUrl": f"{url}/apply",
    }
    if opening.number % 8 == 7:
        del posting["categories"]["department"]
    if stated is not None and stated.style == "salary_range":
        band = stated.band
        posting["salaryRange"] = {
            "interval": _INTERVALS[band.period],
            "currency": band.currency,
            "min": whole(band.min),
            "max": whole(band.max),
        }
        note = (
            "This range represents the annual On-Target Earnings (OTE) for this role."
            if band.basis == "ote"
            else "The range reflects base pay only; where you fall in it depends on experience."
        )
        posting["salaryDescription"] = f"<div>{note}</div>"
        posting["salaryDescriptionPlain"] = note
    return posting


def _all_places(opening: Opening) -> list[str]:
    spots = opening.location.spots
    return [opening.location.text] if len(spots) == 1 else [spot.text for spot in spots]
