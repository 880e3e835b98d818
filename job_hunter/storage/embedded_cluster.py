"""The files of the embedded Postgres: where each lies, how they are made, and when they are refused."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shlex
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from job_hunter.errors import EmbeddedPostgresError
from job_hunter.storage.embedded_programs import NOBODY, Programs, run

USER = "job_hunter"
DATABASE = "job_hunter"
PORT = 5432  # no network port: only part of the socket's file name
SOCKET_NAME = f".s.PGSQL.{PORT}"
LONGEST_SOCKET_PATH = 99  # bytes; the kernels' limits are 107 (Linux) and 103 (macOS)
SHORT_ROOT = Path("/tmp")  # noqa: S108 - a private 0700 folder is made in it, and refused when it is not ours
MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one embedded Postgres, absolute and without symlinks, and what lies in it."""

    root: Path

    @property
    def cluster(self) -> Path:
        """Postgres' own data directory."""
        return self.root / "pg"

    @property
    def password_file(self) -> Path:
        """The password of the role job_hunter, mode 0600."""
        return self.root / "password"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.root / "server.log"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: in `root`, or a short one in /tmp when that path would be too long."""
        inside = self.root / "run"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return inside
        digest = hashlib.blake2b(os.fsencode(self.root), digest_size=8).hexdigest()
        return SHORT_ROOT / f"job_hunter-{os.geteuid()}-{digest}"

    def dsn(self) -> str:
        """The DSN for SQLAlchemy with asyncpg. The port is spelled out, or asyncpg would look at PGPORT."""
        try:
            password = self.password_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The password of the embedded Postgres cannot be read from {self.password_file} ({error.strerror}): "
                f"run as the user that {self.root} belongs to; if the file is lost, end all programs that use this "
                f"Postgres, and a new one is made at the next start."
            ) from None
        return f"postgresql+asyncpg://{USER}:{password}@/{DATABASE}?host={quote(str(self.sockets))}&port={PORT}"

    def major(self) -> int | None:
        """The major version that wrote the cluster, None when there is none."""
        try:
            said = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return int(said) if said.isdecimal() else 0


def open_place(data_dir: Path) -> Place:
    """Make the folder if need be (mode 0700) and check that it is ours to write.

    Raises EmbeddedPostgresError.
    """
    place = Place(data_dir.expanduser().resolve())
    try:
        place.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = place.root.stat().st_uid
        if owner not in (os.geteuid(), NOBODY if os.geteuid() == 0 else os.geteuid()):
            raise EmbeddedPostgresError(
                f"The Postgres folder {place.root} belongs to uid {owner} and we run as uid {os.geteuid()}: run as its "
                f"owner, or set JOB_HUNTER_DATA_DIR to a folder of your own."
            )
        _private_folder(place.sockets)
        probe = place.root / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as error:
        raise unusable(place, error) from None
    return place


def unusable(place: Place, error: OSError) -> EmbeddedPostgresError:
    """The sentence for a folder that cannot be made or written."""
    named = f" ({error.filename})" if error.filename and Path(error.filename) != place.root else ""
    return EmbeddedPostgresError(
        f"The Postgres folder {place.root} cannot be written: {error.strerror or error}{named}. Make it writable, free "
        f"space, or set JOB_HUNTER_DATA_DIR to another folder."
    )


def _private_folder(folder: Path) -> None:
    if len(os.fsencode(folder / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
        raise EmbeddedPostgresError(
            f"The path of Postgres' socket, {folder / SOCKET_NAME}, is too long (at most {LONGEST_SOCKET_PATH} bytes): "
            f"set JOB_HUNTER_DATA_DIR to a folder with a shorter path."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedPostgresError(
            f"{folder}, the folder for Postgres' socket, is not a folder of uid {os.geteuid()}: remove it, or set "
            f"JOB_HUNTER_DATA_DIR to a folder with a short path."
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        folder.chmod(0o700)


def check_version(place: Place, programs: Programs) -> None:
    """Raise EmbeddedPostgresError when the cluster was written by another major version than `programs`."""
    wrote = place.major()
    if wrote is None or wrote == programs.major:
        return
    pg_ctl = shlex.join([*programs.prefix, "pg_ctl", "-w", "-D", str(place.cluster)])
    dump = shlex.join(["pg_dump", "-Fc", "-h", str(place.sockets), "-U", USER, "-f", "job_hunter.dump", DATABASE])
    password = f'PGPASSWORD="$(cat {shlex.quote(str(place.password_file))})"'
    raise EmbeddedPostgresError(
        f"The database in {place.cluster} was written by Postgres {wrote}, and the programs in {programs.bindir} are "
        f"Postgres {programs.major}, which cannot read it: go on with Postgres {wrote} by setting PG_BINDIR to its bin "
        f"folder, or export with its programs, `{pg_ctl} start && {password} {dump}; {pg_ctl} stop`, move {place.root} "
        f"away, start once with the new version and pg_restore the dump."
    )


def server_settings(
    place: Place, *, major: int, durable: bool, memory_bytes: int | None = None, cpus: int | None = None
) -> dict[str, str]:
    """Settings for a server that shares a small machine with its only user.

    Memory is a sixteenth of the machine's, 32 to 256 MB. No JIT: compiling costs more than our queries. No standby, so
    the least WAL. `durable=False` gives up safety against a crash of the machine, for tests.
    """
    memory = memory_bytes or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = cpus or os.cpu_count() or 1
    buffers = min(max(memory // 16 // MEGABYTE, 32), 256)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "60",
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{min(max(memory // 4 // MEGABYTE, 128), 2048)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "64MB",
        "jit": "off",
        "huge_pages": "off",
        "max_parallel_workers_per_gather": str(min(cores // 2, 2)),
        "max_worker_processes": str(max(2, min(cores, 8))),
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "wal_compression": "on",
        "max_wal_size": "512MB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "log_line_prefix": "%m [%p] ",
    }
    if major >= 18:
        settings["io_method"] = "sync"  # three processes fewer
    if os.path.exists("/proc/self"):
        settings["client_connection_check_interval"] = "5s"  # a killed client's long query ends, and its locks
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
    return settings


def write_settings(place: Place, programs: Programs, *, durable: bool) -> None:
    """Write postgresql.conf. What the operator sets by ALTER SYSTEM wins over it and stays."""
    lines = ["# Written at each start; use ALTER SYSTEM for settings of your own.\n"]
    for name, value in server_settings(place, major=programs.major, durable=durable).items():
        escaped = value.replace("'", "''")
        lines.append(f"{name} = '{escaped}'\n")
    target = place.cluster / "postgresql.conf"
    new = target.with_suffix(".new")
    new.write_text("".join(lines), encoding="utf-8")
    os.chown(new, programs.owner, -1)
    new.replace(target)


def ensure_cluster(place: Place, programs: Programs, *, durable: bool, guard: int) -> None:
    """Make the cluster when there is none; it appears complete or not at all. `guard` is the server lock.

    Raises EmbeddedPostgresError. The caller holds the server lock, so nothing else touches the files.
    """
    new_password = not place.password_file.exists()
    if new_password:
        _write_password(place)
    if place.major() is None:
        _create_cluster(place, programs, durable=durable, guard=guard)
    elif new_password:
        password = place.password_file.read_text(encoding="ascii").strip()
        adopt_owner(place, programs)
        _single_user(place.cluster, programs, f"ALTER ROLE {USER} PASSWORD '{password}'", "postgres", guard)


def _write_password(place: Place) -> None:
    new = place.root / "password.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(place.password_file)


def _create_cluster(place: Place, programs: Programs, *, durable: bool, guard: int) -> None:
    new = place.root / "pg.new"
    shutil.rmtree(new, ignore_errors=True)
    if place.cluster.exists() and any(place.cluster.iterdir()):
        raise EmbeddedPostgresError(
            f"{place.cluster} is not empty and holds no Postgres database (no PG_VERSION): move it away, or set "
            f"JOB_HUNTER_DATA_DIR to another folder."
        )
    new.mkdir(mode=0o700)
    os.chown(new, programs.owner, -1)
    locale = ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]
    arguments = ["-D", str(new), "-U", USER, f"--pwfile={place.password_file}", "--auth=scram-sha-256"]
    arguments += ["--encoding=UTF8", "--data-checksums", "--no-instructions"]
    arguments += locale if programs.major >= 17 else ["--locale=C.UTF-8"]
    # the password is 256 random bits, so that stretching it guards nothing and costs 15 ms a connection
    arguments += ["-c", "scram_iterations=1"] if programs.major >= 16 else []
    arguments += [] if durable else ["--no-sync", "--wal-segsize=1"]
    made = run(programs.command("initdb", *arguments), cwd=place.root, keep_open=[guard])
    if made.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        raise explained(place, made.stdout)
    _single_user(new, programs, f"CREATE DATABASE {DATABASE}", "template1", guard)
    new.replace(place.cluster)
    folder = os.open(place.root, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _single_user(cluster: Path, programs: Programs, statement: str, database: str, guard: int) -> None:
    safe = ["-c", "log_statement=none", "-c", "log_min_error_statement=panic"]
    command = programs.command("postgres", "--single", "-D", str(cluster), *safe, database)
    done = run(command, cwd=cluster.parent, feed=statement + "\n", keep_open=[guard])
    if done.returncode != 0 or re.search(r"\b(ERROR|FATAL|PANIC):", done.stdout):
        raise explained(Place(cluster.parent), done.stdout)


def adopt_owner(place: Place, programs: Programs) -> None:
    """As root: give the cluster to the uid its programs run as now; the way may differ from the last start's."""
    if os.geteuid() != 0 or place.cluster.stat().st_uid == programs.owner:
        return
    for folder, _, names in os.walk(place.cluster, topdown=False):
        for name in (*names, ""):
            os.chown(os.path.join(folder, name), programs.owner, -1, follow_symlinks=False)


_REASONS = (
    (r"No space left on device|Check free disk space", "the disk is full: free space"),
    (r"Disk quota exceeded", "the disk quota is used up: free space"),
    (r"Read-only file system", "the file system is read-only: set JOB_HUNTER_DATA_DIR to another folder"),
    (r"could not bind Unix|Is another postmaster already running", "its socket is in use: end the program that has it"),
    (r"Cannot allocate memory|could not map anonymous shared memory", "there is too little free memory: end something"),
    (r"invalid permissions|Permission denied|wrong ownership", "its files cannot be used by this user"),
    (r"Operation not permitted", "the file system does not support owners and modes: use a local one"),
)


def explained(place: Place, said: str) -> EmbeddedPostgresError:
    """The sentence for a Postgres that gave up, from what it `said`."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)] or lines[-1:]
    quoted = re.sub(r"^.*?\b(FATAL|PANIC|ERROR|error): *", "", telling[0]) if telling else "it said nothing"
    reason = next((text for pattern, text in _REASONS if re.search(pattern, said)), "see the log")
    return EmbeddedPostgresError(
        f"The embedded Postgres in {place.root} did not start; {reason}. It said: {quoted} (log: {place.log})"
    )
