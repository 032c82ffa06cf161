"""The program `docrail`: its commands by name; a command's module is imported when the command is invoked."""

import gc
import importlib
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from docrail import __version__
from docrail.cli.problems import show_problem
from docrail.core.errors import DocrailError

COMMANDS = {
    "run": ("run", "Take documents through the rail of a spec and print the table."),
    "resume": ("run", "Go on with a run that was interrupted, or with all of them."),
    "progress": ("progress", "Show where a run stands, phase by phase."),
    "pipelines": ("pipelines", "List the runs, newest first."),
    "retry": ("pipelines", "Run failed documents again, from the phase that failed."),
    "cancel": ("pipelines", "End a run; what is finished stays."),
    "results": ("results", "Print the table of a run, also while it runs."),
    "export": ("results", "Write the table of a run to a file."),
    "review": ("review", "Decide on held fields: list, show, approve, correct, override."),
    "documents": ("documents", "List the documents kept, add some, see what became of each file."),
    "read": ("read", "Show what docrail sees of a file: its words, boxes, tables and what was hidden."),
    "spec": ("specs", "Check and show specs."),
    "fields": ("fields", "Show what is remembered of each field, and how often it was right."),
    "learn": ("learn", "Teach a spec what is true of documents."),
    "evaluate": ("learn", "Measure what a spec finds against what is true."),
    "keys": ("keys", "Make, list and revoke the keys of the HTTP interface."),
    "replay": ("replay", "Show what a gate would hold with another severity, and hold it."),
    "audit": ("audit", "Show who did what, and verify that nothing was changed since."),
    "serve": ("serve", "Serve the HTTP interface and the web page."),
    "worker": ("worker", "Work on whatever is queued, until stopped."),
}
"""Every command: the module of this package that has it, and its sentence in the list."""


class LazyGroup(TyperGroup):
    """Lists commands without importing them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else command, rest


def load_command(name: str) -> Any:
    """The command itself, from its module."""
    module = importlib.import_module(f"docrail.cli.{COMMANDS[name][0]}")
    return get_group(module.app).commands[name]


def main() -> None:
    """Run the command line of this process. Exit codes are those of `docrail.cli.problems`."""
    try:
        app()
    except DocrailError as error:
        sys.exit(show_problem(error))
    finally:
        gc.freeze()  # else the interpreter's end looks for cycles in all that was imported, for half a second


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"docrail {__version__}")
        raise typer.Exit


@app.callback()
def docrail(
    home: Annotated[
        str | None, typer.Option(help="The folder docrail keeps everything in; also DOCRAIL_HOME.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Turns a pile of documents into a governed table, and shows every step of the way.

    Example: docrail run invoices/ --spec invoice.yaml --out table.csv
    """
    if home is not None:
        os.environ["DOCRAIL_HOME"] = home  # so that processes started by a command find it, too


def _later() -> None:
    """Stands in the list for a command that is not imported yet."""


for _name, (_module, _summary) in COMMANDS.items():
    app.command(_name, help=_summary)(_later)
