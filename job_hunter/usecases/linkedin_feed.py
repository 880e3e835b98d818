"""LinkedIn for guests: a few pages of cards and details. Absence closes nothing; unseen for 30 days, a role expires."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from html import escape

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company
from job_hunter.domain.company_match import CompanyIndex
from job_hunter.domain.feed_settings import JobSearch
from job_hunter.domain.posting import Posting, Reject
from job_hunter.domain.run import BoardResult, Run
from job_hunter.errors import SourceBlocked, SourceChanged, SourceError, SourceGone
from job_hunter.sources import linkedin_guest
from job_hunter.sources.linkedin_guest import Card, Detail
from job_hunter.storage import feeds, roles
from job_hunter.storage.database import Database
from job_hunter.storage.lock import hold_store_lock
from job_hunter.usecases.board import rates_for
from job_hunter.usecases.feed_parts import (
    FeedBoard,
    FeedContext,
    company_index,
    guarded,
    read_postings,
    skipped,
    store_feed_board,
    with_retry,
    write_skipped,
)

log = logging.getLogger(__name__)

SOURCE = "linkedin_guest"
EXPIRES_AFTER = timedelta(days=30)


@dataclass(slots=True)
class _Gathered:
    """What a search brought before it ended or was stopped: cards by id, and details of those that needed them."""

    cards: dict[str, Card] = field(default_factory=dict)
    details: dict[str, Detail] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    requests: int = 0
    status: int | None = None
    seconds: float = 0.0
    wire_bytes: int = 0
    stopped: SourceError | None = None


@dataclass(slots=True)
class _Bounds:
    """What the searches of a run share: details that may still be asked for, and the refusal that ended them all."""

    details: int
    stopped: SourceBlocked | None = None


async def refresh_linkedin(context: FeedContext) -> list[BoardResult]:
    """Read each configured search up to the bounds; the first refusal ends them all and keeps what was read."""
    log.warning("%s", linkedin_guest.WARNING)
    results: list[BoardResult] = []
    bounds = _Bounds(context.settings.details)
    index = await company_index(context)
    for search in context.settings.searches:
        if (SOURCE, search.slug) in context.covered:
            continue
        if bounds.stopped is None:
            results.append(await guarded(context, SOURCE, search.slug, _refresh_search(context, search, bounds, index)))
        else:
            error = SourceBlocked(f"not asked: {bounds.stopped}", status=bounds.stopped.status)
            results.append(await write_skipped(context, skipped(SOURCE, search.slug, error)))
    return results


async def _refresh_search(context: FeedContext, search: JobSearch, bounds: _Bounds, index: CompanyIndex) -> BoardResult:
    # Searches overlap: a card that another one has read is known to all of them.
    known = await context.db.read(
        partial(feeds.read_known_of_source, source=SOURCE, reading_version=context.run.reading_version)
    )
    gathered = await _gather(context, search, known, bounds)
    if isinstance(gathered.stopped, SourceBlocked):
        bounds.stopped = gathered.stopped
        log.warning("linkedin_guest: stopped for this run — %s", bounds.stopped)
    if gathered.stopped is not None and not gathered.cards:
        return await write_skipped(context, skipped(SOURCE, search.slug, gathered.stopped))
    return await _store(context, search, gathered, known, index)


async def expire_linkedin(db: Database, run: Run, *, at: datetime) -> int:
    """Close the roles that were last seen over 30 days ago, whether LinkedIn is read in this run or not."""

    async def expire(connection: AsyncConnection) -> int:
        unseen = await feeds.read_unseen(connection, SOURCE, before=at - EXPIRES_AFTER)
        if unseen.role_ids:
            await hold_store_lock(connection)
            await roles.close_roles(connection, unseen.role_ids, run=run.id, at=at, on=run.snapshot_date)
            await roles.mark_canonical(connection, unseen.dedup_keys, on=run.snapshot_date)
        return len(unseen.role_ids)

    return await db.write(expire)


async def _gather(
    context: FeedContext, search: JobSearch, known: Mapping[str, roles.KnownRole], bounds: _Bounds
) -> _Gathered:
    gathered = _Gathered()
    try:
        await _gather_cards(context, search, gathered)
        wanted = [card for card in gathered.cards.values() if not _is_known(card, known)]
        for card in wanted[: bounds.details]:
            bounds.details -= 1
            await _gather_detail(context, card, gathered)
    except SourceError as error:
        gathered.stopped = error
    return gathered


async def _gather_cards(context: FeedContext, search: JobSearch, gathered: _Gathered) -> None:
    start = 0
    for _ in range(context.settings.pages):
        if start >= linkedin_guest.LAST_START:
            return
        at = start
        answer, _ = await with_retry(
            lambda at=at: linkedin_guest.fetch_cards(  # type: ignore[misc]
                context.http, keywords=search.keywords, location=search.location, start=at
            ),
            context.sleep,
        )
        gathered.status, gathered.seconds = answer.status, gathered.seconds + answer.seconds
        gathered.wire_bytes += answer.wire_bytes
        if answer.status == 400:  # beyond what can be reached
            return
        page = linkedin_guest.parse_cards(answer.body)
        new = [card for card in page.cards if card.id not in gathered.cards]
        gathered.cards.update((card.id, card) for card in new)
        # The number of cards on a page changes; the same ones again mean that there are no more.
        if not page.count or not new:
            return
        start += page.count


async def _gather_detail(context: FeedContext, card: Card, gathered: _Gathered) -> None:
    try:
        answer, _ = await with_retry(lambda: linkedin_guest.fetch_detail(context.http, card.id), context.sleep)
        gathered.seconds += answer.seconds
        gathered.wire_bytes += answer.wire_bytes
        detail = linkedin_guest.parse_detail(answer.body)
    except SourceGone as error:
        gathered.rejects.append(Reject(card.id, f"the posting is gone: {error}"))
        gathered.cards.pop(card.id)
    except SourceChanged as error:
        gathered.rejects.append(Reject(card.id, str(error)))
        gathered.cards.pop(card.id)
    else:
        if detail.is_closed:
            gathered.rejects.append(Reject(card.id, "the posting is closed: no longer accepting applications"))
            gathered.cards.pop(card.id)
        else:
            gathered.details[card.id] = detail


async def _store(
    context: FeedContext,
    search: JobSearch,
    gathered: _Gathered,
    known: Mapping[str, roles.KnownRole],
    index: CompanyIndex,
) -> BoardResult:
    at = context.clock()
    postings: list[tuple[Posting, Company]] = []
    seen: list[str] = []
    for card in gathered.cards.values():
        if _is_known(card, known) or (card.id not in gathered.details and _is_held(card, known)):
            seen.append(card.id)
        elif not card.company:
            gathered.rejects.append(Reject(card.id, "the card names no company"))
        else:
            company = index.find_or_add(card.company)
            postings.append((posting_of(card, gathered.details.get(card.id), search), company))
    read, companies, rejects = read_postings(context, postings)
    facts = BoardResult(
        source=SOURCE,
        board=search.slug,
        company_slug=search.slug,
        status=FetchStatus.PARTIAL if gathered.stopped else FetchStatus.COMPLETE,
        http_status=gathered.stopped.status if gathered.stopped else gathered.status,
        tries=1,
        seconds=gathered.seconds,
        wire_bytes=gathered.wire_bytes,
        message=f"stopped early: {gathered.stopped}" if gathered.stopped else None,
    )
    rates = await context.db.again(lambda: rates_for(context.db, read))
    present = {*seen, *(role.posting.external_id for role in read)}
    board = FeedBoard(facts, read, companies, present, known, (), [*gathered.rejects, *rejects])

    async def store(connection: AsyncConnection) -> BoardResult:
        await hold_store_lock(connection)
        boards = [each.slug for each in context.settings.searches]
        await feeds.touch_roles(connection, SOURCE, present, board=search.slug, boards=boards, at=at)
        return await store_feed_board(connection, context, board, rates, at=at)

    return await context.db.write(store)


def posting_of(card: Card, detail: Detail | None, search: JobSearch) -> Posting:
    """`card` with what its page adds; pay that LinkedIn shows stands as a line before the text."""
    salary = (detail.salary if detail else None) or card.salary
    lines = [f"<p>Salary: {escape(salary)}</p>"] if salary else []
    lines += [detail.description] if detail else []
    criteria = detail.criteria if detail else ()
    content = "\n".join(lines)
    raw = "\n".join((card.id, card.title, card.company, card.location, *(f"{n}: {v}" for n, v in criteria), content))
    return Posting(
        source=SOURCE,
        external_id=card.id,
        board=search.slug,
        title=card.title,
        location=card.location,
        content=content,
        payload_hash=card.digest(detailed=detail is not None),
        raw=raw.encode("utf-8", "replace"),
        posted_at=card.listed_at,
        apply_url=card.url,
        company_name=card.company,
    )


def _is_known(card: Card, known: Mapping[str, roles.KnownRole]) -> bool:
    """Whether we hold this very card with its details, read by this version of the readings."""
    return _is_held(card, known) and known[card.id].is_current


def _is_held(card: Card, known: Mapping[str, roles.KnownRole]) -> bool:
    """Whether we hold it with its details, if by older readings: the bare card must not overwrite what it lacks."""
    before = known.get(card.id)
    return before is not None and before.payload_hash == card.digest(detailed=True)
