"""Each thing that doctor looks at, seen failing with its advice, and then healthy."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from job_hunter.errors import DatabaseUnmigrated, RefreshInProgress, UsageError
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.storage.migrate import head, migrate
from job_hunter.usecases.backfill_fx import backfill_fx
from job_hunter.usecases.doctor import Check, accept_quarantine, examine, forget_future
from job_hunter.usecases.refresh import refresh_lock
from tests.usecases.conftest import END, Market

DAY = timedelta(days=1)


async def _examine(market: Market, prefect: str | None = None) -> dict[str, Check]:
    async with market.database() as database, Http(timeout=5) as http:
        found = await examine(database, at=market.at, http=http, prefect_api_url=prefect)
    assert all(bool(check.advice) != check.is_ok for check in found)
    return {check.name: check for check in found}


async def _failing(market: Market, prefect: str | None = None) -> dict[str, str]:
    """What each failing check says, and its advice."""
    found = await _examine(market, prefect)
    return {name: f"{check.message} → {check.advice}" for name, check in found.items() if not check.is_ok}


async def test_all_is_well_after_a_refresh(market: Market) -> None:
    """Every check of the list is there, and none needs a person."""
    await market.refresh()
    found = await _examine(market)
    names = "database, schema, clock, snapshots, last run, boards, feeds, quarantines, rates, conversion, archive"
    assert [*names.split(", "), "messages", "pages"] == list(found)
    assert await _failing(market) == {}


async def test_a_schema_that_is_missing_old_or_new(empty_dsn: str, market: Market) -> None:
    """Unmigrated: the only finding, and it names `migrate`; migrated, it is fine."""
    market.dsn = empty_dsn
    said = f"the schema is missing, this program needs {head()} → run `job-hunter migrate`"
    assert await _failing(market) == {"schema": said}
    assert list(await _examine(market)) == ["database", "schema"]
    async with market.database() as database:
        for work in (accept_quarantine(database, "greenhouse/x", at=market.at), forget_future(database, at=market.at)):
            with pytest.raises(DatabaseUnmigrated):
                await work
    await migrate(empty_dsn)
    assert (await _examine(market))["schema"].is_ok


async def test_a_database_that_does_not_answer(market: Market) -> None:
    """One finding that says where it was looked for, and nothing of a password."""
    await market.refresh()
    well = market.dsn
    market.dsn = "postgresql+asyncpg://someone:hush@127.0.0.1:9/nowhere"
    found = await _failing(market)
    assert list(found) == ["database"]
    assert "Postgres at 127.0.0.1:9/nowhere cannot be reached" in found["database"]
    assert "hush" not in found["database"]
    market.dsn = well
    assert await _failing(market) == {}


async def test_no_snapshot_an_old_one_and_a_fresh_one(market: Market) -> None:
    """A weekly schedule with a day of grace: on the ninth day without a new snapshot it asks for a person."""
    assert (await _failing(market))["snapshots"] == "there is no snapshot yet → run `job-hunter refresh`"
    await market.refresh()
    market.at += 8 * DAY
    assert "snapshots" not in await _failing(market)
    market.at += DAY
    assert f"the newest is of {END}, 9 days ago → run `job-hunter refresh`" in (await _failing(market))["snapshots"]
    await market.refresh()
    assert await _failing(market) == {}


async def test_a_ledger_ahead_of_the_clock(market: Market) -> None:
    """A run of a later day: the clock, or `--forget-future`; after that all is well."""
    market.at += 30 * DAY
    await market.refresh()
    market.at -= 30 * DAY
    failing = await _failing(market)
    assert f"the ledger holds a run of {END + 30 * DAY}, and today is {END}" in failing["clock"]
    assert "`job-hunter doctor --forget-future`" in failing["clock"]
    async with market.database() as database:
        async with refresh_lock(database):
            with pytest.raises(RefreshInProgress):
                await forget_future(database, at=market.at)
        await forget_future(database, at=market.at)
    await market.refresh()
    assert await _failing(market) == {}


async def test_a_run_that_was_killed_one_that_runs_and_one_that_failed(market: Market) -> None:
    """Killed is told from running by the lock; a failed run says what failed; the next good one heals both."""
    await market.refresh()
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE job_hunter.refresh_runs SET status = 'running', finished_at = NULL")
    assert (
        "killed after 6 of 6 boards → run `job-hunter refresh --only-missing`" in (await _failing(market))["last run"]
    )
    async with market.database() as database, refresh_lock(database):
        check = (await _examine(market))["last run"]
        assert check.is_ok
        assert "running: 6 of 6 boards so far" in check.message
    for source in ("greenhouse", "lever", "ashby"):
        market.sandbox.fault("error", source=source)
    market.at += DAY
    await market.refresh()
    assert "failed: 0 of 6 boards complete" in (await _failing(market))["last run"]
    market.sandbox.clear_faults()
    await market.refresh()
    assert await _failing(market) == {}


@pytest.mark.parametrize(("fault", "said"), [("not_found", "skipped"), ("wrong_total", "partial")])
async def test_a_board_that_fails_in_every_run(market: Market, fault: str, said: str) -> None:
    """Three runs in a row without a complete answer: named with its reason and with the probe to run."""
    await market.refresh()
    company = next(c for c in market.companies if c.ats_type == "greenhouse")
    market.sandbox.fault(fault, board=company.ats_id)
    for run in range(3):
        assert ("boards" in await _failing(market)) is False, run
        market.at += DAY
        await market.refresh()
    failing = await _failing(market)
    assert list(failing) == ["boards"]
    assert f"{company.slug} (greenhouse {company.ats_id}) {said} 3 times in a row: " in failing["boards"]
    assert f"run `job-hunter probe {company.slug}` and correct companies.yaml" in failing["boards"]
    market.sandbox.clear_faults()
    await market.refresh()
    assert await _failing(market) == {}


async def test_changes_of_pages_that_nobody_reads(market: Market) -> None:
    """A day is the sweep's; after two a person is asked, with what to run."""
    await market.refresh()
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO job_hunter.cdio_changes (idempotency_key, received_at) "
            f"VALUES ('a', '{market.at - 1 * DAY}'), ('b', '{market.at - DAY / 2}')"
        )
    assert (await _examine(market))["pages"].message == "2 changes of watched pages wait to be read"
    market.at += 2 * DAY
    said = f"2 changes of watched pages are unread, since {(market.at - 3 * DAY).date()} → run `prefect deployment run "
    assert (await _failing(market))["pages"].startswith(said + "cdio-ingest/cdio-ingest`")


