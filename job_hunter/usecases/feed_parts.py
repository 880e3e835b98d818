"""What all feeds share: the one retry, and storing roles of many companies in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company
from job_hunter.domain.company_match import CompanyIndex
from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.fx import Rates
from job_hunter.domain.posting import Posting, Reject
from job_hunter.domain.role import Readings, Role, interpret
from job_hunter.domain.run import BoardResult, Run
from job_hunter.errors import DatabaseUnavailable, SourceChanged, SourceError, SourceUnavailable
from job_hunter.sources.http import Http
from job_hunter.storage import feeds, ledger, roles, snapshots
from job_hunter.storage.database import Database
from job_hunter.storage.lock import hold_store_lock
from job_hunter.usecases.board import MAX_LISTED_REJECTS, REPOST_WINDOW, records_of

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_DELAY = 1.0
LONGEST_RETRY_AFTER = 30.0


@dataclass(frozen=True, slots=True)
class FeedContext:
    """What a feed works with. A feed owns its one retry itself, whichever door started it.

    `only` are the slugs a run was limited to; `covered` the boards that today's ledger holds a complete fetch of, and
    that need no other.
    """

    db: Database
    http: Http
    run: Run
    companies: Sequence[Company]
    readings: Readings
    level_ids: Mapping[str, int]
    company_ids: Mapping[str, int]
    settings: FeedSettings
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    only: Collection[str] = ()
    covered: Collection[tuple[str, str]] = field(default=frozenset())


@dataclass(frozen=True, slots=True)
class FeedBoard:
    """What was read of one board of a feed: `read` are new or changed roles, `companies` each one's by external id.

    `present` are the external ids it shows, `closing` those of ours that it no longer shows and that close. `facts`
    is the ledger's row as far as the fetch filled it.
    """

    facts: BoardResult
    read: Sequence[Role]
    companies: Mapping[str, Company]
    present: Collection[str]
    known: Mapping[str, roles.KnownRole]
    closing: Collection[str] = ()
    rejects: Sequence[Reject] = ()


async def with_retry(ask: Callable[[], Awaitable[T]], sleep: Callable[[float], Awaitable[None]]) -> tuple[T, int]:
    """What `ask` gives, and in how many tries: one more for what may answer the next time."""
    try:
        return await ask(), 1
    except SourceUnavailable as error:
        await sleep(min(error.retry_after or RETRY_DELAY, LONGEST_RETRY_AFTER))
    return await ask(), 2


def skipped(source: str, board: str, error: SourceError, *, slug: str | None = None, tries: int = 1) -> BoardResult:
    """The ledger row of a board that gave nothing, and a warning."""
    log.warning("%s: skipping %s — %s", source, board, error)
    return BoardResult(
        source=source,
        board=board,
        company_slug=slug or board,
        status=FetchStatus.SKIPPED,
        http_status=error.status,
        tries=tries,
        message=str(error),
    )


async def guarded(
    context: FeedContext, source: str, board: str, refresh: Awaitable[BoardResult], *, company_id: int | None = None
) -> BoardResult:
    """What `refresh` gives; a failure nobody foresaw costs this board alone and is its row in the ledger.

    Raises `DatabaseUnavailable` only: without a database there is no ledger to write to.
    """
    try:
        return await refresh
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("%s: %s failed", source, board)
        failure = SourceChanged(f"failed in an unforeseen way ({type(error).__name__}); see the log")
        return await write_skipped(context, skipped(source, board, failure), company_id=company_id)


async def write_skipped(context: FeedContext, result: BoardResult, *, company_id: int | None = None) -> BoardResult:
    """Write the row of a board that gave nothing into the ledger."""
    at = context.clock()
    await context.db.write(
        lambda connection: ledger.write_board_result(connection, context.run, result, company_id=company_id, at=at)
    )
    return result


async def company_index(context: FeedContext) -> CompanyIndex:
    """Our companies, and after them those that earlier threads and searches brought."""
    return CompanyIndex((*context.companies, *await context.db.read(feeds.read_found_companies)))


def read_postings(
    context: FeedContext, postings: Iterable[tuple[Posting, Company]]
) -> tuple[list[Role], dict[str, Company], list[Reject]]:
    """Read each posting as its company's; one that defeats a reading becomes a reject."""
    read, companies, rejects = [], {}, []
    for posting, company in postings:
        try:
            read.append(interpret(posting, company, context.readings, seen_on=context.run.snapshot_date))
            companies[posting.external_id] = company
        except Exception as error:
            log.exception("%s: the posting %s cannot be read", posting.source, posting.external_id)
            rejects.append(Reject(posting.external_id, f"a reading failed: {type(error).__name__}"))
    return read, companies, rejects


