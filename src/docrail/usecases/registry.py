"""The field registry: learn from what was confirmed, freeze it for a run, show what is remembered."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import structlog
from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError
from docrail.core.knowledge import name_knowledge
from docrail.core.model import Layout
from docrail.core.plan import PhaseType, Plan
from docrail.core.plan_json import spec_from_json
from docrail.core.spec import Field
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.transfer.anchors import has_anchors, sight
from docrail.phases.transfer.columns import sight_columns, teach_columns
from docrail.phases.transfer.remembered import PRECISION_AT_LEAST, SEEN_AT_LEAST
from docrail.store import registry
from docrail.store.clock import read_clock
from docrail.store.knowledge import keep_knowledge
from docrail.store.registry import Lesson, RememberedAnchor, RememberedField, Trust
from docrail.store.specs import list_versions

TRUST = Trust(seen=SEEN_AT_LEAST, precision=PRECISION_AT_LEAST)
DOCUMENTS_AT_ONCE = 20
SECONDS_BEFORE_RUN = 10.0
"""What a run waits at most for what was confirmed since the last one; the rest is learned before the next."""

log = structlog.get_logger()


def learn_anchors(program: Program, spec_id: str, *, read: bool = False, seconds: float | None = None) -> int:
    """Learn what was confirmed of a spec's documents and not learned yet; from how many documents.

    What is learned once costs nothing again. A document whose layout is not kept waits until it is, unless it is to
    be `read` here. Stops after so many `seconds`.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with program.database.reading() as connection:
        lessons = registry.find_lessons(connection, workspace_id=program.workspace, spec_id=spec_id)
        fields = _fields_of(connection, spec_id, workspace=program.workspace) if lessons else {}
    documents = [list(group) for _, group in groupby(lessons, key=lambda lesson: lesson.document_id)]
    learned = 0
    for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
        if until is not None and time.monotonic() > until:
            log.info("learning_put_off", spec=spec_id, documents=len(documents) - start)
            break
        learned += _learn(program, spec_id, documents[start : start + DOCUMENTS_AT_ONCE], fields, read=read)
    return learned


def _fields_of(connection: Connection, spec_id: str, *, workspace: str) -> dict[str, Field]:
    """The fields that a spec has or had, as its newest version that has them says."""
    versions = list_versions(connection, spec_id, workspace_id=workspace)
    return {
        field.name: field for stored in reversed(versions) for field in spec_from_json(stored.content).fields
    }


def _learn(
    program: Program,
    spec_id: str,
    documents: Sequence[list[Lesson]],
    fields: dict[str, Field],
    *,
    read: bool,
) -> int:
    taught = []
    learned = 0
    for lessons in documents:
        layout = _layout_of(program, lessons[0], read=read)
        if layout is None:
            continue
        learned += 1
        reading = read_document(layout)
        for lesson in lessons:
            taught.append((lesson, _sight(reading, fields.get(lesson.field), lesson)))
    if not taught:
        return 0
    with program.database.writing() as connection:
        registry.learn(
            connection,
            taught,
            workspace_id=program.workspace,
            spec_id=spec_id,
            at=read_clock(connection),
        )
    return learned


def _sight(reading: Reading, field: Field | None, lesson: Lesson) -> dict[str, bool]:
    if field is None:
        return {}
    if has_anchors(field):
        return sight(reading, field, lesson.value)
    return sight_columns(reading, field, lesson.value) if field.items else {}


def _layout_of(program: Program, lesson: Lesson, *, read: bool) -> Layout | None:
    layout = program.blobs.read_layout(lesson.digest)
    if layout is not None or not read:
        return layout
    try:
        layout = program.reader.read(program.blobs.path(lesson.digest), filename=lesson.filename)
    except DocumentError as error:
        log.warning("confirmed_document_unreadable", document=lesson.document_id, reason=error.message)
        return None
    program.blobs.keep_layout(lesson.digest, layout)
    return layout


def freeze_registry(connection: Connection, plan: Plan, *, workspace_id: str, spec_id: str, at: int) -> Plan:
    """`plan` with what the registry knows now: anchors for its transfers, header words for columns of line items."""
    known = registry.read_trusted(connection, workspace_id=workspace_id, spec_id=spec_id, trust=TRUST)
    taught = tuple(
        teach_columns(field, known[field.name]) if field.items and field.name in known else field
        for field in plan.fields
    )
    plan = replace(plan, fields=taught)
    anchors = {
        field.name: known[field.name] for field in taught if field.name in known and has_anchors(field)
    }
    if not anchors or not any(phase.type is PhaseType.TRANSFER for phase in plan.phases):
        return plan
    return name_knowledge(plan, {PhaseType.TRANSFER: keep_knowledge(connection, {"anchors": anchors}, at=at)})


def list_fields(
    program: Program, *, limit: int = 20, after: str | None = None, spec_id: str | None = None
) -> tuple[list[RememberedField], int]:
    """One page of the fields that are remembered, newest first, and how many there are."""
    with program.database.reading() as connection:
        return registry.list_fields(
            connection,
            workspace_id=program.workspace,
            limit=limit,
            trust=TRUST,
            before=after,
            spec_id=spec_id,
        )


def get_field(program: Program, field_id: str) -> tuple[RememberedField, list[RememberedAnchor]]:
    """A remembered field and its anchors, most often right first. Raises NotFound."""
    with program.database.reading() as connection:
        return registry.read_field(connection, field_id, workspace_id=program.workspace, trust=TRUST)


def is_trusted(anchor: RememberedAnchor) -> bool:
    """Whether the next run may fill fields with it."""
    return anchor.seen >= TRUST.seen and anchor.right >= TRUST.precision * anchor.seen
