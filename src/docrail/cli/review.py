"""`docrail review`: held fields listed, shown and decided, and the log of decisions."""

import getpass
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from docrail.bootstrap import Program, working
from docrail.cli.ids import SHORTEST, find_pipeline, pick
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.cli.problems import error_console
from docrail.cli.review_card import show_card, show_queue
from docrail.cli.review_keys import work_through
from docrail.core.review import Action
from docrail.store.decisions import Decision, DecisionsWanted
from docrail.store.reviews import HeldField, Wanted
from docrail.usecases.decide import UNSAID, Answer, Decided, resolve
from docrail.usecases.decision_table import write_decisions
from docrail.usecases.reviews import (
    Item,
    count_reworks_due,
    find_pipeline_documents,
    get_review,
    list_decisions,
    list_reviews,
)
from docrail.usecases.times import iso_time

LONGEST_WAIT = 60.0
app = typer.Typer()
review = typer.Typer(invoke_without_command=True)
app.add_typer(review, name="review")

Document = Annotated[str, typer.Argument(help="The id in the list: its last characters.")]
FieldName = Annotated[str, typer.Argument(help="The field.")]
Pipeline = Annotated[str | None, typer.Option("--pipeline", help="Of one run: its id, or `last`.")]
OfField = Annotated[str | None, typer.Option("--field", help="Only this field.")]
OfGate = Annotated[str | None, typer.Option("--gate", help="Only what this gate holds.")]
OfReason = Annotated[str | None, typer.Option("--reason", help="Only what is held for this reason.")]
Instead = Annotated[
    str | None, typer.Option("--instead-of", help="The id of the decision that this one takes the place of.")
]
Why = Annotated[str | None, typer.Option("--reason", help="Why; kept in the log.")]


@review.callback()
def review_(context: typer.Context, home: Home = None) -> None:
    """Decide on held fields one by one with keys, or list them where there is no terminal.

    Example: docrail review
    """
    if context.invoked_subcommand is None:
        if sys.stdin.isatty() and sys.stdout.isatty():
            work(home=home)
        else:
            list_(home=home)


@review.command("work")
def work(
    pipeline: Pipeline = None,
    field: OfField = None,
    gate: OfGate = None,
    reason: OfReason = None,
    home: Home = None,
) -> None:
    """Show held fields one by one and decide on them with single keys.

    Example: docrail review work --pipeline last --field total
    """
    with opened(home) as program, working(program):
        wanted = _wanted(program, pipeline, field, gate, reason)
        decided = work_through(program, Console(), wanted, reviewer=_me())
        Console().print(f"{counted(decided, 'field')} decided", highlight=False)
        _wait_for_reworks(program)


