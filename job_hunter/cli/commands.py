"""The commands by name: what `--help` says of each, and the module that is imported when it is called.

Importing what one command needs takes a second, and all of them together more; to list them, none is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import click
import typer
from click.shell_completion import CompletionItem
from typer.core import TyperGroup
from typer.main import get_group


class Listed(NamedTuple):
    """A command before it is imported: its module of this package, and the first sentence of its help."""

    module: str
    says: str


COMMANDS: Mapping[str, Listed] = {
    "migrate": Listed(
        "refresh", "Bring the database's schema to the version this program needs. A no-op when it is there already."
    ),
    "refresh": Listed("refresh", "Fetch every board and feed, store what changed, and write today's snapshot rows."),
    "snapshot": Listed(
        "refresh", "Insert the snapshot rows a day lacks, for boards fetched completely that day; rows that exist stay."
    ),
    "analyze": Listed(
        "analyst", "Who pays best, who moved, who is new, who is hiring, and how far each number can be trusted."
    ),
    "bands": Listed("asking", "The pay bands that open roles state, verbatim, the best paid first."),
    "comp-band": Listed(
        "asking",
        "How pay spreads, by company and kind of evidence; several companies stand side by side with the market.",
    ),
    "comp-table": Listed("asking", "Medians by company and level, with the number of figures behind each."),
    "query": Listed("asking", "Open roles, each once, the surest pay first, with the link to apply."),
    "export": Listed("exporting", "Rows for other programs, one a line; memory stays flat whatever their number."),
    "alert": Listed(
        "alerts",
        "Tell of companies whose p50 reaches a threshold, and of new openings that a saved search finds; once each.",
    ),
    "explain": Listed(
        "explaining", "Every figure found in a text, what it was taken for, and why it was chosen or refused."
    ),
    "doctor": Listed("operate", "Is it healthy? Exit code 1 when something needs a person."),
    "report": Listed(
        "operate", "The ledger as JSON: `runs`, `source_mix`, `evidence_mix` and `coverage` of the last days."
    ),
    "reparse": Listed(
        "history",
        "Read the archived postings of open roles again with today's readings; snapshots stay as they were taken.",
    ),
    "backfill-fx": Listed(
        "sourcing",
        "Load the exchange rates that are missing and price what has no pounds, by default from the oldest figure on.",
    ),
    "probe": Listed(
        "sourcing",
        "Find the board behind a careers page, see whose it is, and print the block to paste; "
        "exit code 1 if none fits.",
    ),
    "cdio-seed": Listed(
        "watch", "Make changedetection.io equal to cdio_watches.yaml; run it again after changing the token."
    ),
    "cdio-reconcile": Listed(
        "watch",
        "What differs from cdio_watches.yaml, and the last error of each watch. Exit code 1 when there is something.",
    ),
    "serve": Listed("watch", "Receive changedetection.io's notifications at /webhook/cdio, until SIGTERM or Ctrl-C."),
    "demo": Listed(
        "local",
        "Twelve simulated weeks of a made-up market, the newest through the real Prefect flow, and the leaders report.",
    ),
    "up": Listed(
        "local", "A local Prefect server with UI, a process worker, the deployments and the replica, until Ctrl-C."
    ),
    "self": Listed("own", "Your own pay, shown as You beside the market; never ranked, never counted."),
}
"""In the order `--help` lists them; a test holds each to its command."""


class Commands(TyperGroup):
    """The commands; a word that is none of an option's is answered with the nearest that is."""

    def __init__(self, **attrs: Any) -> None:
        """All of them, none imported."""
        super().__init__(**attrs)
        self.commands = {name: click.Command(name, help=listed.says) for name, listed in COMMANDS.items()}
        self._is_listing = False

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; what stands for it while commands are only listed; None for an unknown name."""
        if self._is_listing or cmd_name not in COMMANDS:
            return self.commands.get(cmd_name)
        return commands_of(COMMANDS[cmd_name].module)[cmd_name]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the program."""
        with self._listing():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a shell may complete the name of a command to."""
        with self._listing():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _listing(self) -> Iterator[None]:
        self._is_listing = True
        try:
            yield
        finally:
            self._is_listing = False

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that the words name."""
        try:
            return super().invoke(ctx)
        except click.BadParameter as error:
            from job_hunter.config.files import did_you_mean  # YAML and pydantic, which listing commands needs not

            choices = getattr(error.param and error.param.type, "choices", ())
            _, _, rest = error.message.partition("'")
            hint = did_you_mean(rest.partition("'")[0], [str(getattr(one, "value", one)) for one in choices])
            error.message = error.message.removesuffix(".") + hint if hint else error.message
            raise


@cache
def commands_of(module: str) -> Mapping[str, click.Command]:
    """The commands that a module of this package registers, by name, in its order."""
    part = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)
    import_module(f"job_hunter.cli.{module}").register(part)
    return get_group(part).commands
