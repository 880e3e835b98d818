"""The image, built from the Dockerfile with buildah, and a way to run it as Kubernetes would."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".venv-companions" / "image"
NAME = "localhost/job-hunter:companion"
USER = 10001


def buildah(*arguments: str) -> str:
    """What buildah answers; fails with the end of its log."""
    driver = (HOME / "driver").read_text(encoding="utf-8").strip()
    done = subprocess.run(
        [
            "buildah",
            "--root",
            str(HOME / "store"),
            "--runroot",
            str(HOME / "run"),
            "--storage-driver",
            driver,
            *arguments,
        ],
        cwd=ROOT,
        env={**os.environ, "CONTAINERS_CONF": str(HOME / "containers.conf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout.strip()


def write_pip_conf(path: Path) -> Path:
    """How this machine's pip reaches its index, for the pip in the build; local folders are left out."""
    wanted = ("index-url", "extra-index-url", "trusted-host", "proxy", "cert")
    listed = subprocess.run(["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    lines = ["[global]"]
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        key, text = name.split(".")[-1], value.strip().strip("'\"")
        if key in wanted and "file:" not in text:
            lines.append(f"{key} = {text}")
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Image:
    """A built image, its file system mounted at `root`."""

    root: Path
    config: dict[str, Any]
    work: Path
    numbers: Iterator[int] = field(default_factory=count)

    def bundle(
        self, arguments: Sequence[str], env: Mapping[str, str], mounts: Mapping[Path, str], *, user: int = USER
    ) -> Path:
        """A folder that runc runs: restricted as the Job's containers are, with the host's network."""
        folder = self.work / f"bundle{next(self.numbers)}"
        folder.mkdir()
        subprocess.run(["runc", "spec", "--bundle", str(folder)], check=True)
        path = folder / "config.json"
        spec = json.loads(path.read_text(encoding="utf-8"))
        own = dict(entry.split("=", 1) for entry in self.config["Env"])
        spec["process"] |= {
            "terminal": False,
            "user": {"uid": user, "gid": user},
            "args": list(arguments),
            "env": [f"{name}={value}" for name, value in {**own, **env}.items()],
            "cwd": self.config["WorkingDir"],
            "capabilities": {"bounding": [], "effective": [], "permitted": []},
            "noNewPrivileges": True,
            "rlimits": [],
        }
        spec["root"] = {"path": str(self.root), "readonly": True}
        spec["hostname"] = "job"
        spec["linux"]["namespaces"] = [one for one in spec["linux"]["namespaces"] if one["type"] != "network"]
        spec["linux"].pop("resources", None)
        spec["mounts"] = [one for one in spec["mounts"] if one["type"] not in ("cgroup", "sysfs")]
        spec["mounts"].append(
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["mode=1777", "nosuid", "nodev"]}
        )
        spec["mounts"] += [
            {"destination": target, "type": "bind", "source": str(source), "options": ["rbind", "ro"]}
            for source, target in mounts.items()
        ]
        path.write_text(json.dumps(spec), encoding="utf-8")
        return folder

    def command(self, folder: Path) -> list[str]:
        """The command line that runs a bundle to its end."""
        return ["runc", "--root", str(self.work / "runc"), "run", "--bundle", str(folder), f"job-hunter-{folder.name}"]

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, mounts: Mapping[Path, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the image to its end."""
        return subprocess.run(
            self.command(self.bundle(arguments, env or {}, mounts or {})),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    @contextmanager
    def started(
        self, *arguments: str, env: Mapping[str, str], mounts: Mapping[Path, str], log: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a command in the image for the time of the block; SIGTERM at its end."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(self.bundle(arguments, env, mounts)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(60)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """The image as the Dockerfile makes it of the checkout; its dependencies are built once and kept."""
    work: Path = tmp_path_factory.mktemp("image")
    pip_conf = write_pip_conf(work / "pip.conf")
    volumes = {pip_conf: "/etc/pip.conf", Path("/etc/ssl/certs"): "/etc/ssl/certs"}
    arguments = (
        *("--format", "docker", "--layers", "--isolation", "chroot", "--network", "host"),
        *(f"--volume={source}:{target}:ro" for source, target in volumes.items() if source.exists()),
        *("--build-arg", "BASE=localhost/job-hunter-base", "--build-arg", "BUILD_BASE=localhost/job-hunter-build-base"),
        *("--build-arg", "VERSION=1.2.3", "--build-arg", "REVISION=abcdef", "--file", "infra/docker/Dockerfile"),
    )
    # The first stage has a name of its own, or its layers, the dependencies among them, would be pruned as nobody's.
    buildah("build", *arguments, "--target", "build", "--tag", f"{NAME}-dependencies", ".")
    buildah("build", *arguments, "--tag", NAME, ".")
    buildah("rmi", "--prune")
    inspected = json.loads(buildah("inspect", "--type", "image", NAME))
    container = buildah("from", NAME)
    try:
        root = Path(buildah("mount", container))
        yield Image(root, inspected["Docker"]["config"], work)
    finally:
        buildah("umount", container)
        buildah("rm", container)
        shutil.rmtree(work, ignore_errors=True)


@pytest.fixture
def tcp(dsn: str) -> Iterator[str]:
    """The test's database over TCP on loopback, as a DSN."""
    with over_tcp(dsn) as address:
        yield address


@pytest.fixture
def empty_tcp(empty_dsn: str) -> Iterator[str]:
    """An empty database over TCP on loopback, as a DSN."""
    with over_tcp(empty_dsn) as address:
        yield address


@contextmanager
def over_tcp(dsn: str) -> Iterator[str]:
    """A way to a database whose socket is in a folder that only its owner enters."""
    parts = urlsplit(dsn)
    query = parse_qs(parts.query)
    target = f"{query['host'][0]}/.s.PGSQL.{query.get('port', ['5432'])[0]}"
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_forward_all, args=(listener, target), daemon=True).start()
    login = parts.netloc.rpartition("@")[0]
    try:
        yield f"postgresql://{login}@127.0.0.1:{listener.getsockname()[1]}{parts.path}"
    finally:
        listener.close()


def _forward_all(listener: socket.socket, target: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(target)
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=_forward, args=(source, sink), daemon=True).start()


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
