"""`job-hunter backfill-fx` and `job-hunter probe`: what they print, and their exit codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
import yaml
from typer.testing import CliRunner, Result

from job_hunter.cli import app
from job_hunter.config import default_config_dir
from tests.usecases.conftest import Market, make_market, market, readings  # noqa: F401 the same market

Run = Callable[..., Result]


@pytest.fixture
def run(market: Market, monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: F811
    """The program as a person starts it, with every source a replica."""
    for name in ("levels.yaml", "locations.yaml"):
        (market.config_dir / name).write_bytes((default_config_dir() / name).read_bytes())
    for name, value in market.sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JOB_HUNTER_CONFIG_DIR", str(market.config_dir))
    monkeypatch.setenv("DB_CONNECTION_STRING", market.dsn)
    monkeypatch.setattr("job_hunter.cli.support.now", lambda: market.at)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_backfill_says_what_it_loaded_and_left(market: Market, run: Run) -> None:  # noqa: F811
    """An empty database is given its rates; a second run finds nothing, as sentences and as JSON."""
    first = run("backfill-fx", "--days", "30")
    assert first.exit_code == 0, first.output
    assert "GBP: " in first.stdout
    assert "priced again: 0 comp points" in first.stdout
    asyncio.run(market.refresh())
    again = run("backfill-fx", "--format", "json")
    assert again.exit_code == 0, again.output
    done = json.loads(again.stdout)
    assert (done["gaps"], done["loaded"], done["unfilled"], done["warning"]) == ([], 0, [], None)
    assert set(done["repriced"].values()) == {0}
    for left in done["left"]:
        assert set(left) == {"table", "currency", "rows", "first", "last", "why"}


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_silent_ecb_is_a_failure(market: Market, run: Run, output: str) -> None:  # noqa: F811
    """Exit code 1 and the reason; JSON stays JSON."""
    market.sandbox.fault("forbidden", source="ecb")
    result = run("backfill-fx", "--days", "30", "--format", output)
    assert result.exit_code == 1
    assert "no rates loaded" in result.output
    if output == "json":
        assert json.loads(result.stdout)["loaded"] == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--days", "30", "--since", "2026-01-01"), "give one of them"),
        (("--since", "2099-01-01"), "2099-01-01 is in the future"),
        (("--days", "0"), "--days"),
        (("--since", "yesterday"), "--since"),
    ],
)
def test_backfill_refuses_what_cannot_be_meant(
    market: Market,  # noqa: F811
    run: Run,
    arguments: tuple[str, ...],
    problem: str,
) -> None:
    """Exit code 2, and nothing asked."""
    result = run("backfill-fx", *arguments)
    assert result.exit_code == 2
    assert problem in result.output
    assert market.sandbox.requests() == []


def test_probe_prints_the_block_to_paste(market: Market, run: Run) -> None:  # noqa: F811
    """The file it belongs into, what was counted, and YAML that gives the board back; exit code 0."""
    wanted = next(company for company in market.companies if company.ats_type == "lever")
    result = run("probe", wanted.ats_id, "--name", wanted.display_name)
    assert result.exit_code == 0, result.output
    said, block = result.stdout.split("# config/companies.yaml\n")
    assert f"lever {wanted.ats_id}: " in said
    assert "in London" in said
    assert yaml.safe_load(block)[0]["ats_id"] == wanted.ats_id


def test_probe_without_a_board_prints_the_watch(run: Run) -> None:
    """Exit code 1, and the block for changedetection.io; as JSON too."""
    result = run("probe", "nobody-hires-here")
    assert result.exit_code == 1
    assert "# config/cdio_watches.yaml\n- slug: nobody-hires-here\n" in result.stdout
    data = run("probe", "nobody-hires-here", "--format", "json")
    assert data.exit_code == 1
    assert (json.loads(data.stdout)["file"], json.loads(data.stdout)["boards"]) == ("cdio_watches.yaml", [])


def test_probe_refuses_what_is_no_address(run: Run) -> None:
    """Exit code 2 and one sentence."""
    result = run("probe", "ftp://example.com/jobs")
    assert result.exit_code == 2
    assert "is no web address" in result.output
