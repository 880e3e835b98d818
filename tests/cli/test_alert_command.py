"""`job-hunter alert` as a person runs it: what it prints, what it sends, and its exit codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner, Result

from job_hunter.cli import app
from tests.receivers import Hook, http_receiver
from tests.usecases.conftest import Market, make_market, market, readings  # noqa: F401 the same market

Alert = Callable[..., Result]


@pytest.fixture
def hook() -> Iterator[Hook]:
    """An HTTP receiver."""
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture
def run_alert(dsn: str, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Alert:
    """A function that runs the command on the test's database, with the receiver as the only address."""
    monkeypatch.setenv("DB_CONNECTION_STRING", dsn)
    monkeypatch.setenv("JOB_HUNTER_NOTIFY_URLS", hook.url("s3cret"))
    return lambda *arguments: CliRunner().invoke(app, ["alert", *arguments])


def refreshed(market: Market) -> None:  # noqa: F811
    """One refresh of the market, from a test that is not async."""
    asyncio.run(market.refresh())


def test_it_sends_once_and_says_so(market: Market, run_alert: Alert, hook: Hook) -> None:  # noqa: F811
    """The first run sends, the second has nothing to tell; both leave with 0."""
    refreshed(market)
    first = run_alert("--threshold", "1", "--place", "london")
    assert (first.exit_code, len(hook.taken)) == (0, 1), first.output
    assert "1 message sent" in first.output
    second = run_alert("--threshold", "1")
    assert (second.exit_code, len(hook.taken)) == (0, 1)
    assert "to tell: 0 of them" in second.output


def test_stdout_shows_the_message_and_sends_nothing(market: Market, run_alert: Alert, hook: Hook) -> None:  # noqa: F811
    """The preview is the very message that is sent afterwards, and needs no address."""
    refreshed(market)
    preview = run_alert("--threshold", "1", "--stdout")
    assert (preview.exit_code, hook.visits) == (0, 0)
    run_alert("--threshold", "1")
    (taken,) = hook.taken
    assert preview.output == f"{taken['title']}\n\n{taken['message']}\n"
    assert "nothing to send" in run_alert("--threshold", "1", "--stdout").output


def test_a_failure_leaves_with_1_and_names_no_secret(
    market: Market,  # noqa: F811
    run_alert: Alert,
    hook: Hook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address by number, the reason, that it is kept; then a run that works delivers it."""
    monkeypatch.setattr("job_hunter.usecases.deliver.WAITS", (0.0, 0.0))
    refreshed(market)
    hook.status = 503
    failed = run_alert("--threshold", "1")
    assert failed.exit_code == 1
    assert "1 not delivered and kept for the next run: address 1 (json)" in failed.output
    assert "503" in failed.output
    assert "s3cret" not in failed.output
    hook.status = 200
    assert run_alert("--threshold", "1").exit_code == 0
    assert len(hook.taken) == 1


def test_json_is_for_programs(market: Market, run_alert: Alert) -> None:  # noqa: F811
    """Exact figures, dates, and what became of the delivery."""
    refreshed(market)
    data = json.loads(run_alert("--threshold", "1", "--format", "json").output)
    assert data["snapshot_date"] == str(market.at.date())
    assert data["companies"]
    assert all(company["p50_gbp"] >= 1 and company["to_tell"] for company in data["companies"])
    assert len(data["delivery"]["sent"]) == 1
    assert json.loads(run_alert("--stdout", "--format", "json").output)["delivery"] is None


WRONG = {
    "place": (["--place", "lundon"], {}, "did you mean london?"),
    "no address": ([], {"JOB_HUNTER_NOTIFY_URLS": ""}, "JOB_HUNTER_NOTIFY_URLS is not set"),
    "address": ([], {"JOB_HUNTER_NOTIFY_URLS": "nosuch://tok3n@host"}, "address 1 of 1 (nosuch) is not understood"),
    "threshold": (["--threshold", "0"], {}, "--threshold"),
}


@pytest.mark.parametrize(("arguments", "env", "said"), WRONG.values(), ids=WRONG)
def test_wrong_usage_leaves_with_2(
    run_alert: Alert, monkeypatch: pytest.MonkeyPatch, arguments: list[str], env: dict[str, str], said: str
) -> None:
    """One sentence names what is wrong, and no secret."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    result = run_alert(*arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert "tok3n" not in result.output


def test_before_the_first_refresh_it_says_what_to_do(run_alert: Alert) -> None:
    """Exit code 1 and the next step."""
    result = run_alert("--stdout")
    assert result.exit_code == 1
    assert "run `job-hunter refresh` first" in result.output
