"""What is always true of a Progress (contract, part 2), by itself and after an earlier one of the same run."""

from collections.abc import Iterator

from docrail.core.plan import Scope
from docrail.core.progress import PhaseProgress, PipelinePhaseStatus, Progress, RunStatus


def broken_rules(now: Progress, before: Progress | None = None) -> tuple[str, ...]:
    """The rules that `now` breaks by itself or after `before`: none, ever."""
    return (
        *_broken_rows(now),
        *_broken_errors(now),
        *_broken_status(now),
        *(line for row in _rows(now, Scope.PIPELINE) for line in _broken_pipeline_row(row, now)),
        *(_broken_after(now, before) if before else ()),
    )


def _rows(now: Progress, scope: Scope) -> list[PhaseProgress]:
    return [row for row in now.phases if row.scope is scope]


def _ended(now: Progress) -> int:
    return now.completed_documents + now.error_documents + now.cancelled_documents


def _broken_rows(now: Progress) -> Iterator[str]:
    for row in now.phases:
        if row.completed + row.running + row.pending + row.errors + row.skipped != now.total_documents:
            yield f"rule 2: {row.phase_id} does not add up to {now.total_documents}"
        if min(row.completed, row.running, row.pending, row.errors, row.skipped) < 0:
            yield f"rule 2: {row.phase_id} counts less than nobody"
    through, rows = now.total_documents, _rows(now, Scope.DOCUMENT)
    for row in rows:
        if row.completed + row.running + row.errors > through:
            yield f"rule 3: {row.phase_id} has more than the row before let through"
        through = row.completed
    if sum(row.running for row in rows) > now.total_documents - _ended(now):
        yield "rule 3: a document is in two phases"
    if rows and now.completed_documents != rows[-1].completed:
        yield "rule 6: completed is not what the last phase completed"
    if now.partial_documents > now.completed_documents:
        yield "rule 6: more partial than completed documents"
    if len({row.phase_id for row in now.phases}) != len(now.phases):
        yield "rule 9: a phase id occurs twice"


def _broken_errors(now: Progress) -> Iterator[str]:
    in_rows = sum(row.errors for row in _rows(now, Scope.DOCUMENT))
    unread = sum(group.count for group in now.error_groups if group.phase is None)
    if not in_rows + unread == now.error_documents == now.errors_total:
        yield "rule 4: errors of the rows are not the errors of the run"
    listed = [entry.pipeline_document_id for entry in now.errors if entry.pipeline_document_id]
    if len(set(listed)) != len(listed):
        yield "rule 4: a document has two errors"
    if sum(group.count for group in now.error_groups) != now.errors_total:
        yield "rule 5: the groups do not count every error"
    if now.errors_next_cursor is None and len(listed) != now.errors_total:
        yield "rule 5: the errors listed are not all errors"


def _broken_status(now: Progress) -> Iterator[str]:
    moving = _ended(now) < now.total_documents
    left = [row.phase_id for row in _rows(now, Scope.PIPELINE) if row.status in _UNFINISHED]
    if moving != (now.status is RunStatus.ACTIVE):
        yield f"rule 7: {now.status} with {now.total_documents - _ended(now)} documents moving"
    if not moving and now.status.terminal == bool(left):
        yield f"rule 7: {now.status} with {left} to do"
    if not now.status.terminal and list(now.finalization_pending) != left:
        yield f"rule 7: finalization pending is {now.finalization_pending}, not {left}"
    if now.status.terminal and now.finalization_pending:
        yield "rule 7: terminal with a finalization pending"


_UNFINISHED = (None, PipelinePhaseStatus.RUNNING)
_BUCKETS = {
    PipelinePhaseStatus.RUNNING: "running",
    PipelinePhaseStatus.COMPLETED: "completed",
    PipelinePhaseStatus.ERROR: "errors",
}


def _broken_pipeline_row(row: PhaseProgress, now: Progress) -> Iterator[str]:
    if row.status is None:
        if row.pending != now.total_documents:
            yield f"rule 10: {row.phase_id} is not started but not all documents are pending"
    elif row.status is PipelinePhaseStatus.SKIPPED:
        if row.skipped != now.total_documents:
            yield f"rule 10: {row.phase_id} is skipped but not for all documents"
    elif getattr(row, _BUCKETS[row.status]) != now.completed_documents:
        yield f"rule 10: {row.phase_id} is {row.status} but not with the completed documents"
    listed = [entry.phase for entry in now.errors if entry.document_id is None]
    complete_listing = now.errors_next_cursor is None
    if row.status is PipelinePhaseStatus.ERROR and complete_listing and row.phase_id not in listed:
        yield f"rule 10: the failure of {row.phase_id} has no entry"


def _broken_after(now: Progress, before: Progress) -> Iterator[str]:
    if (now.generation, now.revision) < (before.generation, before.revision):
        yield "rule 8: generation or revision fell"
    if now.revision == before.revision and now != before:
        yield f"rule 11: two answers for revision {now.revision}"
    if [row.phase_id for row in now.phases] != [row.phase_id for row in before.phases]:
        yield "rule 9: the phases are not those of the frozen plan"
    if now.generation != before.generation:
        return
    for name in ("completed_documents", "error_documents", "cancelled_documents"):
        if getattr(now, name) < getattr(before, name):
            yield f"rule 8: {name} fell within a generation"
    for row, earlier in zip(now.phases, before.phases, strict=False):
        if row.completed < earlier.completed or row.errors < earlier.errors:
            yield f"rule 8: {row.phase_id} fell within a generation"
