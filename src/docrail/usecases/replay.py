"""Replay a gate of a run with another severity: see what it would hold, and hold it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput, Problem
from docrail.core.model import Document, Layout, Record, Severity
from docrail.core.plan import PlannedPhase
from docrail.core.replay import Replayed, find_gate, gate_name, replay
from docrail.core.spec_path import suggest
from docrail.store import replays, runs
from docrail.store.clock import read_clock
from docrail.store.locks import own_run
from docrail.store.records import completed_documents, read_known
from docrail.store.runs import Run
from docrail.usecases.audit import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One document that the gate would treat otherwise; never a value."""

    pipeline_document_id: str
    filename: str
    held: Mapping[str, str]
    released: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a severity would change: how many documents and fields, and the first of them. `applied`: it is so now."""

    gate: str
    severity: Severity
    documents: int
    held: Mapping[str, int]
    released: Mapping[str, int]
    examples: tuple[Changed, ...]
    applied: bool


def replay_gate(
    program: Program,
    pipeline_id: str,
    gate: str,
    *,
    severity: str = "blocking",
    apply: bool = False,
    most: int = 100,
) -> Replay:
    """What a gate of a run would hold with this severity, by the verdicts kept; with `apply`, hold it.

    Applying needs a run that is done, and a blocking severity: what is held is let go by decisions only. The phases
    after the gate then run again for the records concerned. Raises NotFound, InvalidInput, Conflict.
    """
    wanted = _severity(severity)
    if apply and wanted is not Severity.BLOCKING:
        raise InvalidInput("only a blocking gate holds: what is held is let go by a decision of a person")
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        phase = _find(run, gate)
        found = list(_replayed(connection, run, phase, wanted))
    if apply:
        _apply(program, run, phase, [each for each, _, done in found if done.held])
    return Replay(
        gate=gate,
        severity=wanted,
        documents=len(found),
        held=Counter(cell.field for _, _, done in found for cell in done.held),
        released=Counter(field for _, _, done in found for field in done.released),
        examples=tuple(_changed(*each) for each in found[:most]),
        applied=apply,
    )


def _severity(text: str) -> Severity:
    if text not in tuple(Severity):
        problem = Problem(path="severity", message=f"no severity '{text}': there are {', '.join(Severity)}")
        raise InvalidInput(str(problem), (problem,))
    return Severity(text)


def _find(run: Run, gate: str) -> PlannedPhase:
    phase = find_gate(run.plan, gate)
    if phase is None:
        names = [name for each in run.plan.document_phases if (name := gate_name(each))]
        problem = Problem(path="gate", message=f"this run has no gate '{gate}'{suggest(gate, names)}")
        raise InvalidInput(str(problem), (problem,))
    return phase


def _replayed(
    connection: Connection, run: Run, phase: PlannedPhase, severity: Severity
) -> Iterator[tuple[str, Document, Replayed]]:
    """The documents for which the severity makes a difference."""
    after = ""
    while page := completed_documents(connection, run.id, after=after):
        known = read_known(connection, [row[0] for row in page])
        for run_document_id, document, _ in page:
            facts = known[run_document_id]
            layout = Layout(media_type=document.media_type, pages=())
            record = Record(document=document, layout=layout, cells=facts.cells, verdicts=facts.verdicts)
            done = replay(record, run.plan, phase=phase.id, severity=severity)
            if done.held or done.released:
                yield run_document_id, document, done
        after = page[-1][0]


def _apply(program: Program, run: Run, phase: PlannedPhase, run_document_ids: list[str]) -> None:
    """Hold the fields, a hundred documents in a transaction, each looked at anew: decisions may have come since."""
    if not run.status.terminal:
        raise Conflict("the run is not done yet: replay the gate when it is")
    for start in range(0, len(run_document_ids), 100):
        some = run_document_ids[start : start + 100]
        with program.database.writing() as connection:
            own_run(connection, run.id)
            held = 0
            for run_document_id, facts in read_known(connection, some).items():
                bare = Document(id="", digest="", filename="", media_type="", size_bytes=0, metadata={})
                layout = Layout(media_type="", pages=())
                record = Record(document=bare, layout=layout, cells=facts.cells, verdicts=facts.verdicts)
                cells = replay(record, run.plan, phase=phase.id, severity=Severity.BLOCKING).held
                replays.hold_cells(
                    connection, run, run_document_id, facts, cells, phase=phase.id,
                    at=read_clock(connection), enqueue=program.engine.enqueue,
                )  # fmt: skip
                held += len(cells)
            note(program, connection, "gate.replayed", run.id, gate=gate_name(phase), held_fields=held)


def _changed(run_document_id: str, document: Document, done: Replayed) -> Changed:
    reasons = {cell.field: cell.hold_reason.value if cell.hold_reason else "" for cell in done.held}
    return Changed(
        pipeline_document_id=run_document_id, filename=document.filename, held=reasons, released=done.released
    )
