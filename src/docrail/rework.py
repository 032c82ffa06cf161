"""After a decision: the phases behind the gate run again for the record, and assembly for what is composed of it.

Both work beside the run: its documents stay where they are. What was made is stored in one transaction, if no other
decision came in between; else it is made again from what is known then.
"""

from collections.abc import Callable
from dataclasses import replace

import structlog

from docrail.core.errors import WorkError
from docrail.core.knowledge import with_knowledge
from docrail.core.model import Layout, Record
from docrail.core.plan import PlannedPhase
from docrail.core.rework import added, phases_from, rewind
from docrail.core.state import Failure
from docrail.core.withhold import without_held
from docrail.desk import seat
from docrail.engine.durable import Stopping
from docrail.journey import describe
from docrail.phases.protocol import Phase
from docrail.phases.registry import make_phases, make_pipeline_phase
from docrail.store import recompose as recomposing
from docrail.store import reworks
from docrail.store.clock import read_clock
from docrail.store.knowledge import read_knowledge
from docrail.store.recompose import Recomposing
from docrail.store.records import completed_records, read_known
from docrail.store.reworks import Rework
from docrail.store.workers import HeldByAnother
from docrail.workflow import Parts, assemble

log = structlog.get_logger()


def rework(run_document_id: str, parts: Parts) -> None:
    """Run the phases after a decision again for one record, until none is due. Raises Stopping."""
    while (due := _find_rework(run_document_id, parts)) is not None:
        stored = _stored_record(due, parts)
        made = _run_again(due, stored, parts)
        with parts.database.writing() as connection:
            at = read_clock(connection)
            if isinstance(made, Failure):
                reworks.fail_rework(connection, due, made, at=at)
            else:
                reworks.finish_rework(connection, due, stored, made, at=at, enqueue=parts.enqueue)


def _find_rework(run_document_id: str, parts: Parts) -> Rework | None:
    with parts.database.reading() as connection:
        return reworks.find_rework(connection, run_document_id)


def _stored_record(due: Rework, parts: Parts) -> Record:
    with parts.database.reading() as connection:
        known = read_known(connection, [due.run_document_id])[due.run_document_id]
    return Record(
        document=due.document,
        layout=Layout(media_type=due.document.media_type, pages=()),
        cells=known.cells,
        verdicts=known.verdicts,
        issues=known.issues,
    )


def _read_layout(due: Rework, parts: Parts) -> Layout:
    """The layout as the run read it. Raises DocumentError if it is gone and cannot be read again."""
    digest = due.document.digest
    layout = parts.blobs.read_layout(digest)
    if layout is None:
        layout = parts.reader.read(parts.blobs.path(digest), filename=due.document.filename)
        parts.blobs.keep_layout(digest, layout)
    return layout


def _run_again(due: Rework, stored: Record, parts: Parts) -> Record | Failure:
    """`stored` with what the phases say now, or why one of them could not."""
    plan = due.run.plan
    again = phases_from(plan, due.first_phase)
    base = made = rewind(stored, again)
    with parts.database.reading() as connection:
        known = read_knowledge(connection, plan)
    try:
        made = base = replace(base, layout=_read_layout(due, parts))
        plan = with_knowledge(plan, known)
        every = seat(make_phases(plan), plan.document_phases, due.run.id, parts.office)
        phases = {planned.id: phase for planned, phase in zip(plan.document_phases, every, strict=True)}
    except Exception as error:
        log.exception("record_not_ready", document=due.document.id)
        return describe(None, _cause(error, code="unreadable"), attempts=1)
    for planned in again:
        result = _attempt(planned, phases[planned.id], made, parts, due.run.id)
        if isinstance(result, Failure):
            return result
        made = result
    return added(stored, base, made)


def _attempt(
    planned: PlannedPhase, phase: Phase, record: Record, parts: Parts, run_id: str
) -> Record | Failure:
    """Try a phase as often as it may be tried."""
    for attempt in range(1, planned.retry.attempts + 1):
        with parts.limiter.place(planned, run_id):
            try:
                return phase.run(record)
            except Exception as error:
                log.exception("phase_raised", phase=planned.id, run=run_id)
                cause = without_held(_cause(error, code=f"{planned.type}_failed"), record)
        if not cause.retryable:
            break
        if attempt < planned.retry.attempts and parts.stopping.wait(planned.retry.delay(attempt)):
            raise Stopping
    return describe(planned, cause, attempts=attempt)


def _cause(error: Exception, *, code: str) -> WorkError:
    if isinstance(error, WorkError):
        return error
    return WorkError(f"{type(error).__name__}: {error}", code=code, retryable=True)


def recompose(run_id: str, parts: Parts) -> None:
    """Compose the records of a run again until they are as the documents' records are. Raises Stopping."""
    while (doing := _find_recomposing(run_id, parts)) is not None:
        _compose_again(doing, parts)


def _find_recomposing(run_id: str, parts: Parts) -> Recomposing | None:
    while True:
        try:
            with parts.database.writing() as connection:
                return recomposing.find_recomposing(connection, run_id)
        except HeldByAnother:
            assemble(run_id, parts)  # not waited for: after a crash it may wait for the place that we have


def _compose_again(doing: Recomposing, parts: Parts) -> None:
    planned = next(phase for phase in doing.run.plan.pipeline_phases if phase.id == doing.phase)
    for attempt in range(1, planned.retry.attempts + 1):
        with parts.database.reading() as connection:
            records = list(completed_records(connection, doing.run.id))
        try:
            composed = make_pipeline_phase(planned, doing.run.plan).run(records)
        except Exception as error:
            log.exception("phase_raised", phase=planned.id, run=doing.run.id)
            cause = without_held(_cause(error, code="assembly_failed"), *records)
        else:
            with parts.database.writing() as connection:
                recomposing.finish_recomposing(connection, doing, composed, at=read_clock(connection))
            return
        if not cause.retryable:
            break
        if attempt < planned.retry.attempts and parts.stopping.wait(planned.retry.delay(attempt)):
            raise Stopping
    failure = describe(planned, cause, attempts=attempt)
    with parts.database.writing() as connection:
        at = read_clock(connection)
        recomposing.fail_recomposing(connection, doing, failure, attempts=attempt, at=at)


def review_tasks(parts: Parts) -> dict[str, Callable[[str], None]]:
    """What the durable engine is given to run after decisions, by name."""
    return {
        reworks.REWORK: lambda run_document_id: rework(run_document_id, parts),
        recomposing.RECOMPOSE: lambda run_id: recompose(run_id, parts),
    }
