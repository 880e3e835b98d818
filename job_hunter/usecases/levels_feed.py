"""levels.fyi: reported pay by level, a page a company, place and job family, asked slowly and one at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company
from job_hunter.domain.feed_settings import PayFamily, PayPlace
from job_hunter.domain.fx import Rates, to_gbp
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.ladder import company_ladder
from job_hunter.domain.level import Level
from job_hunter.domain.levels import read_level
from job_hunter.domain.locations import read_location
from job_hunter.domain.run import BoardResult
from job_hunter.errors import SourceBlocked, SourceError, SourceGone, SourceUnavailable
from job_hunter.sources.http import Validators
from job_hunter.sources.levels_fyi import Fetched, PayPage, Reported, fetch_page
from job_hunter.storage import feeds, ledger
from job_hunter.storage.fx import read_rates
from job_hunter.storage.lock import hold_store_lock
from job_hunter.usecases.feed_parts import FeedContext, guarded, skipped, with_retry, write_skipped

log = logging.getLogger(__name__)

SOURCE = "levels_fyi"
FAILURES_IN_A_ROW = 3
"""After so many pages that did not answer, the site is down and the rest is left to the next run."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page to ask for."""

    company: Company
    place: PayPlace
    family: PayFamily
    board: str


@dataclass(slots=True)
class _Patience:
    """Whether the site may still be asked: not after it turned us away, nor after so many failures in a row."""

    failures: int = 0
    stopped: str | None = None

    def note(self, error: SourceError | None) -> None:
        """Take note of how asking for a page went."""
        self.failures = self.failures + 1 if isinstance(error, SourceUnavailable) else 0
        if isinstance(error, SourceBlocked):
            self.stopped = str(error)
        elif self.failures >= FAILURES_IN_A_ROW:
            self.stopped = f"{self.failures} pages in a row did not answer"
        if self.stopped:
            log.warning("levels_fyi: stopped for this run — %s", self.stopped)


async def refresh_levels_fyi(context: FeedContext) -> list[BoardResult]:
    """Ask for every configured page, in turn; stop for the run when the site turns us away, and say so."""
    pages = list(pages_of(context))

    async def read_standing(connection: AsyncConnection) -> dict[str, feeds.Standing]:
        return await feeds.read_standing(
            connection, SOURCE, [page.board for page in pages], reading_version=context.run.reading_version
        )

    standing = await context.db.read(read_standing)
    results: list[BoardResult] = []
    patience = _Patience()
    for page in pages:
        company_id = context.company_ids[page.company.slug]
        if patience.stopped is None:
            asked = _refresh_page(context, page, standing.get(page.board), patience, company_id=company_id)
            results.append(await guarded(context, SOURCE, page.board, asked, company_id=company_id))
        else:
            row = replace(_row(page, FetchStatus.SKIPPED), message=f"not asked: {patience.stopped}")
            results.append(await write_skipped(context, row, company_id=company_id))
    return results


def pages_of(context: FeedContext) -> Iterator[Page]:
    """The pages of a run: those of the companies it is about that levels.fyi knows and today's ledger lacks."""
    for company in context.companies:
        if company.levels_fyi is None or (context.only and company.slug not in context.only):
            continue
        for place in context.settings.places:
            for family in context.settings.families:
                board = f"{company.slug}/{place.slug}/{family.slug}"
                if (SOURCE, board) not in context.covered:
                    yield Page(company, place, family, board)


async def _refresh_page(
    context: FeedContext, page: Page, standing: feeds.Standing | None, patience: _Patience, *, company_id: int
) -> BoardResult:
    # A page has two forms with an address each: a date alone would not tell whose it is.
    validators = Validators(standing.etag) if standing else None

    async def ask() -> Fetched:
        return await fetch_page(
            context.http,
            company=page.company.levels_fyi or "",
            family=page.family.slug,
            place=page.place.slug,
            validators=validators,
        )

    try:
        fetched, tries = await with_retry(ask, context.sleep)
    except SourceError as error:
        patience.note(error)
        if isinstance(error, SourceGone) and error.status == 404:
            # The site publishes nothing about so few submissions: known to be none, not unknown.
            none = replace(_row(page, FetchStatus.COMPLETE), http_status=404, message=str(error), tries=1)
            return await _write(context, none, (), company_id=company_id)
        tries = 2 if isinstance(error, SourceUnavailable) else 1
        row = skipped(SOURCE, page.board, error, slug=page.company.slug, tries=tries)
        return await write_skipped(context, row, company_id=company_id)
    patience.note(None)
    facts = replace(
        _row(page, FetchStatus.COMPLETE),
        http_status=fetched.answer.status,
        is_not_modified=fetched.page is None,
        tries=tries,
        seconds=fetched.answer.seconds,
        wire_bytes=fetched.answer.wire_bytes,
        etag=fetched.answer.etag,
        last_modified=fetched.answer.last_modified,
    )
    if fetched.page is None and standing is not None:
        return await _write_unmodified(context, page, facts, standing, company_id=company_id)
    assert fetched.page is not None
    elsewhere = about_elsewhere(fetched.page, page.place, context.readings.gazetteer)
    if elsewhere is not None:
        message = f"levels.fyi shows {elsewhere} instead of {page.place.slug}: too few submissions there"
        return await _write(context, replace(facts, message=message), (), company_id=company_id)
    points, misses = await _points(context, page, fetched.page)
    result = replace(
        facts,
        postings=len(points),
        with_pay=len(points),
        with_level=sum(point.level_id is not None for point in points),
        with_place=len(points),
        lookup_misses=misses,
    )
    return await _write(context, result, points, company_id=company_id)


