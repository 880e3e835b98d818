"""A notification from its bytes to the inbox, and from the inbox to Prefect. Nothing is answered before it is safe."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from job_hunter.domain.page_change import Kind, Notification, Outcome
from job_hunter.errors import DatabaseUnavailable, SourceChanged, SourceError, StorageError
from job_hunter.sources.changedetection import parse_notification
from job_hunter.sources.http import Http
from job_hunter.storage import cdio
from job_hunter.storage.cdio import Filed, NewChange
from job_hunter.storage.database import Database, is_connection_lost

log = logging.getLogger(__name__)

EVENT = "job-hunter.cdio.change"
EVENT_SPACE = UUID("6a6f6268-756e-4465-8272-636468616e67")
"""Namespace of event ids: a change's event has the same id however often it is sent, so Prefect takes it once."""
EVENTS_A_REQUEST = 50
BATCH, MOST_WAITING = 100, 2000
WRITE_SECONDS = 15.0
KEPT_CHARACTERS = 20_000
"""Characters kept of a body that is refused."""

Clock = Callable[[], datetime]


def change_of_body(body: bytes, *, at: datetime) -> NewChange:
    """The inbox row of a notification received `at`. Raises `SourceChanged` for a body that is none."""
    return change_of_notification(parse_notification(body), at=at)


def change_of_notification(notification: Notification, *, at: datetime) -> NewChange:
    """The inbox row of a notification. Its key is watch and time of change; without a time a hash of what it says.

    The hash holds for a day: a page that flips back later says the same words of another change.
    """
    watch = notification.watch_uuid or notification.watch_url or ""
    if notification.changed_at is not None and notification.kind is Kind.CHANGE:
        key = change_key(watch, notification.changed_at)
    else:
        said = "\x1f".join((notification.kind, watch, *(f"{k}={v}" for k, v in sorted(notification.texts.items()))))
        digest = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
        key = f"{at.astimezone(UTC).date()}#{digest}"
    return NewChange(
        key=key,
        watch_uuid=notification.watch_uuid,
        watch_url=notification.watch_url,
        changed_at=notification.changed_at,
        body={"kind": notification.kind.value, **notification.texts},
    )


def change_key(watch: str, at: datetime) -> str:
    """The key of a change whose watch and time are known, however we come to know of it."""
    return f"{watch}@{int(at.timestamp())}"


def refused_change(body: bytes, reason: str) -> NewChange:
    """The inbox row of a body that could not be read, kept for inspection; the same body is kept once."""
    text = body[: 4 * KEPT_CHARACTERS].decode("utf-8", "replace").replace("\0", "�")[:KEPT_CHARACTERS]
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return NewChange(
        key=f"refused#{digest}",
        watch_uuid=None,
        watch_url=None,
        changed_at=None,
        body={"kind": Outcome.REFUSED.value, "text": text, "bytes": len(body)},
        outcome=Outcome.REFUSED.value,
        message=reason,
    )


@dataclass(slots=True)
class _Waiting:
    change: NewChange
    done: asyncio.Future[Filed]


class Inbox:
    """Files changes durably, those that arrive together in one transaction: a commit waits for the disk."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def file(self, change: NewChange) -> Filed:
        """File `change`; returns once it is committed. Raises `StorageError` when it could not be."""
        if len(self._waiting) >= MOST_WAITING:
            raise StorageError("more changes wait than the database takes")
        waiting = _Waiting(change, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await waiting.done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                await self._write_batch(batch)
            except DBAPIError as error:
                if len(batch) == 1 or is_connection_lost(error):
                    _fail(batch, error)
                    continue
                for one in batch:  # one of them is unfit: the others must not suffer for it
                    try:
                        await self._write_batch([one])
                    except Exception as own:
                        _fail([one], own)
            except Exception as error:  # whatever it is, nobody is left waiting
                _fail(batch, error)

    async def _write_batch(self, batch: Sequence[_Waiting]) -> None:
        async with asyncio.timeout(WRITE_SECONDS), self._db.transaction() as connection:
            filed = await cdio.file_changes(connection, [one.change for one in batch], at=self._clock())
            if any(one.change.outcome for one in batch):
                await cdio.prune_refused(connection)
        seen: set[str] = set()
        for one in batch:
            found = filed[one.change.key]
            is_new = found.is_new and one.change.key not in seen
            seen.add(one.change.key)
            if not one.done.done():  # its client may have gone
                one.done.set_result(Filed(found.id, is_new))


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    if not isinstance(error, SQLAlchemyError | StorageError | OSError | TimeoutError):
        log.error("the inbox failed in an unforeseen way: %s", type(error).__name__)
    failure = StorageError(f"the inbox cannot be written ({type(error).__name__})")
    for one in batch:
        if not one.done.done():
            one.done.set_exception(failure)


async def receive(db: Database, body: bytes, *, clock: Clock) -> Filed:
    """File one notification that came by another way than the receiver. Raises `SourceChanged` when it is none.

    What is refused is kept for inspection.
    """
    try:
        change = change_of_body(body, at=clock())
    except SourceChanged as error:
        refused = refused_change(body, str(error))
        await db.write(lambda connection: cdio.file_changes(connection, [refused], at=clock()))
        raise
    filed = await db.write(lambda connection: cdio.file_changes(connection, [change], at=clock()))
    return filed[change.key]


def event_of(change_id: int, *, at: datetime) -> dict[str, Any]:
    """The event that starts the ingest of a change. It carries the change's number and nothing of the page."""
    return {
        "id": str(uuid5(EVENT_SPACE, str(change_id))),
        "occurred": at.isoformat(),
        "event": EVENT,
        "resource": {"prefect.resource.id": f"{EVENT}.{change_id}", "prefect.resource.name": f"change {change_id}"},
        "payload": {"change_id": str(change_id)},
    }


async def announce_changes(db: Database, http: Http, api_url: str, *, clock: Clock) -> int:
    """Tell Prefect of every change it was not told of; returns how many. What it doesn't take (204) stays for later.

    Raises the `SourceError` family when Prefect does not take them, `StorageError` when the inbox cannot be read.
    """
    told = 0
    while True:
        try:
            async with db.transaction() as connection:
                ids = await cdio.read_unsent(connection, limit=EVENTS_A_REQUEST)
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseUnavailable(f"the inbox cannot be read ({type(error).__name__})") from error
        if not ids:
            return told
        answer = await http.request(
            "POST", "prefect", f"{api_url}/events", json=[event_of(change_id, at=clock()) for change_id in ids]
        )
        if answer.status != 204:
            raise SourceError(f"Prefect answered HTTP {answer.status} where 204 belongs", status=answer.status)
        async with db.transaction() as connection:
            await cdio.write_sent(connection, ids, at=clock())
        told += len(ids)


async def read_waiting(db: Database) -> Mapping[str, int]:
    """How many changes wait to be announced, and to be read. Raises `StorageError` when the inbox cannot be read."""
    try:
        async with asyncio.timeout(2), db.reading() as connection:
            return (await cdio.read_waiting(connection))._asdict()
    except (SQLAlchemyError, StorageError, OSError, TimeoutError) as error:
        raise DatabaseUnavailable(f"the inbox cannot be read ({type(error).__name__})") from error
