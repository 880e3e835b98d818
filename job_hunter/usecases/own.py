"""The analyst's own packages: shown beside the market as "You", and never counted, ranked or alerted."""

from __future__ import annotations

from datetime import date, datetime

from job_hunter.domain.currency import CODES
from job_hunter.domain.fx import to_gbp
from job_hunter.domain.level import Level
from job_hunter.errors import UsageError
from job_hunter.storage import own, series
from job_hunter.storage.database import Database
from job_hunter.storage.fx import read_rates
from job_hunter.storage.own import OwnFigures

MOST = 1e8
"""A yearly figure above this is a slip of the pen."""


async def set_own(
    db: Database,
    label: str,
    *,
    base: float | None,
    bonus: float | None,
    rsu_annual: float | None,
    total: float | None,
    currency: str,
    level: Level | None,
    location: str | None,
    on: date,
    at: datetime,
) -> OwnFigures:
    """Write the package `label`, yearly figures in `currency` that hold from `on`; returns it as stored.

    Without `total` the parts given are added up. Pounds are taken at the rate of `on`. Raises UsageError when nothing
    is given, a figure is negative or absurd, the currency is unknown, or there is no rate for it.
    """
    parts = {"base": base, "bonus": bonus, "rsu_annual": rsu_annual, "total": total}
    given = {name: value for name, value in parts.items() if value is not None}
    if not label.strip():
        raise UsageError("--label: give the package a name, such as package or grant")
    if not given:
        raise UsageError("give at least one figure: --base, --bonus, --rsu-annual or --total")
    for name, value in given.items():
        if not 0 <= value <= MOST:
            raise UsageError(f"--{name.replace('_', '-')}: {value:,.0f} is no yearly figure")
    if currency not in CODES:
        raise UsageError(f"--currency: {currency!r} is no currency; write its code, such as GBP or USD")
    whole = total if total is not None else sum(given.values())
    async with db.reading() as connection:
        rates = await read_rates(connection, currencies={currency}, first=on, last=on)
        level_id = await series.read_level_id(connection, level.value) if level else None
    converted = to_gbp(whole, currency, on, rates)
    if converted is None:
        raise UsageError(
            f"there is no exchange rate of {currency} within 7 days before {on}: run `job-hunter backfill-fx` first"
        )

    def pounds(value: float | None) -> float | None:
        found = None if value is None else to_gbp(value, currency, on, rates)
        return found.gbp if found else None

    async with db.transaction() as connection:
        await own.upsert_own(
            connection,
            {
                "label": label.strip(),
                "level_id": level_id,
                "location_bucket": location,
                "currency": currency,
                "base_value": base,
                "bonus_value": bonus,
                "rsu_annual_value": rsu_annual,
                "total_value": whole,
                "base_gbp": pounds(base),
                "bonus_gbp": pounds(bonus),
                "rsu_annual_gbp": pounds(rsu_annual),
                "total_gbp": converted.gbp,
                "rate_date": converted.rate_date,
                "effective_date": on,
                "updated_at": at,
            },
        )
        return next(row for row in await own.read_own(connection) if row.label == label.strip())


async def list_own(db: Database) -> list[OwnFigures]:
    """All packages, the best first."""
    async with db.reading() as connection:
        return await own.read_own(connection)


async def remove_own(db: Database, label: str) -> None:
    """Remove the package `label`. Raises UsageError naming the labels there are."""
    async with db.transaction() as connection:
        if not await own.delete_own(connection, label):
            known = ", ".join(row.label for row in await own.read_own(connection)) or "none yet"
            raise UsageError(f"--label: there is no package {label!r}; there are: {known}")
