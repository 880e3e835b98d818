"""The list of commands: what it says of each, and how little is imported to say it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import job_hunter.cli
from job_hunter.cli.commands import COMMANDS, commands_of

MODULES = tuple(dict.fromkeys(listed.module for listed in COMMANDS.values()))
HEAVY = ("alembic", "asyncpg", "httpx", "pydantic", "sqlalchemy", "yaml")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_listed_with_the_first_sentence_of_its_help(name: str) -> None:
    """What stands for a command until it is imported says what the command itself says."""
    command = commands_of(COMMANDS[name].module)[name]
    assert COMMANDS[name].says == " ".join((command.help or "").split("\n\n")[0].split())


def test_every_command_of_every_module_is_listed() -> None:
    """No module registers a command that the list lacks, and none is left out."""
    folder = Path(job_hunter.cli.__file__).parent
    registering = {path.stem for path in folder.glob("*.py") if "def register(" in path.read_text(encoding="utf-8")}
    assert set(MODULES) == registering
    assert {name for module in MODULES for name in commands_of(module)} == set(COMMANDS)


def test_help_imports_none_of_what_commands_need() -> None:
    """The list of commands costs no import of a database driver, an HTTP client or a schema."""
    program = (
        "import sys; from job_hunter.cli import app; sys.argv = ['job-hunter', '--help']; "
        f"app(standalone_mode=False); print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"
    assert "refresh" in said
