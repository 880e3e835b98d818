"""Send what is in the outbox: each message to each address once, again and again until it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from job_hunter.domain.message import Delivered, Waiting
from job_hunter.errors import DeliveryFailed
from job_hunter.notify import Address, send
from job_hunter.storage import deliveries
from job_hunter.storage.database import Database
from job_hunter.storage.deliveries import Filed
from job_hunter.storage.lock import session_lock

WAITS = (2.0, 8.0)
"""Seconds before the second and the third try of a run; after that the next run tries."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where messages go, and the clock and the pauses they are sent by."""

    addresses: tuple[Address, ...]
    clock: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def ids(self) -> tuple[str, ...]:
        """The addresses as the outbox knows them."""
        return tuple(address.id for address in self.addresses)


@asynccontextmanager
async def outbox_lock(db: Database) -> AsyncIterator[None]:
    """Hold the lock that lets one run at a time file and send; waits until the run before has ended."""
    async with session_lock(db, deliveries.OUTBOX_LOCK, is_waiting=True):
        yield


async def deliver(db: Database, outbox: Outbox) -> Delivered:
    """Send every message that has not reached every address, oldest first; the caller holds the `outbox_lock`.

    Each arrival is written down before the next one is tried, so that a retry or a later run never repeats it. An
    address that fails three times is left alone for the rest of the run.
    """
    unsent = await db.read(deliveries.read_unsent)
    sent: list[str] = []
    waiting: list[Waiting] = []
    down: dict[str, str] = {}
    for filed in unsent:
        states = _owed_states(filed, outbox)
        for address in outbox.addresses:
            state = states.get(address.id)
            if state is None or state["sent_at"]:
                continue
            if address.id not in down:
                error, tries = await _try(address, filed, outbox)
                state["tries"] += tries
                state["error"] = error
                if error is None:
                    state["sent_at"] = outbox.clock().isoformat()
                else:
                    down[address.id] = error
                await _write(db, filed, states, outbox)
            if not state["sent_at"]:
                reason = state["error"] or down[address.id]
                waiting.append(Waiting(filed.message.subject, address.label, state["tries"], reason))
        if states and all(state["sent_at"] for state in states.values()):
            await _write(db, filed, states, outbox)
            sent.append(filed.message.subject)
    return Delivered(tuple(sent), tuple(waiting))


def _owed_states(filed: Filed, outbox: Outbox) -> dict[str, dict[str, Any]]:
    """The states of a message at the addresses of today.

    An address that has changed since (a corrected password) is owed what the old one did not get; a mere newcomer
    is owed nothing of the past, and an address that was removed is owed nothing at all.
    """
    states = {address: dict(state) for address, state in filed.states.items()}
    gone = [address for address, state in states.items() if not state["sent_at"] and address not in outbox.ids]
    for address in gone:
        del states[address]
    if gone:
        for address in outbox.ids:
            states.setdefault(address, {"sent_at": None, "tries": 0, "error": None})
    return states


async def _try(address: Address, filed: Filed, outbox: Outbox) -> tuple[str | None, int]:
    """Send one message to one address, up to three times; gives the last error, None for success, and the tries."""
    error = ""
    waits: Sequence[float] = (0.0, *WAITS)
    for tries, wait in enumerate(waits, 1):
        if wait:
            await outbox.sleep(wait)
        try:
            await send(address, filed.message)
        except DeliveryFailed as failure:
            error = str(failure).removeprefix(f"{address.label}: ")
        else:
            return None, tries
    return error, len(waits)


async def _write(db: Database, filed: Filed, states: dict[str, dict[str, Any]], outbox: Outbox) -> None:
    errors = [state["error"] for state in states.values() if state["error"]]
    is_sent = all(state["sent_at"] for state in states.values())
    error, at = errors[-1] if errors else None, outbox.clock()
    await db.write(
        lambda connection: deliveries.write_states(connection, filed, states, is_sent=is_sent, error=error, at=at)
    )
