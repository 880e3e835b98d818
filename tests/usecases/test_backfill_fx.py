"""Missing rates loaded and missing pounds filled in, against a real database and the replica of the ECB."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from job_hunter.errors import RefreshInProgress
from job_hunter.sources.http import Http
from job_hunter.storage.migrate import migrate
from job_hunter.storage.pricing import Repriced, Span
from job_hunter.usecases.backfill_fx import Backfill, backfill_fx, find_gaps, sentences
from job_hunter.usecases.refresh import refresh_lock
from tests.tables import contents
from tests.usecases.conftest import END, Market

FOREIGN = "currency <> 'GBP' AND period = 'year'"
NOTHING = Repriced()


async def backfill(market: Market, **options: Any) -> Backfill:
    """The use case, on the market's day."""
    async with market.database() as database, Http(market.base_urls, timeout=5) as http:
        return await backfill_fx(database, http, today=market.at.date(), **options)


async def change(market: Market, statement: str, **values: Any) -> None:
    """Change the database behind the program's back."""
    async with market.database() as database, database.transaction() as connection:
        await connection.execute(text(statement), values)


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


@pytest.mark.parametrize(("days", "bridged"), [(5, True), (9, False)])
async def test_gaps_up_to_a_week_are_bridged(market: Market, days: int, *, bridged: bool) -> None:
    """5 days are bridged by the rate before them, more than 7 leave NULL; with the days loaded, both are exact."""
    await market.refresh()
    key, on = (
        await market.rows(
            f"SELECT id, effective_date FROM job_hunter.comp_points WHERE {FOREIGN} AND source <> 'levels_fyi' "
            "ORDER BY effective_date DESC LIMIT 1"
        )
    )[0]
    exact = await market.rows(
        "SELECT base_gbp, total_gbp, rate_date FROM job_hunter.comp_points WHERE id = :id", id=key
    )
    await change(market, "UPDATE job_hunter.comp_points SET base_gbp = NULL, total_gbp = NULL, rate_date = NULL")
    await change(
        market,
        "DELETE FROM job_hunter.fx_rates WHERE rate_date > :first AND rate_date <= :on",
        first=on - timedelta(days=days),
        on=on,
    )
    market.sandbox.fault("error", source="ecb")
    done = await backfill(market)
    assert done.warning is not None
    base, total, rate_date = (
        await market.rows("SELECT base_gbp, total_gbp, rate_date FROM job_hunter.comp_points WHERE id = :id", id=key)
    )[0]
    assert ((base or total) is not None) == bridged
    assert (rate_date is not None and rate_date <= on - timedelta(days=days)) == bridged
    assert any("no rate within 7 days" in left.why for left in done.left) != bridged
    market.sandbox.clear_faults()
    await backfill(market)
    assert exact == await market.rows(
        "SELECT base_gbp, total_gbp, rate_date FROM job_hunter.comp_points WHERE id = :id", id=key
    )


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
