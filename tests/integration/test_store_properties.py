"""Whatever workers, crashes, late writers and people do to a run in whatever order, its progress keeps every rule."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from docrail.bootstrap import Program
from docrail.config import Settings
from docrail.core.errors import Conflict
from docrail.core.invariants import broken_rules
from docrail.core.model import Cell, CellStatus, HoldReason
from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.progress import PipelinePhaseStatus, Progress, RunStatus
from docrail.core.state import ACTIVE, CRASH_LIMIT, UNREAD, Failure, Move, Position, State, allowed
from docrail.store import assembly, runs, tables
from docrail.store.chunks import Claim, claim_chunk
from docrail.store.clock import read_clock
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.ids import new_id, now_ms
from docrail.store.keys import workspace_id
from docrail.store.moves import apply_moves
from docrail.store.settle import CHUNK
from docrail.store.specs import add_spec
from docrail.usecases import pipelines

QUEUED = Position(0, State.QUEUED)
FAILURE = Failure(code="extraction_failed", message="Extraction failed.", retryable=True)
ASSEMBLY = "assembly"


def make_plan(phases: int, *, assembly: bool) -> Plan:
    planned = [
        PlannedPhase(id=f"validation-{n}", name="Check", type=PhaseType.VALIDATION, config={})
        for n in range(1, phases + 1)
    ]
    if assembly:
        planned.append(
            PlannedPhase(
                id=ASSEMBLY, name="Assembly", type=PhaseType.ASSEMBLY, config={}, scope=Scope.PIPELINE
            )
        )
    return Plan(fields=(), phases=tuple(planned))


@dataclass(kw_only=True)
class Expected:
    """Where one document of the run must stand, by what landed so far."""

    chunk: str
    position: Position = QUEUED
    last_open: Position = QUEUED
    attempts: int = 0
    crashes: int = 0
    cells: int = 0
    held: int = 0
    ended: int = 0

    def go(self, after: Position, *, attempts: int) -> None:
        if after.phase != self.position.phase:
            self.crashes = 0
        if after.terminal:
            self.last_open = self.position
            self.ended += 1
        self.position, self.attempts = after, attempts

    @property
    def row(self) -> tuple[int, str, int, int, int]:
        return self.position.phase, self.position.state.value, self.attempts, self.crashes, self.held


class Store(RuleBasedStateMachine):
    """One run, worked on by workers that may be late or die, while people cancel, retry and add documents."""

    claims = Bundle("claims")
    assembly_claims = Bundle("assembly_claims")

    def __init__(self, databases: Callable[[], AbstractContextManager[Database]]) -> None:
        super().__init__()
        self.open = ExitStack()
        self.database = self.open.enter_context(databases())
        with self.database.reading() as connection:
            workspace = workspace_id(connection)
        self.program = Program(
            settings=Settings(),
            database=self.database,
            blobs=None,  # type: ignore[arg-type]
            engine=SimpleNamespace(enqueue=self.enqueue),  # type: ignore[arg-type]
            workspace=workspace,
        )
        self.documents: dict[str, Expected] = {}
        self.epochs: dict[str, int] = {}
        self.chunks: list[str] = []
        self.assembly_tasks: list[int] = []
        self.tasks_made = 0
        self.newest_claim: dict[int, int] = {}
        self.assembly: PipelinePhaseStatus | None = None
        self.assembly_epoch = 0
        self.cancelled = False
        self.generation = 1
        self.assembled: Counter[int] = Counter()
        self.before: Progress | None = None
        self.seen: dict[int, Progress] = {}

    def enqueue(self, _connection: Connection, task: str, key: str) -> None:
        if task == CHUNK:
            self.chunks.append(key)
            self.epochs[key] = 0
        else:
            assert key == self.run_id
            self.tasks_made += 1
            self.assembly_tasks.append(self.tasks_made)

    @initialize(phases=st.integers(1, 4), has_assembly=st.booleans(), documents=st.integers(1, 6))
    def start(self, phases: int, has_assembly: bool, documents: int) -> None:
        self.plan = make_plan(phases, assembly=has_assembly)
        self.has_assembly = has_assembly
        with self.database.writing() as connection:
            spec = add_spec(
                connection, workspace_id=self.program.workspace, name="s", digest="0", content="{}", at=1
            )
            self.run_id = runs.create_run(
                connection,
                workspace_id=self.program.workspace,
                name="run",
                spec_id=spec.id,
                spec_version=1,
                plan=self.plan,
                document_ids=[self.new_document(connection, n) for n in range(documents)],
                metadata={},
                at=now_ms(),
                enqueue=self.enqueue,
            )
        self.learn_chunks()

    def new_document(self, connection: Connection, number: int) -> str:
        document, _ = add_document(
            connection,
            workspace_id=self.program.workspace,
            digest=f"{number:064}",
            filename=f"{number}.txt",
            media_type="text/plain",
            size_bytes=1,
            metadata={},
            at=1,
        )
        return document.id

    def learn_chunks(self) -> None:
        """Which chunk every document is in now."""
        for row in self.rows():
            self.documents.setdefault(row.id, Expected(chunk=row.chunk_id)).chunk = row.chunk_id

    def rows(self) -> list[Any]:
        table = tables.run_documents
        with self.database.reading() as connection:
            return list(connection.execute(select(table).where(table.c.run_id == self.run_id)))

    def in_chunk(self, chunk: str) -> dict[str, Expected]:
        """The documents of a chunk that have not ended."""
        return {
            id_: each
            for id_, each in self.documents.items()
            if each.chunk == chunk and not each.position.terminal
        }

    @property
    def all_ended(self) -> bool:
        return all(each.position.terminal for each in self.documents.values())

    @property
    def any_completed(self) -> bool:
        return any(each.position.phase == len(self.plan.document_phases) for each in self.documents.values())

    def settle(self) -> None:
        """What must become of assembly once no document moves."""
        nothing_to_do = self.cancelled or not self.any_completed
        if self.has_assembly and self.all_ended and nothing_to_do and self.assembly in UNFINISHED:
            self.assembly = PipelinePhaseStatus.SKIPPED

    def next_generation(self) -> None:
        self.generation += 1
        self.assembly, self.cancelled = None, False
        self.assembly_epoch += 1

    @rule(target=claims, number=st.integers(0, 50), data=st.data())
    def deliver_chunk(self, number: int, data: st.DataObject) -> Any:
        """A worker takes a chunk, whoever has it, and goes some way with it."""
        claim = self.claim(self.pick_chunk(number))
        if claim is None:
            return multiple()
        self.work(claim, data)
        return claim

    def pick_chunk(self, number: int) -> str:
        """One with work left, if there is any."""
        open_chunks = sorted({each.chunk for each in self.documents.values() if not each.position.terminal})
        chunks = open_chunks or self.chunks
        return chunks[number % len(chunks)]

    def claim(self, chunk: str) -> Claim | None:
        expected = self.in_chunk(chunk)
        with self.database.writing() as connection:
            claim = claim_chunk(connection, chunk, worker_id=new_id(), at=now_ms(), enqueue=self.enqueue)
        assert (claim is not None) == bool(expected)
        if claim is None:
            return None
        self.epochs[chunk] += 1
        assert claim.epoch == self.epochs[chunk]
        for each in expected.values():
            interrupt(each)
        self.settle()
        left = {id_: (each.position, each.attempts) for id_, each in self.in_chunk(chunk).items()}
        assert {work.id: (work.position, work.attempts) for work in claim.works} == left
        return claim

    def finish(self, chunk: str) -> None:
        """A healthy worker takes a chunk and finishes all of it, in one commit."""
        claim = self.claim(chunk)
        moves = []
        for id_, each in self.in_chunk(chunk).items() if claim else ():
            stand = replace(each)
            while not stand.position.terminal:
                moves.append(self.move(claim, id_, stand, self.forward(stand), 0))
        if claim:
            self.write(claim, moves)

    @rule(claim=claims, data=st.data())
    def go_on(self, claim: Claim, data: st.DataObject) -> None:
        """Also long after somebody else took the chunk over."""
        self.work(claim, data)

    def work(self, claim: Claim, data: st.DataObject) -> None:
        moves: list[Move] = []
        for work in claim.works:
            moves += self.draw_moves(claim, work.id, data)
        self.write(claim, moves)

    def draw_moves(self, claim: Claim, id_: str, data: st.DataObject) -> Iterator[Move]:
        """A few moves of one document on from where it stands (or stood before it ended)."""
        stand = replace(self.documents[id_])
        if stand.position.terminal:
            stand.position = stand.last_open
        for _ in range(data.draw(st.integers(1, 6))):
            if stand.position.terminal:
                return
            held = data.draw(st.sampled_from([0, 1, 2]))
            yield self.move(claim, id_, stand, data.draw(st.sampled_from(self.ways(stand))), held)

    def ways(self, stand: Expected) -> list[Position]:
        """Where a document may go, what a healthy worker does more often than the rest."""
        phases = len(self.plan.document_phases)
        states = [state for state in State if state is not State.CANCELLED]
        places = [Position(phase, state) for phase in range(UNREAD, phases + 1) for state in states]
        ways = [place for place in places if allowed(stand.position, place, phases=phases)]
        return [*[self.forward(stand)] * len(ways), *ways]

    def forward(self, stand: Expected) -> Position:
        phase = stand.position.phase
        if stand.position.state is not State.RUNNING:
            return Position(phase, State.RUNNING)
        last = phase + 1 == len(self.plan.document_phases)
        return Position(phase + 1, State.COMPLETED if last else State.QUEUED)

    def move(self, claim: Claim, id_: str, stand: Expected, after: Position, held: int) -> Move:
        """One move of a worker that has the document at `stand`, which moves along."""
        before, attempts = stand.position, stand.attempts
        phases = self.plan.document_phases
        finishes = after.phase == before.phase + 1
        if finishes and after.terminal:
            state = State.PARTIAL if stand.held + held else State.COMPLETED
            after = Position(after.phase, state)
        if after.state is State.RUNNING:
            attempts += 1
        if finishes:
            attempts = 0
        cells = [held_cell(n, phases[before.phase].id) for n in range(stand.cells, stand.cells + held)]
        move = Move(
            run_id=self.run_id,
            document=id_,
            chunk_id=claim.chunk_id,
            epoch=claim.epoch,
            before=before,
            after=after,
            at=now_ms(),
            attempts=attempts,
            phase_id=None if after.phase == UNREAD else phases[before.phase].id,
            failure=FAILURE if after.state is State.ERROR else None,
            cells=tuple(cells) if finishes else (),
            first_cell=stand.cells,
            held=held if finishes else 0,
        )
        advance(stand, move)
        return move

    def write(self, claim: Claim, moves: list[Move]) -> None:
        late = {move.document for move in moves if not self.may_land(claim, move.document)}
        with self.database.writing() as connection:
            reported = apply_moves(connection, moves, enqueue=self.enqueue)
        assert {moves[number].document for number in reported} == late
        for move in moves:
            if move.document not in late:
                advance(self.documents[move.document], move)
        self.settle()

    def may_land(self, claim: Claim, id_: str) -> bool:
        stand = self.documents[id_]
        held = claim.epoch == self.epochs[claim.chunk_id] and claim.chunk_id == stand.chunk
        return held and not stand.position.terminal

    @precondition(lambda self: self.assembly_tasks)
    @rule(target=assembly_claims, number=st.integers(0, 50))
    def deliver_assembly(self, number: int) -> Any:
        claim = self.claim_assembly(self.assembly_tasks[number % len(self.assembly_tasks)])
        return multiple() if claim is None else claim

    def claim_assembly(self, task: int) -> tuple[int, int] | None:
        with self.database.writing() as connection:
            epoch = assembly.claim_phase(connection, self.run_id, ASSEMBLY, worker_id=new_id(), at=now_ms())
        assert (epoch is not None) == (self.all_ended and self.assembly in UNFINISHED)
        if epoch is None:
            self.assembly_tasks.remove(task)
            return None
        self.assembly_epoch += 1
        assert epoch == self.assembly_epoch
        self.assembly = PipelinePhaseStatus.RUNNING
        self.newest_claim[task] = epoch
        return task, epoch

    @rule(claim=assembly_claims, fails=st.booleans())
    def end_assembly(self, claim: tuple[int, int], fails: bool) -> None:
        task, epoch = claim
        mine = epoch == self.assembly_epoch and self.assembly is PipelinePhaseStatus.RUNNING
        with self.database.writing() as connection:
            if fails:
                landed = assembly.fail_phase(
                    connection, self.run_id, ASSEMBLY, FAILURE, epoch=epoch, attempts=3, at=now_ms()
                )
            else:
                landed = assembly.finish_phase(
                    connection, self.run_id, ASSEMBLY, [], epoch=epoch, at=now_ms()
                )
        assert landed == mine
        if landed:
            self.assembly = PipelinePhaseStatus.ERROR if fails else PipelinePhaseStatus.COMPLETED
            self.assembled[self.generation] += 1
        if self.newest_claim[task] == epoch and task in self.assembly_tasks:
            self.assembly_tasks.remove(task)

    @rule(sure=st.sampled_from([False, False, False, True]), fails=st.booleans())
    def come_to_the_end(self, sure: bool, fails: bool) -> None:
        if sure:
            self.finish_everything(fails)

    def finish_everything(self, fails: bool) -> None:
        for chunk in list(self.chunks):
            self.finish(chunk)
        self.every_rule_holds()
        for task in list(self.assembly_tasks):
            claim = self.claim_assembly(task)
            self.every_rule_holds()
            if claim is not None:
                self.end_assembly(claim, fails)

    @rule(phase=st.one_of(st.none(), st.integers(0, 3)))
    def retry(self, phase: int | None) -> None:
        failed = {
            id_: each
            for id_, each in self.documents.items()
            if each.position.state is State.ERROR and phase in (None, each.position.phase)
        }
        name = None if phase is None else f"validation-{phase + 1}"
        try:
            retried = pipelines.retry_pipeline(self.program, self.run_id, phase=name)
        except Conflict:
            assert not failed
            assert self.assembly is not PipelinePhaseStatus.ERROR
            return
        assert retried.documents == len(failed)
        for each in failed.values():
            each.position = Position(max(each.position.phase, 0), State.QUEUED)
            each.attempts = each.crashes = 0
            each.ended -= 1
        self.next_generation()
        self.learn_chunks()

    @rule(sure=st.sampled_from([False, False, True]))
    def cancel(self, sure: bool) -> None:
        if not sure:
            return
        ended = self.all_ended and self.assembly not in (UNFINISHED if self.has_assembly else ())
        try:
            pipelines.cancel_pipeline(self.program, self.run_id)
        except Conflict:
            assert ended
            return
        assert not ended
        for chunk in {each.chunk for each in self.documents.values() if not each.position.terminal}:
            self.epochs[chunk] += 1
        for each in self.documents.values():
            if not each.position.terminal:
                each.go(Position(each.position.phase, State.CANCELLED), attempts=each.attempts)
        self.cancelled = True
        self.assembly_epoch += 1
        self.settle()

    @precondition(lambda self: len(self.documents) < 12)
    @rule(documents=st.integers(1, 3))
    def append(self, documents: int) -> None:
        with self.database.writing() as connection:
            first = len(self.documents)
            ids = [self.new_document(connection, first + n) for n in range(documents)]
        try:
            pipelines.append_documents(self.program, self.run_id, ids)
        except Conflict:
            assert self.cancelled
            return
        assert not self.cancelled
        self.next_generation()
        self.learn_chunks()

    @invariant()
    def every_rule_holds(self) -> None:
        progress = pipelines.get_progress(self.program, self.run_id)
        run = pipelines.get_pipeline(self.program, self.run_id)
        assert broken_rules(progress, self.before) == ()
        assert pipelines.audit_progress(self.program, self.run_id) == []
        assert pipelines.get_revision(self.program, self.run_id) == progress.revision
        assert (run.status, run.generation, run.total) == (
            progress.status,
            self.generation,
            progress.total_documents,
        )
        assert progress.generation == self.generation
        assert (progress.finished_at is not None) == progress.status.terminal
        assert {
            row.id: (row.phase, row.state, row.attempts, row.crashes, row.held) for row in self.rows()
        } == {id_: each.row for id_, each in self.documents.items()}
        if self.has_assembly:
            assert progress.phases[-1].status is self.assembly
        entries = [entry.phase for entry in progress.errors if entry.document_id is None]
        assert entries == ([ASSEMBLY] if self.assembly is PipelinePhaseStatus.ERROR else [])
        self.before = progress
        self.seen[self.next_moment()] = progress

    def next_moment(self) -> int:
        """The time of the database now; whatever comes later happens at a later one."""
        with self.database.reading() as connection:
            now = later = read_clock(connection)
            while later == now:
                time.sleep(0.0002)
                later = read_clock(connection)
        return now

    def teardown(self) -> None:
        try:
            if sys.exception() is None:
                self.drain()
        finally:
            self.open.close()

    def drain(self) -> None:
        """Deliver everything that was handed to the engine until it returns: then the run must have ended."""
        self.finish_everything(fails=False)
        self.every_rule_holds()
        assert self.before is not None
        assert self.before.status.terminal
        assert [each.ended for each in self.documents.values()] == [1] * len(self.documents)
        needed = self.has_assembly and self.any_completed and self.before.status is not RunStatus.CANCELLED
        assert self.assembled[self.generation] == needed
        assert max(self.assembled.values(), default=0) <= 1
        for at, progress in self.seen.items():
            assert pipelines.get_progress(self.program, self.run_id, at=at) == progress


UNFINISHED = (None, PipelinePhaseStatus.RUNNING)


def interrupt(each: Expected) -> None:
    """What a claim makes of a document that somebody else was working on."""
    if each.position.state not in ACTIVE:
        return
    if each.position.state is State.RUNNING:
        each.crashes += 1
        each.attempts -= 1
    each.position = Position(each.position.phase, State.QUEUED)
    if each.crashes >= CRASH_LIMIT:
        each.go(Position(each.position.phase, State.ERROR), attempts=each.attempts + each.crashes)


def advance(each: Expected, move: Move) -> None:
    """What a move that lands makes of its document."""
    each.go(move.after, attempts=move.attempts)
    each.cells += len(move.cells)
    each.held += move.held


def held_cell(number: int, phase: str) -> Cell:
    return Cell(
        field=f"field-{number}",
        value=None,
        confidence=0.0,
        phase=phase,
        status=CellStatus.HELD,
        hold_reason=HoldReason.MISSING_VALUE,
    )


def explore(databases: Callable[[], AbstractContextManager[Database]], *, examples: int) -> None:
    run_state_machine_as_test(
        lambda: Store(databases),
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture(autouse=True)
def larger_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several documents in a chunk, though the run has few."""
    monkeypatch.setattr(runs, "CHUNKS", 2)


def test_no_order_of_events_breaks_a_rule_on_sqlite(sqlite_databases: Any) -> None:
    explore(sqlite_databases, examples=40)


def test_no_order_of_events_breaks_a_rule_on_postgresql(postgres_databases: Any) -> None:
    explore(postgres_databases, examples=8)


def test_a_failed_assembly_that_is_to_be_done_anew_has_no_entry(sqlite_databases: Any) -> None:
    store = Store(sqlite_databases)
    store.start(1, True, 1)
    store.finish_everything(fails=True)
    store.append(1)
    store.every_rule_holds()
    store.teardown()
