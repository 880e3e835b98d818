"""Refresh, report, alert: each starts the next by the run's id, and each message goes out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.flows.conftest import RunFlow
from tests.receivers import Hook, http_receiver, page_of
from tests.usecases.conftest import Market

REPORT = """
import asyncio, sys
from prefect import get_client
from flows.comp_alert import comp_alert
from flows.leaders_report import leaders_report

async def main():
    async with get_client() as client:
        await leaders_report(run_id=sys.argv[1])
        await client.create_deployment(flow_id=await client.create_flow(comp_alert), name="comp-alert")
        for _ in range(2):
            await leaders_report(run_id=sys.argv[1])
        for run in await client.read_flow_runs():
            if run.deployment_id:
                print("STARTED", run.state_name, run.parameters)
asyncio.run(main())
"""

ALERT = """
import asyncio, sys
from flows.comp_alert import comp_alert
state = asyncio.run(comp_alert(threshold=1, run_id=sys.argv[1], return_state=True))
print("ENDED", state.name, state.message)
"""


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP receiver."""
    with http_receiver() as receiver:
        yield receiver


async def _refreshed(market: Market) -> str:
    """One refresh of today; gives the run's id."""
    market.set_date(datetime.now(UTC).date())
    await market.refresh()
    return str(await market.value("SELECT id FROM job_hunter.refresh_runs"))


async def test_the_report_sends_its_digest_once_and_starts_the_alert_once(
    make_market: Callable[..., Market], run_flow: RunFlow, hook: Hook
) -> None:
    """Three runs of one report, as after a retry: one digest with its page, one alert run that names the refresh.

    Before there is a deployment of the alert the report says so and ends well.
    """
    market = make_market(end=datetime.now(UTC).date())
    run_id = await _refreshed(market)
    env = {"JOB_HUNTER_NOTIFY": "on", "JOB_HUNTER_NOTIFY_URLS": hook.url("s3cret")}
    done = run_flow(market, "-c", REPORT, run_id, **env)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert output.count("there is no deployment comp-alert/comp-alert") == 1
    assert output.count("STARTED") == 1
    assert f"STARTED Scheduled {{'run_id': '{run_id}'}}" in output
    (taken,) = hook.taken
    assert taken["title"].startswith(f"Market leaders of {market.at.date()}")
    assert "<h1>" in page_of(taken)
    assert "s3cret" not in output


async def test_the_alert_of_a_run_goes_out_once_and_fails_visibly(
    make_market: Callable[..., Market], run_flow: RunFlow, hook: Hook
) -> None:
    """While the receiver is down the flow ends Failed and says why; the next run delivers; a third sends nothing."""
    market = make_market(end=datetime.now(UTC).date())
    run_id = await _refreshed(market)
    env = {"JOB_HUNTER_NOTIFY_URLS": hook.url("s3cret")}
    hook.status = 503
    failed = run_flow(market, "-c", ALERT, run_id, **env)
    assert "ENDED Failed 0 messages sent, 1 not delivered and kept for the next run" in failed.stdout, failed.stderr
    assert "s3cret" not in failed.stdout + failed.stderr
    hook.status = 200
    for sent in ("1 message sent", "0 messages sent"):
        done = run_flow(market, "-c", ALERT, run_id, **env)
        assert "ENDED Completed" in done.stdout, done.stderr
        assert sent in done.stdout
    assert len(hook.taken) == 1


async def test_without_addresses_or_a_finished_run_it_says_so(
    make_market: Callable[..., Market], run_flow: RunFlow, hook: Hook
) -> None:
    """Nobody to tell is no failure; a run that is not there is one."""
    market = make_market(end=datetime.now(UTC).date())
    nobody = run_flow(market, "-c", ALERT, "no-such-run")
    assert "ENDED Skipped nobody to tell: JOB_HUNTER_NOTIFY_URLS is not set" in nobody.stdout, nobody.stderr
    refused = run_flow(market, "-c", ALERT, "no-such-run", JOB_HUNTER_NOTIFY_URLS=hook.url())
    assert "the refresh no-such-run has not finished" in refused.stdout + refused.stderr
    assert hook.visits == 0
