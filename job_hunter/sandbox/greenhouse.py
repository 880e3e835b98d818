"""Greenhouse's job board API: whole boards, escaped texts, pay in cents, in markup or in metadata."""

from __future__ import annotations

from datetime import date

from job_hunter.sandbox import pay as pays
from job_hunter.sandbox.bodies import Body, escape
from job_hunter.sandbox.model import Band, Opening, Pay, SandboxCompany
from job_hunter.sandbox.postings import Json, body_of, changed_at, eastern, zones
from job_hunter.sandbox.world import World, number_of


def board(world: World, company: SandboxCompany, on: date, *, content: bool = True, pay: bool = True) -> Json:
    """`/v1/boards/<token>/jobs`: `content` adds texts, departments and offices, `pay` the pay_input_ranges."""
    jobs = [job(world, company, opening, on, content=content, pay=pay) for opening in world.on_board(company, on)]
    return {"jobs": jobs, "meta": {"total": len(jobs)}}


def job(world: World, company: SandboxCompany, opening: Opening, on: date, *, content: bool, pay: bool) -> Json:
    """One job of a Greenhouse board."""
    ident = number_of(opening)
    own_site = company.index % 5 in (0, 2)
    url = f"https://www.{company.domain}/jobs/{ident}?gh_jid={ident}"
    stated = opening.pay(on)
    blanks = opening.number % 10 == 3
    job: Json = {
        "absolute_url": url if own_site else f"https://job-boards.greenhouse.io/{company.token}/jobs/{ident}",
        "data_compliance": [
            {
                "type": "gdpr",
                "requires_consent": False,
                "requires_processing_consent": False,
                "requires_retention_consent": False,
                "retention_period": None,
                "demographic_data_consent_applies": False,
            }
        ],
        "internal_job_id": None if opening.internal is None else number_of(opening, opening.internal) - 900_000,
        "location": {"name": f"{opening.location.text} " if opening.number % 37 == 5 else opening.location.text},
        "metadata": _metadata(company, opening, stated),
        "id": ident,
        "updated_at": eastern(changed_at(opening, on)),
        "requisition_id": (f"R-{100 + opening.internal}", "See Opening ID", None)[(opening.number % 9 == 0) * 2]
        if opening.internal is not None
        else None,
        "title": f" {opening.title} " if blanks else opening.title,
        "company_name": company.display_name,
        "first_published": None if opening.posted_at is None else eastern(opening.posted_at),
        "language": "en",
        "application_deadline": None,
    }
    if content:
        job["content"] = _content(body_of(world, opening, on), stated)
        job["departments"] = [
            {"id": 4000 + len(opening.department), "name": opening.department, "child_ids": [], "parent_id": None}
        ]
        job["offices"] = [
            {"id": 300 + n, "name": spot.city or spot.text, "location": spot.text, "child_ids": [], "parent_id": None}
            for n, spot in enumerate(opening.location.spots)
        ]
    if content and pay and stated is not None and stated.style.startswith("ranges"):
        job["pay_input_ranges"] = [_range(title, band) for title, band in zones(opening, stated)]
    return job


def _range(zone: str, band: Band) -> Json:
    title = {"hour": "The base pay range for this role is listed below, this is an hourly rate."}.get(
        band.period, "OTE Range" if band.basis == "ote" else "Annual Salary Range"
    )
    return {
        "min_cents": round(band.both[0] * 100),
        "max_cents": round(band.both[1] * 100),
        "currency_type": band.currency,
        "title": f"{zone} {title}" if zone else title,
        "blurb": "<p>What we offer depends on experience &amp; location.</p>",
    }


def _metadata(company: SandboxCompany, opening: Opening, stated: Pay | None) -> list[Json] | None:
    if company.index % 4 == 0 and not (stated and stated.style == "metadata"):
        return None
    rows: list[Json] = [
        {"id": 9_245_001, "name": "Workplace Type", "value": "Hybrid", "value_type": "single_select"},
        {"id": 9_245_002, "name": "Featured", "value": opening.number % 2 == 0, "value_type": "yes_no"},
    ]
    for ident, name, reward in (
        (9_245_003, "Referral Reward", {"unit": "GBP", "amount": "1500.0"}),
        (9_245_004, "Equity Band Midpoint", {"unit": None, "amount": "0.0"}),
    ):
        rows.append({"id": ident, "name": name, "value": reward, "value_type": "currency"})
    value: Json | None = None
    if stated is not None and stated.style == "metadata":
        band = stated.band
        value = {"unit": band.currency, "min_value": f"{band.min:.1f}", "max_value": f"{band.max:.1f}"}
    elif opening.number % 3 == 0:
        value = {"unit": None, "min_value": "0.0", "max_value": "0.0"}
    rows.append({"id": 9_245_005, "name": "Salary Range", "value": value, "value_type": "currency_range"})
    return rows


def _content(body: Body, stated: Pay | None) -> str:
    pieces = body.pieces()
    intro = "&lt;div class=&quot;content-intro&quot;&gt;" + pieces[0].escaped.rstrip("\n") + "&lt;/div&gt;"
    text = intro + "".join(piece.escaped for piece in pieces[1:]).rstrip("\n")
    if stated is None or stated.style not in ("block", "ranges_block"):
        return text
    low, high = pays.block(stated)
    return text + escape(
        '<div class="content-pay-transparency"><div class="pay-input"><div class="description"><p>What you are paid '
        'depends on experience and skills.</p></div><div class="title">Annual Salary:</div><div class="pay-range">'
        f'<span>{low}</span><span class="divider">&mdash;</span><span>{high}</span></div></div></div>'
    )
