"""The command line: each command parses its words, opens the runtime, calls one use case, prints, and exits.

Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import gc
import signal
import sys
from typing import Annotated

import typer

from job_hunter import __version__
from job_hunter.cli.commands import Commands
from job_hunter.cli.logs import set_up_logging
from job_hunter.collector import pause_collector, settle_collector

app = typer.Typer(
    name="job-hunter",
    cls=Commands,
    help="Who hires, and what they pay: a dated record of the job market.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"job-hunter {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more on stderr.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    set_up_logging(verbose=verbose)
    if not gc.isenabled():  # the command is imported by now
        settle_collector()


def main() -> None:
    """The entry point of `job-hunter` and `python -m job_hunter`."""
    # As for Ctrl-C: blocks are left in order, so that an embedded Postgres does not stay behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    pause_collector()
    app()
