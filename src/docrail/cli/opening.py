"""Opens the program for a command: settings from its flags, logs as a command line wants them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from docrail.bootstrap import Program, open_program
from docrail.cli.logs import configure_logs
from docrail.config import read_settings

Home = Annotated[
    str | None, typer.Option("--home", help="The folder docrail keeps everything in; also DOCRAIL_HOME.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@contextmanager
def opened(home: str | None, **flags: Any) -> Iterator[Program]:
    """The program over the home folder that `--home`, the environment or `docrail.toml` names."""
    settings = read_settings({"home": home, **flags})
    configure_logs(settings.log_level)
    with open_program(settings) as program:
        yield program
