"""A refresh keeps the exchange rates fresh by itself: what it asks for, and what it does without an answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from job_hunter.domain.fx import missing_days
from job_hunter.sources.http import Http
from job_hunter.storage.fx import read_rates
from job_hunter.usecases.rates import refresh_rates
from tests.usecases.conftest import END, Market


async def load(market: Market, today: date) -> str | None:
    """What a refresh does about rates before it reads its boards."""
    market.set_date(today)
    market.sandbox.clear_requests()
    async with market.database() as database, Http(market.base_urls, timeout=5) as http:
        return await refresh_rates(database, http, today=today, sleep=market.sleep)


def files(market: Market) -> list[str]:
    """The files of the ECB that were asked for since the last load began."""
    return [request.path.rsplit("/", 1)[-1] for request in market.sandbox.requests(source="ecb")]


async def missing(market: Market, since: date, until: date) -> tuple[date, ...]:
    """The days on which a rate of the dollar or the pound was due and is not held; today's comes in the afternoon."""
    until -= timedelta(days=1)
    async with market.database() as database, database.reading() as connection:
        rates = await read_rates(connection, currencies={"USD"}, first=since, last=until)
    return tuple(day for currency in ("USD", "GBP") for day in missing_days(since, until, rates, currency))


@pytest.mark.parametrize(
    ("days", "file"), [(7, "eurofxref-hist-90d.xml"), (28, "eurofxref-hist-90d.xml"), (120, "eurofxref-hist.zip")]
)
async def test_the_days_since_the_last_refresh_are_loaded(market: Market, days: int, file: str) -> None:
    """The history at first; after a week or a month the 90-day file, after a longer sleep the history: no day lacks."""
    since = END - timedelta(days=700)
    assert await load(market, END) is None
    assert files(market) == ["eurofxref-hist.zip"]
    assert await missing(market, since, END) == ()
    later = END + timedelta(days=days)
    assert await load(market, later) is None
    assert files(market) == [file]
    assert await missing(market, since, later) == ()


async def test_a_corrected_rate_is_taken(market: Market) -> None:
    """Each load reaches a week back, over what is held already."""
    await load(market, END)
    thursday = END - timedelta(days=3)
    select = "SELECT rate FROM job_hunter.fx_rates WHERE currency = 'USD' AND rate_date = :on"
    published = await market.value(select, on=thursday)
    async with market.database() as database, database.transaction() as connection:
        await connection.exec_driver_sql("UPDATE job_hunter.fx_rates SET rate = 9 WHERE currency = 'USD'")
    await load(market, END + timedelta(days=1))
    assert await market.value(select, on=thursday) == published


async def test_one_refusal_is_asked_again(market: Market) -> None:
    """A single 503 costs a second and no rate."""
    market.sandbox.fault("error", source="ecb", times=1)
    assert await load(market, END) is None
    assert (len(files(market)), market.slept) == (2, [1.0])
    assert await missing(market, END - timedelta(days=30), END) == ()


async def test_a_week_without_the_ecb_is_made_up_for(market: Market) -> None:
    """The refresh goes on and says so; the next one loads what the lost one lacked."""
    await load(market, END - timedelta(days=14))
    market.set_date(END - timedelta(days=7))
    market.sandbox.fault("error", source="ecb")
    summary = await market.refresh()
    assert not summary.is_failed
    assert any("rates not refreshed" in warning and "backfill-fx" in warning for warning in summary.warnings)
    market.sandbox.clear_faults()
    market.set_date(END)
    summary = await market.refresh()
    assert summary.warnings == ()
    assert await missing(market, END - timedelta(days=60), END) == ()


async def test_a_currency_that_ended_gets_no_later_rate(market: Market) -> None:
    """The series of the lev stops in 2025, and loading it again adds nothing."""
    for today in (END, END + timedelta(days=7)):
        await load(market, today)
        assert await market.value("SELECT max(rate_date) FROM job_hunter.fx_rates WHERE currency = 'BGN'") == date(
            2025, 12, 31
        )
