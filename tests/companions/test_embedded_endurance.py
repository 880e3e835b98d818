"""The embedded Postgres under random kills, long recoveries, a full disk and the limits of a container."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_clients import AS_ROOT, IMPORTS, Client, clients, require, value

from job_hunter.storage.embedded import embedded_postgres, embedded_state, stop_abandoned

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="the processes of a server are found through /proc"),
]

# Runs argv in a user namespace in which no further ones may be opened, with the ids of a whole system.
CONFINED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if libc.unshare(0x10000000) != 0:
        os._exit(77)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as limit:
        limit.write("0")
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(ready[0], 1)
for name in ("uid_map", "gid_map"):
    with open(f"/proc/{child}/{name}", "w") as ids:
        ids.write("0 0 65536")
os.write(go[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
# What Docker leaves to root.
DOCKER = (
    "setpriv",
    "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+setfcap",
    "--inh-caps=-all",
    "--",
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An absent folder with a short path; what runs in it at the end is killed."""
    parent = Path(tempfile.mkdtemp(prefix="jhc")).resolve()
    yield parent / "db"
    for pid in _processes(parent / "db"):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(parent)


def _processes(data_dir: Path) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdecimal() and os.readlink(f"/proc/{name}/cwd") == str(data_dir / "pg"):
                found.append(int(name))
        except OSError:
            pass
    return found


def _servers(data_dir: Path) -> list[int]:
    """The postmasters. A backend that was forked a moment ago still bears its parent's command line."""
    parents = {}
    for pid in _processes(data_dir):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if b"-D" in command:
            parents[pid] = parent
    return [pid for pid, parent in parents.items() if parent not in parents]


