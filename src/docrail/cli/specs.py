"""`docrail spec check` and `docrail spec show`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.live import counted
from docrail.cli.problems import WRONG_USAGE, show_reasons
from docrail.core.plan import compile_rail
from docrail.core.spec import Field
from docrail.usecases.specs import check_spec, load_spec

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


@spec.command("show")
def show(file: File) -> None:
    """Show the fields of a spec and the phases its rail compiles to.

    Example: docrail spec show invoice.yaml
    """
    found = load_spec(file)
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
