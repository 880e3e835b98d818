"""The webhook's inbox: changes as they arrived, whether they were announced, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.run import Run
from job_hunter.storage.ledger import to_json

INGEST_LOCK = 0x6A68_6364  # "jhcd": one ingest at a time, so that the changes of a page are read in their order
MOST_REFUSED = 1000


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change to be put into the inbox. `body` is the notification; `outcome` is given for one that is refused."""

    key: str
    watch_uuid: str | None
    watch_url: str | None
    changed_at: datetime | None
    body: Mapping[str, Any]
    outcome: str | None = None
    message: str | None = None


class Filed(NamedTuple):
    """A change in the inbox: its id, and whether it is new there."""

    id: int
    is_new: bool


class Change(NamedTuple):
    """A change that waits to be read."""

    id: int
    watch_uuid: str | None
    watch_url: str | None
    changed_at: datetime | None
    received_at: datetime
    body: dict[str, Any]

    @property
    def at(self) -> datetime:
        """When the page changed, as well as it is known."""
        return self.changed_at or self.received_at


class Waiting(NamedTuple):
    """How many changes wait to be announced, and to be read."""

    unsent: int
    unread: int


_INSERT = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(
            key text, watch_uuid text, watch_url text, changed_at timestamptz, body jsonb, outcome text, message text)),
    filed AS (
        INSERT INTO job_hunter.cdio_changes
            (idempotency_key, watch_uuid, watch_url, changed_at, received_at, body, processed_at, outcome, message)
        SELECT key, watch_uuid, watch_url, changed_at, CAST(:at AS timestamptz), body,
               CASE WHEN outcome IS NOT NULL THEN CAST(:at AS timestamptz) END, outcome, message
        FROM given ORDER BY key
        ON CONFLICT (idempotency_key) DO NOTHING
        RETURNING id, idempotency_key)
    SELECT idempotency_key, id, true FROM filed
    UNION ALL
    SELECT c.idempotency_key, c.id, false FROM job_hunter.cdio_changes c JOIN given ON given.key = c.idempotency_key
    """
)


async def file_changes(connection: AsyncConnection, changes: Sequence[NewChange], *, at: datetime) -> dict[str, Filed]:
    """Put `changes` into the inbox, each key once; returns the ids by key, also of those that were there before."""
    unique = {change.key: change for change in changes}
    rows = [
        {
            "key": change.key,
            "watch_uuid": change.watch_uuid,
            "watch_url": change.watch_url,
            "changed_at": change.changed_at,
            "body": dict(change.body),
            "outcome": change.outcome,
            "message": change.message,
        }
        for change in unique.values()
    ]
    found = await connection.execute(_INSERT, {"rows": to_json(rows), "at": at})
    filed: dict[str, Filed] = {}
    for key, row_id, is_new in found:
        if is_new or key not in filed:
            filed[key] = Filed(row_id, is_new)
    missing = [key for key in unique if key not in filed]
    if missing:  # filed by somebody else while we waited for their transaction
        again = await connection.execute(
            text("SELECT idempotency_key, id FROM job_hunter.cdio_changes WHERE idempotency_key = ANY(:keys)"),
            {"keys": missing},
        )
        filed.update({key: Filed(row_id, False) for key, row_id in again})
    return filed


async def prune_refused(connection: AsyncConnection) -> None:
    """Keep the newest refused bodies only: they are there to be looked at, not to fill the disk."""
    await connection.execute(
        text(
            "DELETE FROM job_hunter.cdio_changes WHERE outcome = 'refused' AND id <= (SELECT id FROM "
            "job_hunter.cdio_changes WHERE outcome = 'refused' ORDER BY id DESC OFFSET :most LIMIT 1)"
        ),
        {"most": MOST_REFUSED},
    )


async def read_unsent(connection: AsyncConnection, *, limit: int) -> list[int]:
    """The ids of changes that nobody was told of yet, oldest first."""
    rows = await connection.execute(
        text(
            "SELECT id FROM job_hunter.cdio_changes WHERE processed_at IS NULL AND event_sent_at IS NULL "
            "ORDER BY received_at, id LIMIT :limit"
        ),
        {"limit": limit},
    )
    return list(rows.scalars())


async def write_sent(connection: AsyncConnection, ids: Sequence[int], *, at: datetime) -> None:
    """Note that the events of these changes were taken."""
    await connection.execute(
        text("UPDATE job_hunter.cdio_changes SET event_sent_at = :at WHERE id = ANY(:ids) AND event_sent_at IS NULL"),
        {"ids": list(ids), "at": at},
    )


async def read_waiting(connection: AsyncConnection) -> Waiting:
    """How much waits."""
    row = await connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE event_sent_at IS NULL), count(*) FROM job_hunter.cdio_changes "
            "WHERE processed_at IS NULL"
        )
    )
    return Waiting(*row.one())


async def read_oldest_waiting(connection: AsyncConnection) -> datetime | None:
    """Since when the oldest unread change waits; None when none does."""
    since: datetime | None = await connection.scalar(
        text("SELECT min(received_at) FROM job_hunter.cdio_changes WHERE processed_at IS NULL")
    )
    return since


async def read_unread(connection: AsyncConnection, *, limit: int = 500) -> list[Change]:
    """Changes that wait to be read, in the order the pages changed."""
    rows = await connection.execute(
        text(
            "SELECT id, watch_uuid, watch_url, changed_at, received_at, body FROM job_hunter.cdio_changes "
            "WHERE processed_at IS NULL ORDER BY COALESCE(changed_at, received_at), id LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [Change(*row) for row in rows]


async def read_newer_page(connection: AsyncConnection, change: Change) -> str | None:
    """The page's text from the newest change already read that is later than `change`, where one is."""
    found: str | None = await connection.scalar(
        text(
            "SELECT body ->> 'current_snapshot' FROM job_hunter.cdio_changes WHERE processed_at IS NOT NULL "
            "AND (watch_uuid = :uuid OR watch_url = :url) AND COALESCE(changed_at, received_at) > :at "
            "AND outcome <> 'refused' AND body ? 'current_snapshot' "
            "ORDER BY COALESCE(changed_at, received_at) DESC LIMIT 1"
        ),
        {"uuid": change.watch_uuid, "url": change.watch_url, "at": change.at},
    )
    return found


