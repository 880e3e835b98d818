"""Missing rates loaded and missing pounds filled in, against a real database and the replica of the ECB."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from job_hunter.errors import RefreshInProgress, UsageError
from job_hunter.sources.http import Http
from job_hunter.storage.lock import share_store_lock
from job_hunter.storage.migrate import migrate
from job_hunter.storage.pricing import Repriced, Span
from job_hunter.usecases.backfill_fx import Backfill, backfill_fx, find_gaps, first_day, sentences
from job_hunter.usecases.refresh import refresh_lock
from tests.tables import contents
from tests.usecases.conftest import END, Market

FOREIGN = "currency <> 'GBP' AND period = 'year'"
NOTHING = Repriced()
POINT = "SELECT COALESCE(base_gbp, total_gbp), rate_date FROM job_hunter.comp_points WHERE external_id = :key"


async def backfill(market: Market, **options: Any) -> Backfill:
    """The use case, on the market's day."""
    async with market.database() as database, Http(market.base_urls, timeout=5) as http:
        return await backfill_fx(database, http, today=market.at.date(), sleep=market.sleep, **options)


async def change(market: Market, statement: str, **values: Any) -> None:
    """Change the database behind the program's back."""
    async with market.database() as database, database.transaction() as connection:
        await connection.execute(text(statement), values)


