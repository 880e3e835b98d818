"""`python -m benchmarks.receiver`: 10,000 notifications, 50 at a time, against the real receiver and durable Postgres.

One in ten repeats a change that was sent before, one in ten bears a bad token. Printed: the times to answer as the
sender sees them, what was stored, and the receiver's memory along the way. Exit code 1 when a good notification is
missing or stored twice, the 99th percentile is over 100 ms, or memory grew by over 10 %.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from benchmarks.measure import postgres_cpu, process_cpu
from job_hunter.settings import process_environment
from job_hunter.storage.embedded import embedded_postgres, embedded_state

NOTIFICATIONS, AT_ONCE, LINES = 10_000, 50, 30
P99_MS, GROWTH = 100.0, 1.10
TOKEN = "benchmark-token"


def notification(n: int) -> bytes:
    """A change of one of fifteen pages of thirty lines, as the seeded template renders it."""
    page = "\n".join(f"Engineer {n % 15}-{line} - London" for line in range(LINES))
    fields = {
        "watch_url": f"http://careers-{n % 15}.example/jobs",
        "watch_uuid": f"00000000-0000-4000-8000-{n % 15:012d}",
        "watch_title": f"Company {n % 15}",
        "change_datetime": datetime.fromtimestamp(1_780_000_000 + n, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "diff": f"(added) Data Engineer {n} - London",
        "prev_snapshot": page,
        "current_snapshot": f"{page}\nData Engineer {n} - London",
    }
    return json.dumps(fields).encode()


def plan() -> list[tuple[bytes, str, int]]:
    """What is sent, in order: body, token, and the status that belongs to it."""
    chance = random.Random(7)
    sent: list[tuple[bytes, str, int]] = []
    fresh = 0
    for _ in range(NOTIFICATIONS):
        draw = chance.random()
        if draw < 0.1:
            sent.append((notification(fresh), chance.choice(("bad", TOKEN[:-1], TOKEN + "x")), 401))
        elif draw < 0.2 and fresh:
            sent.append((notification(chance.randrange(fresh)), TOKEN, 202))
        else:
            sent.append((notification(fresh), TOKEN, 202))
            fresh += 1
    return sent


def memory_mb(pid: int) -> float:
    """The resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def send(host: str, port: int, jobs: list[tuple[bytes, str, int]], seen: list[tuple[float, int, int]]) -> None:
    """One sender: one request after the other, on a kept connection where the receiver keeps it."""
    reader = writer = None
    while jobs:
        content, token, wanted = jobs.pop()
        if writer is None or reader is None or writer.is_closing():
            reader, writer = await asyncio.open_connection(host, port)
        head = (
            f"POST /webhook/cdio HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + content)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        seen.append((time.perf_counter() - began, int(answer.split()[1]), wanted))
        if b"connection: close" in answer.lower():
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()


async def load(url: str, pid: int) -> tuple[list[tuple[float, int, int]], list[float]]:
    """Send the plan; returns the answers and the receiver's memory at each tenth of the way."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    jobs = plan()[::-1]
    seen: list[tuple[float, int, int]] = []
    memory: list[float] = []

    async def watch() -> None:
        while jobs:
            if len(seen) >= (len(memory) + 1) * NOTIFICATIONS // 10:
                memory.append(memory_mb(pid))
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        for _ in range(AT_ONCE):
            group.create_task(send(address.hostname, address.port, jobs, seen))
    memory.append(memory_mb(pid))
    return seen, memory


async def stored(dsn: str) -> tuple[int, int]:
    """Rows of the inbox, and different keys among them."""
    connection = await asyncpg.connect(dsn.replace("+asyncpg", ""))
    try:
        row = await connection.fetchrow(
            "SELECT count(*), count(DISTINCT (watch_uuid, changed_at)) FROM job_hunter.cdio_changes"
        )
        return row[0], row[1]
    finally:
        await connection.close()


def bench_receiver() -> dict[str, Any]:
    """The figures, and the promises that were broken. Raises RuntimeError when the receiver does not start."""
    with tempfile.TemporaryDirectory(prefix="jhrb-") as folder, embedded_postgres(Path(folder) / "pg") as dsn:
        changes = {"DB_CONNECTION_STRING": dsn, "WEBHOOK_BEARER_TOKEN": TOKEN, "PREFECT_API_URL": None}
        env = process_environment(changes)
        subprocess.run([sys.executable, "-m", "job_hunter", "migrate"], env=env, check=True, capture_output=True)
        log = Path(folder) / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [sys.executable, "-m", "job_hunter", "serve", "--port", "0"], env=env, stdout=output, stderr=output
            )
        try:
            while not (lines := [x for x in log.read_text().splitlines() if x.startswith("listening on ")]):
                if server.poll() is not None:
                    raise RuntimeError(f"the receiver did not start: {log.read_text()}")
                time.sleep(0.05)
            postmaster = embedded_state(Path(folder) / "pg").pid
            before, began = (process_cpu(server.pid), postgres_cpu(postmaster)), time.perf_counter()
            seen, memory = asyncio.run(load(lines[0].removeprefix("listening on "), server.pid))
            seconds = time.perf_counter() - began
            spent, by_postgres = process_cpu(server.pid) - before[0], postgres_cpu(postmaster) - before[1]
            rows, keys = asyncio.run(stored(dsn))
        finally:
            server.terminate()
            server.wait()
    good = len({content for content, _, status in plan() if status == 202})
    times = sorted(t * 1000 for t, _, _ in seen)
    p50, p99 = (times[int(len(times) * q)] for q in (0.5, 0.99))
    statuses = Counter((status, wanted) for _, status, wanted in seen)
    # A stranger who fails too often is answered 429; a good token never is.
    wrong = {pair: n for pair, n in statuses.items() if pair[0] != pair[1] and pair != (429, 401)}
    growth = memory[-1] / memory[1]
    return {
        "notifications": len(seen),
        "at_once": AT_ONCE,
        "seconds": round(seconds, 1),
        "cpu": round(spent, 2),
        "postgres_cpu": round(by_postgres, 2),
        "p50_ms": round(p50, 1),
        "p99_ms": round(p99, 1),
        "longest_ms": round(times[-1], 1),
        "p99_bound_ms": P99_MS,
        "answers": {str(status): n for status, n in sorted(Counter(s for _, s, _ in seen).items())},
        "different_changes": good,
        "rows_stored": rows,
        "memory_mb": [round(mb) for mb in memory],
        "missed": [
            *(f"receiver: {n} answers {got} where {want} belongs" for (got, want), n in wrong.items()),
            *([f"receiver: {rows} rows of {good} changes"] if not rows == keys == good else []),
            *([f"receiver: p99 {p99:.0f} ms, bound {P99_MS:.0f}"] if p99 >= P99_MS else []),
            *([f"receiver: memory grew {growth:.2f} times, bound {GROWTH}"] if growth > GROWTH else []),
        ],
    }


if __name__ == "__main__":
    found = bench_receiver()
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    sys.exit(1 if found["missed"] else 0)
