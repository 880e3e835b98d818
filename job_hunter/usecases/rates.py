"""Keep the ECB's reference rates fresh: called before boards are read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from job_hunter.errors import SourceError
from job_hunter.sources.ecb import fetch_rates
from job_hunter.sources.http import Http
from job_hunter.storage.database import Database
from job_hunter.storage.fx import read_newest_rate_date, upsert_rates
from job_hunter.usecases.feed_parts import with_retry

log = logging.getLogger(__name__)

FIRST_RATES = date(2015, 1, 1)
"""Openings published longer ago than this are not converted: none that old was met on a live board."""

OVERLAP = timedelta(days=7)
"""How far back a daily update reaches, so that a corrected or late rate is taken too."""


async def refresh_rates(
    db: Database, http: Http, *, today: date, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> str | None:
    """Load the rates we lack up to `today`; returns a warning when the ECB did not answer, None when all is well.

    It owns its one retry, whichever door started the refresh. Without fresh rates a refresh goes on: what cannot be
    converted stays NULL and `backfill-fx` repairs it later.
    """
    newest = await db.read(read_newest_rate_date)
    since = FIRST_RATES if newest is None else newest - OVERLAP
    try:
        rates, _ = await with_retry(lambda: fetch_rates(http, since=min(since, today), today=today), sleep)
    except SourceError as error:
        warning = f"ecb: rates not refreshed, other currencies may stay unconverted until `backfill-fx` — {error}"
        log.warning("%s", warning)
        return warning
    await db.write(lambda connection: upsert_rates(connection, rates))
    return None
