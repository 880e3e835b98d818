"""The inbox read: each change becomes openings of its page's company, or a line of the ledger that says why not.

One change is one transaction: roles, their events, what became of the change, and the ledger, so that a run that is
killed loses nothing and repeats nothing. One ingest runs at a time, since the changes of a page have an order.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Board, Company
from job_hunter.domain.fx import Rates
from job_hunter.domain.page_change import (
    SOURCE,
    ChangeReading,
    Kind,
    Outcome,
    read_change,
    read_page,
)
from job_hunter.domain.page_diff import change_of
from job_hunter.domain.role import PARSER_VERSION, Readings, Role
from job_hunter.domain.run import BoardResult, Run
from job_hunter.domain.watch import Watch
from job_hunter.report.page_changes import ShownChange
from job_hunter.storage import cdio, ledger, snapshots
from job_hunter.storage import companies as company_store
from job_hunter.storage.cdio import Change
from job_hunter.storage.database import Database
from job_hunter.storage.lock import session_lock, share_store_lock
from job_hunter.usecases.board import rates_for
from job_hunter.usecases.page_ledger import added, judge_page, page_result
from job_hunter.usecases.page_roles import (
    NOTHING_STORED,
    PageContext,
    PageStored,
    closing_ids,
    key_of,
    read_roles,
    store_page_roles,
    too_many_gone,
)
from job_hunter.usecases.receive_change import Clock

log = logging.getLogger(__name__)

LOCK_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class IngestedChange:
    """What became of one change."""

    change: Change
    slug: str | None
    outcome: Outcome
    message: str | None
    stored: PageStored = NOTHING_STORED


@dataclass(frozen=True, slots=True)
class Desk:
    """What reading the inbox works with: the pages we watch, their companies, and the readings' tables."""

    watches: tuple[Watch, ...]
    companies: Mapping[str, Company]
    readings: Readings

    def watch_of(self, change: Change) -> Watch | None:
        """The watch that a change belongs to, by the address of its page."""
        url = (change.watch_url or "").rstrip("/")
        return next((watch for watch in self.watches if watch.url.rstrip("/") == url), None)


def desk_of(watches: Sequence[Watch], employers: Sequence[Company], readings: Readings) -> Desk:
    """The desk for `watches`; an employer of both files is the one of companies.yaml."""
    return Desk(tuple(watches), {company.slug: company for company in employers}, readings)


@asynccontextmanager
async def ingest_lock(db: Database) -> AsyncIterator[None]:
    """Hold the lock that lets one ingest run at a time; waits for another to end."""
    async with session_lock(db, cdio.INGEST_LOCK, is_waiting=True, wait_seconds=LOCK_SECONDS):
        yield


async def open_ingest_run(db: Database, desk: Desk, *, at: datetime, boards: int) -> tuple[Run, dict[str, int]]:
    """Open the ledger for an ingest started `at`; returns the run and the levels' ids."""
    run_id = uuid4()

    async def open_run(connection: AsyncConnection) -> tuple[Run, dict[str, int]]:
        version = await company_store.upsert_reading_version(
            connection,
            parser_version=PARSER_VERSION,
            config_digest=desk.readings.digest,
            at=at,
            check=desk.readings.check,
        )
        level_ids = await company_store.read_level_ids(connection)
        run = Run(run_id, at, at.astimezone(UTC).date(), "cdio", version)
        await ledger.write_run(connection, run, parser_version=PARSER_VERSION, boards_planned=boards, is_narrow=True)
        return run, level_ids

    return await db.write(open_run)


async def ingest_changes(db: Database, desk: Desk, *, clock: Clock) -> tuple[IngestedChange, ...]:
    """Read every change that waits, in the order the pages changed; nothing waiting costs one query.

    Call it within `ingest_lock`. Raises the `StorageError` family.
    """
    done: list[IngestedChange] = []
    unread = await db.read(cdio.read_unread)
    if not unread:
        return ()
    run, level_ids = await open_ingest_run(
        db, desk, at=clock(), boards=len({desk.watch_of(change) for change in unread})
    )
    results: dict[str, BoardResult] = {}
    while unread:
        for change in unread:
            ingested = await _ingest_one(db, desk, run, level_ids, change, results, clock)
            done.append(ingested)
            log.info("changedetection: change=%d company=%s %s", change.id, ingested.slug, ingested.outcome)
        unread = await db.read(cdio.read_unread)
    at, message = clock(), summary_of(done)
    await db.write(lambda connection: cdio.write_ingest_end(connection, run, finished_at=at, message=message))
    return tuple(done)


def summary_of(done: Sequence[IngestedChange]) -> str:
    """One line for logs, the ledger and the flow's final state."""
    if not done:
        return "no change waits"
    opened = sum(one.stored.new + one.stored.reopened for one in done)
    closed = sum(len(one.stored.closed) for one in done)
    outcomes = ", ".join(
        f"{n} {outcome.value}" for outcome in Outcome if (n := sum(one.outcome is outcome for one in done))
    )
    return f"{len(done)} changes ({outcomes}): {opened} openings came, {closed} went"


def shown(done: Sequence[IngestedChange]) -> list[ShownChange]:
    """What people are shown of `done`."""
    return [
        ShownChange(
            page=one.slug or one.change.watch_url or "an unknown page",
            url=one.change.watch_url,
            at=one.change.at,
            outcome=one.outcome.value,
            message=one.message,
            came=tuple(
                (role.title, role.posting.location, role.level.value if role.level else None, _pay(role))
                for role in one.stored.written
            ),
            went=one.stored.closed,
        )
        for one in done
    ]


