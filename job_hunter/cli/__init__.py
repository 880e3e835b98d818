"""The command line: each command parses its words, opens the runtime, calls one use case, prints, and exits.

Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from typing import Annotated, Any

import click
import typer
from typer.core import TyperGroup

from job_hunter import __version__
from job_hunter.cli.support import set_up_logging
from job_hunter.config.files import did_you_mean
from job_hunter.runtime import settle_collector

MODULES = (
    "refresh",
    "analyst",
    "asking",
    "exporting",
    "own",
    "alerts",
    "explaining",
    "operate",
    "history",
    "sourcing",
    "watch",
    "local",
)
"""The modules of this package that register commands, in the order `--help` lists them."""


class Commands(TyperGroup):
    """The commands; a word that is none of an option's is answered with the nearest that is."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the words name."""
        try:
            return super().invoke(ctx)
        except click.BadParameter as error:
            choices = getattr(error.param and error.param.type, "choices", ())
            _, _, rest = error.message.partition("'")
            hint = did_you_mean(rest.partition("'")[0], [str(getattr(one, "value", one)) for one in choices])
            error.message = error.message.removesuffix(".") + hint if hint else error.message
            raise


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


for _module in MODULES:
    import_module(f"job_hunter.cli.{_module}").register(app)


def main() -> None:
    """The entry point of `job-hunter` and `python -m job_hunter`."""
    # As for Ctrl-C: blocks are left in order, so that an embedded Postgres does not stay behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    settle_collector()
    app()
