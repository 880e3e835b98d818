"""What every command shares: settings, exit codes, progress, and output that a program can read."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

import orjson
import typer
from rich.console import Console

from job_hunter.config.alerts import with_remote
from job_hunter.config.files import not_one_of
from job_hunter.errors import JobHunterError, UsageError
from job_hunter.runtime import load_readings
from job_hunter.settings import Settings

T = TypeVar("T")

out = Console(highlight=False, soft_wrap=True)
"""What a command prints; plain when it is not a terminal."""

err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Progress, warnings and errors, so that stdout stays readable by programs."""


MOST = 1_000_000
"""Of anything that is listed: what is more was mistyped, and no database counts so far."""

PLACE = typer.Option("--location", "--place", help="A bucket of config/locations.yaml.")
"""How every command names a place."""


class Format(StrEnum):
    """How a command prints its data."""

    TABLE = "table"
    JSON = "json"


def now() -> datetime:
    """The time, in UTC: commands are where the clock is read."""
    return datetime.now(UTC)  # noqa: TID251 the one clock of the CLI


def today() -> date:
    """The UTC date."""
    return now().date()


def fail(error: JobHunterError) -> NoReturn:
    """Print one line on stderr and leave with the error's exit code."""
    err.print(f"[bold red]error:[/] {plain(str(error))}", markup=True)
    raise typer.Exit(error.exit_code)


def plain(message: str) -> str:
    """`message` with rich's markup and terminal control characters taken out of play."""
    return "".join(ch for ch in message if ch.isprintable() or ch in "\n\t").replace("[", r"\[")


def load_settings() -> Settings:
    """The settings of the environment; a wrong one ends the command with exit code 2."""
    try:
        return Settings.from_env()
    except JobHunterError as error:
        fail(error)


@contextmanager
def foreseen() -> Iterator[None]:
    """Turn a failure the product foresees into one line and its exit code, and Ctrl-C into exit code 130."""
    try:
        yield
    except JobHunterError as error:
        fail(error)
    except BaseExceptionGroup as group:  # of a TaskGroup: the first foreseen failure says what happened
        known = group.subgroup(JobHunterError)
        if known is None:
            raise
        fail(_first(known))
    except KeyboardInterrupt:
        err.print("interrupted")
        raise typer.Exit(130) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one use case, its failures `foreseen`."""
    with foreseen():
        return asyncio.run(work)


def _first(group: BaseExceptionGroup[JobHunterError]) -> JobHunterError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, JobHunterError)
    return error


def print_json(value: object) -> None:
    """Print `value` as JSON, and nothing else, on stdout."""
    sys.stdout.write(
        orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode() + "\n"
    )


def check_choice(option: str, value: str, choices: Iterable[str]) -> None:
    """Raise UsageError with the nearest valid value unless `value` is one of `choices`."""
    known = sorted(choices)
    if value not in known:
        raise UsageError(f"{option}: {not_one_of(value, known)}")


def check_place(settings: Settings, location: str) -> None:
    """Raise UsageError with the nearest bucket unless `location` is one of locations.yaml, or of its remote roles."""
    check_choice("--location", location, with_remote(load_readings(settings.config_dir).gazetteer.buckets))
