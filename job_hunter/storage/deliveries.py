"""The outbox: messages with what became of sending each, and the things they told of, each of them once.

A message is a row of kind `alert` or `digest`; its `body` holds the text and, by address, whether it arrived. The
things told of are rows of kind `crossing` or `opening`, written in the transaction that files their message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.message import Message
from job_hunter.storage.ledger import to_json

OUTBOX_LOCK = 0x6A68_6F62  # "jhob": one run at a time files and sends
CROSSING, OPENING = "crossing", "opening"


@dataclass(frozen=True, slots=True)
class Filed:
    """A message that has not reached every address yet. `states` has, by address id, `sent_at`, `tries`, `error`."""

    kind: str
    key: str
    message: Message
    states: Mapping[str, Mapping[str, Any]]


async def file_message(
    connection: AsyncConnection,
    kind: str,
    key: str,
    message: Message,
    *,
    addresses: Collection[str],
    things: Collection[tuple[str, str]] = (),
    at: datetime,
) -> bool:
    """Put a message into the outbox for `addresses` (ids), with the (kind, key) of each thing it tells of.

    Returns False, and writes nothing, when a message of this kind and key was filed before.
    """
    body = {
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "attachment": message.attachment,
        "addresses": {address: {"sent_at": None, "tries": 0, "error": None} for address in addresses},
    }
    filed = await connection.execute(
        text(
            "INSERT INTO job_hunter.deliveries (kind, key, created_at, body) "
            "VALUES (:kind, :key, :at, CAST(:body AS jsonb)) ON CONFLICT DO NOTHING"
        ),
        {"kind": kind, "key": key, "at": at, "body": to_json(body)},
    )
    if not filed.rowcount:
        return False
    if things:
        rows = [
            {"kind": thing_kind, "key": thing, "at": at, "body": to_json({"message": [kind, key]})}
            for thing_kind, thing in sorted(things)
        ]
        await connection.execute(
            text(
                "INSERT INTO job_hunter.deliveries (kind, key, created_at, body) "
                "VALUES (:kind, :key, :at, CAST(:body AS jsonb))"
            ),
            rows,
        )
    return True


async def read_unsent(connection: AsyncConnection) -> list[Filed]:
    """The messages that have not reached every address, oldest first."""
    rows = await connection.execute(
        text(
            "SELECT kind, key, body FROM job_hunter.deliveries WHERE sent_at IS NULL AND body ? 'addresses' "
            "ORDER BY created_at, kind, key"
        )
    )
    return [
        Filed(kind, key, Message(body["subject"], body["text"], body["html"], body["attachment"]), body["addresses"])
        for kind, key, body in rows
    ]


async def write_states(
    connection: AsyncConnection,
    filed: Filed,
    states: Mapping[str, Mapping[str, Any]],
    *,
    is_sent: bool,
    error: str | None,
    at: datetime,
) -> None:
    """Note what became of a message at its addresses; with `is_sent` it is done, and so is what it told of.

    A message that is done gives up its page, which the report can make again.
    """
    values = {
        "kind": filed.kind,
        "key": filed.key,
        "states": to_json(dict(states)),
        "tries": sum(state["tries"] for state in states.values()),
        "error": error,
        "sent_at": at if is_sent else None,
    }
    await connection.execute(
        text(
            "UPDATE job_hunter.deliveries SET tries = :tries, last_error = :error, sent_at = :sent_at, "
            "body = jsonb_set(body, '{addresses}', CAST(:states AS jsonb)) "
            "  || CASE WHEN CAST(:sent_at AS timestamptz) IS NULL THEN '{}' ELSE '{\"html\": null}' END::jsonb "
            "WHERE kind = :kind AND key = :key"
        ),
        values,
    )
    if is_sent:
        await connection.execute(
            text(
                "UPDATE job_hunter.deliveries SET sent_at = :at WHERE sent_at IS NULL "
                "AND body -> 'message' = CAST(:message AS jsonb)"
            ),
            {"at": at, "message": to_json([filed.kind, filed.key])},
        )


async def read_told_crossings(connection: AsyncConnection, prefix: str) -> dict[str, date]:
    """By company slug, the newest `since` told of; keys are `<prefix><slug>/<since>`."""
    rows = await connection.execute(
        text(
            "SELECT split_part(substr(key, length(:prefix) + 1), '/', 1), "
            "       max(CAST(split_part(substr(key, length(:prefix) + 1), '/', 2) AS date)) "
            "FROM job_hunter.deliveries WHERE kind = 'crossing' AND starts_with(key, :prefix) GROUP BY 1"
        ),
        {"prefix": prefix},
    )
    return {row[0]: row[1] for row in rows}


async def read_told_openings(connection: AsyncConnection, keys: Collection[str]) -> set[str]:
    """Those of `keys` that were told of before."""
    rows = await connection.execute(
        text("SELECT key FROM job_hunter.deliveries WHERE kind = 'opening' AND key = ANY(:keys)"), {"keys": list(keys)}
    )
    return set(rows.scalars())


async def is_filed(connection: AsyncConnection, kind: str, key: str) -> bool:
    """Whether a message of this kind and key was filed before."""
    found: bool = await connection.scalar(
        text("SELECT EXISTS (SELECT 1 FROM job_hunter.deliveries WHERE kind = :kind AND key = :key)"),
        {"kind": kind, "key": key},
    )
    return found


async def read_looked_on(connection: AsyncConnection) -> date | None:
    """The snapshot date of the last look for new openings."""
    found: date | None = await connection.scalar(
        text("SELECT CAST(body ->> 'on' AS date) FROM job_hunter.deliveries WHERE kind = 'look' AND key = 'openings'")
    )
    return found


async def write_looked_on(connection: AsyncConnection, on: date, *, at: datetime) -> None:
    """Note a look for new openings on the snapshot date `on`; an earlier date than the one noted changes nothing."""
    await connection.execute(
        text(
            "INSERT INTO job_hunter.deliveries AS d (kind, key, created_at, sent_at, body) "
            "VALUES ('look', 'openings', :at, :at, CAST(:body AS jsonb)) ON CONFLICT (kind, key) DO UPDATE "
            "SET sent_at = excluded.sent_at, body = excluded.body WHERE d.body ->> 'on' < excluded.body ->> 'on'"
        ),
        {"at": at, "body": to_json({"on": on.isoformat()})},
    )
