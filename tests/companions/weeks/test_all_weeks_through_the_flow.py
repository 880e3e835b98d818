"""All twelve weeks through the real flow, on a server whose date is set week by week."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.flows.conftest import RunFlow, empty_copy, run_flow  # noqa: F401 the flow as its users start it
from tests.tables import contents
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market
from tests.usecases.test_leaders_truth import assert_equals_truth, report_of

WEEK = """
import asyncio, sys
from datetime import UTC, date, datetime, time
import flows.refresh, flows.runtime
at = datetime.combine(date.fromisoformat(sys.argv[1]), time(4), UTC)
flows.refresh.now = lambda: at
asyncio.run(flows.refresh.refresh(sources=['ats'], start_report=False))
"""


@pytest.mark.slow
async def test_twelve_weeks_through_the_flow(
    make_market: Callable[..., Market],  # noqa: F811
    run_flow: RunFlow,  # noqa: F811
    empty_copy: str,  # noqa: F811
) -> None:
    """Every number of the report is the truth's, and the tables are those that the use case leaves."""
    market = make_market(companies=10, end=datetime.now(UTC).date(), seed=5)
    for on in market.sandbox.world.dates:
        market.set_date(on)
        done = run_flow(market, "-c", WEEK, str(on), dsn=empty_copy)
        assert done.returncode == 0, done.stdout + done.stderr
        await market.refresh()
    command, flow = await contents(market.dsn), await contents(empty_copy)
    for table, rows in command.items():
        assert rows == flow[table], table
    market.dsn = empty_copy
    report = await report_of(market)
    assert_equals_truth(report, market, "london", None)
