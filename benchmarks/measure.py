"""Measuring programs as a whole: CPU, wall time and peak memory, and the CPU that Postgres spent meanwhile."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work cost: seconds of CPU and wall time, peak memory in MB, and seconds of Postgres' CPU."""

    cpu: float
    wall: float
    peak_mb: float
    postgres_cpu: float = 0.0


# Between us and the program: a child's peak memory begins with that of the process that started it.
_LAUNCHER = """
import json, os, sys, time
began = time.perf_counter()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent), 0)
cpu, wall = usage.ru_utime + usage.ru_stime, time.perf_counter() - began
print(json.dumps([os.waitstatus_to_exitcode(status), cpu, wall, usage.ru_maxrss / 1024]))
"""


class Meter:
    """CPU and wall time of this process since it was made, and its peak memory."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def cost(self) -> dict[str, float]:
        """The figures so far."""
        return {
            "cpu": time.process_time() - self._cpu,
            "wall": time.perf_counter() - self._wall,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def run_client(arguments: Sequence[str], *, env: Mapping[str, str], postmaster: int | None = None) -> Cost:
    """Run `python -m …`, which prints its figures as the last line of JSON; adds what Postgres spent meanwhile."""
    before = postgres_cpu(postmaster)
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return Cost(figures["cpu"], figures["wall"], figures["peak_mb"], postgres_cpu(postmaster) - before)


def run_program(command: Sequence[str], *, env: Mapping[str, str], postmaster: int | None = None) -> Cost:
    """Run any program to its end and measure it and its children as a whole; `command` begins with a whole path."""
    before = postgres_cpu(postmaster)
    done = subprocess.run(
        [sys.executable, "-S", "-c", _LAUNCHER, *command], env={**os.environ, **env}, capture_output=True
    )
    status, *figures = json.loads(done.stdout)
    if status:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return Cost(*figures, postgres_cpu(postmaster) - before)


def process_cpu(pid: int) -> float:
    """Seconds of CPU that a running process has spent, its ended children left out."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def postgres_cpu(postmaster: int | None) -> float:
    """Seconds of CPU that a Postgres server and all its backends, ended ones included, have spent."""
    if postmaster is None:
        return 0.0
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid, parent = int(path.parent.name), int(fields[1])
        if pid == postmaster:
            total += sum(map(int, fields[11:15]))
        elif parent == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / ticks


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[dict[str, Any]]:
    """The sandbox as a process of its own, so that its CPU is not ours; yields the line of JSON it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "job_hunter.sandbox", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def prefect_server(folder: Path) -> Iterator[str]:
    """A Prefect server of its own process, as in production; yields its API address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    env = {"PREFECT_HOME": str(folder / "prefect-server"), "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1"}
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("prefect")), "server", "start", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{api}/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.5)
        yield api
    finally:
        process.terminate()
        process.wait(30)
