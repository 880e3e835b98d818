"""The embedded Postgres: a real server in a folder of the user, shared by all programs that use that folder.

Every client holds a shared lock on `clients.lock`, which the kernel frees even when a client is killed; the client
that leaves and finds nobody else stops the server. Starting and stopping happen under a mutex, `mutex.lock`.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from job_hunter.errors import EmbeddedPostgresError
from job_hunter.storage.embedded_cluster import Place, check_version, open_place, unusable
from job_hunter.storage.embedded_programs import find_programs
from job_hunter.storage.embedded_server import (
    ensure_running,
    is_server_alive,
    open_lock,
    postmaster_pid,
    reap,
    stop_server,
    try_lock,
)

__all__ = ["EmbeddedState", "embedded_postgres", "embedded_state", "stop_abandoned"]


@dataclass(frozen=True, slots=True)
class EmbeddedState:
    """What is in a data folder: whether there is a database, whether its server runs, and how big it is on disk."""

    data_dir: Path
    exists: bool
    running: bool
    major_version: int | None
    pid: int | None
    size_bytes: int


@contextmanager
def embedded_postgres(data_dir: Path, *, bindir: Path | None = None, durable: bool = True) -> Iterator[str]:
    """Open the embedded Postgres in `data_dir`, made and started if need be, and yield its DSN for SQLAlchemy.

    Any number of processes, and of callers in one process, may hold it at once. `bindir` holds the programs of
    another Postgres than that of the embedded-postgres package. `durable=False` is for throw-away data: nothing is
    synced to disk. Raises EmbeddedPostgresError in one sentence: programs missing, folder not writable, database of
    another major version, socket in use.
    """
    programs = find_programs(bindir)
    place = open_place(data_dir)
    check_version(place, programs)
    clients: int | None = None
    try:
        with _mutex(place):
            clients = open_lock(_clients_lock(place))
            fcntl.flock(clients, fcntl.LOCK_SH)
            try:
                ensure_running(place, programs, durable=durable)
                dsn = place.dsn()
            except BaseException:
                _leave(place, clients)
                clients = None
                raise
    except OSError as error:
        raise unusable(place, error) from None
    try:
        yield dsn
    finally:
        with _mutex(place):
            _leave(place, clients)


def stop_abandoned(data_dir: Path) -> bool:
    """Stop the server in `data_dir` if it runs though all its clients are gone (killed); whether there was one."""
    place = Place(data_dir.expanduser().resolve())
    if not is_server_alive(place):
        return False
    with _mutex(place):
        clients = open_lock(_clients_lock(place))
        abandoned = try_lock(clients) and is_server_alive(place)
        _leave(place, clients)
    return abandoned


def embedded_state(data_dir: Path) -> EmbeddedState:
    """Look at `data_dir` without changing anything or starting a server."""
    place = Place(data_dir.expanduser().resolve())
    reap()
    running = is_server_alive(place)
    major = place.major()
    return EmbeddedState(
        data_dir=place.root,
        exists=major is not None,
        running=running,
        major_version=major,
        pid=postmaster_pid(place) if running else None,
        size_bytes=_size(place.cluster),
    )


def _clients_lock(place: Place) -> Path:
    return place.root / "clients.lock"


@contextmanager
def _mutex(place: Place) -> Iterator[None]:
    """One process at a time decides about the server's life; who waits here waits as long as a start or stop takes."""
    descriptor = open_lock(place.root / "mutex.lock")
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The file system of {place.root} does not support file locks ({error.strerror}): set "
                f"JOB_HUNTER_DATA_DIR to a folder on a local disk."
            ) from None
        yield
    finally:
        os.close(descriptor)


def _leave(place: Place, clients: int) -> None:
    """Give up the shared lock; stop the server if nobody else holds it. The caller holds the mutex."""
    try:
        if try_lock(clients):
            stop_server(place)
    finally:
        os.close(clients)


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
            except FileNotFoundError:
                pass  # Postgres removes files at any time
    return total
