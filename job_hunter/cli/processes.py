"""Programs that `demo` and `up` start, and end again: each in a process group of its own, its output in a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from job_hunter.errors import JobHunterError
from job_hunter.settings import process_environment

GRACE_SECONDS = 15.0


def free_port(wanted: int) -> int:
    """`wanted` on the loopback interface when nobody listens there, else any free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise JobHunterError("No port is free on 127.0.0.1.")


def command(arguments: Sequence[str]) -> list[str]:
    """The command line of a program of this environment: Prefect's own, or a module of ours."""
    name, *rest = arguments
    if name == "prefect":
        return [str(Path(sys.executable).with_name("prefect")), *rest]
    return [sys.executable, "-m", name, *rest]


@contextmanager
def started(
    arguments: Sequence[str], *, env: Mapping[str, str | None], log: Path, grace: float = GRACE_SECONDS
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program of this environment for the time of the block; its whole group is ended with it.

    It is asked to end by SIGINT and by SIGTERM, each time with `grace` seconds to do so, and then killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab"))
        process = subprocess.Popen(  # noqa: S603 our own programs, with arguments of ours
            command(arguments),
            env=process_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process, grace)


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            continue
    try:
        os.killpg(process.pid, signal.SIGKILL)  # what it may have left behind in its own group
    except (ProcessLookupError, PermissionError):
        return


def run_to_end(arguments: Sequence[str], *, env: Mapping[str, str | None], log: Path, name: str) -> None:
    """Run a program of this environment and wait for it. Raises JobHunterError that names its log when it fails."""
    with started(arguments, env=env, log=log) as process:
        code = process.wait()
    if code:
        tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
        raise JobHunterError(f"{name} failed with exit code {code}; its log is {log}, ending:\n" + "\n".join(tail))


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path) -> None:
    """Wait until a started program answers. Raises JobHunterError when it ends first or takes over two minutes."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise JobHunterError(f"{name} ended at once with exit code {process.returncode}; its log is {log}")
        if is_ready():
            return
        time.sleep(0.2)
    raise JobHunterError(f"{name} did not answer within two minutes; its log is {log}")