def about_elsewhere(page: PayPage, place: PayPlace, gazetteer: Gazetteer) -> str | None:
    """What place a page is about when it is not the one asked for; None when it is.

    The site falls back to another country without saying so. What it calls itself must be the place; where it says
    nothing, most of its samples must be from that country.
    """
    if page.place is not None:
        return None if read_location(page.place, gazetteer).bucket == place.bucket else page.place
    if not page.levels:
        return None
    countries = {country for sample in page.sample_places if (country := _country(sample, gazetteer))}
    wanted = _bucket_country(place, gazetteer)
    here = sum(_country(sample, gazetteer) == wanted for sample in page.sample_places)
    if page.sample_places and here * 2 > len(page.sample_places):
        return None
    return ", ".join(sorted(countries)) or "no place"


def _country(place: str, gazetteer: Gazetteer) -> str | None:
    places = read_location(place, gazetteer).places
    return places[0].country if places else None


def _bucket_country(place: PayPlace, gazetteer: Gazetteer) -> str | None:
    words = place.slug.replace("-", " ").title()
    return _country(words, gazetteer) or ("GB" if place.bucket in ("london", "uk") else None)


async def _points(
    context: FeedContext, page: Page, shown: PayPage
) -> tuple[tuple[feeds.ReportedPoint, ...], dict[str, int]]:
    on = min(shown.updated or context.run.snapshot_date, context.run.snapshot_date)
    rates = Rates()
    if shown.currency != "GBP":
        rates = await context.db.read(partial(read_rates, currencies={shown.currency}, first=on, last=on))
    points: dict[str, feeds.ReportedPoint] = {}
    misses: dict[str, int] = {}
    for level in shown.levels:
        generic = level_of(level, page.company, context)
        if generic is None:
            name = f"level: {level.title or level.level}"
            misses[name] = misses.get(name, 0) + 1
        values = {"total": level.total, "base": level.base, "rsu_annual": level.stock, "bonus": level.bonus}
        converted = {
            name: None if value is None else to_gbp(value, shown.currency, on, rates) for name, value in values.items()
        }
        rate_date = next((each.rate_date for each in converted.values() if each), None)
        external_id = f"{page.company.slug}/{page.place.slug}/{page.family.slug}/{level.key}"
        if external_id in points and level.level:
            external_id = f"{external_id} ({level.level.casefold()})"
        points.setdefault(
            external_id,
            feeds.ReportedPoint(
                external_id=external_id,
                level_id=context.level_ids[generic.value] if generic else None,
                family=page.family.family,
                location_bucket=page.place.bucket,
                currency=shown.currency,
                statistic=shown.statistic,
                effective_date=on,
                rate_date=rate_date,
                n_reported=level.count,
                values=values,
                gbp={name: each.gbp if each else None for name, each in converted.items()},
            ),
        )
    return tuple(points.values()), misses


def level_of(level: Reported, company: Company, context: FeedContext) -> Level | None:
    """The rung of the generic ladder: by the company's own name for it where its ladder is known, else by the title."""
    table = context.readings.ladder
    ladder = company_ladder(table, slug=company.slug, name=company.display_name, sector=company.sector.value)
    for text in (level.title, f"{level.title or ''} ({level.level})" if level.level else None, level.level):
        if text and (found := read_level(text, table, ladder).level) is not None:
            return found
    return None


async def _write(
    context: FeedContext, result: BoardResult, points: tuple[feeds.ReportedPoint, ...], *, company_id: int
) -> BoardResult:
    at = context.clock()

    async def write(connection: AsyncConnection) -> BoardResult:
        await hold_store_lock(connection)
        written = await feeds.upsert_reported(connection, SOURCE, company_id, points, at=at)
        counted = replace(result, new=written.new, changed=written.changed, unchanged=written.unchanged)
        await ledger.write_board_result(connection, context.run, counted, company_id=company_id, at=at)
        return counted

    return await context.db.write(write)


async def _write_unmodified(
    context: FeedContext, page: Page, facts: BoardResult, standing: feeds.Standing, *, company_id: int
) -> BoardResult:
    at = context.clock()
    prefix = f"{page.company.slug}/{page.place.slug}/{page.family.slug}"

    async def write(connection: AsyncConnection) -> BoardResult:
        await hold_store_lock(connection)
        seen, levelled = await feeds.touch_reported(connection, SOURCE, prefix, since=standing.fetched_at, at=at)
        result = replace(
            facts,
            etag=facts.etag or standing.etag,
            last_modified=facts.last_modified or standing.last_modified,
            postings=standing.postings,
            unchanged=seen,
            with_pay=seen,
            with_level=levelled,
            with_place=seen,
        )
        await ledger.write_board_result(connection, context.run, result, company_id=company_id, at=at)
        return result

    return await context.db.write(write)


def _row(page: Page, status: FetchStatus) -> BoardResult:
    return BoardResult(source=SOURCE, board=page.board, company_slug=page.company.slug, status=status)
