"""The openings of a page as roles: written, closed, and told apart when a line names less than it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import is_short
from job_hunter.domain.company import Board
from job_hunter.domain.fx import Rates
from job_hunter.domain.page_change import SOURCE, card_key, posting_of
from job_hunter.domain.phrases import words_of
from job_hunter.domain.role import Readings, Role, interpret
from job_hunter.domain.role_lines import Card
from job_hunter.domain.run import Run
from job_hunter.storage import roles
from job_hunter.storage.cdio import OpenRole
from job_hunter.usecases.board import REPOST_WINDOW, records_of

MOST_SURE = 0.3
"""A line of a page says less than a posting: pay read from one is never surer than this."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """What storing the openings of one page needs."""

    run: Run
    board: Board
    page_url: str
    readings: Readings
    company_id: int
    level_ids: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PageStored:
    """What a change did to the roles of its page; `written` are the roles it named, `closed` the titles that went."""

    written: tuple[Role, ...] = ()
    closed: tuple[str, ...] = ()
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    reopened: int = 0


NOTHING_STORED = PageStored()


def read_roles(context: PageContext, cards: Iterable[Card], *, at: datetime) -> list[Role]:
    """`cards` read like postings, seen `at`; what pay they state is marked as little sure."""
    read = []
    for card in cards:
        url = context.page_url if context.page_url.startswith(("http://", "https://")) else None
        posting = posting_of(card, context.board, apply_url=url)
        role = interpret(posting, context.board.company, context.readings, seen_on=at.date())
        if role.pay is not None and role.pay.confidence > MOST_SURE:
            role = replace(role, pay=replace(role.pay, confidence=MOST_SURE))
        read.append(role)
    return read


def closing_ids(
    went: Mapping[str, Card], standing: Mapping[str, OpenRole], board: Board, *, kept: Iterable[str]
) -> list[str]:
    """The external ids of the open roles that `went`; `kept` are the keys of openings that stand or came.

    A line that names no place where the role has one (or the other way round) means the only role of its title.
    """
    held = {f"{board.token}:{key}" for key in kept}
    found: dict[str, None] = {}
    for key, card in went.items():
        external_id = f"{board.token}:{key}"
        if external_id in standing:
            if external_id not in held:
                found[external_id] = None
            continue
        title = _words(card.title)
        same = [
            role_id
            for role_id, role in standing.items()
            if role_id not in held and _words(role.title) == title and not (card.place and role.location)
        ]
        if len(same) == 1:
            found[same[0]] = None
    return list(found)


def too_many_gone(closing: Sequence[str], came: int, standing: Mapping[str, OpenRole]) -> str | None:
    """Why the closing must be confirmed first: over half of a page's openings went at once."""
    left = len(standing) - len(closing) + came
    if closing and is_short(left, len(standing)) and len(standing) > 2:
        return f"{len(closing)} of {len(standing)} openings went at once: kept until a later day shows the same"
    return None


async def store_page_roles(
    connection: AsyncConnection,
    context: PageContext,
    read: Sequence[Role],
    rates: Rates,
    *,
    closing: Sequence[str],
    standing: Mapping[str, OpenRole],
    at: datetime,
) -> PageStored:
    """Write `read` and close `closing` in the caller's transaction, as a board's store does."""
    run, token = context.run, context.board.token
    known = await roles.read_known_roles(connection, SOURCE, token, reading_version=run.reading_version)
    absent = [known[external_id] for external_id in closing if external_id in known]
    await roles.close_roles(connection, [role.id for role in absent], run=run.id, at=at, on=run.snapshot_date)
    stored = roles.Stored()
    if read:
        records = records_of(read, rates, context.level_ids, company_id=context.company_id)
        await roles.stage(connection, records)
        stored = await roles.upsert_staged(
            connection,
            source=SOURCE,
            board=token,
            run=run.id,
            at=at,
            on=run.snapshot_date,
            version=run.reading_version,
        )
        await roles.link_reposts(connection, stored.new_ids, run=run.id, at=at, since=at - REPOST_WINDOW)
    keys = {role.dedup_key for role in read} | {role.dedup_key for role in absent if role.dedup_key}
    await roles.mark_canonical(connection, keys, on=run.snapshot_date)
    same = sum(
        role.posting.external_id in known and known[role.posting.external_id].payload_hash == role.posting.payload_hash
        for role in read
    )
    new = len(stored.new_ids)
    return PageStored(
        written=tuple(read),
        closed=tuple(standing[external_id].title for external_id in closing if external_id in standing),
        new=new,
        changed=len(read) - same - new - stored.reopened,
        unchanged=same,
        reopened=stored.reopened,
    )


def key_of(external_id: str) -> str:
    """The key of an opening on its page, from its external id."""
    return external_id.rpartition(":")[2]


def keys_of(cards: Iterable[Card]) -> set[str]:
    """The keys of `cards`."""
    return {card_key(card) for card in cards}


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.key for word in words_of(text))
