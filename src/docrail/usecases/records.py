"""What a person can see of one document in one run: every version of every field, without what is held."""

from dataclasses import dataclass, replace

from docrail.bootstrap import Program
from docrail.core.model import Cell, CellStatus, Issue, Verdict
from docrail.core.spec import Field
from docrail.core.withhold import hide_held
from docrail.store import runs
from docrail.store.documents import StoredDocument, read_document
from docrail.store.records import read_known
from docrail.store.run_documents import RunDocument, read_run_document
from docrail.store.runs import Run
from docrail.usecases.results import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldHistory:
    """A field of one document: its versions, oldest first, and what the gates said of it.

    While it is held no version has a value, and no verdict its words: they could tell it.
    """

    field: Field
    versions: tuple[Cell, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def current(self) -> Cell | None:
        """The version that counts."""
        return self.versions[-1] if self.versions else None

    @property
    def is_held(self) -> bool:
        """Whether it waits for a person."""
        return self.current is not None and self.current.status is CellStatus.HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRecord:
    """One document of a run with the history of every field of the plan."""

    run: Run
    document: StoredDocument
    place: RunDocument
    fields: tuple[FieldHistory, ...]
    issues: tuple[Issue, ...]


def see_record(program: Program, pipeline_id: str, id_: str) -> SeenRecord:
    """A document of a run, by its id in the run or its own, as anybody may see it. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        place = read_run_document(connection, run, id_)
        document = read_document(connection, place.document_id, workspace_id=program.workspace)
        known = read_known(connection, [place.id])[place.id]
    fields = tuple(_history(field, known.cells, known.verdicts) for field in run.plan.fields)
    issues = tuple(replace(each, message=hide_held(each.message, known.cells)) for each in known.issues)
    return SeenRecord(run=run, document=document, place=place, fields=fields, issues=issues)


def _history(field: Field, cells: tuple[Cell, ...], verdicts: tuple[Verdict, ...]) -> FieldHistory:
    versions = tuple(cell for cell in cells if cell.field == field.name)
    own = tuple(verdict for verdict in verdicts if verdict.field == field.name)
    if versions and versions[-1].status is CellStatus.HELD:
        versions = tuple(_withheld(cell) for cell in versions)
        own = tuple(replace(verdict, message="") for verdict in own)
    return FieldHistory(field=field, versions=versions, verdicts=own)


def _withheld(cell: Cell) -> Cell:
    """A version of a held field, whatever its own status is."""
    masked = visible(replace(cell, status=CellStatus.HELD))
    assert masked is not None  # there is a cell
    return replace(masked, status=cell.status)
