"""The least that a refresh can cost: fetch and decode; then COPY; then upsert and snapshot in SQL, and nothing read.

Each is written as plainly as the job allows: httpx with eight requests in flight, orjson, asyncpg, one transaction a
board, two tables of its own. What a refresh costs beyond them is what it reads, archives, closes and keeps account of.
`python -m benchmarks.floors FILE` is the first of them as a program: FILE is a JSON list of addresses.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import orjson

if TYPE_CHECKING:  # who only fetches and decodes needs no database driver
    import asyncpg

AT_ONCE, STORES_AT_ONCE = 8, 2
COLUMNS = ("external_id", "board", "title", "location", "content", "posted_at")
TABLES = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.roles (external_id text PRIMARY KEY, board text, title text, location text,
                                        content text, posted_at text);
CREATE TABLE IF NOT EXISTS floor.snapshots (snapshot_date date, external_id text,
                                            PRIMARY KEY (snapshot_date, external_id));
TRUNCATE floor.roles, floor.snapshots
"""
STAGING = "CREATE TEMP TABLE staged (LIKE floor.roles) ON COMMIT DROP"
UPSERT = f"""
INSERT INTO floor.roles AS r SELECT {", ".join(COLUMNS)} FROM staged
ON CONFLICT (external_id) DO UPDATE SET ({", ".join(COLUMNS)}) = ROW ({", ".join(f"excluded.{c}" for c in COLUMNS)})
WHERE r IS DISTINCT FROM excluded
"""
SNAPSHOT = """
INSERT INTO floor.snapshots SELECT current_date, external_id FROM floor.roles WHERE board = $1 ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Floor:
    """Open connections, so that what opening them costs is no part of what is measured."""

    client: httpx.AsyncClient
    pool: asyncpg.Pool | None


@asynccontextmanager
async def opened(dsn: str | None) -> AsyncIterator[Floor]:
    """The client, and with a `dsn` two connections to a database that holds the tables of the floors, empty."""
    async with httpx.AsyncClient(timeout=60, headers={"Accept-Encoding": "gzip"}) as client:
        if dsn is None:
            yield Floor(client, None)
            return
        import asyncpg

        async with asyncpg.create_pool(dsn, min_size=STORES_AT_ONCE, max_size=STORES_AT_ONCE) as pool:
            await pool.execute(TABLES)
            yield Floor(client, pool)


async def fetch_all(floor: Floor, addresses: Sequence[str], *, writes: bool = False) -> int:
    """Fetch and decode the boards; with a database COPY their records, and with `writes` upsert and snapshot them.

    Returns the number of records.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> int:
        async with gate:
            answer = await floor.client.get(address)
        payload = orjson.loads(answer.content)
        records = payload if isinstance(payload, list) else payload["jobs"]
        if floor.pool is not None:
            async with floor.pool.acquire() as connection, connection.transaction():
                await connection.execute(STAGING)
                rows = [_row(record, address) for record in records]
                await connection.copy_records_to_table("staged", records=rows, columns=COLUMNS)
                if writes:
                    await connection.execute(UPSERT)
                    await connection.execute(SNAPSHOT, address)
        return len(records)

    return sum(await asyncio.gather(*map(one, addresses)))


def _row(record: dict[str, Any], board: str) -> tuple[str | None, ...]:
    place = record.get("location")
    return (
        str(record["id"]),
        board,
        record.get("title") or record.get("text"),
        place.get("name") if isinstance(place, dict) else place,
        record.get("content") or record.get("descriptionHtml") or record.get("description"),
        record.get("first_published") or record.get("publishedAt"),
    )


async def main(addresses: Sequence[str]) -> int:
    """Fetch and decode, from opening the client on."""
    async with opened(None) as floor:
        return await fetch_all(floor, addresses)


if __name__ == "__main__":
    print(asyncio.run(main(orjson.loads(Path(sys.argv[1]).read_bytes()))))
