"""`job-hunter refresh`: which sources it asks, what it prints, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from job_hunter.cli import app
from job_hunter.config import default_config_dir
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market

SOURCES = "linkedin_guest:\n  searches:\n    - {slug: london-engineer, keywords: engineer, location: London}\n"


@pytest.fixture
def refresh(
    make_market: Callable[..., Market],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Result]:
    """The command as a person types it, against a small market in which every source is a replica."""
    market = make_market(companies=4, max_openings=5)
    for name in ("levels.yaml", "locations.yaml"):
        (market.config_dir / name).write_bytes((default_config_dir() / name).read_bytes())
    (market.config_dir / "cdio_watches.yaml").write_text("[]\n", encoding="utf-8")
    (market.config_dir / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    for name, value in market.sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JOB_HUNTER_CONFIG_DIR", str(market.config_dir))
    monkeypatch.setenv("DB_CONNECTION_STRING", market.dsn)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["refresh", *arguments])

    return run


def test_without_a_source_it_asks_boards_threads_and_pay(refresh: Callable[..., Result]) -> None:
    """One object a source with counts, fill rates and time; LinkedIn is not among them."""
    result = refresh("--format", "json")
    assert result.exit_code == 0, result.output
    found = {source["source"]: source for source in json.loads(result.stdout)["sources"]}
    assert {"hn", "levels_fyi"} < set(found)
    assert "linkedin_guest" not in found
    for source in found.values():
        assert source["complete"] == source["boards"] > 0
        assert set(source["fill"]) == {"pay", "level", "place"}
        assert source["fill_change"] is None
        assert source["seconds"] >= 0


def test_a_named_source_is_asked_alone(refresh: Callable[..., Result], caplog: pytest.LogCaptureFixture) -> None:
    """LinkedIn by name, and with the warning about its terms."""
    result = refresh("--source", "linkedin_guest")
    assert result.exit_code == 0, result.output
    assert "1 of 1 boards complete" in result.stdout
    assert "linkedin_guest" in result.stdout
    assert "LinkedIn's terms forbid" in caplog.text + result.output


def test_one_company_has_no_thread(refresh: Callable[..., Result]) -> None:
    """With --company only what can be asked about one company is asked."""
    slug = json.loads(refresh("--format", "json", "--source", "ats").stdout)["boards"][0]["company_slug"]
    boards = json.loads(refresh("--format", "json", "--company", slug).stdout)["boards"]
    assert "hn" not in {board["source"] for board in boards}
    assert {slug} == {board["company_slug"] for board in boards}


def test_another_day_is_refused_while_a_source_is_live(
    refresh: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the sources that would be asked must be replicas."""
    monkeypatch.delenv("JOB_HUNTER_HN_BASE_URL")
    result = refresh("--date", "2026-11-22")
    assert result.exit_code == 2
    assert "JOB_HUNTER_HN_BASE_URL" in result.output
    assert refresh("--date", "2026-11-22", "--source", "levels_fyi").exit_code == 0


def test_an_unknown_source_is_a_usage_error(refresh: Callable[..., Result]) -> None:
    """Exit code 2, and the names there are."""
    result = refresh("--source", "indeed")
    assert result.exit_code == 2
    assert "levels_fyi" in result.output
