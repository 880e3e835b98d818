"""Figures whose pounds are missing, or were taken at an older rate than there could be: found, and priced again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.fx import Converted
from job_hunter.storage.database import copy_records

Price = Callable[[float, str, date], Converted | None]
"""A figure, its currency and its day to pounds; None when there is no rate."""

CHUNK = 5_000

FIGURES = ("base", "bonus", "rsu_annual", "signon", "total")
SNAPSHOT_FIGURES = ("base", "total")


class Unpriced(NamedTuple):
    """Figures of one currency without pounds: where they stand, how many, and from which day to which.

    All of them are yearly and can be priced once there is a rate, unless `is_unclear`: snapshot rows whose point is
    gone or now states something else by the hour or day, so that nobody can tell what they stood for.
    """

    table: str
    currency: str
    rows: int
    first: date
    last: date
    is_unclear: bool = False


class Span(NamedTuple):
    """The first and the last day we hold a rate of a currency."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Repriced:
    """How many rows got other pounds; all are 0 when nothing was to be done."""

    comp_points: int = 0
    roles: int = 0
    comp_snapshots: int = 0


def _lacks(figures: Iterable[str], alias: str) -> str:
    return "(" + " OR ".join(f"{alias}.{n}_value IS NOT NULL AND {alias}.{n}_gbp IS NULL" for n in figures) + ")"


# A snapshot row keeps neither its day of effect nor its period; its point has both. The day is the snapshot's own where
# the point has moved on since (reports are renewed), and a row whose role has ever been paid by the hour or day is left
# alone, unless it states what the point states now.
_SNAPSHOT_DAY = "LEAST(p.effective_date, s.snapshot_date)"
_SAME = "(s.base_value, s.total_value, s.currency) IS NOT DISTINCT FROM (p.base_value, p.total_value, p.currency)"
_BY_HOUR_OR_DAY = """EXISTS (
    SELECT 1 FROM job_hunter.role_events e
    WHERE e.role_id = p.role_id AND e.kind = 'pay_changed'
      AND (e.detail #>> '{from,period}' IN ('hour', 'day') OR e.detail #>> '{to,period}' IN ('hour', 'day')))"""
_SNAPSHOT_FROM = f"""
    FROM job_hunter.comp_snapshots s JOIN job_hunter.comp_points p ON p.id = s.comp_point_id
    WHERE {_lacks(SNAPSHOT_FIGURES, "s")} AND p.period = 'year' AND ({_SAME} OR NOT {_BY_HOUR_OR_DAY})"""

# What states an hour or a day now as it did then is left out: it never gets pounds. Nor does a rate fail the pound.
_UNCLEAR_FROM = f"""
    FROM job_hunter.comp_snapshots s LEFT JOIN job_hunter.comp_points p ON p.id = s.comp_point_id
    WHERE {_lacks(SNAPSHOT_FIGURES, "s")} AND s.currency <> 'GBP'
      AND (p.id IS NULL OR NOT {_SAME} AND (p.period <> 'year' OR {_BY_HOUR_OR_DAY}))"""

_UNPRICED = f"""
    SELECT 'comp_points', p.currency, count(*), min(p.effective_date), max(p.effective_date), false
    FROM job_hunter.comp_points p WHERE p.period = 'year' AND {_lacks(FIGURES, "p")} GROUP BY p.currency
    UNION ALL
    SELECT 'comp_snapshots', s.currency, count(*), min({_SNAPSHOT_DAY}), max({_SNAPSHOT_DAY}), false
    {_SNAPSHOT_FROM} GROUP BY s.currency
    UNION ALL
    SELECT 'comp_snapshots', s.currency, count(*), min(s.snapshot_date), max(s.snapshot_date), true
    {_UNCLEAR_FROM} GROUP BY s.currency
    ORDER BY 1, 2, 6"""

_POINTS = f"""
    SELECT p.id, p.currency, p.effective_date, p.rate_date, {", ".join(f"p.{n}_value, p.{n}_gbp" for n in FIGURES)}
    FROM job_hunter.comp_points p
    WHERE p.id > :after AND p.period = 'year'
      AND ({_lacks(FIGURES, "p")} OR (p.currency <> 'GBP' AND p.rate_date < p.effective_date))
    ORDER BY p.id LIMIT :chunk"""

_SET_POINTS = f"""
    UPDATE job_hunter.comp_points p SET rate_date = f.rate_date, {", ".join(f"{n}_gbp = f.{n}" for n in FIGURES)}
    FROM staging_prices f WHERE p.id = f.id"""

# A role's figure is its point's, as the store path writes them.
_SET_ROLES = """
    UPDATE job_hunter.roles r SET parsed_base_gbp = p.base_gbp, rate_date = p.rate_date
    FROM job_hunter.comp_points p
    WHERE p.role_id = r.id AND p.period = 'year' AND p.rate_date IS NOT NULL AND r.parsed_currency = p.currency
      AND (r.parsed_base_gbp, r.rate_date) IS DISTINCT FROM (p.base_gbp, p.rate_date)"""

_SNAPSHOTS = f"""
    SELECT s.snapshot_date, s.comp_point_id, s.currency, {_SNAPSHOT_DAY}, s.base_value, s.base_gbp, s.total_value,
           s.total_gbp {_SNAPSHOT_FROM} AND (s.snapshot_date, s.comp_point_id) > (:day, :after)
    ORDER BY s.snapshot_date, s.comp_point_id LIMIT :chunk"""

