"""doctor as the operator runs it: exit codes, JSON, accepting a harvest, and a database it cannot use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from job_hunter.cli import app
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 the same market


@pytest.fixture
def fresh(make_market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch) -> Market:  # noqa: F811
    """A market refreshed today, with the environment of the command."""
    now = datetime.now(UTC)
    market = make_market(companies=3, end=now.date(), weeks=2)
    market.at = now - timedelta(minutes=1)
    asyncio.run(market.refresh())
    for name, value in {**market.sandbox.env(), "DB_CONNECTION_STRING": market.dsn}.items():
        monkeypatch.setenv(name, value)
    return market


def _doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments])


def _checks(ended: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(ended.stdout)}


def test_healthy_is_zero_and_json_is_json(fresh: Market) -> None:
    """Exit 0, and nothing but JSON on standard output; without --format a line each."""
    ended = _doctor("--format", "json")
    assert ended.exit_code == 0, ended.output
    checks = _checks(ended)
    assert all(check["ok"] and check["advice"] is None for check in checks.values())
    assert "prefect" not in checks
    plain = _doctor()
    assert plain.exit_code == 0
    assert len(checks) == sum(line.startswith("ok") for line in plain.stdout.splitlines())


def test_a_finding_is_one_and_accepting_it_heals(fresh: Market) -> None:
    """A short harvest: exit 1 with the advice; accepted as advised: exit 0; a wrong name: exit 2."""
    board = fresh.companies[0]
    fresh.sandbox.fault("empty", board=board.ats_id)
    asyncio.run(fresh.refresh())
    ended = _doctor("--format", "json")
    assert ended.exit_code == 1
    assert {"quarantines"} == {name for name, check in _checks(ended).items() if not check["ok"]}
    advice = _checks(ended)["quarantines"]["advice"]
    assert f"job-hunter doctor --accept {board.ats_type}/{board.ats_id}" in advice
    assert "look quarantines" in " ".join(_doctor().stdout.split())
    wrong = _doctor("--accept", "greenhouse/nosuch")
    assert wrong.exit_code == 2
    assert "quarantined are: " in wrong.stderr
    accepted = _doctor("--accept", f"{board.ats_type}/{board.ats_id}", "--format", "json")
    assert accepted.exit_code == 0
    assert "accepted; the next refresh closes" in accepted.stderr
    assert _checks(accepted)["quarantines"]["ok"]


def test_days_to_come_are_forgotten(fresh: Market) -> None:
    """A run dated ahead: exit 1, and with the option that the advice names exit 0."""
    fresh.at += timedelta(days=40)
    asyncio.run(fresh.refresh())
    assert "doctor --forget-future" in _checks(_doctor("--format", "json"))["clock"]["advice"]
    healed = _doctor("--forget-future")
    assert healed.exit_code == 0, healed.output
    assert "forgotten: 1 runs" in healed.stderr


def test_a_prefect_server_is_looked_at_when_there_is_one(fresh: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """PREFECT_API_URL set: one more check, here of an address where nobody is."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    ended = _doctor("--format", "json")
    assert ended.exit_code == 1
    assert not _checks(ended)["prefect"]["ok"]


def test_an_unmigrated_database(empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding names `migrate`; after it the schema is fine, and the empty series is what is left."""
    monkeypatch.setenv("DB_CONNECTION_STRING", empty_dsn)
    ended = _doctor("--format", "json")
    assert ended.exit_code == 1
    assert _checks(ended)["schema"]["advice"] == "run `job-hunter migrate`"
    assert CliRunner().invoke(app, ["migrate"]).exit_code == 0
    checks = _checks(_doctor("--format", "json"))
    assert checks["schema"]["ok"]
    assert not checks["snapshots"]["ok"]


def test_a_database_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding like any other, in JSON too, and no password in it."""
    monkeypatch.setenv("DB_CONNECTION_STRING", "postgresql://someone:hush@127.0.0.1:9/nowhere")
    ended = _doctor("--format", "json")
    assert ended.exit_code == 1
    assert "cannot be reached" in _checks(ended)["database"]["message"]
    assert "hush" not in ended.output


@pytest.mark.timeout(60)
def test_the_embedded_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configured database its version, size and room are told; a folder it cannot use is a finding."""
    monkeypatch.setenv("JOB_HUNTER_DATA_DIR", str(tmp_path))
    told = _checks(_doctor("--format", "json"))["embedded postgres"]
    assert told["ok"]
    assert f"in {tmp_path / 'postgres'}" in told["message"]
    assert "GB free" in told["message"]
    monkeypatch.setattr("job_hunter.cli.operate.LEAST_FREE", 10**18)
    full = _doctor("--format", "json")
    assert full.exit_code == 1
    assert "make room on the disk" in _checks(full)["embedded postgres"]["advice"]
    version = next((tmp_path / "postgres").rglob("PG_VERSION"))
    version.write_text("9\n")
    refused = _doctor("--format", "json")
    assert refused.exit_code == 1
    assert not _checks(refused)["embedded postgres"]["ok"]
