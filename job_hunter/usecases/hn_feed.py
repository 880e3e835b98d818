"""Hacker News: the newest three monthly threads, their comments as roles of the companies that wrote them.

All three threads are read in each run, not the newest alone: comments are edited and deleted for weeks, and a thread
that was not read has no rows that day.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus, judge
from job_hunter.domain.company import Company
from job_hunter.domain.company_match import CompanyIndex
from job_hunter.domain.hn_comment import Advertisement, Refused, read_comment
from job_hunter.domain.phrases import words_of
from job_hunter.domain.posting import Posting, Reject
from job_hunter.domain.run import BoardResult
from job_hunter.errors import SourceError
from job_hunter.sources import hn
from job_hunter.sources.contract import Harvest, decode_page
from job_hunter.storage import feeds, ledger, roles
from job_hunter.usecases.board import rates_for
from job_hunter.usecases.feed_parts import (
    FeedBoard,
    FeedContext,
    close_all,
    company_index,
    guarded,
    read_postings,
    skipped,
    store_feed_board,
    with_retry,
    write_skipped,
)

log = logging.getLogger(__name__)

SOURCE = "hn"
WINDOW = 3
READING = b"3"
"""Version of how comments are split: bump it whenever a rule changes, so that every comment is read again."""


@dataclass(frozen=True, slots=True)
class _Split:
    """What a thread's comments came to: postings with their companies, and why the others are none."""

    postings: tuple[tuple[Posting, Company], ...]
    rejects: tuple[Reject, ...]


async def refresh_hn(context: FeedContext) -> list[BoardResult]:
    """Read the window of threads and close what left it. A thread that fails costs that thread."""
    if sum(source == SOURCE for source, _ in context.covered) >= WINDOW:
        return []
    try:
        threads, _ = await with_retry(lambda: hn.fetch_threads(context.http), context.sleep)
    except SourceError as error:
        return [await write_skipped(context, skipped(SOURCE, "threads", error))]
    window = threads[:WINDOW]
    index = await company_index(context)
    wanted = [thread for thread in window if (SOURCE, str(thread.id)) not in context.covered]
    results = [
        await guarded(context, SOURCE, str(thread.id), _refresh_thread(context, thread, index)) for thread in wanted
    ]
    await context.db.write(lambda connection: _close_left(connection, context, window))
    return results


async def _refresh_thread(context: FeedContext, thread: hn.Thread, index: CompanyIndex) -> BoardResult:
    board = str(thread.id)
    try:
        harvest, tries = await with_retry(lambda: hn.fetch_comments(context.http, thread), context.sleep)
        harvest.tries = tries
        comments = hn.parse_comments([decode_page(page, harvest.label) for page in harvest.pages], thread)
    except SourceError as error:
        return await write_skipped(context, skipped(SOURCE, board, error))
    harvest.release()
    split = split_comments(comments, thread, context, index)
    is_whole = comments.is_whole and not comments.broken
    return await _store(context, thread, harvest, split, is_whole=is_whole)


def split_comments(comments: hn.Comments, thread: hn.Thread, context: FeedContext, index: CompanyIndex) -> _Split:
    """The comments of a thread as postings of the companies that wrote them."""
    postings: dict[str, tuple[Posting, Company]] = {}
    rejects = [Reject(None, reason) for reason in comments.broken]
    for comment in comments.comments:
        try:
            advertisement = read_comment(comment.html, context.readings.gazetteer)
        except Exception as error:
            log.exception("hn: the comment %s cannot be split", comment.id)
            advertisement = Refused(f"splitting failed: {type(error).__name__}")
        if isinstance(advertisement, Refused):
            rejects.append(Reject(str(comment.id), advertisement.reason))
            continue
        company = index.find_or_add(
            advertisement.company,
            links=advertisement.links,
            header_links=advertisement.header_links,
            emails=advertisement.emails,
            domain=advertisement.domain,
        )
        for posting in postings_of(comment, advertisement, company, thread):
            postings.setdefault(posting.external_id, (posting, company))
    return _Split(tuple(postings.values()), tuple(rejects))


