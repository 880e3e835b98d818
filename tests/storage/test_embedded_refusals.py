"""What the embedded Postgres refuses, and that it says so in one sentence that names the thing and the next step."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from embedded_clients import AS_NOBODY, REPOSITORY, clients, give_to_nobody, require, value

from job_hunter.errors import EmbeddedPostgresError
from job_hunter.storage import embedded_cluster
from job_hunter.storage.embedded import embedded_postgres, embedded_state
from job_hunter.storage.embedded_cluster import Place, explained, open_place
from job_hunter.storage.embedded_programs import ENVIRONMENT, find_programs, unprivileged_prefix


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An absent folder with a short path."""
    parent = Path(tempfile.mkdtemp(prefix="jhr")).resolve()
    parent.chmod(0o755)
    yield parent / "db"
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A database that was made and closed; tests put back what they break."""
    parent = Path(tempfile.mkdtemp(prefix="jhr")).resolve()
    with embedded_postgres(parent / "db", durable=False) as dsn:
        value(dsn, "SELECT 1")
    yield parent / "db"
    shutil.rmtree(parent)


def _refusal(data_dir: Path, bindir: Path | None = None) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught, embedded_postgres(data_dir, bindir=bindir, durable=False):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_database_of_another_major_version_is_refused(data_dir: Path) -> None:
    """
    Both versions, the folder and the way to export are named, and nothing is touched.
    """
    (data_dir / "pg").mkdir(parents=True)
    (data_dir / "pg" / "PG_VERSION").write_text("15\n")
    ours = find_programs(None).major
    said = _refusal(data_dir)
    assert f"{data_dir}/pg was written by Postgres 15" in said
    assert f"are Postgres {ours}" in said
    assert "PG_BINDIR" in said
    assert "pg_dump" in said
    assert [path.name for path in (data_dir / "pg").iterdir()] == ["PG_VERSION"]
    assert embedded_state(data_dir).major_version == 15


def test_missing_programs_are_named(data_dir: Path, tmp_path: Path) -> None:
    """
    A PG_BINDIR that holds no Postgres: which programs are missing, and what to do.
    """
    said = _refusal(data_dir, tmp_path)
    assert f"{tmp_path} does not hold Postgres' programs (initdb, postgres, pg_isready missing)" in said
    assert "DB_CONNECTION_STRING" in said
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n", "postgres (PostgreSQL) 13.9, and Postgres 15 or newer"),
        ("#!/bin/sh\nexit 127\n", "not working"),
        ("\x7fELF of another machine", "cannot be run"),
    ],
)
def test_unusable_programs_are_named(data_dir: Path, tmp_path: Path, script: str, expected: str) -> None:
    """
    Programs that are too old, broken, or made for another machine.
    """
    for name in ("initdb", "postgres", "pg_isready"):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    assert expected in _refusal(data_dir, tmp_path)


def test_a_missing_package_is_named(data_dir: Path) -> None:
    """
    A Python without the embedded-postgres package says which package and which way out.
    """
    code = (
        "import sys; from pathlib import Path; from job_hunter.storage.embedded import embedded_postgres\n"
        "try:\n  embedded_postgres(Path(sys.argv[1])).__enter__()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = subprocess.run(
        [sys.executable, "-S", "-c", code, str(data_dir)],
        env={"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("EmbeddedPostgresError The package embedded-postgres")
    assert "PG_BINDIR" in said


def test_a_file_in_the_way_is_named(data_dir: Path) -> None:
    """
    The data folder is a file.
    """
    data_dir.write_text("")
    assert f"The Postgres folder {data_dir} cannot be written: File exists" in _refusal(data_dir)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder here that even root cannot write to")
def test_a_folder_that_cannot_be_made_is_named() -> None:
    """
    Not even root may make folders in /proc.
    """
    said = _refusal(Path("/proc/job_hunter"))
    assert "The Postgres folder /proc/job_hunter cannot be written" in said
    assert "JOB_HUNTER_DATA_DIR" in said


def test_another_users_folder_is_refused(data_dir: Path) -> None:
    """
    Who runs with sudo by mistake must not take a user's database over; a plain user cannot use root's.
    """
    if os.geteuid() != 0:
        assert "belongs to uid 0" in _refusal(Path("/"))
        return
    data_dir.mkdir()
    os.chown(data_dir, 1234, 1234)
    assert f"{data_dir} belongs to uid 1234 and we run as uid 0" in _refusal(data_dir)


def test_a_read_only_folder_is_named(data_dir: Path) -> None:
    """
    A plain user's own folder without the right to write.
    """
    data_dir.mkdir(mode=0o500)
    if os.geteuid() != 0:
        assert "cannot be written: Permission denied" in _refusal(data_dir)
        return
    require(AS_NOBODY, "root, who may write anywhere, may not become a plain user here")
    give_to_nobody(data_dir)
    with clients(1, data_dir, prefix=AS_NOBODY) as (client,):
        said = client.line()
    assert said.startswith(f"refused The Postgres folder {data_dir} cannot be written: Permission denied")


def test_a_folder_of_something_else_is_not_overwritten(data_dir: Path) -> None:
    """
    A `pg` that is no database stays untouched.
    """
    (data_dir / "pg").mkdir(parents=True)
    (data_dir / "pg" / "thesis.txt").write_text("years of work")
    assert f"{data_dir}/pg is not empty and holds no Postgres database" in _refusal(data_dir)
    assert (data_dir / "pg" / "thesis.txt").read_text() == "years of work"


def test_a_path_that_is_too_long_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    When not even the short folder's path is short enough.
    """
    monkeypatch.setattr(embedded_cluster, "SHORT_ROOT", Path("/tmp") / ("x" * 90))
    with pytest.raises(EmbeddedPostgresError, match=r"socket, .*, is too long \(at most 99 bytes\)"):
        open_place(data_dir / ("y" * 90))


