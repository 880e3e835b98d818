"""Ashby's posting API: compensation in tiers, of which the summary tells only part."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from job_hunter.sandbox.model import Band, Opening, Pay, SandboxCompany, Spot
from job_hunter.sandbox.postings import Json, body_of, whole, zones
from job_hunter.sandbox.world import World, uuid_of


def board(world: World, company: SandboxCompany, on: date, *, compensation: bool = True) -> Json:
    """`/posting-api/job-board/<name>`, with compensation when it was asked for."""
    jobs = [job(world, company, opening, on, compensation=compensation) for opening in world.on_board(company, on)]
    return {"jobs": jobs, "apiVersion": "1"}


def job(world: World, company: SandboxCompany, opening: Opening, on: date, *, compensation: bool) -> Json:
    """One job of an Ashby board."""
    body, stated, ident = body_of(world, opening, on), opening.pay(on), uuid_of(world.seed, opening)
    n, where, spots = opening.number, opening.location, opening.location.spots
    url = f"https://jobs.ashbyhq.com/{company.token}/{ident}"
    posted = opening.posted_at or datetime(2026, 1, 1, tzinfo=UTC)
    job: Json = {
        "id": ident,
        "title": f"{opening.title} " if n % 23 == 4 else opening.title,
        "department": opening.department,
        "team": opening.team,
        "employmentType": "Intern" if opening.level == "intern" else "FullTime",
        "location": where.text if len(spots) == 1 else spots[0].text,
        "secondaryLocations": [{"location": spot.text, "address": _address(spot)} for spot in spots[1:]],
        "publishedAt": f"{posted:%Y-%m-%dT%H:%M:%S}.{posted.microsecond // 1000:03d}+00:00",
        "isListed": opening.listed,
        "isRemote": True if where.remote == "remote" else (False, None)[n % 2],
        "workplaceType": {"remote": "Remote", "hybrid": "Hybrid"}.get(where.remote or "", ("OnSite", None)[n % 2]),
        "address": {"postalAddress": {}} if n % 19 == 2 else _address(spots[0]),
        "jobUrl": url,
        "applyUrl": f"{url}/application",
        "descriptionHtml": "".join(piece.styled for piece in body.pieces()),
        "descriptionPlain": "".join(piece.plain for piece in body.pieces()).rstrip(),
    }  # fmt: skip
    if compensation:
        shown = stated is not None and stated.style == "tiers"
        job["shouldDisplayCompensationOnJobPostings"] = shown
        job["compensation"] = _compensation(world, opening, stated) if shown and stated else _NO_COMPENSATION
    return job


_NO_COMPENSATION: Json = {
    "compensationTierSummary": None,
    "scrapeableCompensationSalarySummary": None,
    "compensationTiers": [],
    "summaryComponents": [],
}
_COUNTRIES = {"GB": ("United Kingdom", "UK"), "US": ("United States", "USA")}


def _address(spot: Spot) -> Json:
    names = _COUNTRIES.get(spot.country, (spot.text.rsplit(", ", 1)[-1],))
    address = {"addressCountry": names[len(spot.text) % len(names)]}
    if spot.city:
        address |= {"addressRegion": "", "addressLocality": spot.city}
    return {"postalAddress": address}


def _compensation(world: World, opening: Opening, stated: Pay) -> Json:
    tiers = [_tier(world, opening, n, title, band) for n, (title, band) in enumerate(zones(opening, stated))]
    # Like the real one, the summary spans the tiers of one currency only: that of the first tier.
    first = tiers[0]["components"][0]
    amounts = f"{first['summary']}"
    many = " • Multiple Ranges" if len(tiers) > 1 else ""
    return {
        "compensationTierSummary": f"{amounts} • Offers Equity{many}",
        "scrapeableCompensationSalarySummary": re.sub("^OTE ", "", amounts).replace("–", "-"),
        "compensationTiers": tiers,
        "summaryComponents": [{name: value for name, value in part.items() if name not in ("id", "summary")}
                              for tier in tiers for part in tier["components"]],
    }  # fmt: skip


def _tier(world: World, opening: Opening, n: int, title: str, band: Band) -> Json:
    interval = {"year": "1 YEAR", "month": "1 MONTH", "hour": "1 HOUR"}[band.period]
    low, high = (_short(end, band.currency) for end in band.both)
    text = low if low == high else f"{low} – {high}"
    text = {"month": f"{text} per month", "hour": f"{text} per hour"}.get(band.period, text)
    text = f"OTE {text}" if band.basis == "ote" else text
    ident = uuid_of(world.seed, opening)[:-2]
    return {
        "id": f"{ident}{n}0",
        "tierSummary": f"{text} • Offers Equity",
        "title": title or None,
        "additionalInformation": "60/40 split" if band.basis == "ote" else None,
        "components": [
            {
                "id": f"{ident}{n}1",
                "summary": text,
                "compensationType": "Salary",
                "interval": interval,
                "currencyCode": band.currency,
                "minValue": whole(band.min),
                "maxValue": whole(band.max),
            },
            {
                "id": f"{ident}{n}2",
                "summary": "Offers Equity",
                "compensationType": "EquityPercentage",
                "interval": "NONE",
                "currencyCode": None,
                "minValue": None,
                "maxValue": None,
            },
        ],
    }


def _short(amount: float, currency: str) -> str:
    mark = {"GBP": "£", "USD": "$", "EUR": "€", "CAD": "CA$"}.get(currency)
    if mark is None:
        return f"{currency} {amount:,.0f}"
    return f"{mark}{amount / 1000:.4g}K" if amount >= 1000 else f"{mark}{amount:,.0f}"
