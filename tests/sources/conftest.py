"""What the source tests share: boards, recorded answers, and a server on loopback that misbehaves to order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest

from job_hunter.domain.company import Board, Company, Sector

FIXTURES = Path(__file__).parent / "fixtures"

Script = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
def board_of() -> Callable[[str], Board]:
    """A function that gives the board `acme` at a source."""

    def make(source: str) -> Board:
        return Board(source, "acme", Company("acme", "Acme", source, "acme", Sector.OTHER))

    return make


@pytest.fixture
def recorded() -> Callable[[str], bytes]:
    """A function that reads a recorded answer, by its path under fixtures."""
    return lambda path: (FIXTURES / path).read_bytes()


@pytest.fixture
def recorded_json(recorded: Callable[[str], bytes]) -> Callable[[str], object]:
    """A function that reads a recorded answer as JSON."""
    return lambda path: orjson.loads(recorded(path))


@pytest.fixture
def real() -> Path:
    """The folder of captured payloads; the test is skipped without it."""
    folder = os.environ.get("JOB_HUNTER_REAL_PAYLOADS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("JOB_HUNTER_REAL_PAYLOADS names no folder of captured payloads")
    return Path(folder)


@pytest.fixture
def serving() -> Callable[[Script], object]:
    """A context manager that serves each connection by a script of bytes, and gives the server's address."""

    @asynccontextmanager
    async def serve(script: Script) -> AsyncIterator[str]:
        async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await script(await reader.readuntil(b"\r\n\r\n"), writer)
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass  # the client had heard enough
            finally:
                writer.close()

        server = await asyncio.start_server(connection, "127.0.0.1", 0)
        try:
            host, port = server.sockets[0].getsockname()[:2]
            yield f"http://{host}:{port}"
        finally:
            server.close()

    return serve