@review.command("list")
def list_(
    pipeline: Pipeline = None,
    field: OfField = None,
    gate: OfGate = None,
    reason: OfReason = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to list.")] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List what waits for review, oldest first.

    Example: docrail review list --pipeline last --gate totals
    """
    with opened(home) as program:
        rows, total = list_reviews(program, _wanted(program, pipeline, field, gate, reason), limit=limit)
    if as_json:
        print_json([_named(row) for row in rows])
        return
    show_queue(rows, Console(), total=total, short=SHORTEST)


@review.command("show")
def show(document: Document, field: FieldName, as_json: Json = False, home: Home = None) -> None:
    """Show one field with its evidence: value, source, verdicts, candidates, decisions.

    Example: docrail review show 0abcdef1 total
    """
    with opened(home) as program:
        item = get_review(program, _find(program, document), field)
    if as_json:
        print_json(_plain(item))
        return
    show_card(item, Console())


@review.command("approve")
def approve(
    document: Document, field: FieldName, instead_of: Instead = None, why: Why = None, home: Home = None
) -> None:
    """Keep the value.

    Example: docrail review approve 0abcdef1 total
    """
    _decide(home, document, field, Action.APPROVE, reason=why, supersedes=instead_of)


@review.command("correct")
def correct(
    document: Document,
    field: FieldName,
    value: Annotated[str, typer.Argument(help="The right value; empty: the document has none.")],
    instead_of: Instead = None,
    why: Why = None,
    home: Home = None,
) -> None:
    """Give the right value.

    Example: docrail review correct 0abcdef1 total 119.00
    """
    _decide(home, document, field, Action.CORRECT, value=_read(value), reason=why, supersedes=instead_of)


@review.command("override")
def override(
    document: Document,
    field: FieldName,
    why: Annotated[str, typer.Option("--reason", help="Why; kept in the log.")],
    value: Annotated[str | None, typer.Option("--value", help="Another value than the one found.")] = None,
    instead_of: Instead = None,
    home: Home = None,
) -> None:
    """Force a value past the gates, with a reason.

    Example: docrail review override 0abcdef1 total --reason "agreed by phone"
    """
    said = UNSAID if value is None else _read(value)
    _decide(home, document, field, Action.OVERRIDE, value=said, reason=why, supersedes=instead_of)


@review.command("decisions")
def decisions(
    pipeline: Pipeline = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write all of it as CSV to this file.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to list.")] = 20,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List who decided what, newest first, or write the whole log as CSV.

    Example: docrail review decisions --out decisions.csv
    """
    with opened(home) as program:
        wanted = DecisionsWanted(run_id=find_pipeline(program, pipeline) if pipeline else None)
        if out is not None:
            rows = write_decisions(program, out, wanted)
            Console().print(f"{counted(rows, 'decision')} in {out}", highlight=False, soft_wrap=True)
            return
        page, total = list_decisions(program, wanted, limit=limit)
    if as_json:
        print_json([_named(each) for each in page])
        return
    for each in page:
        line = (
            f"{iso_time(each.at)} {each.reviewer}: {each.action} {each.field} of {each.filename} ({each.id})"
        )
        Console().print(line, markup=False, highlight=False, soft_wrap=True)
    if total > len(page):
        Console().print(f"… and {total - len(page):,} more", style="dim")


def _decide(home: str | None, document: str, field: str, action: Action, **more: Any) -> None:
    with opened(home) as program:
        answer = Answer(pipeline_document_id=_find(program, document), field=field, action=action, **more)
        _show(resolve(program, answer, reviewer=_me()))
        if count_reworks_due(program):
            with working(program):
                _wait_for_reworks(program)


def _read(text: str) -> Any:
    """A value as it was typed: lists and objects as JSON, all else as text that the field makes sense of."""
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _show(decided: Decided) -> None:
    left = (
        f"; {counted(decided.held_fields, 'field')} of this document still held"
        if decided.held_fields
        else ""
    )
    text = f"{decided.field}: {decided.status}{left} (decision {decided.decision_id})"
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def _wait_for_reworks(program: Program) -> None:
    """The phases after a gate run again, here or in whatever process works on this home folder."""
    deadline = time.monotonic() + LONGEST_WAIT
    while left := count_reworks_due(program):
        if time.monotonic() > deadline:
            text = (
                f"Still to be worked out anew: {counted(left, 'record')}. `docrail worker` goes on with it."
            )
            error_console().print(text, highlight=False)
            return
        time.sleep(0.05)


def _wanted(
    program: Program, pipeline: str | None, field: str | None, gate: str | None, reason: str | None
) -> Wanted:
    run_id = find_pipeline(program, pipeline) if pipeline else None
    return Wanted(run_id=run_id, field=field, gate=gate, reason=reason)


def _find(program: Program, text: str) -> str:
    return pick(text, find_pipeline_documents(program, text), kind="pipeline document")


def _me() -> str:
    return getpass.getuser()


def _plain(item: Item) -> dict[str, Any]:
    """The evidence as JSON has it."""
    return {
        "pipeline_document_id": item.pipeline_document_id,
        "filename": item.filename,
        "field": item.field.name,
        "held": _named(item.held) if item.held else None,
        "versions": [{"version": number, "cell": cell} for number, cell in item.versions],
        "verdicts": item.verdicts,
        "decisions": [_named(each) for each in item.decisions],
        "candidates": item.suggestions,
        "record": item.record,
    }


def _named(row: HeldField | Decision) -> dict[str, Any]:
    """A row in the words of the HTTP interface."""
    words = {"run_document_id": "pipeline_document_id", "spec_id": "schema_id"}
    return {words.get(name, name): value for name, value in asdict(row).items()}
