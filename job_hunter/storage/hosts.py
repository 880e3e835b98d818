"""The states of hosts for all shards of a refresh, so that their pace, cool-downs and breakers hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.domain.politeness import HostState
from job_hunter.storage.database import Database

T = TypeVar("T")

_READ = """
    SELECT extract(epoch FROM clock_timestamp()), h.host IS NOT NULL,
           extract(epoch FROM h.next_at), extract(epoch FROM h.paused_until), h.failures,
           extract(epoch FROM h.opened_at), extract(epoch FROM h.probe_at)
    FROM (SELECT 1) one LEFT JOIN job_hunter.source_hosts h ON h.host = :host"""
_CREATE = """
    INSERT INTO job_hunter.source_hosts (host, next_at, paused_until, failures, probe_at)
    VALUES (:host, to_timestamp(0), to_timestamp(0), 0, to_timestamp(0)) ON CONFLICT DO NOTHING"""
_LOCK = "SELECT 1 FROM job_hunter.source_hosts WHERE host = :host FOR UPDATE"
_WRITE = """
    UPDATE job_hunter.source_hosts
    SET next_at = to_timestamp(:next_at), paused_until = to_timestamp(:paused_until), failures = :failures,
        opened_at = to_timestamp(CAST(:opened_at AS float8)), probe_at = to_timestamp(:probe_at)
    WHERE host = :host"""


class SharedHosts:
    """The states of hosts in Postgres, by its clock. A step may be taken twice before its answer counts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def change(self, host: str, step: Callable[[HostState, float], tuple[HostState, T]]) -> T:
        """Take one step for `host`; what leaves its state as it is writes nothing. Raises DatabaseUnavailable."""

        async def look(connection: AsyncConnection) -> tuple[bool, T]:
            state, at = await _read(connection, host)
            after, answer = step(state, at)
            return after == state, answer

        async def write(connection: AsyncConnection) -> T:
            await connection.execute(text(_CREATE), {"host": host})
            await connection.execute(text(_LOCK), {"host": host})
            state, at = await _read(connection, host)
            after, answer = step(state, at)
            values = {name: getattr(after, name) for name in HostState.__dataclass_fields__}
            await connection.execute(text(_WRITE), {"host": host, **values})
            return answer

        is_unchanged, answer = await self._db.read(look)
        return answer if is_unchanged else await self._db.write(write)


async def _read(connection: AsyncConnection, host: str) -> tuple[HostState, float]:
    at, is_known, *values = (await connection.execute(text(_READ), {"host": host})).one()
    if not is_known:
        return HostState(), float(at)
    next_at, paused_until, failures, opened_at, probe_at = values
    opened = None if opened_at is None else float(opened_at)
    return HostState(float(next_at), float(paused_until), failures, opened, float(probe_at)), float(at)


async def forget_hosts(connection: AsyncConnection) -> None:
    """Drop what an earlier refresh knew of hosts. The caller holds the refresh lock."""
    await connection.execute(text("DELETE FROM job_hunter.source_hosts"))
