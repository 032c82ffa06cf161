"""`docrail audit`: who did what, and whether the trail is whole."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.cli.ids import short
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.usecases.audit import list_audit, verify_audit
from docrail.usecases.times import iso_time

app = typer.Typer()
audit = typer.Typer(
    no_args_is_help=True, help="Show and verify the audit trail.\n\nExample: docrail audit verify"
)
app.add_typer(audit, name="audit")


@audit.command("list")
def list_(
    action: Annotated[str | None, typer.Option(help="`run`, `key.revoked`, …")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Entries shown, newest first.")] = 50,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List what was done, newest first.

    Example: docrail audit list --action key
    """
    with opened(home) as program:
        entries, total = list_audit(program, limit=limit, action=action)
    if as_json:
        print_json([{name: getattr(each, name) for name in each.__slots__} for each in entries])
        return
    table = Table("#", "at", "who", "did", "to", "details", box=None, pad_edge=False)
    for each in entries:
        row = (str(each.seq), iso_time(each.at), each.actor, each.action, short(each.subject), each.details)
        table.add_row(*row)
    Console().print(table if entries else "Nothing was done yet.", markup=False)
    if total > len(entries):
        Console().print(f"{total - len(entries)} earlier entries: --limit {total}", style="dim")


@audit.command("verify")
def verify(
    head: Annotated[
        str | None, typer.Option(help="The hash of an entry noted elsewhere, to notice a cut-off end.")
    ] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Check that no entry was changed or taken out. Exit code 1 if one was.

    Example: docrail audit verify
    """
    with opened(home) as program:
        chain = verify_audit(program, head=head)
    if as_json:
        print_json({"entries": chain.entries, "head": chain.head, "problems": list(chain.problems)})
    else:
        console = Console()
        for problem in chain.problems:
            console.print(problem, markup=False, highlight=False)
        said = "is not whole" if chain.problems else "is whole"
        console.print(
            f"the trail of {chain.entries} entries {said}; its head is {chain.head}", soft_wrap=True
        )
    if chain.problems:
        raise typer.Exit(1)
