"""Try a spec on one document at once: its phases run as they would in a run, and nothing is kept."""

from dataclasses import dataclass
from time import perf_counter

from docrail.bootstrap import Program
from docrail.core.model import Cell, Document, Record, Verdict
from docrail.core.plan import compile_rail
from docrail.core.spec import Field
from docrail.core.spec_file import parse_spec
from docrail.phases.registry import make_phases
from docrail.reading.sandbox import Reader
from docrail.usecases.document_views import read_layout
from docrail.usecases.documents import get_document
from docrail.usecases.results import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the rail makes of one field; of a held one only that it is held, and why."""

    field: Field
    cell: Cell | None
    failed: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a spec finds in one document; `seconds` is how long its phases took."""

    document: Document
    fields: tuple[Found, ...]
    seconds: float


def try_spec(program: Program, reader: Reader, text: str, document_id: str) -> Trial:
    """The values that the spec in `text` finds in a document.

    Raises InvalidInput with every problem of the text, NotFound, DocumentError, PhaseError.
    """
    plan = compile_rail(parse_spec(text, origin="spec"), retry=program.settings.retry)
    stored = get_document(program, document_id)
    layout = read_layout(program, reader, stored)
    document = Document(
        id=stored.id,
        digest=stored.digest,
        filename=stored.filename,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        metadata=stored.metadata,
    )
    begun, record = perf_counter(), Record(document=document, layout=layout)
    for phase in make_phases(plan):
        record = phase.run(record)
    return Trial(
        document=document,
        fields=tuple(_found(field, record) for field in plan.fields),
        seconds=perf_counter() - begun,
    )


def _found(field: Field, record: Record) -> Found:
    failed = tuple(each for each in record.verdicts if each.field == field.name and not each.passed)
    return Found(field=field, cell=visible(record.current.get(field.name)), failed=failed)
