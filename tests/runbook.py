"""The commands of docs/runbook.md: those in its shell blocks and those within its sentences."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("job-hunter", "prefect", "python", "kubectl", "terraform")
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


def read_runbook() -> str:
    """The page as text."""
    return (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def runbook_commands(*programs: str) -> list[str]:
    """Each command of `programs` (all of them when none is named) once, in the page's order, without its comment."""
    page = read_runbook()
    lines = [line.partition(" #")[0].strip() for block in _BLOCK.findall(page) for line in block.splitlines()]
    inline = _INLINE.findall(_BLOCK.sub("", page).replace(" …", ""))
    found = [line for line in lines if line]
    found += [code for code in inline if code.split()[0] in PROGRAMS and len(code.split()) > 1]
    assert all(command.split()[0] in PROGRAMS for command in found), found
    return [command for command in dict.fromkeys(found) if not programs or command.split()[0] in programs]


def filled(command: str, values: dict[str, str]) -> list[str]:
    """The arguments of `command` with the words in capitals filled in."""
    for name, value in values.items():
        command = re.sub(rf"\b{name}\b", value, command)
    assert not re.search(r"\b[A-Z]{3,}\b", command), f"what is to be filled in here? {command}"
    return shlex.split(command)
