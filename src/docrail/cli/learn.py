"""`docrail learn` and `docrail evaluate`: teach a spec from truth, and measure what it finds."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from docrail.bootstrap import Program
from docrail.cli.live import counted
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.core.evaluation import PRECISIONS, Scores, coverage, mistakes, score, score_fields
from docrail.core.model import Layout
from docrail.usecases.evaluate import Evaluation, evaluate, evaluation_to_json, read_samples
from docrail.usecases.learn import Lesson, learn
from docrail.usecases.models import known_of
from docrail.usecases.sidecars import find_files
from docrail.usecases.specs import load_spec

app = typer.Typer()
SpecFile = Annotated[str, typer.Option("--spec", help="The spec file, or module:Model of Pydantic.")]
Truth = Annotated[
    Path, typer.Option("--truth", help='JSON lines: {"document": "a.pdf", "fields": {"total": 12.0}}.')
]
SHOWN = 40


@app.command("learn")
def learn_truth(spec: SpecFile, truth: Truth, as_json: Json = False, home: Home = None) -> None:
    """Teach a spec what is true of documents: the next run makes use of it.

    Example: docrail learn --spec invoice.yaml --truth truth.jsonl
    """
    wanted = load_spec(spec)
    with opened(home) as program:
        lesson = learn(program, wanted, truth)
    if as_json:
        print_json(_lesson_to_json(lesson))
        return
    _show_lesson(lesson)


@app.command("evaluate")
def evaluate_truth(
    paths: Annotated[list[str], typer.Argument(help="Files, folders (all below) and globs.")],
    spec: SpecFile,
    truth: Truth,
    folds: Annotated[
        int, typer.Option("--folds", help="Learn from some, try the others, in turn: 5 is usual.")
    ] = 0,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Measure what a spec finds against what is true: precision, recall and F1 by field, and every mistake.

    Example: docrail evaluate invoices/ --spec invoice.yaml --truth truth.jsonl --folds 5
    """
    wanted = load_spec(spec)
    files = find_files(paths)
    with opened(home) as program:
        samples = read_samples(lambda file: _layout(program, file), wanted, files, truth)
        known = None if folds else known_of(program, wanted.name)
    made = evaluate(wanted.fields, samples, folds=folds, known=known)
    if as_json:
        print_json(evaluation_to_json(made))
        return
    _show(made)


def _layout(program: Program, file: Path) -> Layout:
    return program.reader.read(file, filename=file.name)


def _lesson_to_json(lesson: Lesson) -> dict[str, object]:
    model = lesson.model
    return {
        "documents": lesson.documents,
        "values": lesson.values,
        "version": model.version if model else None,
        "new": lesson.is_new,
        "fields": dict(model.fields) if model else {},
        "curve": list(model.curve) if model else [],
    }


def _show_lesson(lesson: Lesson) -> None:
    console = Console()
    console.print(
        f"Confirmed {counted(lesson.values, 'value')} of {counted(lesson.documents, 'document')}.",
        highlight=False,
    )
    model = lesson.model
    if model is None:
        console.print("Nothing is learned yet: a field needs 5 documents with a confirmed value.")
        return
    console.print(
        f"{'Learned' if lesson.is_new else 'Already learned'}: version {model.version}, from "
        f"{counted(model.documents, 'document')}: {', '.join(model.fields)}.",
        highlight=False,
    )
    for point in model.curve:
        console.print(f"  {point['documents']:>4} documents  F1 {point['f1']:.2f} on others", highlight=False)


def _show(made: Evaluation) -> None:
    console = Console()
    table = Table("field", "precision", "recall", "F1", "wanted", "found", "right", box=None, pad_edge=False)
    for name, scores in [*score_fields(made.judged).items(), ("all", score(made.judged))]:
        table.add_row(name, *_figures(scores))
    console.print(table)
    console.print()
    for precision in PRECISIONS:
        found = coverage(made.judged, precision=precision)
        said = f"{found[0]:.0%} of the values, from confidence {found[1]:.2f} on" if found else "nothing"
        console.print(f"At precision {precision:.2f} can be taken unseen: {said}", highlight=False)
    if made.folds:
        console.print(
            f"\nCross-validated over {made.folds} folds. F1 by documents learned from:", highlight=False
        )
        for documents, f1 in made.curve:
            console.print(f"  {documents:>4}  {f1:.2f}  {'█' * round(40 * f1)}", highlight=False)
    if made.unread:
        console.print(f"\nCould not be read: {', '.join(made.unread)}", markup=False)
    _show_mistakes(made, console)


def _show_mistakes(made: Evaluation, console: Console) -> None:
    wrong = mistakes(made.judged)
    if not wrong:
        return
    table = Table("document", "page", "field", "true", "found", "sure", box=None, pad_edge=False)
    for each in wrong[:SHOWN]:
        page = str(each.page) if each.page else ""
        texts = (str(value)[:40] if value is not None else "" for value in (each.expected, each.actual))
        table.add_row(each.document, page, each.field, *texts, f"{each.confidence:.2f}")
    console.print(f"\n{counted(len(wrong), 'mistake')}, surest first:", highlight=False)
    console.print(table, markup=False)
    if len(wrong) > SHOWN:
        console.print(f"and {len(wrong) - SHOWN} more: --json has them all", highlight=False)


def _figures(scores: Scores) -> tuple[str, ...]:
    shares = (scores.precision, scores.recall, scores.f1)
    return (*(f"{share:.2f}" for share in shares), str(scores.wanted), str(scores.found), str(scores.right))
