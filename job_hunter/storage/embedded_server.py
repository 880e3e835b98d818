"""Start, await and stop the server of the embedded Postgres.

Whether a server lives is never told from a pid: pids are reused, and a killed process may stay as a zombie. The server
inherits an exclusive lock on `server.lock` and passes it to all its processes, so the kernel frees it exactly when the
last of them is gone; until then no second server can touch the files.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from job_hunter.errors import EmbeddedPostgresError
from job_hunter.storage.embedded_cluster import (
    PORT,
    SOCKET_NAME,
    USER,
    Place,
    adopt_owner,
    check_version,
    ensure_cluster,
    explained,
    write_settings,
)
from job_hunter.storage.embedded_programs import ENVIRONMENT, Programs, run, unprivileged_prefix

POLL_SECONDS = 0.03
PATIENCE_SECONDS = 60.0  # without any sign of life; crash recovery gives signs and may take as long as it needs
LEFTOVER_SECONDS = 5.0  # for processes of a killed server to end by themselves
STOP_SECONDS = 60.0
LONGEST_LOG = 1 << 20

_started: list[subprocess.Popen[bytes]] = []  # servers whose parent we are: asked after, so that none stays a zombie


def reap() -> None:
    """Take note of ended servers that this process started."""
    _started[:] = [process for process in _started if process.poll() is None]


def open_lock(path: Path) -> int:
    """A descriptor of the lock file `path`, which is made if need be."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Whether the lock could be had at once."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_server_alive(place: Place) -> bool:
    """Whether any process of a server, or of initdb, still holds the server lock. Changes nothing."""
    try:
        descriptor = os.open(server_lock(place), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


def server_lock(place: Place) -> Path:
    """The file whose lock lives exactly as long as the server's processes."""
    return place.root / "server.lock"


def postmaster_pid(place: Place) -> int | None:
    """The pid in postmaster.pid, alive or not."""
    try:
        first = (place.cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").partition("\n")[0]
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(first) if first.strip().isdecimal() else None


def ensure_running(place: Place, programs: Programs, *, durable: bool) -> None:
    """Return when a server accepts connections: the one that runs already, or a new one.

    The caller holds the mutex. Waits for leftovers of a killed server and through crash recovery.
    Raises EmbeddedPostgresError.
    """
    process: subprocess.Popen[bytes] | None = None
    descriptor = open_lock(server_lock(place))
    try:
        quiet_since = time.monotonic()
        while True:
            if process is None and try_lock(descriptor):
                process = _start(place, programs, durable=durable, guard=descriptor)
                os.close(descriptor)  # the server's processes keep the lock
                descriptor = open_lock(server_lock(place))
                quiet_since = time.monotonic()
            answer = _answer(place, programs)
            if answer == 0:
                check_version(place, programs)
                return
            if process is not None and process.poll() is not None:
                raise explained(place, _log_of(place, process.pid))
            if answer == 1:  # it is there but does not take connections yet
                quiet_since = time.monotonic()
            quiet = time.monotonic() - quiet_since
            if process is None and quiet > LEFTOVER_SECONDS:
                _end_leftovers(place, signal.SIGQUIT if quiet < 2 * LEFTOVER_SECONDS else signal.SIGKILL)
            if quiet > PATIENCE_SECONDS:
                raise EmbeddedPostgresError(
                    f"The embedded Postgres in {place.root} has not answered for {PATIENCE_SECONDS:.0f} s: look into "
                    f"{place.log}, end the processes that use {place.cluster}, then try again."
                )
            time.sleep(POLL_SECONDS)
    finally:
        os.close(descriptor)


def _answer(place: Place, programs: Programs) -> int:
    """0 accepts connections, 1 is starting or stopping, 2 nobody there."""
    where = ("-h", str(place.sockets), "-p", str(PORT), "-U", USER, "-d", "postgres", "-t", "5", "-q")
    return run([str(programs.bindir / "pg_isready"), *where], cwd=place.root).returncode


def _start(place: Place, programs: Programs, *, durable: bool, guard: int) -> subprocess.Popen[bytes]:
    """Start a server that inherits the lock `guard`, which we hold: so no process of an earlier one is left."""
    check_version(place, programs)
    ensure_cluster(place, programs, durable=durable, guard=guard)
    _clear_stale(place)
    adopt_owner(place, programs)
    write_settings(place, programs, durable=durable)
    if place.log.exists() and place.log.stat().st_size > LONGEST_LOG:
        place.log.replace(place.log.with_suffix(".log.1"))
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 - Postgres itself, no shell
            programs.command("postgres", "-D", str(place.cluster)),
            cwd=place.root,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(guard,),
            start_new_session=True,
        )
    finally:
        os.close(log)
    _started.append(process)
    return process


def _clear_stale(place: Place) -> None:
    """Remove what a killed server left: its pid may belong to a stranger by now, which Postgres would believe in."""
    pid = postmaster_pid(place)
    if pid is not None and _is_postgres_of(place, pid):
        raise EmbeddedPostgresError(
            f"Another Postgres (pid {pid}), which job_hunter did not start, uses {place.cluster}: stop it "
            f"(`pg_ctl -D {place.cluster} stop`), then try again."
        )
    path = place.sockets / SOCKET_NAME
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(path))
        except OSError:
            pass  # nobody listens: the file is stale or absent
        else:
            raise EmbeddedPostgresError(
                f"The socket of the embedded Postgres, {path}, is in use by another program: end that program or "
                f"remove the file, then try again."
            )
    path.unlink(missing_ok=True)
    path.with_name(f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)


