"""Watched careers pages get their rows of the day within the refresh, before its report counts them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.fake_changedetection import KEY, fake_changedetection
from tests.flows.conftest import RunFlow
from tests.usecases.conftest import Market

URL = "https://careers.example/jobs"
WATCHES = f"""
- slug: example-capital
  display_name: Example Capital
  sector: hft_quant
  url: {URL}
  css: main a
"""
ROWS = """
    SELECT v.status, (SELECT count(*) FROM job_hunter.roles_snapshots s
                      WHERE s.company_id = v.company_id AND s.snapshot_date = v.snapshot_date)
    FROM job_hunter.coverage v WHERE v.company_slug = 'example-capital'"""


@pytest.mark.slow
async def test_the_refresh_reads_the_watched_pages(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """Complete with its opening; a changedetection.io that is away later costs nothing but the pages."""
    market = make_market(companies=3, max_openings=4, end=datetime.now(UTC).date())
    (market.config_dir / "cdio_watches.yaml").write_text(WATCHES, encoding="utf-8")
    with fake_changedetection() as cdio:
        cdio.add_page(URL, (int(time.time()) - 3600, "Open roles\nData Engineer - London\nAbout us"))
        settings = {"CDIO_BASE_URL": cdio.url, "CDIO_API_KEY": KEY}
        done = run_flow(market, "-m", "flows.refresh", "ats", **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert await market.rows(ROWS) == [("complete", 1)]
        cdio.status = 500
        again = run_flow(market, "-m", "flows.refresh", "ats", **settings)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "no catching up" in again.stdout + again.stderr
    assert await market.rows(ROWS) == [("complete", 1)]