_SET_SNAPSHOTS = """
    UPDATE job_hunter.comp_snapshots s
    SET rate_date = f.rate_date, base_gbp = COALESCE(s.base_gbp, f.base), total_gbp = COALESCE(s.total_gbp, f.total)
    FROM staging_prices f WHERE s.snapshot_date = f.snapshot_date AND s.comp_point_id = f.id"""

_STAGED = ("id", "snapshot_date", "rate_date", *FIGURES)


async def read_unpriced(connection: AsyncConnection) -> list[Unpriced]:
    """The figures without pounds, by table and currency."""
    return [Unpriced(*row) for row in await connection.execute(text(_UNPRICED))]


async def read_rate_days(
    connection: AsyncConnection, currencies: Collection[str], *, first: date, last: date
) -> dict[str, set[date]]:
    """The days from `first` to `last` that each of `currencies` has a rate of."""
    rows = await connection.execute(
        text(
            "SELECT currency, array_agg(rate_date) FROM job_hunter.fx_rates "
            "WHERE currency = ANY(:currencies) AND rate_date BETWEEN :first AND :last GROUP BY currency"
        ),
        {"currencies": sorted(currencies), "first": first, "last": last},
    )
    found: dict[str, set[date]] = {currency: set() for currency in currencies}
    found.update((currency, set(days)) for currency, days in rows)
    return found


async def read_spans(connection: AsyncConnection, currencies: Collection[str]) -> dict[str, Span]:
    """From when to when we hold rates of each of `currencies`; those we hold none of are left out."""
    rows = await connection.execute(
        text(
            "SELECT currency, min(rate_date), max(rate_date) FROM job_hunter.fx_rates "
            "WHERE currency = ANY(:currencies) GROUP BY currency"
        ),
        {"currencies": sorted(currencies)},
    )
    return {currency: Span(first, last) for currency, first, last in rows}


async def read_priced_span(connection: AsyncConnection) -> tuple[date, date] | None:
    """The first and last day of effect of all comp points in other currencies than pounds, None when there are none."""
    row = await connection.execute(
        text(
            "SELECT min(effective_date), max(effective_date) FROM job_hunter.comp_points "
            "WHERE currency <> 'GBP' AND period = 'year'"
        )
    )
    first, last = row.one()
    return (first, last) if first else None


async def read_priced_currencies(connection: AsyncConnection) -> set[str]:
    """Currencies of yearly comp points and of snapshot rows that lack pounds, without the pound and the euro."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT currency FROM job_hunter.comp_points WHERE period = 'year' "
            f"UNION SELECT s.currency {_SNAPSHOT_FROM}"
        )
    )
    return {row[0] for row in rows} - {"GBP", "EUR"}


async def reprice(connection: AsyncConnection, price: Price) -> Repriced:
    """Price every yearly figure that lacks pounds or has them at an older rate than `price` finds; in one transaction.

    Snapshot rows only get pounds where they have none: what a day showed stays as it was.
    """
    columns = ", ".join(f"{name} float8" for name in FIGURES)
    await connection.execute(
        text(
            "CREATE TEMP TABLE IF NOT EXISTS staging_prices "
            f"(id bigint, snapshot_date date, rate_date date, {columns}) ON COMMIT DROP"
        )
    )
    points = await _reprice_points(connection, price)
    roles = (await connection.execute(text(_SET_ROLES))).rowcount
    snapshots = await _reprice_snapshots(connection, price)
    return Repriced(points, int(roles), snapshots)


async def _reprice_points(connection: AsyncConnection, price: Price) -> int:
    written, after = 0, -1
    while True:
        rows = (await connection.execute(text(_POINTS), {"after": after, "chunk": CHUNK})).all()
        if not rows:
            return written
        after = rows[-1][0]
        records: list[tuple[Any, ...]] = []
        for key, currency, on, rate_date, *money in rows:
            values, before = money[0::2], money[1::2]
            priced = [None if value is None else price(value, currency, on) for value in values]
            found = next((one for one in priced if one is not None), None)
            if found is None or (None not in _of(before, values) and not _is_nearer(found.rate_date, rate_date)):
                continue
            records.append((key, None, found.rate_date, *(one.gbp if one else None for one in priced)))
        written += await _write(connection, _SET_POINTS, records)


def _of(before: Sequence[float | None], values: Sequence[float | None]) -> list[float | None]:
    """The pounds of those figures that are stated."""
    return [gbp for gbp, value in zip(before, values, strict=True) if value is not None]


def _is_nearer(found: date | None, held: date | None) -> bool:
    return found is not None and (held is None or found > held)


async def _reprice_snapshots(connection: AsyncConnection, price: Price) -> int:
    written, day, after = 0, date.min, -1
    while True:
        values = {"day": day, "after": after, "chunk": CHUNK}
        rows = (await connection.execute(text(_SNAPSHOTS), values)).all()
        if not rows:
            return written
        day, after = rows[-1][0], rows[-1][1]
        records: list[tuple[Any, ...]] = []
        for on, key, currency, effective, base, _, total, _ in rows:
            pounds = [None if value is None else price(value, currency, effective) for value in (base, total)]
            found = next((one for one in pounds if one is not None), None)
            if found is not None:
                base_gbp, total_gbp = (one.gbp if one else None for one in pounds)
                records.append((key, on, found.rate_date, base_gbp, None, None, None, total_gbp))
        written += await _write(connection, _SET_SNAPSHOTS, records)


async def _write(connection: AsyncConnection, statement: str, records: Sequence[tuple[Any, ...]]) -> int:
    if not records:
        return 0
    await copy_records(connection, "staging_prices", records, _STAGED)
    done = await connection.execute(text(statement))
    await connection.execute(text("TRUNCATE staging_prices"))
    return int(done.rowcount)