async def store_feed_board(
    connection: AsyncConnection, context: FeedContext, board: FeedBoard, rates: Rates, *, at: datetime
) -> BoardResult:
    """Write a board of a feed in the caller's transaction: companies, roles, comp points, the day's rows, the ledger.

    The day's rows are written for a complete board only. A feed touches many companies at once, so it holds the lock
    alone that boards share.
    """
    await hold_store_lock(connection)
    run, facts, known = context.run, board.facts, board.known
    on = run.snapshot_date
    rows_on = on if facts.status is FetchStatus.COMPLETE else None  # an incomplete rerun keeps the day's rows
    ids = await feeds.insert_found_companies(connection, board.companies.values())
    by_role = {external_id: ids[company.slug] for external_id, company in board.companies.items()}
    gone = [known[external_id] for external_id in board.closing if external_id in known]
    await roles.close_roles(connection, [role.id for role in gone], run=run.id, at=at, on=on)
    stored = roles.Stored()
    if board.read:
        await roles.stage(connection, records_of(board.read, rates, context.level_ids, company_id=by_role))
        stored = await roles.upsert_staged(
            connection,
            source=facts.source,
            board=facts.board,
            run=run.id,
            at=at,
            on=rows_on,
            version=run.reading_version,
        )
        await roles.link_reposts(connection, stored.new_ids, run=run.id, at=at, since=at - REPOST_WINDOW)
    before = [known[role.posting.external_id] for role in board.read if role.posting.external_id in known]
    keys = {role.dedup_key for role in board.read}
    keys.update(role.dedup_key for role in (*before, *gone) if role.dedup_key)
    await roles.mark_canonical(connection, keys, on=rows_on)
    if rows_on is not None:
        await snapshots.snapshot_board(connection, source=facts.source, board=facts.board, on=on)
    fill = await feeds.read_fill_of(connection, facts.source, board.present)
    result = BoardResult(
        source=facts.source,
        board=facts.board,
        company_slug=facts.company_slug,
        status=facts.status,
        http_status=facts.http_status,
        tries=facts.tries,
        seconds=facts.seconds,
        wire_bytes=facts.wire_bytes,
        message=facts.message,
        postings=len(board.present) + len(board.rejects),
        new=len(stored.new_ids),
        changed=sum(_is_changed(role, known) for role in board.read),
        unchanged=len(board.present) - len(board.read),
        closed=len(gone),
        reopened=stored.reopened,
        rejected=len(board.rejects),
        with_pay=fill.with_pay,
        with_level=fill.with_level,
        with_place=fill.with_place,
        lookup_misses=dict(Counter(miss for role in board.read for miss in role.misses)),
        rejects=tuple(f"{reject.external_id}: {reject.reason}" for reject in board.rejects[:MAX_LISTED_REJECTS]),
    )
    await ledger.write_board_result(connection, run, result, company_id=None, at=at)
    return result


def _is_changed(role: Role, known: Mapping[str, roles.KnownRole]) -> bool:
    before = known.get(role.posting.external_id)
    return before is not None and before.payload_hash != role.posting.payload_hash


async def close_all(
    connection: AsyncConnection, context: FeedContext, boards: Iterable[feeds.OpenBoard], *, at: datetime
) -> int:
    """Close every open role of `boards` and let others of the same opening stand in; returns how many."""
    closed = 0
    await hold_store_lock(connection)
    for board in boards:
        await roles.close_roles(connection, board.role_ids, run=context.run.id, at=at, on=context.run.snapshot_date)
        await roles.mark_canonical(connection, board.dedup_keys, on=context.run.snapshot_date)
        closed += len(board.role_ids)
    return closed
