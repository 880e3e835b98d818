"""The refresh through Prefect: the same tables as through the command, and the same care with broken boards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tests.flows.conftest import RunFlow
from tests.tables import contents
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


def _broken(market: Market) -> dict[str, str]:
    greenhouse = [company for company in market.companies if company.ats_type == "greenhouse"]
    named = dict(zip(("not_found", "error", "error_once", "empty"), greenhouse, strict=False))
    for fault, company in named.items():
        market.sandbox.fault(fault, board=company.ats_id)
    return {fault: company.ats_id for fault, company in named.items()}


async def test_flow_and_command_leave_identical_tables(
    make_market: Callable[..., Market], empty_copy: str, run_flow: RunFlow
) -> None:
    """Both doors, with broken boards: equal tables, equal requests, and the flow ends Completed naming the skips."""
    today = datetime.now(UTC).date()
    market = make_market(companies=24, max_openings=6, end=today)
    boards = _broken(market)
    assert len(boards) == 4
    summary = await market.refresh()
    by_command = {fault: len(market.sandbox.requests(board=board)) for fault, board in boards.items()}
    market.sandbox.clear_requests()
    market.sandbox.clear_faults()
    _broken(market)
    done = run_flow(market, "-m", "flows.refresh", dsn=empty_copy)
    assert done.returncode == 0, done.stdout + done.stderr
    by_flow = {fault: len(market.sandbox.requests(board=board)) for fault, board in boards.items()}
    assert by_command == by_flow == {"not_found": 1, "error": 2, "error_once": 2, "empty": 1}
    skipped = next(result for result in summary.skipped if result.http_status == 404)
    assert f"ats: skipping company={skipped.company_slug} — HTTP 404" in done.stdout + done.stderr
    assert "CompletedWithSkips" in done.stdout + done.stderr
    assert market.sandbox.most_at_once() <= 8
    flow, command = await contents(empty_copy), await contents(market.dsn)
    for table, rows in command.items():
        assert rows == flow[table], table


async def test_all_boards_failing_ends_failed(make_market: Callable[..., Market], run_flow: RunFlow) -> None:
    """A run that stored nothing ends Failed."""
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


async def test_an_unmigrated_database_is_one_sentence(
    make_market: Callable[..., Market], empty_dsn: str, run_flow: RunFlow
) -> None:
    """The flow stops with the sentence that names `migrate`."""
    market = make_market(companies=2, max_openings=4)
    done = run_flow(market, "-m", "flows.refresh", dsn=empty_dsn)
    assert done.returncode != 0
    assert "run `job-hunter migrate`" in done.stdout + done.stderr
