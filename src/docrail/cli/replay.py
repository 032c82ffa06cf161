"""`docrail replay`: what a gate would hold with another severity, from the verdicts that were kept."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.ids import find_pipeline
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.usecases.replay import replay_gate

app = typer.Typer()


@app.command("replay")
def replay(
    pipeline: Annotated[str, typer.Argument(help="An id, its last characters, or `last`.")] = "last",
    gate: Annotated[str, typer.Option("--gate", help="The name of a gate of the run.")] = "",
    severity: Annotated[str, typer.Option(help="info, warning or blocking.")] = "blocking",
    apply: Annotated[bool, typer.Option("--apply", help="Hold what it would hold.")] = False,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show what a gate would hold with another severity. Nothing runs again.

    Example: docrail replay last --gate totals
    """
    with opened(home) as program:
        pipeline_id = find_pipeline(program, pipeline)
        done = replay_gate(program, pipeline_id, gate, severity=severity, apply=apply)
    if as_json:
        print_json(
            {
                "gate": done.gate,
                "severity": done.severity.value,
                "documents": done.documents,
                "held": dict(done.held),
                "released": dict(done.released),
                "applied": done.applied,
            }
        )
        return
    table = Table("document", "would be held", "would not be held", box=None, pad_edge=False)
    for each in done.examples:
        held = ", ".join(f"{field} ({reason})" for field, reason in each.held.items())
        table.add_row(each.filename, held, ", ".join(each.released))
    console = Console()
    if done.examples:
        console.print(table)
    said = "hold now" if done.applied else "would change"
    console.print(f"{counted(done.documents, 'document')} {said}", highlight=False)