async def test_a_feed_that_fails_in_every_run(market: Market) -> None:
    """Named once for all its threads; nobody is told before the third time, nor once it answers again."""
    await market.refresh(sources=("hn",))
    market.sandbox.fault("error", source="hn")
    for run in range(3):
        assert ("feeds" in await _failing(market)) is False, run
        market.at += DAY
        await market.refresh(sources=("ats", "hn"))
    failing = await _failing(market)
    assert list(failing) == ["feeds"]
    assert "nothing came of hn 3 times in a row: " in failing["feeds"]
    assert "run `job-hunter refresh --source hn`" in failing["feeds"]
    market.sandbox.clear_faults()
    await market.refresh(sources=("ats", "hn"))
    assert await _failing(market) == {}


async def test_a_failing_board_that_left_the_configuration_is_nobodys_concern(market: Market) -> None:
    """Removing the entry is one of the cures."""
    company, *rest = market.companies
    market.sandbox.fault("not_found", board=company.ats_id)
    for _ in range(3):
        await market.refresh()
        market.at += DAY
    assert list(await _failing(market)) == ["boards"]
    await market.refresh(tuple(rest))
    assert await _failing(market) == {}


async def test_a_quarantine_that_is_accepted(market: Market) -> None:
    """Named with both counts and how to accept it; accepted, it is listed no more, and the next refresh closes."""
    await market.refresh()
    company = next(c for c in market.companies if c.ats_type == "greenhouse")
    size = len(market.sandbox.truth.openings(END, company.slug))
    market.sandbox.fault("empty", board=company.ats_id)
    market.at += timedelta(hours=1)
    await market.refresh()
    target = f"greenhouse/{company.ats_id}"
    failing = await _failing(market)
    assert list(failing) == ["quarantines"]
    assert f"{company.slug}: 0 openings after {size}, since {END}" in failing["quarantines"]
    assert f"`job-hunter doctor --accept {target}`" in failing["quarantines"]
    async with market.database() as database:
        with pytest.raises(UsageError, match=f"no quarantined harvest there; quarantined are: {target}"):
            await accept_quarantine(database, "greenhouse/other", at=market.at)
        assert f"{target}: accepted" in await accept_quarantine(database, target, at=market.at)
        with pytest.raises(UsageError, match="nothing is quarantined"):
            await accept_quarantine(database, target, at=market.at)
    assert await _failing(market) == {}
    market.at += timedelta(hours=1)
    result = next(r for r in (await market.refresh()).results if r.company_slug == company.slug)
    assert ("complete", size) == (result.status, result.closed)