def _kill(*pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


@pytest.mark.parametrize("seed", range(3))
def test_random_kills_lose_nothing_that_was_committed(data_dir: Path, seed: int) -> None:
    """
    Twelve rounds of one to three clients; server, clients or all of them are killed at random: every acknowledged row
    is there in the next round, there is never a second server, and at the end none.
    """
    chance = random.Random(seed)
    acknowledged: set[int] = set()
    with embedded_postgres(data_dir) as dsn:
        value(dsn, "CREATE TABLE kept (n int PRIMARY KEY)")
    for turn in range(12):
        with clients(chance.randint(1, 3), data_dir, durable=True) as open_now:
            for k, client in enumerate(open_now):
                client.opened()
                assert set(map(int, filter(None, client.ask(_ALL).split(",")))) >= acknowledged
                n = turn * 100 + k
                assert client.ask(f"INSERT INTO kept VALUES ({n}) RETURNING n") == str(n)
                acknowledged.add(n)
            assert len(_servers(data_dir)) == 1
            victims = chance.choice(["none", "server", "client", "clients", "all", "server processes"])
            if victims == "server":
                _kill(*_servers(data_dir))
            elif victims == "server processes":
                _kill(*_processes(data_dir))
            elif victims == "client":
                chance.choice(open_now).kill()
            elif victims in ("clients", "all"):
                for client in open_now:
                    client.tell(f"INSERT INTO kept SELECT generate_series({turn * 100 + 50}, {turn * 100 + 99})")
                    client.kill()
                if victims == "all":
                    _kill(*_processes(data_dir))
            survivors = [client for client in open_now if client.process.poll() is None]
            for client in survivors:
                assert client.leave() == "left"
        if survivors:
            assert not embedded_state(data_dir).running, victims
    with embedded_postgres(data_dir) as dsn:
        assert set(map(int, value(dsn, _ALL).split(","))) >= acknowledged
    assert _processes(data_dir) == []


_ALL = "SELECT coalesce(string_agg(n::text, ','), '') FROM kept"


def test_a_first_opening_killed_at_any_moment_can_be_repeated(data_dir: Path) -> None:
    """
    Ten kills between the first moment and the end of the first opening; then it opens, and nothing half-made is left.
    """
    chance = random.Random(5)
    for _ in range(10):
        with clients(1, data_dir) as (client,):
            try:
                client.process.wait(chance.uniform(0.05, 1.5))
            except subprocess.TimeoutExpired:
                pass
            client.kill()
        if chance.random() < 0.5:
            stop_abandoned(data_dir)
            shutil.rmtree(data_dir, ignore_errors=True)
    with embedded_postgres(data_dir, durable=False) as dsn:
        assert value(dsn, "SELECT current_database()") == "job_hunter"
    assert not (data_dir / "pg.new").exists()
    assert _processes(data_dir) == []


def test_a_long_crash_recovery_is_waited_for(data_dir: Path) -> None:
    """
    Everything is killed with a million rows since the last checkpoint; three clients open during the recovery.
    """
    with clients(1, data_dir) as (client,):
        client.opened().ask("CREATE TABLE kept AS SELECT n, repeat('x', 60) AS filler FROM generate_series(1, 1) AS n")
        client.ask("INSERT INTO kept SELECT n, repeat('x', 60) FROM generate_series(2, 1000000) AS n")
        client.kill()
    _kill(*_processes(data_dir))
    with clients(3, data_dir) as three:
        for waiting in three:
            assert waiting.opened().ask("SELECT count(*) FROM kept") == "1000000"
        for waiting in three:
            assert waiting.leave() == "left"
    assert "redo done" in (data_dir / "server.log").read_text()
    assert not embedded_state(data_dir).running


def test_a_backend_that_outlives_its_killed_server_is_ended(data_dir: Path) -> None:
    """
    A query that never looks up keeps the files in use after its server was killed: it is ended, then we start.
    """
    with clients(1, data_dir) as (busy,):
        busy.opened().ask("CREATE TABLE kept AS SELECT 1 AS n")
        with clients(1, data_dir) as (watcher,):
            watcher.opened()
            busy.tell("DO $$ BEGIN LOOP END LOOP; END $$")
            while watcher.ask("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO %'") != "1":
                pass
            _kill(*_servers(data_dir))
            assert len(_processes(data_dir)) >= 1
            with embedded_postgres(data_dir, durable=False) as dsn:
                assert value(dsn, "SELECT count(*) FROM kept") == 1
                assert len(_servers(data_dir)) == 1


@pytest.mark.parametrize("caps", [(), DOCKER], ids=["all capabilities", "a container's capabilities"])
def test_root_without_user_namespaces_becomes_another_user(data_dir: Path, caps: tuple[str, ...]) -> None:
    """
    Where root may open no user namespace, as in a container: uid 65534 runs the server, root's own folders are no
    obstacle, and the same data is used from outside again, in turns.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can map another user's id into a namespace")
    confined = (sys.executable, "-c", CONFINED, *caps)
    require((*confined, "setpriv", "--reuid=65534", "--"), "no namespace with two users can be made here")
    data_dir.parent.chmod(0o700)
    with embedded_postgres(data_dir, durable=False) as dsn:
        value(dsn, "CREATE TABLE kept AS SELECT 1 AS n")
    for _ in range(2):
        with clients(2, data_dir, prefix=confined) as inside:
            for client in inside:
                assert client.opened().ask("SELECT count(*) FROM kept") == "1"
            (server,) = _servers(data_dir)
            assert "Uid:\t65534\t" in Path(f"/proc/{server}/status").read_text()
            _kill(server)
            with clients(1, data_dir, prefix=confined) as (late,):
                assert late.opened().ask("SELECT count(*) FROM kept") == "1"
                assert late.leave() == "left"
            for client in inside:
                assert client.leave() == "left"
        with embedded_postgres(data_dir, durable=False) as dsn:
            assert value(dsn, "SELECT count(*) FROM kept") == 1
    assert _processes(data_dir) == []


def test_a_full_disk_is_named_and_survived(data_dir: Path) -> None:
    """
    No room for the database, then none to start it; with room again it opens.
    """
    namespace = ("unshare", "-m", "--") if os.geteuid() == 0 else ("unshare", "-U", "-r", "-m", "--")
    require(namespace, "no file system of a size can be mounted here")
    data_dir.mkdir()
    script = 'mount -t tmpfs -o size=$0 none "$1" && mkdir "$1/db" && shift && exec "$@"'
    with clients(1, data_dir / "db", prefix=(*namespace, "sh", "-c", script, "20m", str(data_dir))) as (client,):
        said = client.line()
        assert said.startswith(f"refused The embedded Postgres in {data_dir}/db did not start; the disk is full")
    fill = (
        "from pathlib import Path\n"
        "def fill():\n"
        "    with open(root / 'filler', 'wb', buffering=0) as f:\n"
        "        try:\n"
        "            while f.write(bytes(4096)): pass\n"
        "        except OSError: pass\n"
        "root = Path(sys.argv[1]).parent\n"
    )
    code = (
        f"import sys\n{fill}"
        "from job_hunter.errors import EmbeddedPostgresError\n"
        "from job_hunter.storage.embedded import embedded_postgres\n"
        "with embedded_postgres(Path(sys.argv[1]), durable=False): pass\n"
        "fill()\n"
        "try:\n"
        "    with embedded_postgres(Path(sys.argv[1]), durable=False): print('opened')\n"
        "except EmbeddedPostgresError as error: print(error)\n"
        "(root / 'filler').unlink()\n"
        "with embedded_postgres(Path(sys.argv[1]), durable=False): print('opened')\n"
    )
    command = [*namespace, "sh", "-c", script, "100m", str(data_dir), sys.executable, "-c", code, str(data_dir / "db")]
    environment = {"PYTHONPATH": IMPORTS, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    ended = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    first, second = ended.stdout.splitlines()
    assert "space" in first
    assert second == "opened"


def test_root_of_a_namespace_gets_along(data_dir: Path) -> None:
    """
    Root of a namespace (rootless containers) opens one more inside it.
    """
    require(AS_ROOT, "this system forbids user namespaces")
    with clients(2, data_dir, prefix=AS_ROOT) as both:
        first: Client = both[0]
        assert first.opened().ask("SELECT 1") == "1"
        assert both[1].opened().ask("SELECT 1") == "1"
        _kill(*_servers(data_dir))
        assert first.leave() == "left"
        assert both[1].leave() == "left"
    assert not embedded_state(data_dir).running