async def snapshots(market: Market) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The pounds and rate dates of all snapshot rows, by day and point."""
    rows = await market.rows(
        "SELECT s.snapshot_date, p.source, p.external_id, COALESCE(s.base_gbp, s.total_gbp), s.rate_date "
        "FROM job_hunter.comp_snapshots s JOIN job_hunter.comp_points p ON p.id = s.comp_point_id"
    )
    return {row[:3]: row[3:] for row in rows}


async def test_what_an_absent_ecb_left_unpriced_is_repaired(market: Market, empty_dsn: str) -> None:
    """After the backfill the tables are those of a refresh whose rates were there; a second one finds nothing."""
    await migrate(empty_dsn)
    undisturbed = replace(market, dsn=empty_dsn)
    await undisturbed.refresh()
    market.sandbox.fault("error", source="ecb")
    await market.refresh()
    assert await market.value(f"SELECT count(*) FROM job_hunter.comp_points WHERE {FOREIGN} AND base_gbp IS NULL") > 0
    market.sandbox.clear_faults()
    done = await backfill(market)
    assert done.loaded > 0
    assert done.repriced.comp_points > 0
    assert done.repriced.comp_snapshots == done.repriced.comp_points
    assert {left.currency for left in done.left} <= {
        "BGN"
    }  # its series ended in 2025, and the replica still pays in it
    skip = ("fx_rates", "board_fetches")
    assert await contents(market.dsn, without=skip) == await contents(empty_dsn, without=skip)
    market.sandbox.clear_requests()
    again = await backfill(market)
    assert (again.gaps, again.loaded, again.repriced) == ((), 0, NOTHING)
    assert market.sandbox.requests(source="ecb") == []
    assert "no rate is missing" in sentences(again)[0]


@pytest.mark.parametrize(("days", "bridged"), [(5, True), (8, False)])
async def test_days_that_the_ecb_left_out(market: Market, empty_dsn: str, days: int, *, bridged: bool) -> None:
    """5 days without rates are bridged by the rate before them, 8 leave NULL and are listed with the reason.

    When the ECB publishes them after all, points and roles are exact; of snapshots only what was NULL is filled.
    """
    await migrate(empty_dsn)
    exact = replace(market, dsn=empty_dsn)
    await exact.refresh()
    key, currency, on = (
        await exact.rows(
            f"SELECT external_id, currency, effective_date FROM job_hunter.comp_points WHERE {FOREIGN} "
            "AND role_id IS NOT NULL AND currency <> 'BGN' ORDER BY effective_date DESC, external_id LIMIT 1"
        )
    )[0]
    market.sandbox.state.suspend_rates(on - timedelta(days=days - 1), days)
    await market.refresh()
    pounds, rate_date = (await market.rows(POINT, key=key))[0]
    assert (pounds is not None) == bridged
    assert bridged == (rate_date is not None and rate_date <= on - timedelta(days=days))
    before = await snapshots(market)

    done = await backfill(market)
    assert done.repriced == NOTHING
    assert {gap.currency for gap in done.unfilled} >= {currency, "GBP"}
    assert any("the ECB published none" in line for line in sentences(done))
    reasons = [left.why for left in done.left if left.currency == currency]
    assert bool(reasons) != bridged
    assert set(reasons) <= {"no rate within 7 days before some of these days"}

    market.sandbox.state.restore_rates()
    done = await backfill(market)
    assert (done.unfilled, done.warning) == ((), None)
    assert done.repriced.comp_points > 0
    assert (await market.rows(POINT, key=key))[0] == (await exact.rows(POINT, key=key))[0]
    skip = ("fx_rates", "board_fetches", "comp_snapshots")
    assert await contents(market.dsn, without=skip) == await contents(empty_dsn, without=skip)
    after, wanted = await snapshots(market), await snapshots(exact)
    assert after == {row: values if values[0] is not None else wanted[row] for row, values in before.items()}
    (shown,) = (row for row in after if row[2] == key)
    assert (after[shown] == wanted[shown]) != bridged
    assert (await backfill(market)).repriced == NOTHING


async def test_a_currency_that_ended_stays_without_pounds(market: Market) -> None:
    """BGN after 2025 and a currency the ECB never listed: NULL, listed with the reason, and asked for no more."""
    await market.refresh()
    keys = [
        row[0] for row in await market.rows("SELECT id FROM job_hunter.comp_points WHERE role_id IS NOT NULL LIMIT 2")
    ]
    for key, currency in zip(keys, ("BGN", "AED"), strict=True):
        await change(
            market,
            "UPDATE job_hunter.comp_points SET currency = :currency, base_value = 90000, total_value = NULL, "
            "base_gbp = NULL, total_gbp = NULL, rate_date = NULL, period = 'year', effective_date = :on WHERE id = :id",
            currency=currency,
            id=key,
            on=END - timedelta(days=3),
        )
    done = await backfill(market)
    points = {left.currency: left for left in done.left if left.table == "comp_points"}
    assert set(points) == {"BGN", "AED"}
    assert points["BGN"].why == "the ECB's rates of this currency ended, or were suspended, on 2025-12-31"
    assert "publishes no rate" in points["AED"].why
    assert (
        await market.value(
            "SELECT count(*) FROM job_hunter.comp_points WHERE currency IN ('BGN', 'AED') AND base_gbp IS NOT NULL"
        )
        == 0
    )


async def test_the_smallest_file_that_holds_the_days_is_asked_for(market: Market) -> None:
    """The 90-day file for the last month, the whole history for more."""
    await market.refresh()
    for days, lost, path in ((30, 27, "eurofxref-hist-90d.xml"), (400, 397, "eurofxref-hist.zip")):
        market.sandbox.clear_requests()
        await change(market, "DELETE FROM job_hunter.fx_rates WHERE rate_date = :on", on=END - timedelta(days=lost))
        done = await backfill(market, since=END - timedelta(days=days))
        assert [request.path.rsplit("/", 1)[-1] for request in market.sandbox.requests(source="ecb")] == [path]
        assert done.loaded > 0
        assert {gap.days for gap in done.gaps} == {1}


async def test_a_running_refresh_is_not_disturbed(market: Market) -> None:
    """It stops with one sentence while a refresh holds the lock."""
    async with market.database() as database, refresh_lock(database):
        with pytest.raises(RefreshInProgress, match="Another refresh is running"):
            await backfill(market)


async def test_a_change_being_stored_is_waited_for(market: Market) -> None:
    """Careers pages store at any time: what they write meanwhile is priced, and not overwritten by older figures."""
    await market.refresh()
    await change(market, f"UPDATE job_hunter.comp_points SET base_gbp = NULL, rate_date = NULL WHERE {FOREIGN}")
    async with market.database() as database, database.transaction() as connection:
        await share_store_lock(connection)
        running = asyncio.create_task(backfill(market))
        while not await market.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"):
            assert not running.done()
        await connection.execute(text(f"UPDATE job_hunter.comp_points SET base_value = 2 * base_value WHERE {FOREIGN}"))
    done = await running
    assert done.repriced.comp_points > 0
    assert (
        await market.value(
            "SELECT count(*) FROM job_hunter.comp_points p "
            "JOIN job_hunter.fx_rates f ON (f.rate_date, f.currency) = (p.rate_date, p.currency) "
            "JOIN job_hunter.fx_rates g ON (g.rate_date, g.currency) = (p.rate_date, 'GBP') "
            "WHERE abs(p.base_gbp - p.base_value * g.rate / f.rate) > 0.01"
        )
        == 0
    )


async def test_snapshot_rows_whose_figure_is_gone_are_listed(market: Market) -> None:
    """A withdrawn point's rows cannot be priced and say so; figures by the hour are NULL by rule and are no trouble."""
    await market.refresh()
    keys = await market.rows(
        "SELECT p.id, p.external_id FROM job_hunter.comp_points p "
        "JOIN job_hunter.comp_snapshots s ON s.comp_point_id = p.id "
        "WHERE p.role_id IS NOT NULL AND p.period = 'year' AND p.base_value > 0 ORDER BY p.id LIMIT 2"
    )
    withdrawn, hourly = (key for key, _ in keys)
    await change(
        market,
        "UPDATE job_hunter.comp_snapshots SET currency = 'USD', base_gbp = NULL, rate_date = NULL "
        "WHERE comp_point_id = ANY(:ids)",
        ids=[withdrawn, hourly],
    )
    await change(market, "DELETE FROM job_hunter.comp_points WHERE id = :id", id=withdrawn)
    await change(
        market,
        "UPDATE job_hunter.comp_points SET currency = 'USD', period = 'hour', base_gbp = NULL, rate_date = NULL "
        "WHERE id = :id",
        id=hourly,
    )
    done = await backfill(market)
    assert [(left.table, left.rows, left.first) for left in done.left if left.currency == "USD"] == [
        ("comp_snapshots", 1, END)
    ]
    assert any("what they stood for is gone" in line for line in sentences(done))
    assert done.repriced == NOTHING


