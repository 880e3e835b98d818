"""What the ledger says of a page: how far it is known, and what one or several changes did to its roles."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.page_change import SOURCE, ChangeReading, Outcome
from job_hunter.domain.run import BoardResult
from job_hunter.storage import cdio, roles
from job_hunter.usecases.page_roles import PageContext, PageStored, key_of


async def judge_page(
    connection: AsyncConnection, context: PageContext, reading: ChangeReading, outcome: Outcome
) -> tuple[FetchStatus, str | None]:
    """How far the page is known now. It is complete when its open roles are exactly the openings it shows.

    Only days on which a refresh read boards belong to the series: a complete row on another day would make that day
    the newest of the report, with this one company in it.
    """
    if outcome in (Outcome.REDESIGN, Outcome.HELD):
        return FetchStatus.QUARANTINED, None
    if reading.page is None:
        return FetchStatus.PARTIAL, "read from the changed lines only"
    standing = await cdio.read_open_roles(connection, SOURCE, context.board.token)
    unknown = set(reading.page) ^ {key_of(role_id) for role_id in standing}
    if unknown:
        return FetchStatus.PARTIAL, f"{len(unknown)} openings of the page wait for the daily sweep"
    if not await cdio.is_snapshot_day(connection, context.run.snapshot_date):
        return FetchStatus.PARTIAL, "the page is known whole; it is counted on days of a refresh"
    return FetchStatus.COMPLETE, None


async def page_result(
    connection: AsyncConnection, context: PageContext, stored: PageStored, status: FetchStatus, message: str | None
) -> BoardResult:
    fill = await roles.read_fill(connection, SOURCE, context.board.token)
    misses = [miss for role in stored.written for miss in role.misses]
    return BoardResult(
        source=SOURCE,
        board=context.board.token,
        company_slug=context.board.slug,
        status=status,
        postings=len(await cdio.read_open_roles(connection, SOURCE, context.board.token)),
        new=stored.new,
        changed=stored.changed,
        unchanged=stored.unchanged,
        closed=len(stored.closed),
        reopened=stored.reopened,
        lookup_misses={miss: misses.count(miss) for miss in misses},
        message=message,
        with_pay=fill.with_pay,
        with_level=fill.with_level,
        with_place=fill.with_place,
    )


def added(before: BoardResult | None, result: BoardResult) -> BoardResult:
    """The ledger's one row of a board in a run, after one more change."""
    if before is None:
        return result
    said = [part for part in (before.message, result.message) if part]
    return replace(
        result,
        new=before.new + result.new,
        changed=before.changed + result.changed,
        closed=before.closed + result.closed,
        reopened=before.reopened + result.reopened,
        message="; ".join(dict.fromkeys(said))[:2000] or None,
    )
