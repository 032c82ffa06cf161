"""Progress as the JSON of the contract (part 2): the same bytes for HTTP, events and the command line."""

from typing import Any

import msgspec

from docrail.core.plan import Scope
from docrail.core.progress import ErrorEntry, PhaseProgress, Progress
from docrail.usecases.cursors import write_cursor
from docrail.usecases.times import iso_time, maybe_time

_encoder = msgspec.json.Encoder()


class PhaseBody(msgspec.Struct, rename="camel", kw_only=True):
    """The row of a phase that works on each document."""

    phase_id: str
    name: str
    type: str
    completed: int
    running: int
    pending: int
    errors: int
    skipped: int


class PipelinePhaseBody(msgspec.Struct, rename="camel", kw_only=True):
    """The row of a pipeline-scoped phase; `status` is null until it starts."""

    phase_id: str
    name: str
    type: str
    scope: str
    status: str | None
    completed: int
    running: int
    pending: int
    errors: int
    skipped: int


class ErrorBody(msgspec.Struct, rename="camel", kw_only=True):
    """Why one document, or one pipeline-scoped phase (without a document), stopped."""

    pipeline_document_id: str | None
    document_id: str | None
    phase: str | None
    message: str
    code: str
    attempts: int
    retryable: bool
    at: str


class GroupBody(msgspec.Struct, rename="camel", kw_only=True):
    """How many documents stopped at one phase for one cause."""

    phase: str | None
    code: str
    count: int
    example: str


class EtaBody(msgspec.Struct, kw_only=True):
    """The seconds that are probably left, at best and at worst."""

    low: int
    high: int


class ProgressBody(msgspec.Struct, rename="camel", kw_only=True):
    """The exact truth about a run at one `revision`."""

    pipeline_id: str
    status: str
    total_documents: int
    completed_documents: int
    error_documents: int
    phases: list[PhaseBody | PipelinePhaseBody]
    errors: list[ErrorBody]
    errors_total: int
    errors_next_cursor: str | None
    error_groups: list[GroupBody]
    partial_documents: int
    cancelled_documents: int
    held_fields: int
    finalization_pending: list[str]
    generation: int
    revision: int
    started_at: str
    updated_at: str
    finished_at: str | None
    documents_per_second: float | None
    eta_seconds: EtaBody | None


def progress_to_json(progress: Progress) -> bytes:
    """The progress object as JSON bytes."""
    return _encoder.encode(_body(progress))


def progress_document(progress: Progress) -> dict[str, Any]:
    """The progress object as plain values, with the keys of the contract."""
    document: dict[str, Any] = msgspec.to_builtins(_body(progress))
    return document


def error_body(entry: ErrorEntry) -> ErrorBody:
    """One error entry as the contract shows it."""
    return ErrorBody(
        pipeline_document_id=entry.pipeline_document_id,
        document_id=entry.document_id,
        phase=entry.phase,
        message=entry.message,
        code=entry.code,
        attempts=entry.attempts,
        retryable=entry.retryable,
        at=iso_time(entry.at),
    )


def _body(progress: Progress) -> ProgressBody:
    groups = progress.error_groups
    return ProgressBody(
        pipeline_id=progress.pipeline_id,
        status=progress.status.value,
        total_documents=progress.total_documents,
        completed_documents=progress.completed_documents,
        error_documents=progress.error_documents,
        phases=[_row(row) for row in progress.phases],
        errors=[error_body(entry) for entry in progress.errors],
        errors_total=progress.errors_total,
        errors_next_cursor=write_cursor(progress.errors_next_cursor),
        error_groups=[
            GroupBody(phase=g.phase, code=g.code, count=g.count, example=g.example) for g in groups
        ],
        partial_documents=progress.partial_documents,
        cancelled_documents=progress.cancelled_documents,
        held_fields=progress.held_fields,
        finalization_pending=list(progress.finalization_pending),
        generation=progress.generation,
        revision=progress.revision,
        started_at=iso_time(progress.started_at),
        updated_at=iso_time(progress.updated_at),
        finished_at=maybe_time(progress.finished_at),
        documents_per_second=progress.documents_per_second,
        eta_seconds=EtaBody(low=progress.eta[0], high=progress.eta[1]) if progress.eta else None,
    )


def _row(row: PhaseProgress) -> PhaseBody | PipelinePhaseBody:
    numbers = {
        "completed": row.completed,
        "running": row.running,
        "pending": row.pending,
        "errors": row.errors,
        "skipped": row.skipped,
    }
    if row.scope is Scope.DOCUMENT:
        return PhaseBody(phase_id=row.phase_id, name=row.name, type=row.type, **numbers)
    status = row.status.value if row.status else None
    return PipelinePhaseBody(
        phase_id=row.phase_id, name=row.name, type=row.type, scope="pipeline", status=status, **numbers
    )