@pytest.mark.parametrize("trap", ["a file", "a link", "another user's folder"])
def test_a_trap_in_tmp_is_refused(data_dir: Path, monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    """
    The short folder lies in /tmp, where others may have put something under its name.
    """
    monkeypatch.setattr(embedded_cluster, "SHORT_ROOT", data_dir.parent)
    place = Place(data_dir / ("y" * 90))
    if trap == "a file":
        place.sockets.write_text("")
    elif trap == "a link":
        place.sockets.symlink_to(data_dir.parent)
    elif os.geteuid() == 0:
        place.sockets.mkdir()
        os.chown(place.sockets, 1234, 1234)
    else:
        pytest.skip("only root can make another user's folder")
    with pytest.raises(EmbeddedPostgresError):
        open_place(place.root)


def test_a_socket_in_use_by_another_program_is_named(made_once: Path) -> None:
    """
    Somebody else listens where our socket belongs.
    """
    path = made_once / "run" / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        assert f"{path}, is in use by another program" in _refusal(made_once)
    path.unlink()


def test_a_server_started_by_hand_is_refused(made_once: Path) -> None:
    """
    An operator's own `postgres -D` on the folder would be a second server on the same files: named by its pid.
    """
    programs = find_programs(None)
    elsewhere = made_once.parent / "hand"
    elsewhere.mkdir(mode=0o700)
    command = programs.command("postgres", "-D", str(made_once / "pg"), "-k", str(elsewhere))
    with (made_once / "server.log").open("ab") as log:
        by_hand = subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while not (elsewhere / ".s.PGSQL.5432").exists():
            assert time.monotonic() < deadline
        assert f"Another Postgres (pid {by_hand.pid})" in _refusal(made_once)
        assert by_hand.poll() is None
    finally:
        by_hand.terminate()
        by_hand.wait(30)
    with embedded_postgres(made_once, durable=False) as dsn:
        assert value(dsn, "SELECT 1") == 1


def test_what_postgres_says_is_passed_on(made_once: Path) -> None:
    """
    A wrong setting of the operator stops the server: its own words, and where the log is.
    """
    auto = made_once / "pg" / "postgresql.auto.conf"
    before = auto.read_text()
    auto.write_text("shared_buffers = 'plenty'\n")
    said = _refusal(made_once)
    auto.write_text(before)
    assert "did not start" in said
    assert "postgresql.auto.conf" in said
    assert f"log: {made_once}/server.log" in said
    assert not embedded_state(made_once).running


def test_root_without_a_way_out_is_told_so(tmp_path: Path) -> None:
    """
    A system with neither unshare nor setpriv.
    """
    with pytest.raises(EmbeddedPostgresError, match=r"refuses to run as root.*run the program as a plain user"):
        unprivileged_prefix(str(tmp_path))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("FATAL:  could not write to file: No space left on device", "the disk is full"),
        ("FATAL:  could not open file: Read-only file system", "the file system is read-only"),
        ('FATAL:  could not bind Unix address "/x": Address already in use', "its socket is in use"),
        ("FATAL:  could not map anonymous shared memory: Cannot allocate memory", "too little free memory"),
        ('FATAL:  data directory "/x" has invalid permissions', "cannot be used by this user"),
        ("FATAL:  something new", "It said: something new"),
        ("", "it said nothing"),
    ],
)
def test_postgres_words_become_a_next_step(said: str, expected: str) -> None:
    """
    The common reasons are put in our words, unknown ones are quoted.
    """
    sentence = str(explained(Place(Path("/srv/jobs")), said))
    assert expected in sentence
    assert "/srv/jobs" in sentence


@pytest.fixture
def other_postgres() -> Path:
    """The programs of a Postgres of another major version, if one is installed here."""
    ours = find_programs(None).major
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin")):
        if folder.parent.name != str(ours) and (folder / "initdb").exists() and int(folder.parent.name) >= 15:
            return folder
    pytest.skip("no Postgres of another major version is installed here")


def test_an_older_postgres_can_be_used_on_or_exported(
    data_dir: Path, other_postgres: Path, make_empty_database: Callable[[], str]
) -> None:
    """
    PG_BINDIR opens another version's database; ours refuse it, running or not; the commands they name export it.
    """
    with embedded_postgres(data_dir, bindir=other_postgres, durable=False) as dsn:
        assert str(value(dsn, "SHOW server_version")).startswith(other_postgres.parent.name)
        value(dsn, "CREATE TABLE kept AS SELECT generate_series(1, 7) AS n")
        assert f"was written by Postgres {other_postgres.parent.name}" in _refusal(data_dir)
        assert value(dsn, "SELECT count(*) FROM kept") == 7
    said = _refusal(data_dir)
    assert f"was written by Postgres {other_postgres.parent.name}" in said
    commands = said.split("`")[1]
    path = f"{other_postgres}:{os.defpath}"
    subprocess.run(["/bin/sh", "-c", commands], cwd=data_dir, env={"PATH": path}, check=True, timeout=60)
    assert not (data_dir / "pg" / "postmaster.pid").exists()
    restored = make_empty_database()
    pg_restore = find_programs(None).bindir / "pg_restore"
    dump = data_dir / "job_hunter.dump"
    subprocess.run([pg_restore, "--no-owner", "-d", restored.replace("+asyncpg", ""), dump], check=True, timeout=60)
    assert value(restored, "SELECT count(*) FROM kept") == 7
