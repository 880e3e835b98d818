"""Load the exchange rates that are missing, and price again what has no pounds or has them at too old a rate."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from job_hunter.domain.fx import LOOK_BACK_DAYS, Converted, is_rate_day, to_gbp
from job_hunter.errors import SourceError
from job_hunter.sources.ecb import fetch_rates
from job_hunter.sources.http import Http
from job_hunter.storage import pricing
from job_hunter.storage.database import Database
from job_hunter.storage.fx import read_rates, upsert_rates
from job_hunter.usecases.rates import FIRST_RATES
from job_hunter.usecases.refresh import refresh_lock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days between `since` and `until` on which a rate of `currency` was due and is not held."""

    currency: str
    days: int
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Left:
    """Yearly figures that still have no pounds: where, how many, of which days, and why."""

    table: str
    currency: str
    rows: int
    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True)
class Backfill:
    """What a backfill found, loaded and repaired. `warning` says why the ECB gave nothing; then `loaded` is 0."""

    since: date
    until: date
    gaps: tuple[Gap, ...]
    loaded: int
    repriced: pricing.Repriced
    left: tuple[Left, ...]
    warning: str | None = None


async def backfill_fx(db: Database, http: Http, *, today: date, since: date | None = None) -> Backfill:
    """Load what is missing from `since` to `today`, then price again; a second run finds nothing to do.

    Without `since`: from the oldest figure in another currency. Rates come from the 90-day file where that is enough,
    else from the full history. When the ECB does not answer, what is held already is used. Raises RefreshInProgress
    while a refresh runs, UsageError never.
    """
    async with refresh_lock(db):
        async with db.reading() as connection:
            span = await pricing.read_priced_span(connection)
            unpriced = await pricing.read_unpriced(connection)
            currencies = await pricing.read_priced_currencies(connection) | {"GBP"}
            first = since or _oldest(span, unpriced) or today - timedelta(days=LOOK_BACK_DAYS)
            first = min(first, today)
            held = await pricing.read_rate_days(
                connection, currencies, first=first - timedelta(days=LOOK_BACK_DAYS), last=today
            )
            ended = await pricing.read_spans(connection, currencies)
        gaps = find_gaps(held, ended, since=first - timedelta(days=LOOK_BACK_DAYS), until=today)
        # a currency without any rate may have ended before these days: only the whole history tells
        reach = FIRST_RATES if any(gap.currency not in ended for gap in gaps) else first
        loaded, warning = await _load(db, http, since=min(reach, first), today=today) if gaps else (0, None)
        async with db.transaction() as connection:
            rates = await read_rates(connection, currencies=currencies, first=_start(first, span, unpriced), last=today)

            def price(value: float, currency: str, on: date) -> Converted | None:
                return to_gbp(value, currency, on, rates)

            repriced = await pricing.reprice(connection, price)
        async with db.reading() as connection:
            left = await pricing.read_unpriced(connection)
            spans = await pricing.read_spans(connection, {row.currency for row in left})
    return Backfill(
        since=first,
        until=today,
        gaps=gaps,
        loaded=loaded,
        repriced=repriced,
        left=tuple(Left(*row, why=_why(row, spans.get(row.currency))) for row in left),
        warning=warning,
    )


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


def find_gaps(
    held: Mapping[str, Collection[date]], spans: Mapping[str, pricing.Span], *, since: date, until: date
) -> tuple[Gap, ...]:
    """The days of each currency that a rate was due on and is not held, from `since` to the day before `until`.

    The rate of a day is published in its afternoon, so that today's is never missed. Of a currency whose series ended
    only the days up to its end count, and of one that the whole history does not hold, none.
    """
    due = [day for n in range((until - since).days) if is_rate_day(day := since + timedelta(days=n))]
    pound = spans.get("GBP")
    has_history = pound is not None and pound.first <= FIRST_RATES + timedelta(days=LOOK_BACK_DAYS)
    gaps = []
    for currency, known in sorted(held.items()):
        span = spans.get(currency)
        if span is None and has_history:
            continue
        has_ended = span and pound and span.last < pound.last - timedelta(days=LOOK_BACK_DAYS)
        end = span.last if span and has_ended else until
        missing = [day for day in due if day not in known and day <= end]
        if missing:
            gaps.append(Gap(currency, len(missing), missing[0], missing[-1]))
    return tuple(gaps)


async def _load(db: Database, http: Http, *, since: date, today: date) -> tuple[int, str | None]:
    try:
        rates = await fetch_rates(http, since=min(since, today - timedelta(days=1)), today=today)
    except SourceError as error:
        warning = f"ecb: no rates loaded, what is held already is used — {error}"
        log.warning("%s", warning)
        return 0, warning
    async with db.transaction() as connection:
        return await upsert_rates(connection, rates), None


def _oldest(span: tuple[date, date] | None, unpriced: Collection[pricing.Unpriced]) -> date | None:
    days = [row.first for row in unpriced] + ([span[0]] if span else [])
    return max(min(days), FIRST_RATES) if days else None


def _start(first: date, span: tuple[date, date] | None, unpriced: Collection[pricing.Unpriced]) -> date:
    return min([first, *(row.first for row in unpriced), *([span[0]] if span else [])])


def _why(row: pricing.Unpriced, span: pricing.Span | None) -> str:
    if span is None:
        return "the ECB publishes no rate of this currency, or none was loaded yet"
    if row.first > span.last + timedelta(days=LOOK_BACK_DAYS):
        return f"the ECB's rates of this currency ended, or were suspended, on {span.last}"
    if row.last < span.first:
        return f"older than the first rate held, of {span.first}: run `backfill-fx --since {row.first}`"
    return f"no rate within {LOOK_BACK_DAYS} days before some of these days"
