"""The refresh through Prefect where things are broken, and with the database from a block."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tests.flows.conftest import RunFlow
from tests.flows.test_refresh_flow import SOURCES
from tests.usecases.conftest import Market

BLOCK = """
import asyncio, os, sys
from prefect_sqlalchemy import SqlAlchemyConnector, ConnectionComponents, AsyncDriver
from sqlalchemy.engine import make_url
url = make_url(sys.argv[1])
block = SqlAlchemyConnector(connection_info=ConnectionComponents(
    driver=AsyncDriver.POSTGRESQL_ASYNCPG, username=url.username, password=url.password or None, host=url.host,
    database=url.database, query={key: str(value) for key, value in url.query.items()}))
block.save("job-hunter-db", overwrite=True)
os.environ["JOB_HUNTER_DB_BLOCK"] = "job-hunter-db"
from flows.refresh import refresh
asyncio.run(refresh(start_report=False))
"""


BROKEN_FEEDS = [
    # source, fault, its options, what is in the ledger: status and how many boards
    ("hn", "error", {"board": "items", "skip": 1}, {"complete": 3}),
    ("levels_fyi", "block_page", {"skip": 4}, {"complete": 4, "skipped": 3}),
    ("linkedin", "status", {"status": 999, "skip": 3}, {"partial": 1, "skipped": 1}),
]


async def test_broken_feeds_cost_only_themselves(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """A feed that fails, blocks or stops midway leaves the boards and the others as they are."""
    market = make_market(companies=8, max_openings=6, end=datetime.now(UTC).date())
    (market.config_dir / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    for source, fault, options, _ in BROKEN_FEEDS:
        market.sandbox.fault(fault, source=source, **options)
    done = run_flow(market, "-m", "flows.refresh")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CompletedWithSkips" in done.stdout + done.stderr
    rows = await market.rows(
        "SELECT source, status, count(*) FROM job_hunter.board_fetches GROUP BY 1, 2 ORDER BY 1, 2"
    )
    found: dict[str, dict[str, int]] = {}
    for source, status, count in rows:
        found.setdefault(source.removesuffix("_guest"), {})[status] = count
    assert {source: expected for source, *_, expected in BROKEN_FEEDS} == {
        source: found.pop(source) for source, *_ in BROKEN_FEEDS
    }
    assert {"complete"} == {status for statuses in found.values() for status in statuses}


async def test_all_boards_failing_ends_failed(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """A run that stored no board ends Failed, whatever the feeds gave."""
    market = make_market(companies=3)
    for source in ("greenhouse", "lever", "ashby"):
        market.sandbox.fault("not_found", source=source)
    done = run_flow(market, "-m", "flows.refresh")
    assert done.returncode != 0
    assert "Failed" in done.stdout + done.stderr
    assert await market.value("SELECT status FROM job_hunter.refresh_runs") == "failed"


async def test_the_database_may_be_a_block(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """JOB_HUNTER_DB_BLOCK names a real SqlAlchemyConnector block, whose password shows nowhere."""
    market = make_market(companies=2, max_openings=4)
    done = run_flow(market, "-c", BLOCK, market.dsn, dsn="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert await market.value("SELECT count(*) FROM job_hunter.roles") > 0
    password = market.dsn.partition("://")[2].partition("@")[0].partition(":")[2]
    assert not password or password not in done.stdout + done.stderr
