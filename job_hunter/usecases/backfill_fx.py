"""Load the exchange rates that are missing, and price again what has no pounds or has them at too old a rate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.fx import LOOK_BACK_DAYS, Converted, is_rate_day, to_gbp
from job_hunter.errors import SourceError, UsageError
from job_hunter.sources.ecb import fetch_rates
from job_hunter.sources.http import Http
from job_hunter.storage import pricing
from job_hunter.storage.database import Database
from job_hunter.storage.fx import read_rates, upsert_rates
from job_hunter.storage.lock import hold_store_lock
from job_hunter.usecases.feed_parts import with_retry
from job_hunter.usecases.rates import FIRST_RATES
from job_hunter.usecases.refresh import refresh_lock

log = logging.getLogger(__name__)

FIRST_EVER = date(1999, 1, 4)
"""The day of the ECB's first rates."""

LOOK_BACK = timedelta(days=LOOK_BACK_DAYS)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between `since` and `until` on which a rate of `currency` was due and is not held."""

    currency: str
    days: int
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Left:
    """Figures that still have no pounds: where, how many, of which days, and why."""

    table: str
    currency: str
    rows: int
    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a backfill found, loaded and repaired.

    `gaps` are the missing rates before loading, `unfilled` those after it, `left` the figures still without pounds.
    `warning` says why the ECB gave nothing; then `loaded` is 0.
    """

    since: date
    until: date
    gaps: tuple[Gap, ...]
    loaded: int
    unfilled: tuple[Gap, ...]
    repriced: pricing.Repriced
    left: tuple[Left, ...]
    warning: str | None = None


def first_day(*, today: date, days: int | None = None, since: date | None = None) -> date | None:
    """The day to begin at: so many `days` back, or `since`; None when neither is given.

    Raises UsageError when both are given, `days` is less than 1 or `since` lies in the future.
    """
    if days is not None and since is not None:
        raise UsageError("days and since say the same: give one of them")
    if days is not None:
        if days < 1:
            raise UsageError(f"days: {days} is less than 1")
        return today - timedelta(days=min(days, (today - FIRST_EVER).days))
    if since is not None and since > today:
        raise UsageError(f"since: {since} is in the future")
    return since


