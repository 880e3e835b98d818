"""What the webhook missed, from changedetection.io's own history; and the word that a page stands as we know it.

changedetection.io sends a notification once. What it sent while the receiver was down is still in its history, and so
is the page as it was when watching began: both are filed like notifications, under the same keys.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Company
from job_hunter.domain.page_change import SOURCE, Kind, Outcome
from job_hunter.domain.run import BoardResult, Run
from job_hunter.domain.watch import Watch
from job_hunter.sources.changedetection_api import (
    Api,
    fetch_history,
    fetch_snapshot,
    fetch_tags,
    fetch_watch_list,
)
from job_hunter.storage import cdio, ledger, roles, snapshots
from job_hunter.storage import companies as company_store
from job_hunter.storage.cdio import NewChange, WatchRecord
from job_hunter.storage.database import Database
from job_hunter.usecases.ingest_change import Desk, open_ingest_run
from job_hunter.usecases.receive_change import Clock, change_key
from job_hunter.usecases.seed_watches import TAG

log = logging.getLogger(__name__)

MOST_MOMENTS = 50
"""Missed changes of one page that one sweep files; the next sweep goes on."""
CONFIRMED_AFTER = timedelta(hours=20)
CHECKED_WITHIN = timedelta(hours=36)


class Seen(NamedTuple):
    """A page as changedetection.io last saw it. `is_settled` says that nothing of it waits to be read here."""

    watch: Watch
    checked_at: datetime
    error: str | None
    is_settled: bool


async def catch_up(db: Database, api: Api, watches: Sequence[Watch], *, clock: Clock) -> tuple[int, tuple[Seen, ...]]:
    """File what the inbox lacks of each watched page; returns how many changes that was, and how the pages stand.

    A page nobody has read yet is filed whole, and so is one whose redesign or emptying is a day old: it stood, so it
    is believed. Raises the `SourceError` family when changedetection.io does not answer.
    """
    tags = await fetch_tags(api)
    listed = await fetch_watch_list(api)
    by_url = {watch.url.rstrip("/"): watch for watch in watches}
    filed, seen = 0, []
    for uuid, short in sorted(listed.items()):
        watch = by_url.get(str(short.get("url", "")).rstrip("/"))
        if watch is None or tags.get(TAG) not in (short.get("tags") or []):
            continue
        moments = await fetch_history(api, uuid)
        record = await db.read(partial(cdio.read_watch_record, watch_uuid=uuid))
        changes = await _missed(api, uuid, watch, moments, record, at=clock())
        if changes:
            done = await db.write(partial(cdio.file_changes, changes=changes, at=clock()))
            filed += sum(one.is_new for one in done.values())
        checked = datetime.fromtimestamp(int(short.get("last_checked") or 0), UTC)
        error = short.get("last_error")
        is_settled = bool(moments) and not changes and record.last_outcome not in (Outcome.REDESIGN, Outcome.HELD)
        seen.append(Seen(watch, checked, str(error)[:200] if error else None, is_settled))
    return filed, tuple(seen)


async def _missed(
    api: Api, uuid: str, watch: Watch, moments: Sequence[int], record: WatchRecord, *, at: datetime
) -> list[NewChange]:
    if not moments:
        return []
    newest = datetime.fromtimestamp(moments[-1], UTC)
    changes: list[NewChange] = []
    if record.first_at is not None:
        since = record.first_at.timestamp()
        keys = [(before, now) for before, now in pairwise(moments) if now > since]
        lacking = [(before, now) for before, now in keys if change_key(uuid, _utc(now)) not in record.keys]
        for before, now in lacking[:MOST_MOMENTS]:
            texts = {
                "prev_snapshot": await fetch_snapshot(api, uuid, before),
                "current_snapshot": await fetch_snapshot(api, uuid, now),
            }
            changes.append(_new(change_key(uuid, _utc(now)), uuid, watch, _utc(now), Kind.CHANGE, texts))
    key = f"{uuid}@{moments[0]}/first"
    if key not in record.keys and not any("/first" in known for known in record.keys):
        texts = {"current_snapshot": await fetch_snapshot(api, uuid, moments[-1])}
        changes.append(_new(key, uuid, watch, newest, Kind.HARVEST, texts))
    elif (
        record.last_outcome in (Outcome.REDESIGN, Outcome.HELD)
        and record.last_at is not None
        and at - record.last_at >= CONFIRMED_AFTER
    ):
        texts = {"current_snapshot": await fetch_snapshot(api, uuid, moments[-1]), "confirms": "a day later"}
        changes.append(_new(f"{uuid}@{moments[-1]}/stood", uuid, watch, at, Kind.HARVEST, texts))
    return changes


def _utc(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def _new(key: str, uuid: str, watch: Watch, at: datetime, kind: Kind, texts: dict[str, str]) -> NewChange:
    clean = {name: value.replace("\0", "") for name, value in texts.items()}
    return NewChange(key, uuid, watch.url, at, {"kind": kind.value, "origin": "history", **clean})


async def confirm_pages(
    db: Database, desk: Desk, seen: Sequence[Seen], *, troubled: Collection[str], clock: Clock
) -> int:
    """Write today's snapshot rows of the pages that stand as we know them; returns how many pages.

    Only on a day on which a refresh read boards, and only for pages that were checked within 36 hours without an
    error, and are not among the `troubled`. A page confirmed already costs nothing.
    """
    at = clock()
    on = at.astimezone(UTC).date()
    if not await db.read(lambda connection: cdio.is_snapshot_day(connection, on)):
        return 0
    covered = await db.read(lambda connection: cdio.read_covered(connection, on, source=SOURCE))
    standing = [
        one
        for one in seen
        if one.is_settled
        and one.watch.slug not in troubled
        and one.error is None
        and at - one.checked_at <= CHECKED_WITHIN
        and one.watch.slug not in covered
    ]
    if not standing:
        return 0
    run, _ = await open_ingest_run(db, desk, at=at, boards=len(standing))
    for one in standing:
        await db.write(partial(_confirm, run=run, company=desk.companies[one.watch.slug], at=clock()))
    finished, message = clock(), f"{len(standing)} watched pages stand as known"
    await db.write(lambda connection: cdio.write_ingest_end(connection, run, finished_at=finished, message=message))
    return len(standing)


async def _confirm(connection: AsyncConnection, *, run: Run, company: Company, at: datetime) -> None:
    token = company.slug
    company_id = (await company_store.upsert_companies(connection, [company]))[token]
    await snapshots.snapshot_board(connection, source=SOURCE, board=token, on=run.snapshot_date)
    count = len(await cdio.read_open_roles(connection, SOURCE, token))
    fill = await roles.read_fill(connection, SOURCE, token)
    result = BoardResult(
        source=SOURCE,
        board=token,
        company_slug=token,
        status=FetchStatus.COMPLETE,
        is_not_modified=True,
        postings=count,
        unchanged=count,
        with_pay=fill.with_pay,
        with_level=fill.with_level,
        with_place=fill.with_place,
    )
    await ledger.write_board_result(connection, run, result, company_id=company_id, at=at)


async def retire_unwatched(db: Database, desk: Desk, *, clock: Clock) -> int:
    """Close the roles of pages that left cdio_watches.yaml; returns how many."""
    slugs, at = [watch.slug for watch in desk.watches], clock()
    return await db.write(lambda connection: cdio.retire_unwatched(connection, slugs, source=SOURCE, run=None, at=at))
