"""`docrail fields`: what the field registry remembers, and how often it was right."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from docrail.bootstrap import Program
from docrail.cli.ids import pick, short
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.store.registry import RememberedAnchor, RememberedField
from docrail.usecases.registry import get_field, is_trusted, list_fields

app = typer.Typer()
PAGE = 200


@app.command("fields")
def fields(
    field: Annotated[
        str | None, typer.Argument(help="An id or its last characters: shows the anchors of that field.")
    ] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show what is remembered of each field, and how often it was right.

    Example: docrail fields
    """
    with opened(home) as program:
        every = _every_field(program)
        if field is not None:
            _show_field(*get_field(program, pick(field, [each.id for each in every], kind="field")), as_json)
            return
    if as_json:
        print_json([_json(each) for each in every])
        return
    table = Table("id", "spec", "field", "confirmed", "anchors", "trusted", "right", box=None, pad_edge=False)
    for each in every:
        right = f"{each.right:,} of {each.seen:,}" if each.seen else ""
        numbers = (f"{each.confirmed:,}", f"{each.anchors:,}", f"{each.trusted:,}", right)
        table.add_row(short(each.id), each.spec_name, each.name, *numbers)
    Console().print(
        table if every else "Nothing is remembered yet: fields are learned from confirmed values."
    )


def _every_field(program: Program) -> list[RememberedField]:
    every: list[RememberedField] = []
    while page := list_fields(program, limit=PAGE, after=every[-1].id if every else None)[0]:
        every += page
    return every


def _show_field(field: RememberedField, anchors: list[RememberedAnchor], as_json: bool) -> None:
    if as_json:
        known = [
            {"anchor": a.anchor, "seen": a.seen, "right": a.right, "trusted": is_trusted(a)} for a in anchors
        ]
        print_json({**_json(field), "known": known})
        return
    title = f"{field.name} of {field.spec_name}, confirmed on {field.confirmed:,} documents"
    table = Table("anchor", "seen", "right", "trusted", box=None, pad_edge=False, title=title)
    for each in anchors:
        trusted = "yes" if is_trusted(each) else ""
        table.add_row(each.anchor, f"{each.seen:,}", f"{each.right:,}", trusted)
    Console().print(table)


def _json(field: RememberedField) -> dict[str, Any]:
    numbers = {key: getattr(field, key) for key in ("confirmed", "anchors", "trusted", "seen", "right")}
    return {"id": field.id, "spec": field.spec_name, "name": field.name, **numbers}