async def backfill_fx(
    db: Database,
    http: Http,
    *,
    today: date,
    since: date | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Backfill:
    """Load what is missing from `since` to `today`, then price again; a second run finds nothing to do.

    Without `since`: from the oldest figure in another currency. Rates come from the 90-day file where that is enough,
    else from the full history. It owns its one retry, whichever door started it; when the ECB does not answer, what is
    held already is used. Raises RefreshInProgress while a refresh runs.
    """

    async with refresh_lock(db):
        span, unpriced, currencies, spans = await db.read(_look)
        oldest = min([row.first for row in unpriced] + ([span[0]] if span else []), default=None)
        first = since or (max(oldest, FIRST_RATES) if oldest else today - LOOK_BACK)
        first = min(max(first, FIRST_EVER), today)
        gaps = await _gaps(db, currencies, since=first, until=today)
        # a currency without any rate may have ended before these days: only the whole history tells
        reach = min(first, FIRST_RATES) if any(gap.currency not in spans for gap in gaps) else first
        loaded, warning = await _load(db, http, since=reach, today=today, sleep=sleep) if gaps else (0, None)

        async def reprice(connection: AsyncConnection) -> pricing.Repriced:
            await hold_store_lock(connection)  # careers pages are read at any time, and write points too
            start = max(min(first, oldest or first), FIRST_EVER)
            rates = await read_rates(connection, currencies=currencies, first=start, last=today)

            def price(value: float, currency: str, on: date) -> Converted | None:
                return to_gbp(value, currency, on, rates)

            return await pricing.reprice(connection, price)

        repriced = await db.write(reprice)
        left, spans = await db.read(_look_at_left)
        unfilled = await _gaps(db, currencies, since=first, until=today) if gaps and not warning else gaps
    return Backfill(
        since=first,
        until=today,
        gaps=gaps,
        loaded=loaded,
        unfilled=unfilled,
        repriced=repriced,
        left=tuple(Left(*row[:5], why=_why(row, spans.get(row.currency), spans.get("GBP"))) for row in left),
        warning=warning,
    )


async def _look(
    connection: AsyncConnection,
) -> tuple[tuple[date, date] | None, list[pricing.Unpriced], set[str], dict[str, pricing.Span]]:
    """What is priced, what lacks pounds, the currencies, and how far their rates reach."""
    unpriced = [row for row in await pricing.read_unpriced(connection) if not row.is_unclear]
    currencies = await pricing.read_priced_currencies(connection) | {"GBP"}
    spans = await pricing.read_spans(connection, currencies)
    return await pricing.read_priced_span(connection), unpriced, currencies, spans


async def _look_at_left(connection: AsyncConnection) -> tuple[list[pricing.Unpriced], dict[str, pricing.Span]]:
    left = await pricing.read_unpriced(connection)
    return left, await pricing.read_spans(connection, {"GBP", *(row.currency for row in left)})


def sentences(done: Backfill) -> list[str]:
    """What a backfill did, a line each."""
    repriced = done.repriced
    lines = [
        f"{gap.currency}: {gap.days} days without a rate between {gap.since} and {gap.until}" for gap in done.gaps
    ] or [f"no rate is missing from {done.since} to {done.until}"]
    if done.warning:
        lines.append(done.warning)
    elif done.gaps:
        lines.append(f"loaded {done.loaded} rates")
        lines += [
            f"still missing: {gap.currency} on {gap.days} days between {gap.since} and {gap.until}: "
            "the ECB published none"
            for gap in done.unfilled
        ]
    lines.append(
        f"priced again: {repriced.comp_points} comp points, {repriced.roles} roles, "
        f"{repriced.comp_snapshots} snapshot rows"
    )
    lines += [
        f"still without pounds: {left.rows} {left.currency} figures in {left.table}, of {left.first} to {left.last}: "
        f"{left.why}"
        for left in done.left
    ]
    return lines


def sentence(done: Backfill) -> str:
    """What a backfill came to, in one line."""
    repriced, left = done.repriced, sum(row.rows for row in done.left)
    return (
        f"loaded {done.loaded} rates; priced again {repriced.comp_points} comp points, {repriced.roles} roles and "
        f"{repriced.comp_snapshots} snapshot rows; {left} figures still without pounds"
    )


def find_gaps(
    held: Mapping[str, Collection[date]], spans: Mapping[str, pricing.Span], *, since: date, until: date
) -> tuple[Gap, ...]:
    """The days of each currency that a rate was due on and is not held, from `since` to the day before `until`.

    The rate of a day is published in its afternoon, so that today's is never missed. Of a currency whose series ended
    only the days up to its end count, and of one that the whole history does not hold, none.
    """
    due = [day for n in range((until - since).days) if is_rate_day(day := since + timedelta(days=n))]
    pound = spans.get("GBP")
    gaps = []
    for currency, known in sorted(held.items()):
        span = spans.get(currency)
        if span is None and _is_whole(pound):
            continue
        end = span.last if span and _has_ended(span, pound) else until
        missing = [day for day in due if day not in known and day <= end]
        if missing:
            gaps.append(Gap(currency, len(missing), missing[0], missing[-1]))
    return tuple(gaps)


async def _gaps(db: Database, currencies: Collection[str], *, since: date, until: date) -> tuple[Gap, ...]:
    first = since - LOOK_BACK

    async def find(connection: AsyncConnection) -> tuple[Gap, ...]:
        held = await pricing.read_rate_days(connection, currencies, first=first, last=until)
        return find_gaps(held, await pricing.read_spans(connection, currencies), since=first, until=until)

    return await db.read(find)


async def _load(
    db: Database, http: Http, *, since: date, today: date, sleep: Callable[[float], Awaitable[None]]
) -> tuple[int, str | None]:
    since = min(since, today - timedelta(days=1))
    try:
        rates, _ = await with_retry(lambda: fetch_rates(http, since=since, today=today), sleep)
    except SourceError as error:
        warning = f"ecb: no rates loaded, what is held already is used — {error}"
        log.warning("%s", warning)
        return 0, warning
    return await db.write(lambda connection: upsert_rates(connection, rates)), None


def _is_whole(pound: pricing.Span | None) -> bool:
    """Whether the rates held go back as far as the history we load."""
    return pound is not None and pound.first <= FIRST_RATES + LOOK_BACK


def _has_ended(span: pricing.Span, pound: pricing.Span | None) -> bool:
    return pound is not None and span.last < pound.last - LOOK_BACK


def _why(row: pricing.Unpriced, span: pricing.Span | None, pound: pricing.Span | None) -> str:
    if row.is_unclear:
        return "what they stood for is gone: their comp point was withdrawn, or is by the hour or day now"
    if span is None:
        return "the ECB publishes no rate of this currency" + ("" if _is_whole(pound) else ", or none was loaded yet")
    reasons = []
    if row.first < span.first:
        reasons.append(
            f"the ECB's first rate of this currency is of {span.first}"
            if pound is not None and pound.first <= max(row.first, FIRST_EVER)
            else f"older than the first rate held, of {span.first}: run `backfill-fx --since {row.first}`"
        )
    if row.last > span.last + LOOK_BACK:
        reasons.append(
            f"the ECB's rates of this currency ended, or were suspended, on {span.last}"
            if _has_ended(span, pound)
            else f"the newest rate held is of {span.last}"
        )
    return "; ".join(reasons) or f"no rate within {LOOK_BACK_DAYS} days before some of these days"