async def test_a_quarantine_that_a_later_harvest_decides(market: Market) -> None:
    """Healed by itself, it is not listed and cannot be accepted any more; nor is one of a board nobody asks for."""
    await market.refresh()
    company, *rest = market.companies
    for _ in range(2):
        market.sandbox.fault("empty", board=company.ats_id)
        market.at += timedelta(hours=1)
        await market.refresh()
        assert list(await _failing(market)) == ["quarantines"]
        market.sandbox.clear_faults()
        market.at += timedelta(hours=1)
        await market.refresh()
        assert await _failing(market) == {}
        async with market.database() as database:
            with pytest.raises(UsageError, match="nothing is quarantined"):
                await accept_quarantine(database, f"{company.ats_type}/{company.ats_id}", at=market.at)
    market.sandbox.fault("empty", board=company.ats_id)
    market.at += timedelta(hours=1)
    await market.refresh()
    assert list(await _failing(market)) == ["quarantines"]
    await market.refresh(tuple(rest))
    assert await _failing(market) == {}


async def test_rates_that_are_missing_old_or_full_of_holes(market: Market) -> None:
    """No rate, no new rate, and days that no look-back bridges: each names the backfill that heals it."""
    async with market.database() as database, Http(market.base_urls) as http:
        assert (await _failing(market))["rates"] == "no exchange rate is loaded → run `job-hunter backfill-fx`"
        await market.refresh()
        assert await _failing(market) == {}
        newest = await market.value("SELECT max(rate_date) FROM job_hunter.fx_rates")
        market.at += 14 * DAY
        assert f"the newest is of {newest} → run `job-hunter backfill-fx`" == (await _failing(market))["rates"]
        market.at -= 14 * DAY

        hole = await market.value("SELECT min(effective_date) FROM job_hunter.comp_points WHERE currency = 'USD'")
        await _run(market, f"DELETE FROM job_hunter.fx_rates WHERE currency = 'USD' AND rate_date BETWEEN "
                           f"'{hole}'::date - 9 AND '{hole}'")  # fmt: skip
        failing = (await _failing(market))["rates"]
        assert "missing: USD between " in failing
        assert "run `job-hunter backfill-fx --since " in failing
        await backfill_fx(database, http, today=END, since=date.fromisoformat(failing.split()[-1].strip("`")))
        assert await _failing(market) == {}


