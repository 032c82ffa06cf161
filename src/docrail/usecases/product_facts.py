"""What stands beside the table of a run: the schema of its columns, and a summary of its quality."""

from collections import Counter
from collections.abc import Mapping

from docrail.bootstrap import Program
from docrail.core.model import CellStatus, Value
from docrail.core.progress import count_ends
from docrail.core.spec_build import field_document
from docrail.store.counters import read_tally
from docrail.store.runs import Run, read_run
from docrail.store.thresholds import NONE, Thresholds, failed_fields
from docrail.usecases.composed import EMPTY, LEFT_OUT
from docrail.usecases.results import ResultRow, every_page


def describe_schema(program: Program, run_id: str) -> Mapping[str, Value]:
    """The fields of the table as JSON Schema, each of which may be null. Raises NotFound."""
    with program.database.reading() as connection:
        run = read_run(connection, run_id, workspace_id=program.workspace)
    properties: dict[str, Value] = {}
    for field in run.plan.fields:
        body = dict(field_document(field))
        body.pop("required", None)
        properties[field.name] = {**body, "type": [field.type.value, "null"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": run.spec_name,
        "type": "object",
        "properties": properties,
        "x-spec": {"id": run.spec_id, "version": run.spec_version},
    }


def summarise_quality(program: Program, run_id: str, thresholds: Thresholds = NONE) -> Mapping[str, Value]:
    """How complete and how sure the table is: documents by their end, fields by status, failed checks by gate.

    Raises NotFound.
    """
    fields: dict[str, _Field] = {}
    failed: Counter[tuple[str, str]] = Counter()
    with program.database.reading() as connection:
        run = read_run(connection, run_id, workspace_id=program.workspace)
        ends = count_ends(read_tally(connection, run_id))
        for page in every_page(connection, run):
            for row in page:
                _count(row, fields, failed, thresholds)
    return {
        "spec": {"name": run.spec_name, "version": run.spec_version},
        "documents": {
            "total": run.total,
            "completed": ends.completed - ends.partial,
            "partial": ends.partial,
            "error": ends.error,
            "cancelled": ends.cancelled,
        },
        "thresholds": {
            "min_confidence": thresholds.min_confidence,
            "require_validation_pass": thresholds.require_validation_pass,
        },
        "fields": _fields(run, fields),
        "failed_checks": [
            {"gate": gate, "check": check, "fields": count} for (gate, check), count in sorted(failed.items())
        ],
    }


class _Field:
    """What was counted of one field."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.confidence = 0.0
        self.values = 0


def _count(
    row: ResultRow, fields: dict[str, _Field], failed: Counter[tuple[str, str]], thresholds: Thresholds
) -> None:
    fails = failed_fields(row.verdicts)
    for name, cell in row.cells.items():
        field = fields.setdefault(name, _Field())
        if cell is None or (cell.value is None and cell.status is not CellStatus.HELD):
            field.statuses[EMPTY] += 1
            continue
        out = thresholds.stops(status=cell.status, confidence=cell.confidence, failed=name in fails)
        held = cell.status is CellStatus.HELD
        field.statuses[LEFT_OUT if out and not held else cell.status.value] += 1
        if not held and not out:
            field.values, field.confidence = field.values + 1, field.confidence + cell.confidence
    failed.update((verdict.gate, verdict.check) for verdict in row.verdicts if not verdict.passed)


def _fields(run: Run, counted: Mapping[str, _Field]) -> Mapping[str, Value]:
    statuses = (EMPTY, LEFT_OUT, *(status.value for status in CellStatus))
    said: dict[str, Value] = {}
    for field in run.plan.fields:
        one = counted.get(field.name, _Field())
        mean = round(one.confidence / one.values, 4) if one.values else None
        said[field.name] = {
            "values": one.values,
            "mean_confidence": mean,
            **{status: one.statuses[status] for status in statuses},
        }
    return said