async def write_outcome(
    connection: AsyncConnection, change_id: int, *, at: datetime, slug: str | None, outcome: str, message: str | None
) -> None:
    """Note what became of a change."""
    await connection.execute(
        text(
            "UPDATE job_hunter.cdio_changes SET processed_at = :at, company_slug = :slug, outcome = :outcome, "
            "message = :message WHERE id = :id"
        ),
        {"id": change_id, "at": at, "slug": slug, "outcome": outcome, "message": message},
    )


class WatchRecord(NamedTuple):
    """What the inbox holds of one watch: the keys filed, and the newest outcome with its time."""

    keys: frozenset[str]
    first_at: datetime | None
    last_outcome: str | None
    last_at: datetime | None


async def read_watch_record(connection: AsyncConnection, watch_uuid: str) -> WatchRecord:
    """What the inbox holds of the watch."""
    rows = (
        await connection.execute(
            text(
                "SELECT idempotency_key, COALESCE(changed_at, received_at), outcome, processed_at "
                "FROM job_hunter.cdio_changes WHERE watch_uuid = :uuid AND body ->> 'kind' IN ('change', 'harvest') "
                "ORDER BY 2, id"
            ),
            {"uuid": watch_uuid},
        )
    ).all()
    if not rows:
        return WatchRecord(frozenset(), None, None, None)
    return WatchRecord(frozenset(row[0] for row in rows), rows[0][1], rows[-1][2], rows[-1][3])


async def write_ingest_end(connection: AsyncConnection, run: Run, *, finished_at: datetime, message: str) -> None:
    """Close the ledger's row of an ingest, and of ingests that were killed; runs of other doors are not ours."""
    await connection.execute(
        text(
            "UPDATE job_hunter.refresh_runs SET finished_at = :at, status = CASE WHEN id = :id THEN 'completed' "
            "ELSE 'killed' END, message = CASE WHEN id = :id THEN :message ELSE 'ended without a word' END "
            "WHERE id = :id OR (status = 'running' AND door = 'cdio' AND started_at < :started)"
        ),
        {"id": run.id, "at": finished_at, "message": message, "started": run.started_at},
    )


async def is_snapshot_day(connection: AsyncConnection, on: date) -> bool:
    """Whether `on` is a day of the series: a refresh asked all boards and read one."""
    found: bool = await connection.scalar(
        text(
            "SELECT EXISTS (SELECT 1 FROM job_hunter.board_fetches f JOIN job_hunter.refresh_runs r ON r.id = f.run_id "
            "WHERE f.snapshot_date = :on AND f.status = 'complete' AND r.door <> 'cdio') "
            "AND EXISTS (SELECT 1 FROM job_hunter.snapshot_days d WHERE d.snapshot_date = :on)"
        ),
        {"on": on},
    )
    return found


async def read_covered(connection: AsyncConnection, on: date, *, source: str) -> set[str]:
    """The boards of `source` with a complete row on `on`."""
    rows = await connection.execute(
        text(
            "SELECT DISTINCT board FROM job_hunter.board_fetches "
            "WHERE snapshot_date = :on AND source = :source AND status = 'complete'"
        ),
        {"on": on, "source": source},
    )
    return set(rows.scalars())


async def retire_unwatched(
    connection: AsyncConnection, slugs: Collection[str], *, source: str, run: UUID | None, at: datetime
) -> int:
    """Close the roles of pages that are no longer watched; returns how many."""
    closed = await connection.execute(
        text(
            """
            WITH gone AS (
                UPDATE job_hunter.roles SET closed_at = :at
                WHERE source = :source AND closed_at IS NULL AND board <> ALL(:slugs) RETURNING id)
            INSERT INTO job_hunter.role_events (role_id, kind, happened_at, run_id)
            SELECT id, 'retired', :at, :run FROM gone ORDER BY id
            """
        ),
        {"source": source, "slugs": list(slugs), "run": run, "at": at},
    )
    return int(closed.rowcount)


class OpenRole(NamedTuple):
    """An open role of a page by its words."""

    title: str
    location: str


async def read_open_roles(connection: AsyncConnection, source: str, board: str) -> dict[str, OpenRole]:
    """The open roles of a page, by external id."""
    rows = await connection.execute(
        text(
            "SELECT external_id, title, location FROM job_hunter.roles "
            "WHERE source = :source AND board = :board AND closed_at IS NULL"
        ),
        {"source": source, "board": board},
    )
    return {row[0]: OpenRole(row[1], row[2]) for row in rows}
