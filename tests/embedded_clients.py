"""Programs that use the embedded Postgres, to be run side by side, as other users, and killed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
IMPORTS = os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)])  # what we can import, our programs can
NOBODY = 65534

# Opens argv[1], then answers each line of SQL on stdin with a line on stdout, until stdin ends.
CLIENT = """
import asyncio, sys
from pathlib import Path
import asyncpg
from job_hunter.errors import EmbeddedPostgresError
from job_hunter.storage.embedded import embedded_postgres

async def answer(dsn, sql):
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""), timeout=30)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()

try:
    with embedded_postgres(Path(sys.argv[1]), durable=sys.argv[2] == "durable") as dsn:
        print("open", flush=True)
        for line in sys.stdin:
            print(asyncio.run(answer(dsn, line)), flush=True)
    print("left", flush=True)
except EmbeddedPostgresError as error:
    print("refused", error, flush=True)
"""

# As root: another user, who may pass folders like /root where our Python may be, and nothing else.
AS_NOBODY = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
    "--",
)
# As a plain user: root of a namespace of our own, whom Postgres takes for root.
AS_ROOT = ("unshare", "-U", "-r", "--")


class Client:
    """A program that has, or waits for, the embedded Postgres in `data_dir`."""

    def __init__(
        self,
        data_dir: Path,
        *,
        prefix: Sequence[str] = (),
        durable: bool = False,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", CLIENT, str(data_dir), "durable" if durable else "fast"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=cwd or Path("/"),
            env={"PYTHONPATH": IMPORTS, "PATH": os.defpath} if env is None else dict(env),
        )

    def line(self) -> str:
        """The next line the program prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def opened(self) -> Client:
        """Wait until it has the server."""
        said = self.line()
        assert said == "open", said
        return self

    def ask(self, sql: str) -> str:
        """The first value that `sql` gives, as text."""
        self.tell(sql)
        return self.line()

    def tell(self, sql: str) -> None:
        """Send `sql` without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()

    def leave(self) -> str:
        """Let it end; returns its last line."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        said = self.line()
        self.process.wait(60)
        return said

    def kill(self) -> None:
        """End it with SIGKILL, as the kernel does when memory runs out."""
        self.process.kill()
        self.process.wait(60)


@contextmanager
def clients(count: int, data_dir: Path, **options: Any) -> Iterator[list[Client]]:
    """`count` programs started together; whatever the test does, none is left."""
    started = [Client(data_dir, **options) for _ in range(count)]
    try:
        yield started
    finally:
        for client in started:
            if client.process.poll() is None:
                client.kill()
            assert client.process.stdout is not None
            assert client.process.stdin is not None
            client.process.stdout.close()
            try:
                client.process.stdin.close()
            except BrokenPipeError:
                pass  # it was killed with a question on its way


def value(dsn: str, sql: str) -> Any:
    """The first value of `sql`, through a connection of its own."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(dsn.replace("+asyncpg", ""), timeout=30)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def require(prefix: Sequence[str], why: str) -> None:
    """Skip the test when the system does not let us run programs behind `prefix`."""
    if shutil.which(prefix[0]) is None:
        pytest.skip(f"{why}: there is no {prefix[0]}")
    tried = subprocess.run([*prefix, sys.executable, "-c", "pass"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"{why}: {tried.stderr.strip()}")


def give_to_nobody(folder: Path) -> None:
    """Make `folder`, and the way to it below the system's temporary folder, usable for the other user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
