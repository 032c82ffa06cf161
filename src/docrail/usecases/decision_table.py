"""The log of decisions as a table: what is written as CSV."""

from collections.abc import Generator, Sequence
from pathlib import Path

from docrail.bootstrap import Program
from docrail.core.model import Value
from docrail.core.review import PAST, Action
from docrail.store.decisions import Decision, DecisionsWanted
from docrail.usecases.export_csv import write_csv
from docrail.usecases.export_table import Column, ColumnType, Table
from docrail.usecases.passports import PENDING_REVIEW
from docrail.usecases.reviews import every_decision
from docrail.usecases.times import iso_time

COLUMNS = (
    Column(name="id"),
    Column(name="at"),
    Column(name="reviewer"),
    Column(name="action"),
    Column(name="status"),
    Column(name="pipeline_id"),
    Column(name="pipeline_document_id"),
    Column(name="document_id"),
    Column(name="filename"),
    Column(name="field"),
    Column(name="gate"),
    Column(name="hold_reason"),
    Column(name="before", type=ColumnType.ANY),
    Column(name="after", type=ColumnType.ANY),
    Column(name="reason"),
    Column(name="supersedes"),
)


def write_decisions(program: Program, target: Path, wanted: DecisionsWanted | None = None) -> int:
    """Write the decisions that match as CSV, oldest first; how many."""
    return write_csv(Table(columns=COLUMNS, rows=_rows(program, wanted)), target)


def _rows(program: Program, wanted: DecisionsWanted | None) -> Generator[Sequence[Value], None, None]:
    for decision in every_decision(program, wanted):
        yield _row(decision)


def _row(decision: Decision) -> Sequence[Value]:
    hidden = decision.withheld
    return (
        decision.id,
        iso_time(decision.at),
        decision.reviewer,
        decision.action,
        PAST[Action(decision.action)],
        decision.pipeline_id,
        decision.run_document_id,
        decision.document_id,
        decision.filename,
        decision.field,
        decision.gate or None,
        decision.hold_reason,
        PENDING_REVIEW if hidden else decision.before,
        PENDING_REVIEW if hidden else decision.after,
        decision.reason,
        decision.supersedes,
    )
