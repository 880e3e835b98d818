"""Every command of docs/runbook.md that is ours, in the state it is meant for; the others are known by name.

The commands of Prefect are run against a real server in tests/companions/flows/test_runbook_prefect.py.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from job_hunter.cli import app
from job_hunter.config import default_config_dir
from tests.fake_changedetection import KEY, fake_changedetection
from tests.receivers import http_receiver
from tests.runbook import ROOT, filled, read_runbook, runbook_commands
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

DOES: dict[str, tuple[int, str]] = {
    # what a command leaves with, and what it says
    "job-hunter doctor": (0, "every alert and digest arrived"),
    "job-hunter report --days 8": (0, '"coverage"'),
    "job-hunter refresh": (0, "19 of 19 boards complete"),
    "job-hunter refresh --only-missing": (0, "0 of 0 boards complete"),
    "job-hunter refresh --company COMPANY": (0, "2 of 2 boards complete"),
    "job-hunter analyze": (0, "p50"),
    "job-hunter probe URL": (0, "ats_type: greenhouse"),
    "job-hunter probe COMPANY": (0, "ats_type: "),
    "job-hunter cdio-seed --dry-run": (0, "create watch"),
    "job-hunter cdio-seed": (0, "create watch"),
    "job-hunter cdio-reconcile": (0, "last error"),
    "job-hunter reparse --dry-run": (0, "would be read again"),
    "job-hunter reparse": (0, " read again with"),
    "job-hunter doctor --accept SOURCE/BOARD": (0, "accepted; the next refresh closes"),
    "job-hunter doctor --forget-future": (0, "forgotten: "),
    "job-hunter backfill-fx": (0, "priced again"),
    "job-hunter backfill-fx --since DAY": (0, "priced again"),
    "job-hunter alert": (0, "messages sent"),
    "job-hunter migrate": (0, "nothing to do"),
    "job-hunter snapshot": (0, "rows inserted"),
}

Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def place(make_market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:  # noqa: F811
    """A small market that was refreshed, with everything the settings may name beside it."""
    market = make_market(companies=3, max_openings=5, weeks=2)
    for path in default_config_dir().glob("*.yaml"):
        if not (market.config_dir / path.name).exists():
            (market.config_dir / path.name).write_bytes(path.read_bytes())
    with ExitStack() as stack:
        cdio = stack.enter_context(fake_changedetection())
        hook = stack.enter_context(http_receiver())
        settings = {
            **market.sandbox.env(),
            "JOB_HUNTER_CONFIG_DIR": str(market.config_dir),
            "DB_CONNECTION_STRING": market.dsn,
            "JOB_HUNTER_NOTIFY_URLS": hook.url("s3cret"),
            "CDIO_BASE_URL": cdio.url,
            "CDIO_API_KEY": KEY,
            "JOB_HUNTER_WEBHOOK_URL": "http://127.0.0.1:8080/webhook/cdio",
            "WEBHOOK_BEARER_TOKEN": "0123456789abcdef0123456789abcdef",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("job_hunter.cli.support.now", lambda: market.at)
        asyncio.run(market.refresh())
        yield market


def _bring_about(command: str, place: Market) -> None:
    """The state that the runbook sends one to `command` with."""
    if "--accept" in command:
        place.sandbox.fault("empty", board=place.companies[0].ats_id)
        asyncio.run(place.refresh())
    if "--forget-future" in command:
        now, place.at = place.at, place.at + timedelta(days=40)
        asyncio.run(place.refresh())
        place.at = now


def test_each_does_what_the_runbook_says(place: Market) -> None:
    """Run as they are written, in the page's order."""
    board = place.companies[0]
    values = {
        "COMPANY": board.slug,
        "URL": f"https://boards.greenhouse.io/{board.ats_id}",
        "SOURCE": board.ats_type,
        "BOARD": board.ats_id or "",
        "DAY": str(place.at.date() - timedelta(days=30)),
    }
    for command in runbook_commands("job-hunter"):
        _bring_about(command, place)
        ended = CliRunner().invoke(app, filled(command, values)[1:])
        code, said = DOES[command]
        assert (ended.exit_code, said in " ".join(ended.output.split())) == (code, True), f"{command}: {ended.output}"


def test_every_command_is_known() -> None:
    """A command that comes into the runbook comes into a test; one that leaves it, leaves it."""
    assert set(runbook_commands("job-hunter")) == set(DOES)
    assert runbook_commands("terraform") == ["terraform apply"]
    (kubectl,) = runbook_commands("kubectl")
    assert kubectl == "kubectl -n job-hunter exec deployment/job-hunter-receiver -- job-hunter doctor"
    workloads = (ROOT / "infra" / "terraform" / "workloads.tf").read_text(encoding="utf-8")
    assert re.search(r'^ +name += "job-hunter-receiver"$', workloads, re.MULTILINE)


def test_links_lead_somewhere() -> None:
    """Each relative link names a file of this repository."""
    for target in re.findall(r"\]\(([^)#]+)\)", read_runbook()):
        assert (ROOT / "docs" / target).exists(), target