async def test_figures_that_no_rate_converts(make_market: Callable[..., Market]) -> None:
    """The ECB publishes nothing for a quarter: counted by currency; when it does again, the backfill heals it."""
    market = make_market(companies=10)
    market.sandbox.state.suspend_rates(date(2015, 1, 1), 4400)
    await market.refresh()
    failing = await _failing(market)
    assert {"rates", "conversion"} == set(failing)
    assert "not converted to GBP: " in failing["conversion"]
    assert " in USD" in failing["conversion"]
    market.sandbox.state.restore_rates()
    async with market.database() as database, Http(market.base_urls) as http:
        await backfill_fx(database, http, today=END)
    assert await _failing(market) == {}


async def test_a_currency_without_rates_is_told_and_needs_nobody(market: Market) -> None:
    """The series of a currency ended, so nothing can be done about its figures: said, and healthy."""
    await market.refresh()
    await _run(market, "DELETE FROM job_hunter.fx_rates WHERE currency = 'USD'")
    await _run(market, "UPDATE job_hunter.comp_points SET base_gbp = NULL, total_gbp = NULL WHERE currency = 'USD'")
    check = (await _examine(market))["conversion"]
    assert check.is_ok
    assert " in USD have none" in check.message or " in USD," in check.message


async def test_the_archive_is_told_with_the_size_of_a_posting(market: Market) -> None:
    """How many postings, how much they take, and how much each."""
    assert (await _examine(market))["archive"].message.startswith("0 postings in 0.")
    await market.refresh()
    archived = await market.value("SELECT count(*) FROM job_hunter.raw_payloads")
    size = await market.value("SELECT pg_total_relation_size('job_hunter.raw_payloads')")
    assert f"{archived:,} postings in {size / 1e6:.1f} MB, {size / archived:,.0f} bytes each" == (
        (await _examine(market))["archive"].message
    )


async def test_slots_that_a_killed_run_left_taken(market: Market) -> None:
    """Taken while a refresh runs is right, taken without one is stale; given back, it is well."""
    await market.refresh()
    limits = [{"tag": "ats-board", "active_slots": ["a", "b"]}, {"tag": "db-write", "active_slots": []},
              {"tag": "of-another", "active_slots": ["c"]}]  # fmt: skip
    with _prefect(limits) as url:
        failing = await _failing(market, url)
        assert failing == {
            "prefect": "a killed run left slots taken: 2 of ats-board → "
            "run `prefect concurrency-limit reset ats-board`; the next refresh does so by itself"
        }
        async with market.database() as database, refresh_lock(database):
            assert (await _examine(market, url))["prefect"].is_ok
        limits[0]["active_slots"] = []
        assert await _failing(market, url) == {}
        assert (await _examine(market, url))["prefect"].message == "slots taken: 0 of ats-board, 0 of db-write"


async def test_a_prefect_server_that_does_not_answer(market: Market) -> None:
    """A wrong address, or something else behind it, is named; the rest is looked at all the same."""
    await market.refresh()
    failing = await _failing(market, "http://127.0.0.1:9/api")
    assert list(failing) == ["prefect"]
    assert "check PREFECT_API_URL and that the Prefect server runs" in failing["prefect"]
    with _prefect({"not": "a list"}) as url:
        assert "answers like no Prefect 2 API" in (await _failing(market, url))["prefect"]


async def _run(market: Market, statement: str) -> None:
    database = Database(market.dsn)
    try:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(statement)
    finally:
        await database.close()


@contextmanager
def _prefect(limits: Any) -> Iterator[str]:
    """Something that answers as a Prefect server does when it is asked for its limits; `limits` may be changed."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps(limits if self.path == "/api/concurrency_limits/filter" else "?").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_message_that_did_not_arrive(market: Market) -> None:
    """A filed message that an address did not take is told with the next step; sent, all is well."""
    await market.refresh()
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO job_hunter.deliveries (kind, key, created_at, body) VALUES ('digest', 'x', now(), "
            '\'{"subject": "s", "text": "t", "html": null, "attachment": null, "addresses": {}}\')'
        )
    assert "`job-hunter alert`" in (await _failing(market))["messages"]
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE job_hunter.deliveries SET sent_at = now()")
    assert await _failing(market) == {}
