"""The refresh through Prefect: the same tables as through the command, and the same care with broken boards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from job_hunter.config import load_sources
from job_hunter.usecases.feeds import default_sources
from tests.flows.conftest import AS_LONG, RunFlow
from tests.tables import contents
from tests.usecases.conftest import Market

SOURCES = """
levels_fyi:
  places:
    - {slug: london-metro-area, bucket: london}
  families:
    - {slug: software-engineer, family: engineering}
linkedin_guest:
  enabled: true
  details: 12
  searches:
    - {slug: london-engineer, keywords: engineer, location: London}
    - {slug: london-manager, keywords: manager, location: London}
"""


def _broken(market: Market) -> dict[str, str]:
    greenhouse = [company for company in market.companies if company.ats_type == "greenhouse"]
    named = dict(zip(("not_found", "error", "error_once", "empty"), greenhouse, strict=False))
    for fault, company in named.items():
        market.sandbox.fault(fault, board=company.ats_id, source="greenhouse")
    return {fault: company.ats_id for fault, company in named.items()}


def _asked(market: Market, boards: dict[str, str]) -> dict[str, int]:
    """How often each board was asked, and each feed."""
    asked = {fault: len(market.sandbox.requests(source="greenhouse", board=board)) for fault, board in boards.items()}
    return asked | {feed: len(market.sandbox.requests(source=feed)) for feed in ("hn", "levels_fyi", "linkedin")}


async def test_flow_and_command_leave_identical_tables(
    make_market: Callable[..., Market], empty_copy: str, run_flow: RunFlow
) -> None:
    """All sources, some boards broken: equal tables, equal requests, and the flow ends Completed naming the skips."""
    today = datetime.now(UTC).date()
    market = make_market(companies=24, max_openings=6, end=today)
    (market.config_dir / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    settings = load_sources(market.config_dir)
    boards = _broken(market)
    assert len(boards) == 4
    summary = await market.refresh(sources=default_sources(settings), settings=settings, pacing=AS_LONG)
    by_command = _asked(market, boards)
    market.sandbox.clear_requests()
    market.sandbox.clear_faults()
    _broken(market)
    done = run_flow(market, "-m", "flows.refresh", dsn=empty_copy)
    assert done.returncode == 0, done.stdout + done.stderr
    by_flow = _asked(market, boards)
    assert by_command == by_flow
    assert {"not_found": 1, "error": 2, "error_once": 2, "empty": 1}.items() <= by_flow.items()
    skipped = next(result for result in summary.skipped if result.http_status == 404)
    assert f"ats: skipping company={skipped.company_slug} — HTTP 404" in done.stdout + done.stderr
    assert "CompletedWithSkips" in done.stdout + done.stderr
    assert all(market.sandbox.most_at_once(source=source) <= 8 for source in ("greenhouse", "lever", "ashby"))
    assert all(market.sandbox.most_at_once(source=feed) == 1 for feed in ("hn", "levels_fyi", "linkedin"))
    assert "LinkedIn's terms forbid automated reading" in done.stdout + done.stderr
    flow, command = await contents(empty_copy), await contents(market.dsn)
    for table, rows in command.items():
        assert rows == flow[table], table
    assert {"hn", "linkedin_guest"} < {row[0] for row in flow["roles"]}
    assert "levels_fyi" in {row[0] for row in flow["comp_points"]}


async def test_an_unmigrated_database_is_one_sentence(
    make_market: Callable[..., Market], empty_dsn: str, run_flow: RunFlow
) -> None:
    """The flow stops with the sentence that names `migrate`."""
    market = make_market(companies=2, max_openings=4)
    done = run_flow(market, "-m", "flows.refresh", dsn=empty_dsn)
    assert done.returncode != 0
    assert "run `job-hunter migrate`" in done.stdout + done.stderr