async def test_one_refusal_of_the_ecb_is_asked_again(market: Market) -> None:
    """A single 503 costs a second; two of them are told, and what is held is used."""
    await market.refresh()
    await change(market, "DELETE FROM job_hunter.fx_rates WHERE rate_date = :on", on=END - timedelta(days=3))
    market.sandbox.fault("error", source="ecb", times=2)
    twice = await backfill(market)
    assert (twice.loaded, twice.unfilled) == (0, twice.gaps)
    assert twice.warning is not None
    market.sandbox.fault("error", source="ecb", times=1)
    market.slept.clear()
    once = await backfill(market)
    assert (once.warning, market.slept) == (None, [1.0])
    assert once.loaded > 0


async def test_figures_from_before_the_rates_held_say_what_to_run(market: Market) -> None:
    """The whole history is not loaded for them unless asked for."""
    await market.refresh()
    await change(
        market,
        "UPDATE job_hunter.comp_points SET effective_date = '2014-06-02', currency = 'USD', base_gbp = NULL, "
        "rate_date = NULL WHERE id = (SELECT min(id) FROM job_hunter.comp_points WHERE base_value > 0)",
    )
    done = await backfill(market)
    (left,) = (left for left in done.left if left.table == "comp_points" and left.currency == "USD")
    assert "run `backfill-fx --since 2014-06-02`" in left.why


TODAY = date(2026, 11, 22)
FIRST_DAYS: dict[str, tuple[dict[str, Any], date | None]] = {
    "neither": ({}, None),
    "days": ({"days": 30}, date(2026, 10, 23)),
    "since": ({"since": date(2024, 1, 1)}, date(2024, 1, 1)),
    "today": ({"since": TODAY}, TODAY),
    "more days than there are rates": ({"days": 10**9}, date(1999, 1, 4)),
}


@pytest.mark.parametrize("case", FIRST_DAYS)
def test_where_it_begins(case: str) -> None:
    """Either door takes days or a day."""
    options, expected = FIRST_DAYS[case]
    assert first_day(today=TODAY, **options) == expected


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"days": 30, "since": TODAY}, "give one of them"),
        ({"days": 0}, "0 is less than 1"),
        ({"since": TODAY + timedelta(days=1)}, "2026-11-23 is in the future"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], problem: str) -> None:
    """By both doors alike, before anything is asked or locked."""
    with pytest.raises(UsageError, match=problem):
        first_day(today=TODAY, **options)


FRIDAY, MONDAY, TUESDAY = date(2026, 11, 13), date(2026, 11, 16), date(2026, 11, 17)
LONG = Span(date(2014, 12, 31), MONDAY)
GAPS = {
    "nothing is due at the weekend or today": ({"GBP": {FRIDAY, MONDAY}}, {"GBP": LONG}, []),
    "a working day is missing": ({"GBP": {FRIDAY}}, {"GBP": LONG}, [("GBP", 1, MONDAY, MONDAY)]),
    "a currency never held": (
        {"GBP": {FRIDAY, MONDAY}, "AED": set()},
        {"GBP": Span(date(2026, 1, 5), MONDAY)},
        [("AED", 2, FRIDAY, MONDAY)],
    ),
    "one that the whole history lacks": ({"GBP": {FRIDAY, MONDAY}, "AED": set()}, {"GBP": LONG}, []),
    "one that ended before": (
        {"GBP": {FRIDAY, MONDAY}, "BGN": set()},
        {"GBP": LONG, "BGN": Span(date(2020, 1, 1), date(2025, 12, 31))},
        [],
    ),
}


@pytest.mark.parametrize("case", GAPS)
def test_gaps(case: str) -> None:
    """Which days count as missing, from a Friday to a Tuesday."""
    held, spans, expected = GAPS[case]
    assert [
        tuple(getattr(gap, name) for name in ("currency", "days", "since", "until"))
        for gap in find_gaps(held, spans, since=FRIDAY, until=TUESDAY)
    ] == expected
