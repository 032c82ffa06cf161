"""Composed records as anybody may see them: nothing that comes from a held cell."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from docrail.core.model import CellStatus, Value
from docrail.core.plan import Plan
from docrail.core.progress import PipelinePhaseStatus
from docrail.core.state import State
from docrail.store.assembly import read_composed
from docrail.store.documents import read_filenames
from docrail.store.held import held_fields
from docrail.store.runs import Run
from docrail.store.settle import read_pipeline_phases
from docrail.store.thresholds import NONE, Thresholds, left_out_of_run

EMPTY = "empty"
LEFT_OUT = "left_out"
CONFLICT = "conflict"
WITHHELD = (
    "The documents of this group disagree; what they say is withheld until its held fields are decided."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedRow:
    """One group. `status` is `completed`, `partial` (something is held) or `conflict` (nothing was composed).

    `filenames` are the group's documents, id to file name; `statuses` says of every field `filled`, `held`, `left_out`
    (by the thresholds of the product) or `empty`.
    """

    seq: int
    group: str | None
    status: str
    filenames: Mapping[str, str]
    values: Mapping[str, Value]
    statuses: Mapping[str, str]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...] = ()


def is_composed(connection: Connection, run: Run) -> bool:
    """Whether the run's table is its composed records: it has an assembly phase and that has completed."""
    statuses = read_pipeline_phases(connection, run.id).values()
    return bool(statuses) and all(status is PipelinePhaseStatus.COMPLETED for status in statuses)


def every_composed(connection: Connection, run: Run, thresholds: Thresholds = NONE) -> Iterator[ComposedRow]:
    """Every composed record in its order, read page by page."""
    after = -1
    while page := composed_page(connection, run, after=after, limit=200, thresholds=thresholds):
        yield from page
        after = page[-1].seq


def composed_page(
    connection: Connection, run: Run, *, after: int, limit: int, thresholds: Thresholds = NONE
) -> list[ComposedRow]:
    """One page of composed records after the one with seq `after`."""
    bodies = read_composed(connection, run.id, after=after, limit=limit)
    ids = sorted({document_id for body in bodies for document_id in body["document_ids"]})
    held = held_fields(connection, run.id, ids)
    filenames: dict[str, str] = {}
    for start in range(0, len(ids), 500):
        filenames |= read_filenames(connection, ids[start : start + 500])
    out = left_out_of_run(connection, run.id, ids, thresholds)
    return [_row(body, run.plan, held, filenames, out) for body in bodies]


def _row(
    body: Mapping[str, Any],
    plan: Plan,
    held: Mapping[str, Set[str]],
    filenames: Mapping[str, str],
    out: Mapping[str, Set[str]],
) -> ComposedRow:
    documents = body["document_ids"]
    in_group = {each: held[each] for each in documents if each in held}
    statuses = {field.name: _status(body, field.name, in_group, out) for field in plan.fields}
    values = {
        name: body["values"].get(name) if status == CellStatus.FILLED else None
        for name, status in statuses.items()
    }
    return ComposedRow(
        seq=body["seq"],
        group=None if _group_hidden(plan, documents, held, out) else body["group"],
        status=_row_status(body, statuses),
        filenames={each: filenames.get(each, "") for each in documents},
        values=values,
        statuses=statuses,
        conflicts=_conflicts(body, in_group),
        notes=tuple(body.get("notes", ())),
    )


def _status(
    body: Mapping[str, Any], name: str, in_group: Mapping[str, Set[str]], out: Mapping[str, Set[str]]
) -> str:
    """A value is held with its source; without a source, as soon as any document of the group holds the field."""
    source = body["sources"].get(name)
    holders = [source] if source is not None else list(in_group)
    if any(name in in_group.get(each, ()) for each in holders):
        return CellStatus.HELD.value
    if body["values"].get(name) is not None and name in out.get(source or "", ()):
        return LEFT_OUT
    return EMPTY if body["values"].get(name) is None else CellStatus.FILLED.value


def _row_status(body: Mapping[str, Any], statuses: Mapping[str, str]) -> str:
    if body["conflicts"]:
        return CONFLICT
    return (State.PARTIAL if CellStatus.HELD.value in statuses.values() else State.COMPLETED).value


def _group_hidden(plan: Plan, documents: Sequence[str], *hidden: Mapping[str, Set[str]]) -> bool:
    """The group's name is a value too: it is withheld while the grouping field of one of its documents is."""
    grouping = {phase.config.get("grouping_field") for phase in plan.pipeline_phases}
    return any(grouping & each.get(document, set()) for each in hidden for document in documents)


def _conflicts(body: Mapping[str, Any], in_group: Mapping[str, Set[str]]) -> tuple[str, ...]:
    """Conflicts quote values of any field, so that one held field withholds them all."""
    return (WITHHELD,) if body["conflicts"] and in_group else tuple(body["conflicts"])
