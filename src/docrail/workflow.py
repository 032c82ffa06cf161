"""READ FIRST. One document through its phases, one run to its product.

A worker is given chunks of documents by the durable engine. It claims a chunk, which makes every older claim of it
stale, and takes each document from the phase where it stands to its end. What a phase made is stored together with
the move to the next phase, in one transaction of the ledger: that is the only checkpoint. Whatever was not stored
runs again; whatever comes too late changes nothing. The last document of a run enqueues assembly.
"""

import heapq
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from structlog.contextvars import bound_contextvars

from docrail.core.errors import DocumentError, WorkError
from docrail.core.knowledge import with_knowledge
from docrail.core.model import Document, Layout, Record
from docrail.core.plan import Plan, PlannedPhase
from docrail.core.state import State
from docrail.core.withhold import without_held
from docrail.desk import Office, seat
from docrail.engine.durable import Stopping
from docrail.engine.limiter import Limiter
from docrail.journey import ClaimLost, Journey, describe
from docrail.phases.protocol import Phase
from docrail.phases.registry import make_phases, make_pipeline_phase
from docrail.reading.sandbox import Reader
from docrail.store import assembly
from docrail.store.blobs import Blobs
from docrail.store.chunks import Claim, Work, claim_chunk
from docrail.store.clock import read_clock
from docrail.store.database import Database
from docrail.store.knowledge import read_knowledge
from docrail.store.ledger import Ledger, Receipt
from docrail.store.records import completed_records, read_known
from docrail.store.runs import Run, read_run
from docrail.store.settle import Enqueue
from docrail.store.totals import add_totals
from docrail.store.workers import HeldByAnother

LOOK_SECONDS = 0.5
"""Between two looks whether a worker that holds what we were given still lives."""
BROKEN = frozenset({"timeout", "out_of_memory", "crashed"})
"""Errors of documents that broke the process that read them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a worker works with. `at_hand`: a lock for each chunk that one of its threads has."""

    database: Database
    blobs: Blobs
    ledger: Ledger
    reader: Reader
    limiter: Limiter
    enqueue: Enqueue
    stopping: threading.Event
    worker_id: str
    office: Office | None = None
    at_hand: dict[str, threading.Lock] = field(default_factory=dict)


def process_chunk(chunk_id: str, parts: Parts) -> None:
    """Take every document of a chunk as far as it goes; documents between two attempts let others pass.

    Returns when nothing of the chunk is left to do, whoever did it: a claim is taken over from the dead only, so that
    whoever lost one to others, who thought this worker dead, waits for them. Raises Stopping, before a document or a
    phase, once the worker is told to stop.
    """
    with parts.at_hand.setdefault(chunk_id, threading.Lock()):
        while (claim := _claim(chunk_id, parts)) is not None:
            try:
                _work_off(claim, parts)
            except ClaimLost:
                log.info("claim_lost", chunk_id=chunk_id)
    parts.at_hand.pop(chunk_id, None)


def _claim(chunk_id: str, parts: Parts) -> Claim | None:
    while True:
        try:
            with parts.database.writing() as connection:
                at = read_clock(connection)
                return claim_chunk(
                    connection, chunk_id, worker_id=parts.worker_id, at=at, enqueue=parts.enqueue
                )
        except HeldByAnother:
            _wait(LOOK_SECONDS, parts)


def _work_off(claim: Claim, parts: Parts) -> None:
    phases = _make_phases(claim.run, parts)
    todo = [(0.0, n, work) for n, work in enumerate(claim.works)]
    receipt = Receipt()
    while todo:
        ready_at, n, work = heapq.heappop(todo)
        _wait(ready_at - time.monotonic(), parts)
        journey = Journey(claim, work, parts.ledger, receipt)
        with bound_contextvars(run_id=claim.run.id, document_id=work.document.id):
            waiting = process_document(journey, claim.run.plan, phases, parts)
        if waiting is not None:
            journey.settle()
            heapq.heappush(todo, (time.monotonic() + waiting[0], n, waiting[1]))
    if not receipt.settle():
        raise ClaimLost


class _Unmade:
    """Stands for phases that cannot be made: every document that comes to one of them says why."""

    def __init__(self, reason: Exception) -> None:
        self.reason = reason

    def run(self, _record: Record) -> Record:
        raise self.reason


def _make_phases(run: Run, parts: Parts) -> Sequence[Phase | _Unmade]:
    """The phases of a run with what they knew when it began, and at a desk if they ask a model."""
    plan = run.plan
    with parts.database.reading() as connection:
        known = read_knowledge(connection, plan)
    try:
        made = make_phases(with_knowledge(plan, known))
        return seat(made, plan.document_phases, run.id, parts.office)
    except Exception as error:
        log.exception("phases_not_made")
        return [_Unmade(error)] * len(plan.document_phases)


def _wait(seconds: float, parts: Parts) -> None:
    if parts.stopping.wait(max(0.0, seconds)):
        raise Stopping


