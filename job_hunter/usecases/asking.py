"""The analyst's questions: stated bands, spreads, a table of levels, open roles, exports."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from job_hunter.config.files import not_one_of
from job_hunter.errors import UsageError
from job_hunter.storage import asking, series
from job_hunter.storage.asking import Band, Cell, Opening, StatedBand, Wanted
from job_hunter.storage.database import Database

FAR_FUTURE = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Spreads:
    """Spreads of pay on one snapshot date; `market` is over all companies the question lets through."""

    snapshot_date: date | None
    bands: tuple[Band, ...]
    market: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class CompTable:
    """Medians by company and level on one snapshot date."""

    snapshot_date: date | None
    cells: tuple[Cell, ...]


async def check_companies(db: Database, slugs: Collection[str]) -> None:
    """Raise UsageError naming the nearest slug for a company that is not known."""
    if not slugs:
        return
    known = await db.read(asking.read_company_slugs)
    if not known:
        raise UsageError("--company: no company is known yet: run `job-hunter refresh` first")
    for slug in slugs:
        if slug not in known:
            raise UsageError(f"--company: {not_one_of(slug, known)}")


async def stated_bands(db: Database, wanted: Wanted, *, limit: int) -> list[StatedBand]:
    """The bands that open roles state, the best paid first."""
    await check_companies(db, wanted.companies)
    async with db.reading() as connection:
        return await asking.read_stated_bands(connection, wanted, limit=limit)


async def spreads(db: Database, wanted: Wanted) -> Spreads:
    """How pay spreads on the newest snapshot date, by company and kind of evidence."""
    await check_companies(db, wanted.companies)
    async with db.reading() as connection:
        on = await series.read_newest_date(connection, until=FAR_FUTURE)
        if on is None:
            return Spreads(None, (), ())
        bands = await asking.read_bands(connection, wanted, on=on)
        market = await asking.read_market_bands(connection, wanted, on=on)
    return Spreads(on, tuple(bands), tuple(market))


async def comp_table(db: Database, wanted: Wanted) -> CompTable:
    """Medians by company and level on the newest snapshot date."""
    await check_companies(db, wanted.companies)
    async with db.reading() as connection:
        on = await series.read_newest_date(connection, until=FAR_FUTURE)
        cells = await asking.read_cells(connection, wanted, on=on) if on else []
    return CompTable(on, tuple(cells))


async def openings(db: Database, wanted: Wanted, *, with_pay: bool, limit: int) -> tuple[list[Opening], int]:
    """Open roles, the surest pay first, and how many there are in all."""
    await check_companies(db, wanted.companies)
    async with db.reading() as connection:
        return await asking.read_openings(connection, wanted, with_pay=with_pay, limit=limit)


async def export(db: Database, what: str, *, since: datetime) -> AsyncGenerator[tuple[Sequence[str], Sequence[Any]]]:
    """The rows of one export with the names of their columns. Raises UsageError for an unknown export."""
    if what not in asking.EXPORTS:
        raise UsageError(f"export: {not_one_of(what, tuple(asking.EXPORTS))}")
    async with db.reading() as connection:
        async for row in asking.stream_export(connection, what, since=since):
            yield row
