"""The embedded Postgres lives as long as its clients, survives kills, and keeps what was committed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pytest
from embedded_clients import AS_NOBODY, AS_ROOT, IMPORTS, clients, give_to_nobody, require, value

from job_hunter.storage.embedded import embedded_postgres, embedded_state, stop_abandoned
from job_hunter.storage.embedded_cluster import Place, server_settings
from job_hunter.storage.embedded_programs import find_programs

STARTED_AT = "SELECT pg_postmaster_start_time()::text"


class Postgres(Protocol):
    """The session's server, of conftest."""

    data_dir: Path


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """An absent folder with a short path; a server left in it is ended, and it is removed."""
    parent = Path(tempfile.mkdtemp(prefix="jhe")).resolve()
    parent.chmod(0o755)
    yield parent / "db"
    _kill_all(parent / "db")
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A database with a table `kept`, made once: making or copying one takes longer than all a test does with it."""
    parent = Path(tempfile.mkdtemp(prefix="jhe")).resolve()
    assert not embedded_state(parent / "db").exists
    with embedded_postgres(parent / "db") as dsn:
        value(dsn, "CREATE TABLE kept (n int PRIMARY KEY)")
    yield parent / "db"
    shutil.rmtree(parent)


@pytest.fixture
def data_dir(made_once: Path) -> Iterator[Path]:
    """A folder with a database and an empty table `kept`; no server runs, and what is left of one is ended."""
    with embedded_postgres(made_once, durable=False) as dsn:
        value(dsn, "TRUNCATE kept")
    assert not embedded_state(made_once).running
    yield made_once
    _kill_all(made_once)


def _kill_all(data_dir: Path) -> None:
    pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()] if os.path.exists("/proc/self") else []
    for pid in pids:
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(data_dir / "pg"):
                os.kill(pid, signal.SIGKILL)
        except (OSError, ProcessLookupError):
            pass


def _kill_postmaster(data_dir: Path) -> int:
    pid = embedded_state(data_dir).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_the_database_is_private(data_dir: Path) -> None:
    """
    Only this user reaches the database that a first opening made: no TCP port, password and socket private.
    """
    closed = embedded_state(data_dir)
    with embedded_postgres(data_dir) as dsn:
        assert dsn.startswith("postgresql+asyncpg://job_hunter:")
        assert value(dsn, "SELECT current_setting('listen_addresses') || current_setting('jit')") == "off"
        assert value(dsn, "SELECT current_setting('fsync')") == "on"
        assert value(dsn, "SHOW server_encoding") == "UTF8"
        assert value(dsn, "SELECT lower('ÉCOLE')") == "école"
        running = embedded_state(data_dir)
        for name, mode in (("", 0o700), ("password", 0o600), ("run", 0o700), ("pg", 0o700)):
            assert stat.S_IMODE((data_dir / name).stat().st_mode) == mode
    assert (running.exists, running.running, running.pid is not None) == (True, True, True)
    assert (True, False, None, running.major_version) == (
        closed.exists,
        closed.running,
        closed.pid,
        find_programs(None).major,
    )
    assert running.size_bytes > 10_000_000


def test_without_the_password_nobody_gets_in(data_dir: Path) -> None:
    """
    The socket's folder is not the only lock: a wrong password is refused.
    """
    with embedded_postgres(data_dir, durable=False) as dsn:
        password = (data_dir / "password").read_text().strip()
        with pytest.raises(Exception, match="password authentication failed"):
            value(dsn.replace(password, "guess"), "SELECT 1")


def test_what_was_written_is_there_after_closing(data_dir: Path) -> None:
    """
    Data, and settings the operator made by ALTER SYSTEM, outlive the server.
    """
    with embedded_postgres(data_dir, durable=False) as dsn:
        value(dsn, "INSERT INTO kept VALUES (1)")
        value(dsn, "ALTER SYSTEM SET work_mem = '17MB'")
    with embedded_postgres(data_dir, durable=False) as again:
        assert again == dsn
        assert value(again, "SELECT count(*) FROM kept") == 1
        assert value(again, "SHOW work_mem") == "17MB"


def test_several_openings_in_one_process_share_a_server(data_dir: Path) -> None:
    """
    Nested and in threads: one server, and only the last to leave stops it.
    """
    with embedded_postgres(data_dir, durable=False) as outer:
        with embedded_postgres(data_dir, durable=False) as inner, ThreadPoolExecutor(3) as pool:

            def look(_: int) -> str:
                with embedded_postgres(data_dir, durable=False) as dsn:
                    return str(value(dsn, STARTED_AT))

            assert {value(inner, STARTED_AT)} == set(pool.map(look, range(3)))
        assert value(outer, "SELECT 1") == 1
    assert not embedded_state(data_dir).running


def test_an_error_in_the_block_still_stops_the_server(data_dir: Path) -> None:
    """
    The server goes with its client, however that ends, and the error is passed on.
    """
    with pytest.raises(ZeroDivisionError), embedded_postgres(data_dir, durable=False):
        _ = 1 // 0
    assert not embedded_state(data_dir).running


def test_three_processes_open_it_together(short_dir: Path) -> None:
    """
    Three programs start at once on an absent folder: one server, all write, the last one out stops it.
    """
    with clients(3, short_dir) as three:
        for client in three:
            client.opened()
        assert len({client.ask(STARTED_AT) for client in three}) == 1
        three[0].ask("CREATE TABLE kept (n int PRIMARY KEY)")
        for n, client in enumerate(three):
            client.ask(f"INSERT INTO kept VALUES ({n})")
        assert three[1].leave() == "left"
        assert three[0].leave() == "left"
        assert embedded_state(short_dir).running
        assert three[2].ask("SELECT count(*) FROM kept") == "3"
        assert three[2].leave() == "left"
    assert not embedded_state(short_dir).running


def test_a_killed_postmaster_is_replaced_at_once(data_dir: Path) -> None:
    """
    kill -9 of the server, reopened immediately while it is still our zombie: committed rows are there.
    """
    with embedded_postgres(data_dir) as dsn:
        value(dsn, "INSERT INTO kept VALUES (1), (2)")
        killed = _kill_postmaster(data_dir)
        with embedded_postgres(data_dir) as again:
            assert again == dsn
            assert value(again, "SELECT count(*) FROM kept") == 2
            assert embedded_state(data_dir).pid != killed
        assert value(dsn, "SELECT count(*) FROM kept") == 2
    assert not embedded_state(data_dir).running


def test_a_killed_postmaster_of_another_process_is_replaced_at_once(data_dir: Path) -> None:
    """
    The zombie may be another program's child, which does not look after it: that makes no difference.
    """
    with clients(1, data_dir) as (starter,):
        starter.opened().ask("INSERT INTO kept VALUES (1)")
        killed = _kill_postmaster(data_dir)
        with embedded_postgres(data_dir, durable=False) as dsn:
            if os.path.exists("/proc/self"):
                assert ") Z" in Path(f"/proc/{killed}/stat").read_text()
            assert value(dsn, "SELECT count(*) FROM kept") == 1
            assert starter.ask("SELECT count(*) FROM kept") == "1"
        assert starter.leave() == "left"
    assert not embedded_state(data_dir).running


def test_a_killed_client_leaves_the_others_alone(data_dir: Path) -> None:
    """
    kill -9 of the program that started the server: the other one works on, and is still the one to stop it.
    """
    with clients(1, data_dir) as (starter,):
        starter.opened()
        with clients(1, data_dir) as (other,):
            before = other.opened().ask(STARTED_AT)
            starter.kill()
            assert other.ask(STARTED_AT) == before
            assert other.leave() == "left"
    assert not embedded_state(data_dir).running


def test_a_server_without_clients_is_used_on_and_then_stopped(data_dir: Path) -> None:
    """
    When all clients were killed, the next one finds their server running and stops it when it leaves.
    """
    with clients(1, data_dir) as (only,):
        before = only.opened().ask(STARTED_AT)
        only.kill()
    assert embedded_state(data_dir).running
    with embedded_postgres(data_dir, durable=False) as dsn:
        assert value(dsn, STARTED_AT) == before
        assert not stop_abandoned(data_dir)
    assert not embedded_state(data_dir).running


def test_an_abandoned_server_can_be_stopped(data_dir: Path) -> None:
    """
    A clean-up can stop a server whose clients were all killed, and says whether there was one.
    """
    with clients(1, data_dir) as (only,):
        only.opened()
        only.kill()
    assert stop_abandoned(data_dir)
    assert not embedded_state(data_dir).running
    assert not stop_abandoned(data_dir)


@pytest.mark.parametrize("stranger", ["a program", "another Postgres", "nobody", "nonsense"])
def test_a_reused_pid_is_not_taken_for_the_server(data_dir: Path, stranger: str, postgres: Postgres) -> None:
    """
    After a kill, the pid in postmaster.pid and in the socket's lock may belong to anyone; the server starts anyway.
    """
    with clients(1, data_dir) as (client,):
        client.opened().ask("INSERT INTO kept VALUES (1)")
        pid_file, socket_lock = data_dir / "pg" / "postmaster.pid", data_dir / "run" / ".s.PGSQL.5432.lock"
        left = {path: path.read_text() for path in (pid_file, socket_lock)}
        old = _kill_postmaster(data_dir)
        client.kill()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        pids = {
            "a program": str(program.pid),
            "another Postgres": str(embedded_state(postgres.data_dir).pid),
            "nobody": "999999999",
            "nonsense": "",
        }
        for path, text in left.items():
            path.write_text(text.replace(str(old), pids[stranger], 1))
        with embedded_postgres(data_dir, durable=False) as dsn:
            assert value(dsn, "SELECT count(*) FROM kept") == 1
        assert program.poll() is None
        assert embedded_state(postgres.data_dir).running
        program.communicate(b"\n")
    assert not embedded_state(data_dir).running


def test_a_lost_password_is_replaced(data_dir: Path) -> None:
    """
    Without its password file the database would be lost to its owner: it gets a new one.
    """
    before = (data_dir / "password").read_text()
    (data_dir / "password").unlink()
    with embedded_postgres(data_dir, durable=False) as dsn:
        assert value(dsn, "SELECT count(*) FROM kept") == 0
    assert (data_dir / "password").read_text() != before


def test_it_runs_as_the_other_kind_of_user(short_dir: Path) -> None:
    """
    As root we try it as a plain user; as a plain user, as root of a namespace of our own.
    """
    if os.geteuid() == 0:
        require(AS_NOBODY, "root may not become a plain user here")
        short_dir.mkdir()
        give_to_nobody(short_dir)
        prefix, uid = AS_NOBODY, "65534"
    else:
        require(AS_ROOT, "this system forbids user namespaces")
        prefix, uid = AS_ROOT, str(os.geteuid())
    with clients(2, short_dir, prefix=prefix) as two:
        for client in two:
            client.opened()
        assert len({client.ask(STARTED_AT) for client in two}) == 1
        pid = int((short_dir / "pg" / "postmaster.pid").read_text().partition("\n")[0])
        if os.path.exists("/proc/self"):
            assert f"Uid:\t{uid}\t{uid}\t" in Path(f"/proc/{pid}/status").read_text()
        os.kill(pid, signal.SIGKILL)
        assert two[0].leave() == "left"
        assert two[1].leave() == "left"
        with clients(1, short_dir, prefix=prefix) as (again,):
            assert again.opened().ask("SELECT 1") == "1"
            assert again.leave() == "left"
    assert not embedded_state(short_dir).running


def test_the_server_is_not_root(data_dir: Path) -> None:
    """
    Root's server has no capability left, a plain user's none that the user has not.
    """
    with embedded_postgres(data_dir, durable=False):
        status = Path(f"/proc/{embedded_state(data_dir).pid}/status")
        if not status.exists():
            pytest.skip("there is no /proc to see it in")
        capabilities, ours = (_capabilities(text.read_text()) for text in (status, Path("/proc/self/status")))
    assert capabilities == (0 if os.geteuid() == 0 else ours)


def _capabilities(status: str) -> int:
    return int(status.partition("CapEff:\t")[2].partition("\n")[0], 16)


def test_it_needs_neither_home_nor_a_writable_working_directory(data_dir: Path) -> None:
    """
    In a container there may be no HOME, and the working directory may be read-only.
    """
    with clients(1, data_dir, env={"PYTHONPATH": IMPORTS, "HOME": ""}, cwd=Path("/proc")) as (client,):
        assert client.opened().ask("SELECT 1") == "1"
        assert client.leave() == "left"


def test_variables_for_other_servers_do_not_mislead(data_dir: Path) -> None:
    """
    PGHOST, PGPORT and the like, set for another Postgres, change nothing.
    """
    misleading = {"PGHOST": "db.invalid", "PGPORT": "1", "PGUSER": "x", "PGDATABASE": "x", "PGDATA": "/x"}
    with clients(1, data_dir, env={"PYTHONPATH": IMPORTS, **misleading}) as (client,):
        assert client.opened().ask("SELECT current_user || '@' || current_database()") == "job_hunter@job_hunter"
        assert client.leave() == "left"


def test_a_long_path_gets_a_short_socket(data_dir: Path, tmp_path: Path) -> None:
    """
    A socket's path is limited to some hundred bytes, a data folder's is not; odd characters do no harm.
    """
    far = tmp_path / ("long & odd 'näme' " * 4) / ("x" * 60)
    far.parent.mkdir()
    shutil.move(data_dir, far)
    sockets = Place(far.resolve()).sockets
    try:
        with embedded_postgres(far, durable=False) as dsn:
            assert value(dsn, "SELECT count(*) FROM kept") == 0
            assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
            assert len(os.fsencode(sockets)) < 86
    finally:
        shutil.move(far, data_dir)
        shutil.rmtree(sockets)


def test_a_stale_socket_is_no_obstacle(data_dir: Path) -> None:
    """
    A socket file that nobody listens on any more is replaced.
    """
    (data_dir / "run").mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(data_dir / "run" / ".s.PGSQL.5432"))
    with embedded_postgres(data_dir, durable=False) as dsn:
        assert value(dsn, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("memory_mb", "buffers", "cache"), [(256, "32MB", "128MB"), (2048, "128MB", "512MB"), (65536, "256MB", "2048MB")]
)
def test_settings_fit_the_machine(memory_mb: int, buffers: str, cache: str) -> None:
    """
    A small machine keeps its memory, a big one is not plundered, and nothing is compiled for a query.
    """
    place = Place(Path("/srv/jobs"))
    settings = server_settings(place, major=18, durable=True, memory_bytes=memory_mb << 20, cpus=2)
    assert (buffers, cache, "off") == (
        settings["shared_buffers"],
        settings["effective_cache_size"],
        settings["jit"],
    )
    assert "fsync" not in settings
    assert "io_method" not in server_settings(place, major=15, durable=True)
    assert server_settings(place, major=18, durable=False)["fsync"] == "off"
