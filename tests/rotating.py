"""A login whose password is rotated as Vault does it: in Postgres first, in the mounted file some time later."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg

from job_hunter.storage.database import asyncpg_dsn

LOGIN = "rotating"
HELD_TABLE = "job_hunter.comp_snapshots"
REFUSED = f'password authentication failed for user "{LOGIN}"'


@dataclass
class Rotation:
    """The login of a static role, its file, and what the administrator does to it."""

    admin: asyncpg.Connection
    admin_dsn: str
    file: Path
    passwords: int = 0
    refused_before: int = 0

    def dsn(self, password: str) -> str:
        """The address for the login."""
        return re.sub(r"//[^@]*@", f"//{LOGIN}:{password}@", self.admin_dsn)

    def update_file(self) -> None:
        """What External Secrets and the kubelet bring, late."""
        self.file.write_text(self.dsn(f"secret-{self.passwords}") + "\n", encoding="utf-8")

    async def rotate(self, *, ending: bool = True) -> None:
        """Give the login another password and, if `ending`, end all its sessions; the file is not updated."""
        self.refused_before = self._refusals()
        self.passwords += 1
        await self.admin.execute(f"ALTER ROLE {LOGIN} PASSWORD 'secret-{self.passwords}'")
        if ending:
            ended = await self.admin.fetch(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1", LOGIN
            )
            assert ended

    def rotate_at_once(self) -> None:
        """The same from within a call that cannot wait: the event loop stands still meanwhile."""

        async def work() -> None:
            admin = await asyncpg.connect(asyncpg_dsn(self.admin_dsn))
            try:
                await replace(self, admin=admin).rotate()
            finally:
                await admin.close()

        thread = threading.Thread(target=lambda: asyncio.run(work()))
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
        self.passwords += 1

    @asynccontextmanager
    async def stores_held(self, table: str = HELD_TABLE) -> AsyncIterator[None]:
        """Within the block whoever writes to `table`, as to store a board, waits in the middle of its transaction."""
        holder = await asyncpg.connect(asyncpg_dsn(self.admin_dsn))
        try:
            async with holder.transaction():
                await holder.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
                yield
        finally:
            await holder.close()

    async def until_storing(self) -> None:
        """Return when a store waits."""
        await until(lambda: self._count("wait_event_type = 'Lock'"), "nobody stores")

    async def until_refused(self) -> None:
        """Return when the login was refused since the last rotation."""

        async def refused() -> int:
            return self._refusals() - self.refused_before

        await until(refused, "nobody was refused")

    async def _count(self, where: str) -> int:
        found: int = await self.admin.fetchval(
            f"SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND {where}", LOGIN
        )
        return found

    def _refusals(self) -> int:
        sockets = Path(parse_qs(urlsplit(self.admin_dsn).query)["host"][0])
        logs = [folder / "server.log" for folder in (sockets, *sockets.parents) if (folder / "server.log").exists()]
        return logs[0].read_text(encoding="utf-8", errors="replace").count(REFUSED)


async def until(found: Callable[[], Awaitable[object]], complaint: str) -> None:
    """Return as soon as `found` gives something true; AssertionError with `complaint` after a minute."""
    try:
        async with asyncio.timeout(60):
            while not await found():  # noqa: ASYNC110 Postgres tells of nothing by itself
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(complaint) from None


@asynccontextmanager
async def rotation(dsn: str, file: Path) -> AsyncIterator[Rotation]:
    """A login for the database at `dsn`, which its administrator may do anything to; it goes with the block."""
    admin = await asyncpg.connect(asyncpg_dsn(dsn))
    try:
        owner = await admin.fetchval("SELECT current_user")
        await admin.execute(f"CREATE ROLE {LOGIN} LOGIN PASSWORD 'secret-0' IN ROLE {owner}")
        await admin.execute(f"ALTER ROLE {LOGIN} SET role TO {owner}")
        made = Rotation(admin, dsn, file)
        made.update_file()
        yield made
    finally:
        await admin.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = $1", LOGIN)
        await admin.execute(f"DROP ROLE IF EXISTS {LOGIN}")
        await admin.close()
