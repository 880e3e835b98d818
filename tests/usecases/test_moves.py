"""A board that moves to another system, leaves the file, or posts a role anew: the history goes on, nothing is news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from job_hunter.domain.company import Company
from job_hunter.usecases.analyze import analyze
from tests.usecases.conftest import END, Market

WEEK = timedelta(days=7)
OPEN = "SELECT count(*) FROM job_hunter.roles WHERE closed_at IS NULL"


def _mover(market: Market) -> Company:
    """A Greenhouse company with openings enough."""
    sizes = {
        company.slug: len(market.sandbox.truth.openings(END, company.slug))
        for company in market.companies
        if company.ats_type == "greenhouse"
    }
    slug = max(sizes, key=lambda slug: sizes[slug])
    return next(company for company in market.companies if company.slug == slug)


@pytest.mark.parametrize("system", ["lever", "ashby"])
async def test_a_board_that_moves_keeps_its_history(market: Market, system: str) -> None:
    """Its roles retire on the old system and go on under their lineage on the new one; no entrant, no mover, no gap."""
    market.set_date(END - WEEK)
    await market.refresh()
    company = _mover(market)
    before = await market.rows(
        "SELECT lineage_id FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id "
        "WHERE c.slug = :slug AND closed_at IS NULL ORDER BY 1",
        slug=company.slug,
    )
    moved = replace(company, ats_type=system, ats_id=f"{company.ats_id}moved")
    # the same openings from another system, a week later by our clock alone
    market.sandbox.state.move(company.slug, system, moved.ats_id)
    market.at += WEEK
    summary = await market.refresh(tuple(moved if one.slug == company.slug else one for one in market.companies))
    assert not summary.skipped
    after = await market.rows(
        "SELECT lineage_id FROM job_hunter.roles r JOIN job_hunter.companies c ON c.id = r.company_id "
        "WHERE c.slug = :slug AND closed_at IS NULL ORDER BY 1",
        slug=company.slug,
    )
    kept = set(before) & set(after)
    assert len(after) == len(before)
    assert len(kept) >= 0.9 * len({*before})
    kinds = dict(
        await market.rows(
            "SELECT e.kind, count(*) FROM job_hunter.role_events e JOIN job_hunter.roles r ON r.id = e.role_id "
            "JOIN job_hunter.companies c ON c.id = r.company_id WHERE c.slug = :slug GROUP BY 1",
            slug=company.slug,
        )
    )
    assert kinds["retired"] == len(before)
    assert kinds["reposted"] == len(kept)
    async with market.database() as database:
        report = await analyze(database, top_n=99, at=market.at)
    week = report.comparisons[0]
    assert company.display_name not in week.entrants
    assert company.display_name not in week.leavers


async def test_a_company_put_back_is_no_news(market: Market) -> None:
    """Left out of the file for a week: its roles retire; back again, they are the same roles, open since before."""
    market.set_date(END - WEEK)
    await market.refresh()
    company = _mover(market)
    ids = "SELECT r.id, r.lineage_id, r.first_seen_at FROM job_hunter.roles r ORDER BY r.id"
    before, open_before = await market.rows(ids), await market.value(OPEN)
    rest = tuple(one for one in market.companies if one.slug != company.slug)
    market.at += timedelta(days=1)
    gone = await market.refresh(rest)
    assert gone.retired == (company.slug,)
    assert await market.value(OPEN) < open_before
    market.at += timedelta(days=1)
    back = await market.refresh()
    assert back.totals()["new"] == 0
    assert before == await market.rows(ids)
    assert await market.value(OPEN) == open_before