def process_document(
    journey: Journey, plan: Plan, phases: Sequence[Phase | _Unmade], parts: Parts
) -> tuple[float, Work] | None:
    """Read a document and take it through the phases it has left.

    The seconds to wait and what to go on with if an attempt failed and another may help; else None.
    """
    layout = _read(journey, parts)
    if layout is None:
        return journey.waiting
    record = _known_record(journey.work, layout, parts)
    for index in range(journey.position.phase, len(phases)):
        if parts.stopping.is_set():
            journey.hand_in()
            raise Stopping
        made = _attempt(journey, plan.document_phases[index], phases[index], record, parts)
        if made is None:
            return journey.waiting
        journey.finish(plan, before=record, after=made)
        record = made
    return None


def _read(journey: Journey, parts: Parts) -> Layout | None:
    """The layout of the document: read once for the same bytes, in any run. What could not be read is tried again only
    in a run that somebody retried."""
    document = journey.work.document
    layout = parts.blobs.read_layout(document.digest)
    if layout is not None:
        return layout
    journey.move(State.READING)
    try:
        layout = _read_anew(document, parts, is_retried=journey.claim.run.generation > 1)
    except WorkError as error:
        journey.fail(None, error)
        return None
    except Exception as error:
        log.exception("reading_raised")
        cause = f"The file could not be read. {type(error).__name__}: {error}"
        journey.fail(None, WorkError(cause, code="unreadable", retryable=True))
        return None
    parts.blobs.keep_layout(document.digest, layout)
    journey.is_read()
    return layout


def _read_anew(document: Document, parts: Parts, *, is_retried: bool) -> Layout:
    terms = parts.reader.terms
    known = None if is_retried else parts.blobs.find_unread(document.digest, terms=terms)
    if known is not None:
        raise known
    try:
        return parts.reader.read(parts.blobs.path(document.digest), filename=document.filename)
    except DocumentError as error:
        if error.code in BROKEN:
            with parts.database.writing() as connection:
                add_totals(connection, {("reader_ends", error.code): 1})
        if not error.retryable:
            parts.blobs.keep_unread(document.digest, error, terms=terms)
        raise


def _known_record(work: Work, layout: Layout, parts: Parts) -> Record:
    """The record as the finished phases left it."""
    if work.position.phase == 0:
        return Record(document=work.document, layout=layout)
    with parts.database.reading() as connection:
        known = read_known(connection, [work.id])[work.id]
    return Record(
        document=work.document,
        layout=layout,
        cells=known.cells,
        verdicts=known.verdicts,
        issues=known.issues,
    )


def _attempt(
    journey: Journey, planned: PlannedPhase, phase: Phase | _Unmade, record: Record, parts: Parts
) -> Record | None:
    """One try of one phase: what it made, or None once its failure is written."""
    with parts.limiter.place(planned, journey.claim.run.id) as limited:
        journey.start(planned, costly=limited)
        try:
            return phase.run(record)
        except Stopping:
            journey.give_back(planned)
            raise
        except WorkError as error:
            journey.fail(planned, without_held(error, record))
        except Exception as error:
            log.exception("phase_raised", phase=planned.id)
            cause = WorkError(
                f"{type(error).__name__}: {error}", code=f"{planned.type}_failed", retryable=True
            )
            journey.fail(planned, without_held(cause, record))
    return None


def assemble(run_id: str, parts: Parts) -> None:
    """Run the pipeline-scoped phases over every completed record: the composed records become the run's."""
    with parts.database.reading() as connection:
        plan = read_run(connection, run_id).plan
    for phase in plan.pipeline_phases:
        while (epoch := _claim_phase(run_id, phase, parts)) is not None:
            _compose(run_id, plan, phase, parts, epoch=epoch)


def _claim_phase(run_id: str, phase: PlannedPhase, parts: Parts) -> int | None:
    while True:
        try:
            with parts.database.writing() as connection:
                at = read_clock(connection)
                return assembly.claim_phase(connection, run_id, phase.id, worker_id=parts.worker_id, at=at)
        except HeldByAnother:
            _wait(LOOK_SECONDS, parts)


def _compose(run_id: str, plan: Plan, phase: PlannedPhase, parts: Parts, *, epoch: int) -> None:
    for attempt in range(1, phase.retry.attempts + 1):
        with parts.database.reading() as connection:
            records = list(completed_records(connection, run_id))
        try:
            composed = make_pipeline_phase(phase, plan).run(records)
        except Exception as error:
            log.exception("phase_raised", phase=phase.id, run=run_id)
            if attempt < phase.retry.attempts and getattr(error, "retryable", True):
                _wait(phase.retry.delay(attempt), parts)
                continue
            cause = error if isinstance(error, WorkError) else WorkError(str(error), code="assembly_failed")
            failure = describe(phase, without_held(cause, *records), attempts=attempt)
            with parts.database.writing() as connection:
                assembly.fail_phase(
                    connection,
                    run_id,
                    phase.id,
                    failure,
                    epoch=epoch,
                    attempts=attempt,
                    at=read_clock(connection),
                )
            return
        with parts.database.writing() as connection:
            assembly.finish_phase(
                connection, run_id, phase.id, composed, epoch=epoch, at=read_clock(connection)
            )
        return


def tasks(parts: Parts) -> dict[str, Callable[[str], None]]:
    """What the durable engine is given to run, by name."""
    return {
        "chunk": lambda chunk_id: process_chunk(chunk_id, parts),
        "assembly": lambda run_id: assemble(run_id, parts),
    }
