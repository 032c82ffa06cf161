"""`docrail spec check`, `docrail spec show` and `docrail spec suggest`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.bootstrap import make_reader
from docrail.cli.live import counted
from docrail.cli.opening import Home, opened
from docrail.cli.problems import WRONG_USAGE, error_console, show_reasons
from docrail.config import read_settings
from docrail.core.plan import compile_rail
from docrail.core.spec import Field, Spec
from docrail.usecases.spec_versions import find_spec
from docrail.usecases.specs import SUFFIXES, check_spec, load_spec
from docrail.usecases.suggest import read_samples, spec_to_yaml, suggest_spec

app = typer.Typer()
spec = typer.Typer(
    no_args_is_help=True, help="Check and show specs.\n\nExample: docrail spec check invoice.yaml"
)
app.add_typer(spec, name="spec")
File = Annotated[str, typer.Argument(help="A spec file, or module:Model of Pydantic.")]


@spec.command("check")
def check(file: File) -> None:
    """Name every problem of a spec at once, with its line.

    Example: docrail spec check invoice.yaml
    """
    found, problems = check_spec(file)
    if problems or found is None:
        show_reasons(problems, origin=file)
        raise typer.Exit(WRONG_USAGE)
    phases = compile_rail(found).phases
    Console().print(
        f"{file} is a good spec: {counted(len(found.fields), 'field')}, {counted(len(phases), 'phase')}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


@spec.command("suggest")
def suggest(
    documents: Annotated[
        list[Path], typer.Argument(help="Sample documents of one kind, or folders of them.")
    ],
    name: Annotated[str, typer.Option(help="The name of the spec.")] = "Suggested",
    home: Home = None,
) -> None:
    """Print a spec with the fields that recur in sample documents, to be edited.

    Example: docrail spec suggest invoices/ --name Invoices > invoices.yaml
    """
    with make_reader(read_settings({"home": home})) as reader:
        layouts, problems = read_samples(reader, documents)
    for problem in problems:
        error_console().print(f"left out {problem.path}: {problem.message}", markup=False, highlight=False)
    sys.stdout.write(spec_to_yaml(suggest_spec(layouts, name=name)))


@spec.command("show")
def show(
    name: Annotated[
        str, typer.Argument(help="A spec file, module:Model, or the name of a spec used before.")
    ],
    home: Home = None,
) -> None:
    """Show the fields of a spec and the phases its rail compiles to.

    Example: docrail spec show invoice.yaml
    """
    found = _kept_spec(name, home) or load_spec(name)
    fields = Table("field", "type", "required", "labels", box=None, pad_edge=False, title=found.name)
    for each in found.fields:
        fields.add_row(each.name, _kind(each), "yes" if each.required else "", ", ".join(each.synonyms))
    phases = Table("phase", "type", "name", "scope", box=None, pad_edge=False)
    for phase in compile_rail(found).phases:
        phases.add_row(phase.id, phase.type, phase.name, phase.scope)
    console = Console()
    console.print(fields)
    console.print()
    console.print(phases)


def _kind(field: Field) -> str:
    return f"{field.type} ({field.format})" if field.format else str(field.type)


def _kept_spec(name: str, home: str | None) -> Spec | None:
    """The newest version of the kept spec of that name or id, unless it is a file's or a model's."""
    if Path(name).exists() or ":" in name or Path(name).suffix in SUFFIXES:
        return None
    with opened(home) as program:
        return find_spec(program, name)
