"""ECB reference rates in the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.fx import LOOK_BACK_DAYS, Rate, Rates
from job_hunter.storage.database import copy_records


async def upsert_rates(connection: AsyncConnection, rates: Iterable[Rate]) -> int:
    """Write `rates`; returns how many were new or corrected."""
    await connection.execute(
        text(
            "CREATE TEMP TABLE IF NOT EXISTS staging_rates (rate_date date, currency text, rate float8) ON COMMIT DROP"
        )
    )
    records = ((rate.rate_date, rate.currency, rate.per_eur) for rate in rates)
    await copy_records(connection, "staging_rates", records, ("rate_date", "currency", "rate"))
    written = await connection.execute(
        text(
            "INSERT INTO job_hunter.fx_rates (rate_date, currency, rate) "
            "SELECT DISTINCT ON (rate_date, currency) rate_date, currency, rate FROM staging_rates "
            "ORDER BY rate_date, currency "
            "ON CONFLICT (rate_date, currency) DO UPDATE SET rate = excluded.rate "
            "WHERE fx_rates.rate IS DISTINCT FROM excluded.rate"
        )
    )
    await connection.execute(text("DROP TABLE staging_rates"))
    return int(written.rowcount)


async def read_rates(connection: AsyncConnection, *, currencies: Collection[str], first: date, last: date) -> Rates:
    """The rates needed to convert `currencies` to GBP on any day from `first` to `last`."""
    # as arrays of day numbers: a row a day costs more to carry than the whole conversion
    rows = await connection.execute(
        text(
            "SELECT currency, array_agg(rate_date - DATE '0001-01-01' + 1 ORDER BY rate_date), "
            "array_agg(rate ORDER BY rate_date) FROM job_hunter.fx_rates "
            "WHERE currency = ANY(:currencies) AND rate_date BETWEEN :first AND :last "
            "AND rate > 0 AND rate < 'infinity' GROUP BY currency"
        ),
        {
            "currencies": sorted({*currencies, "GBP"}),
            "first": first - timedelta(days=LOOK_BACK_DAYS),
            "last": last,
        },
    )
    return Rates.of_series((currency, days, rates) for currency, days, rates in rows)


async def read_newest_rate_date(connection: AsyncConnection) -> date | None:
    """The newest day we hold a rate of, None when we hold none."""
    newest: date | None = await connection.scalar(text("SELECT max(rate_date) FROM job_hunter.fx_rates"))
    return newest
