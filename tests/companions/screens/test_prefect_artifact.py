"""A deployed refresh ends with its report, readable in Prefect's UI, and with its messages sent."""

from __future__ import annotations

import asyncio
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from job_hunter.cli.processes import free_port, run_to_end, started, wait_until
from job_hunter.config import default_config_dir
from job_hunter.domain.leaders import LeadersReport
from job_hunter.report import render_markdown
from job_hunter.report.escape import markdown
from tests.companions.screens.browser import CHROMIUM, browser
from tests.companions.screens.stress import HOSTILE, stress_report
from tests.receivers import Hook, http_receiver, page_of
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

pytestmark = pytest.mark.slow
TEXT = 4.5
POOL = "job-hunter-screens"
PATIENCE = 240
SHOWN = "document.body.innerText.includes('How far to trust it') && !document.querySelector('[class*=enter-active]')"


@dataclass
class Prefect:
    """A Prefect server with a worker, the deployments, and the environment its flows run in."""

    url: str
    env: dict[str, str | None]
    log: Path

    async def flow_runs(self) -> dict[str, str]:
        """The state of the newest run of each flow that has ended or is on its way, by flow name."""
        async with httpx.AsyncClient(base_url=f"{self.url}/api", timeout=30) as client:
            flows = {flow["id"]: flow["name"] for flow in (await client.post("/flows/filter", json={})).json()}
            runs = (await client.post("/flow_runs/filter", json={"sort": "START_TIME_ASC"})).json()
        return {flows[run["flow_id"]]: run["state_type"] for run in runs if run["start_time"]}

    async def artifact(self, key: str) -> str:
        """The id of the one artifact with a key."""
        async with httpx.AsyncClient(base_url=f"{self.url}/api", timeout=30) as client:
            found = await client.post("/artifacts/filter", json={"artifacts": {"key": {"any_": [key]}}})
        (artifact,) = found.json()
        return str(artifact["id"])

    async def write_artifact(self, key: str, report: LeadersReport) -> str:
        """Write a report as the flow does; gives the artifact's id."""
        body = {
            "key": key,
            "type": "markdown",
            "data": render_markdown(report),
            "description": markdown(report.headline),
        }
        async with httpx.AsyncClient(base_url=f"{self.url}/api", timeout=30) as client:
            return str((await client.post("/artifacts/", json=body)).json()["id"])


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP receiver."""
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def market_of_weeks(make_market: Callable[..., Market]) -> Market:  # noqa: F811
    """Twelve weeks of ten companies, today the newest."""
    return make_market(companies=10, end=datetime.now(UTC).date(), seed=5)


@pytest.fixture
def prefect(market_of_weeks: Market, hook: Hook, tmp_path: Path) -> Iterator[Prefect]:
    """The server, the deployments and a process worker."""
    market = market_of_weeks
    for path in default_config_dir().glob("*.yaml"):
        if not (market.config_dir / path.name).exists():
            shutil.copyfile(path, market.config_dir / path.name)
    (market.config_dir / "cdio_watches.yaml").write_text("[]\n", encoding="utf-8")
    (market.config_dir / "alerts.yaml").write_text("threshold: {p50_gbp: 1}\n", encoding="utf-8")
    port = free_port(0)
    url = f"http://127.0.0.1:{port}"
    env: dict[str, str | None] = {
        **market.sandbox.env(),
        "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
        "DB_CONNECTION_STRING": market.dsn,
        "JOB_HUNTER_NOTIFY": "on",
        "JOB_HUNTER_NOTIFY_URLS": hook.url("s3cret"),
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_API_URL": None,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_EXPERIMENTAL_EVENTS": "true",
        "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
    }
    log = tmp_path / "programs.log"
    with ExitStack() as stack:
        server = stack.enter_context(
            started(("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)), env=env, log=log)
        )
        wait_until(lambda: _answers(f"{url}/api/health"), server, name="the Prefect server", log=log)
        env["PREFECT_API_URL"] = f"{url}/api"
        bootstrap = ("flows.bootstrap", "--pool", POOL, "--kind", "process", "--paused")
        run_to_end(bootstrap, env=env, log=log, name="the bootstrap")
        worker = ("prefect", "worker", "start", "--pool", POOL, "--type", "process")
        stack.enter_context(started(worker, env=env, log=log))
        yield Prefect(url, env, log)


async def test_a_refresh_ends_with_its_report_read_and_sent(
    market_of_weeks: Market, prefect: Prefect, hook: Hook, tmp_path: Path
) -> None:
    """Refresh, report and alert follow one another; digest and alert arrive once; the artifact can be read."""
    market = market_of_weeks
    *earlier, newest = market.sandbox.world.dates
    for on in earlier:
        market.set_date(on)
        await market.refresh()
    market.set_date(newest)
    arguments = ("prefect", "deployment", "run", "refresh/refresh", "--param", 'sources=["ats"]')
    run_to_end(arguments, env=prefect.env, log=prefect.log, name="the start of the refresh")
    states: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE):
        while states.get("comp-alert") not in ("COMPLETED", "FAILED", "CRASHED"):
            await asyncio.sleep(1)
            states = await prefect.flow_runs()
    log = prefect.log.read_text(encoding="utf-8", errors="replace")
    assert states == {"refresh": "COMPLETED", "leaders-report": "COMPLETED", "comp-alert": "COMPLETED"}, log
    digest, alert = hook.taken
    assert digest["title"].startswith(f"Market leaders of {newest}")
    assert "<h1>" in page_of(digest)
    assert "companies at £1 or more" in alert["title"]
    assert "s3cret" not in log
    if CHROMIUM is None:
        pytest.skip("chromium is not installed (tests/companions/screens/setup.sh)")
    report, hostile = await prefect.artifact("leaders-report"), await prefect.write_artifact("stress", stress_report())
    async with browser(tmp_path) as page:
        for name, artifact in (("artifact", report), ("artifact-stress", hostile)):
            await page.open(f"{prefect.url}/artifacts/artifact/{artifact}", width=1400, height=3000)
            await page.wait_for(SHOWN)
            await page.picture(f"prefect-{name}-desktop")
            found = await page.measure()
            assert found["scrollWidth"] <= found["width"]
            assert (found["sticksOut"], found["isCut"]) == ([], [])
            assert [text for text in found["texts"] if text["ratio"] < TEXT] == []
            pictures = await page.evaluate("[...document.querySelectorAll('article img')].map((it) => it.naturalWidth)")
            assert len(pictures) == 1
            assert pictures[0] > 0
            await page.open(f"{prefect.url}/artifacts/artifact/{artifact}", width=390, height=3000)
            await page.wait_for(SHOWN)
            await page.picture(f"prefect-{name}-phone")
            found = await page.measure()
            assert found["scrollWidth"] <= found["width"]  # Prefect's own tables scroll within their frame
            assert [text for text in found["texts"] if text["ratio"] < TEXT] == []
        assert HOSTILE.split()[0] in await page.evaluate("document.body.innerText")
        assert await page.evaluate("document.querySelectorAll('article a, article script, article b').length") == 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