def _is_postgres_of(place: Place, pid: int) -> bool:
    """Whether `pid` is a live Postgres process of this cluster: told by its working directory where we may see it, as
    root in a container may not, else by its name."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
        if rest.split()[0] in "ZX":
            return False
        try:
            return os.readlink(f"/proc/{pid}/cwd") == str(place.cluster)
        except PermissionError:
            return name.partition("(")[2] == "postgres"
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return False
    shown = run(["ps", "-p", str(pid), "-o", "stat=,command="], cwd=place.root).stdout
    return not shown.lstrip().startswith("Z") and "postgres" in shown and str(place.cluster) in shown


def _processes_of(place: Place) -> list[int]:
    """The live processes of this cluster that show their working directory; none where there is no /proc."""
    found = []
    for name in os.listdir("/proc") if Path("/proc/self").exists() else ():
        try:
            if name.isdecimal() and os.readlink(f"/proc/{name}/cwd") == str(place.cluster):
                found.append(int(name))
        except OSError:
            pass  # gone meanwhile, or not ours to see
    return found


def _end_leftovers(place: Place, with_signal: signal.Signals) -> None:
    """End processes that outlive their killed server, such as one in a long computation."""
    server = postmaster_pid(place)
    if server is not None and _is_postgres_of(place, server) and with_signal != signal.SIGKILL:
        return  # it is there, just slow
    for pid in _processes_of(place):
        _signal(pid, with_signal)


def _signal(pid: int, number: signal.Signals) -> bool:
    """Send a signal; False when not even the user that Postgres runs as may."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # gone meanwhile
    except PermissionError:  # root of another container, whom only a uid in common helps
        prefix = unprivileged_prefix()[0] if os.geteuid() == 0 else ()
        return run([*prefix, "/bin/sh", "-c", f"kill -{number} {pid}"], cwd=Path("/")).returncode == 0
    return True


def stop_server(place: Place) -> None:
    """Stop the server and wait until its last process is gone. The caller is the last client and holds the mutex.

    A server that another container started, and that we have no right to stop, runs on.
    """
    began = time.monotonic()
    asked: signal.Signals | None = None
    while is_server_alive(place):
        reap()
        waited = time.monotonic() - began
        wish = signal.SIGINT if waited < STOP_SECONDS else signal.SIGQUIT if waited < 1.2 * STOP_SECONDS else None
        pid = postmaster_pid(place)
        if wish is None:
            _end_leftovers(place, signal.SIGKILL)
        elif wish != asked and pid is not None and _is_postgres_of(place, pid):
            if not _signal(pid, wish):
                return
            asked = wish
        if waited > 2 * STOP_SECONDS:
            raise EmbeddedPostgresError(
                f"The embedded Postgres in {place.root} does not stop: end the processes that use {place.cluster}."
            )
        time.sleep(POLL_SECONDS)
    reap()


def _log_of(place: Place, pid: int) -> str:
    """What the server `pid` wrote to the log before it gave up; the whole tail when it named no pid."""
    with place.log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 16384))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "\n".join([line for line in lines if f"[{pid}]" in line] or lines[-5:])