def postings_of(
    comment: hn.Comment, advertisement: Advertisement, company: Company, thread: hn.Thread
) -> Iterator[Posting]:
    """One posting a role. Whose it is belongs to what is hashed, so that a company we come to know takes it over."""
    digest = blake2b(
        b"\x00".join((READING, company.slug.encode(), comment.html.encode("utf-8", "replace"))), digest_size=16
    )
    for role in advertisement.roles:
        yield Posting(
            source=SOURCE,
            external_id=f"{comment.id}:{role_hash(role.title, role.location)}",
            board=str(thread.id),
            title=role.title,
            location=role.location,
            content=role.content,
            payload_hash=digest.digest(),
            raw=comment.raw,
            posted_at=comment.created_at,
            apply_url=role.apply_url,
            internal_id=str(comment.id) if len(advertisement.roles) == 1 else None,
            company_name=advertisement.company,
        )


def role_hash(title: str, place: str) -> str:
    """What identifies a role within its comment: the words of title and place, not their case or punctuation."""
    words = (" ".join(word.key for word in words_of(text)) for text in (title, place))
    return blake2b("\x1f".join(words).encode("utf-8", "replace"), digest_size=8).hexdigest()


async def _store(
    context: FeedContext, thread: hn.Thread, harvest: Harvest, split: _Split, *, is_whole: bool
) -> BoardResult:
    board, at = str(thread.id), context.clock()
    version = context.run.reading_version
    known = await context.db.read(
        lambda connection: roles.read_known_roles(connection, SOURCE, board, reading_version=version)
    )
    states = await context.db.read(
        lambda connection: ledger.read_board_states(connection, [(SOURCE, board)], reading_version=version)
    )
    changed = [(posting, company) for posting, company in split.postings if not _is_known(posting, known)]
    read, companies, rejects = read_postings(context, changed)
    rejected = [*split.rejects, *rejects]
    present = {posting.external_id for posting, _ in split.postings}
    # What counts is comments and roles alike, so that a thread of chatter is not taken for an empty one.
    verdict = judge(
        count=len(present) + len(split.rejects),
        is_whole=is_whole,
        history=states[(SOURCE, board)].history,
        at=at,
    )
    facts = BoardResult(
        source=SOURCE,
        board=board,
        company_slug=board,
        status=verdict.status,
        http_status=harvest.status,
        tries=harvest.tries,
        seconds=harvest.seconds,
        wire_bytes=harvest.wire_bytes,
        message=verdict.message,
    )
    closing = [external_id for external_id in known if external_id not in present] if verdict.closes else []
    rates = await context.db.again(lambda: rates_for(context.db, read))
    kept = present - {reject.external_id for reject in rejects}
    feed = FeedBoard(facts, read, companies, kept, known, closing, rejected)
    result = await context.db.write(lambda connection: store_feed_board(connection, context, feed, rates, at=at))
    if result.status is not FetchStatus.COMPLETE:
        log.warning("hn: %s thread=%s — %s", result.status, board, result.message)
    return result


def _is_known(posting: Posting, known: Mapping[str, roles.KnownRole]) -> bool:
    before = known.get(posting.external_id)
    return before is not None and before.is_current and before.payload_hash == posting.payload_hash


async def _close_left(connection: AsyncConnection, context: FeedContext, window: list[hn.Thread]) -> None:
    """Close the roles of threads that three newer ones have pushed out; a short search pushes nothing out."""
    held = {board.board: board for board in await feeds.read_open_boards(connection, SOURCE)}
    newest = sorted({*(thread.id for thread in window), *map(int, held)}, reverse=True)[:WINDOW]
    left = [board for name, board in held.items() if int(name) not in newest]
    if left:
        closed = await close_all(connection, context, left, at=context.clock())
        log.info("hn: closed %d roles of threads that left the window: %s", closed, ", ".join(b.board for b in left))
