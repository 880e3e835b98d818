"""The saved queries of analysts and dashboards, word for word, on data of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from job_hunter.sandbox.truth import quantile
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

P50 = """
SELECT s.snapshot_date, c.display_name, percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp)) AS p50_gbp
FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
WHERE s.location_bucket = 'london' GROUP BY s.snapshot_date, c.display_name ORDER BY s.snapshot_date, p50_gbp DESC;
"""  # noqa: E501 verbatim
OPEN_ROLES = """
SELECT s.snapshot_date, c.display_name, COUNT(*) AS open_roles FROM job_hunter.roles_snapshots s
JOIN job_hunter.companies c ON c.id = s.company_id WHERE s.primary_location = 'london'
GROUP BY s.snapshot_date, c.display_name ORDER BY s.snapshot_date, open_roles DESC;
"""
DIFF = """
SELECT s.snapshot_date, percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp)) AS p50_gbp
FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
WHERE c.slug = 'janestreet' AND s.snapshot_date IN ('2026-11-15', '2026-11-22')
GROUP BY s.snapshot_date ORDER BY s.snapshot_date;
"""
ROLES_DIFF = """
SELECT s.snapshot_date, COUNT(*) AS open_roles
FROM job_hunter.roles_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id
WHERE c.slug = 'janestreet' AND s.snapshot_date IN ('2026-11-15', '2026-11-22')
GROUP BY s.snapshot_date ORDER BY s.snapshot_date;
"""
WEEKS = (date(2026, 11, 15), date(2026, 11, 22))


async def _two_weeks(make_market: Callable[..., Market]) -> tuple[Market, str]:  # noqa: F811
    """Two weeks of a market in which the company with the most figures is called janestreet; its sandbox slug."""
    market = make_market(companies=8, seed=11)
    truth = market.sandbox.truth
    real = max(market.companies, key=lambda c: sum(o.gbp is not None for o in truth.openings(WEEKS[1], c.slug))).slug
    path = market.config_dir / "companies.yaml"
    text = path.read_text("utf-8")
    assert text.count(f'slug: "{real}"') == 1
    path.write_text(text.replace(f'slug: "{real}"', "slug: janestreet"), "utf-8")
    for on in WEEKS:
        market.set_date(on)
        await market.refresh()
    return market, real


async def test_the_saved_queries_give_the_truth(make_market: Callable[..., Market]) -> None:  # noqa: F811
    """Medians and openings of each week in London, and one company's two weeks, are those the sandbox knows."""
    market, real = await _two_weeks(make_market)
    truth = market.sandbox.truth
    names = {company.slug: company.display_name for company in market.companies}
    names[real] = names.pop("janestreet")

    p50 = [(on, name, float(value)) for on, name, value in await market.rows(P50) if value is not None]
    wanted = {(on, names[slug]): value for on in WEEKS for slug, value in truth.p50(on, "london").items()}
    assert len(wanted) > len(WEEKS)
    assert {key: pytest.approx(value, abs=0.011) for key, value in wanted.items()} == {
        (on, name): value for on, name, value in p50
    }
    assert p50 == sorted(p50, key=lambda row: (row[0], -row[2]))

    roles = await market.rows(OPEN_ROLES)
    assert {(on, names[slug]): count for on in WEEKS for slug, count in truth.open_roles(on, "london").items()} == {
        (on, name): count for on, name, count in roles
    }

    figures = {on: [o.gbp for o in truth.openings(on, real) if o.gbp is not None] for on in WEEKS}
    medians = [(on, pytest.approx(quantile(figures[on], 0.5), abs=0.011)) for on in WEEKS]
    assert medians == await market.rows(DIFF)
    assert [(on, len(truth.openings(on, real))) for on in WEEKS] == await market.rows(ROLES_DIFF)


async def test_a_board_that_was_down_is_missing_in_the_saved_queries(make_market: Callable[..., Market]) -> None:  # noqa: F811
    """No row rather than zero: a dashboard shows a gap where a board was not read, and the coverage view says why."""
    market = make_market(companies=8, seed=11)
    market.set_date(WEEKS[0])
    await market.refresh()
    market.set_date(WEEKS[1])
    down = max(market.companies, key=lambda c: len(market.sandbox.truth.openings(WEEKS[1], c.slug)))
    market.sandbox.fault("error", board=down.ats_id)
    await market.refresh()
    seen = {(on, name) for on, name, _ in await market.rows(OPEN_ROLES)}
    assert (WEEKS[0], down.display_name) in seen
    assert (WEEKS[1], down.display_name) not in seen
    assert await market.rows(
        "SELECT is_covered, status, http_status FROM job_hunter.coverage "
        "WHERE snapshot_date = :on AND company_slug = :slug",
        on=WEEKS[1],
        slug=down.slug,
    ) == [(False, "skipped", 500)]