def _pay(role: Role) -> str | None:
    return role.pay.band.quote if role.pay else None


async def _ingest_one(
    db: Database,
    desk: Desk,
    run: Run,
    level_ids: Mapping[str, int],
    change: Change,
    results: dict[str, BoardResult],
    clock: Clock,
) -> IngestedChange:
    watch = desk.watch_of(change)
    kind = change.body.get("kind")
    if kind in (Kind.NOTICE, Kind.TEST):
        said = " ".join(str(change.body.get("message") or "a test of the notifications").split())[:200]
        said = f"no change, but a {kind}: {said}"
        return await _note(db, run, change, watch, Outcome.NOTICE, said, results, clock)
    if watch is None:
        said = "no page of cdio_watches.yaml has this address: add it, or remove the watch"
        return await _note(db, run, change, None, Outcome.UNKNOWN_WATCH, said, results, clock)
    company = desk.companies[watch.slug]
    board = Board(SOURCE, watch.slug, company)

    async def look(connection: AsyncConnection) -> tuple[int, str | None, dict[str, cdio.OpenRole]]:
        company_id = (await company_store.upsert_companies(connection, [company]))[company.slug]
        newer = await cdio.read_newer_page(connection, change)
        return company_id, newer, await cdio.read_open_roles(connection, SOURCE, board.token)

    company_id, newer, standing = await db.write(look)
    context = PageContext(run, board, watch.url, desk.readings, company_id, level_ids)
    reading = read_body(change, desk.readings, newer_page=newer)
    closing = closing_ids(reading.went, standing, board, kept=[*reading.came, *(reading.page or {})])
    if kind == Kind.HARVEST:
        closing = [role_id for role_id in standing if key_of(role_id) not in reading.came]
    outcome, reason = reading.outcome, reading.reason
    if not change.body.get("confirms") and (held := too_many_gone(closing, _new(reading, standing, board), standing)):
        outcome, reason, closing = Outcome.HELD, held, []
    read = read_roles(context, reading.came.values(), at=change.at)
    rates = await db.again(lambda: rates_for(db, read)) if read else Rates()

    async def store(connection: AsyncConnection) -> tuple[PageStored, FetchStatus, BoardResult]:
        await share_store_lock(connection)
        stored = await store_page_roles(
            connection, context, read, rates, closing=closing, standing=standing, at=change.at
        )
        status, note = await judge_page(connection, context, reading, outcome)
        if status is FetchStatus.COMPLETE:
            await snapshots.snapshot_board(connection, source=SOURCE, board=board.token, on=run.snapshot_date)
        result = await page_result(connection, context, stored, status, reason or note)
        result = added(results.get(board.token), result)
        await ledger.write_board_result(connection, run, result, company_id=company_id, at=clock())
        await cdio.write_outcome(
            connection, change.id, at=clock(), slug=watch.slug, outcome=outcome.value, message=reason
        )
        return stored, status, result

    stored, status, results[board.token] = await db.write(store)
    if status is FetchStatus.QUARANTINED:
        log.warning("changedetection: %s company=%s — %s", outcome.value, watch.slug, reason)
    return IngestedChange(change, watch.slug, outcome, reason, stored)


def read_body(change: Change, readings: Readings, *, newer_page: str | None) -> ChangeReading:
    """What a change of the inbox says. One that comes late, after a newer was read, must not undo the newer."""
    texts = {name: value for name, value in change.body.items() if isinstance(value, str)}
    if change.body.get("kind") == Kind.HARVEST:
        page = read_page(texts.get("current_snapshot", ""), readings.gazetteer)
        return ChangeReading(Outcome.INGESTED, page, {}, page, f"the whole page was read: {len(page)} openings")
    reading = read_change(change_of(texts), readings.gazetteer)
    if newer_page is None:
        return reading
    now = read_page(newer_page, readings.gazetteer)
    return replace(
        reading,
        came={key: card for key, card in reading.came.items() if key in now},
        went={key: card for key, card in reading.went.items() if key not in now},
        page=now,
    )


def _new(reading: ChangeReading, standing: Mapping[str, cdio.OpenRole], board: Board) -> int:
    return sum(f"{board.token}:{key}" not in standing for key in reading.came)


async def _note(
    db: Database,
    run: Run,
    change: Change,
    watch: Watch | None,
    outcome: Outcome,
    reason: str,
    results: dict[str, BoardResult],
    clock: Clock,
) -> IngestedChange:
    """Write down a change that touches no role."""
    token = watch.slug if watch else (urlsplit(change.watch_url or "").hostname or "unknown")[:100]
    result = BoardResult(source=SOURCE, board=token, company_slug=token, status=FetchStatus.SKIPPED, message=reason)
    before = results.get(token)
    result = added(before, replace(result, status=before.status if before else result.status))
    slug = watch.slug if watch else None

    async def note(connection: AsyncConnection) -> None:
        await ledger.write_board_result(connection, run, result, company_id=None, at=clock())
        await cdio.write_outcome(connection, change.id, at=clock(), slug=slug, outcome=outcome.value, message=reason)

    await db.write(note)
    results[token] = result
    log.warning("changedetection: %s company=%s — %s", outcome.value, token, reason)
    return IngestedChange(change, watch.slug if watch else None, outcome, reason)
