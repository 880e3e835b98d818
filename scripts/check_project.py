"""Checks of the project as a whole: lock files name no host, modules stay small, and the docs know every thing."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from job_hunter import errors
from job_hunter.cli.commands import COMMANDS, commands_of
from job_hunter.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400
WHOLE = {"job_hunter/storage/tables.py"}  # the schema is one thing, and read as one
DOCS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs")


def lock_files_name_no_host() -> Iterator[str]:
    """A lock file holds names, versions, hashes and markers, so that any mirror of the index can serve it."""
    for path in sorted(ROOT.glob("requirements*.lock")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "://" in line or line.startswith(("--index", "--extra-index", "--find-links", "-i ", "-f ")):
                yield f"{path.name}:{number}: names an address"


def modules_stay_small() -> Iterator[str]:
    """One concept a module: about 300 lines, never over 400."""
    for folder in ("job_hunter", "flows"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MAX_LINES and str(path.relative_to(ROOT)) not in WHOLE:
                yield f"{path.relative_to(ROOT)}: {lines} lines, more than {MAX_LINES}"


def docs_text() -> str:
    """All documentation as one text."""
    texts = []
    for name in DOCS:
        path = ROOT / name
        files = sorted(path.rglob("*.md")) if path.is_dir() else [path]
        texts += [file.read_text(encoding="utf-8") for file in files if file.exists()]
    return "\n".join(texts)


def docs_are_whole() -> Iterator[str]:
    """Every command, setting and error class is documented."""
    text = docs_text()
    for name, listed in sorted(COMMANDS.items()):
        command = commands_of(listed.module)[name]
        if not re.search(rf"job-hunter {re.escape(name)}\b", text):
            yield f"command {name}: not in the docs"
        if not command.help:
            yield f"command {name}: no help text"
    for setting in SETTINGS:
        if setting.name not in text:
            yield f"setting {setting.name}: not in the docs"
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, errors.JobHunterError) and f"`{name}`" not in text:
            yield f"error {name}: not in the docs"


def main() -> int:
    """Print what is wrong; 1 when anything is."""
    found = [*lock_files_name_no_host(), *modules_stay_small(), *docs_are_whole()]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
