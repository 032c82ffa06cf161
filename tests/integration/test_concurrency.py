"""While workers write as fast as they can, everybody who polls sees a progress that keeps every rule."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest
from sqlalchemy import Connection

from docrail.core.invariants import broken_rules
from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.progress import Progress, RunStatus, summarise
from docrail.core.state import UNREAD, Failure, Move, Position, State
from docrail.store import assembly
from docrail.store.chunks import Claim, Work, claim_chunk
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.ids import new_id, now_ms
from docrail.store.keys import workspace_id
from docrail.store.ledger import Ledger, Receipt
from docrail.store.progress import audit, read_progress
from docrail.store.runs import create_run, read_run
from docrail.store.settle import CHUNK
from docrail.store.specs import add_spec

DOCUMENTS, WRITERS, POLLERS = 240, 8, 4
PHASES = ("transfer", "extraction", "validation")
FAILURE = Failure(code="extraction_failed", message="Extraction failed.", retryable=True)


@dataclass(kw_only=True)
class Tasks:
    """What was handed to the engine, taken by whoever comes first."""

    chunks: list[str]
    assemblies: list[str]

    def enqueue(self, _connection: Connection, task: str, key: str) -> None:
        (self.chunks if task == CHUNK else self.assemblies).append(key)


@pytest.fixture
def database(databases: Callable[[], AbstractContextManager[Database]]) -> Iterator[Database]:
    with databases() as fresh:
        yield fresh


def start_run(database: Database, tasks: Tasks) -> str:
    phases = [PlannedPhase(id=p, name=p.capitalize(), type=PhaseType(p), config={}) for p in PHASES]
    last = PlannedPhase(
        id="assembly", name="Assembly", type=PhaseType.ASSEMBLY, config={}, scope=Scope.PIPELINE
    )
    with database.writing() as connection:
        workspace = workspace_id(connection)
        spec = add_spec(connection, workspace_id=workspace, name="s", digest="0", content="{}", at=1)
        documents = [
            add_document(
                connection,
                workspace_id=workspace,
                digest=f"{number:064}",
                filename=f"{number}.txt",
                media_type="text/plain",
                size_bytes=1,
                metadata={},
                at=1,
            )[0].id
            for number in range(DOCUMENTS)
        ]
        return create_run(
            connection,
            workspace_id=workspace,
            name="run",
            spec_id=spec.id,
            spec_version=1,
            plan=Plan(fields=(), phases=(*phases, last)),
            document_ids=documents,
            metadata={},
            at=now_ms(),
            enqueue=tasks.enqueue,
        )


def journey(work: Work, number: int) -> list[Position]:
    """The way of one document: some cannot be read, some fail, some wait in between, most get through."""
    if number % 17 == 0 and work.position == Position(0, State.QUEUED):
        return [Position(0, State.READING), Position(UNREAD, State.ERROR)]
    way = []
    for phase in range(work.position.phase, len(PHASES)):
        if number % 5 == 0:
            way += [Position(phase, State.RUNNING), Position(phase, State.WAITING)]
        way.append(Position(phase, State.RUNNING))
        if number % 13 == 0 and phase == 1:
            return [*way, Position(phase, State.ERROR)]
        way.append(Position(phase + 1, State.QUEUED if phase + 1 < len(PHASES) else State.COMPLETED))
    return way


def moves(claim: Claim, work: Work, number: int) -> Iterator[Move]:
    attempts = work.attempts
    for before, after in pairwise([work.position, *journey(work, number)]):
        attempts = (
            attempts + 1 if after.state is State.RUNNING else 0 if after.phase > before.phase else attempts
        )
        yield Move(
            run_id=claim.run.id,
            document=work.id,
            chunk_id=claim.chunk_id,
            epoch=claim.epoch,
            before=before,
            after=after,
            at=now_ms(),
            attempts=attempts,
            phase_id=None if after.phase == UNREAD else PHASES[before.phase],
            failure=FAILURE if after.state is State.ERROR else None,
        )


def write_chunks(database: Database, ledger: Ledger, tasks: Tasks, chunks: list[str]) -> int:
    """Work on chunks, one move of each document at a time; how many documents it ended.

    A worker abandons every third chunk half-way to whoever claims it next: itself.
    """
    ended, number = 0, -1
    while True:
        number += 1
        try:
            chunk_id = chunks.pop()
        except IndexError:
            return ended
        with database.writing() as connection:
            claim = claim_chunk(connection, chunk_id, worker_id=new_id(), at=now_ms(), enqueue=tasks.enqueue)
        if claim is None:
            continue
        abandoned = number % 3 == 0 and not claim.after_crash
        if abandoned:
            chunks.append(chunk_id)
        ways = [list(moves(claim, work, int(work.document.digest))) for work in claim.works]
        for step in range(2 if abandoned else max(map(len, ways))):
            taken = [way[step] for way in ways if step < len(way)]
            receipts = [(move, Receipt()) for move in taken]
            for move, receipt in receipts:
                ledger.write([move], receipt)
            ended += sum(receipt.settle() and move.after.terminal for move, receipt in receipts)


def poll(database: Database, run_id: str, done: threading.Event) -> tuple[list[str], int]:
    """Read progress as fast as it goes; the rules that broke, and how many different answers were seen."""
    before: Progress | None = None
    broken: list[str] = []
    answers = 0
    while True:
        last = done.is_set()
        with database.reading() as connection:
            now = summarise(read_progress(connection, run_id))
            listed = read_run(connection, run_id).status
        broken += broken_rules(now, before)
        if now.status is not listed:
            broken.append(f"rule 7: progress says {now.status}, the list {listed}")
        answers += before is None or now.revision != before.revision
        before = now
        if last or broken:
            return broken, answers


@contextmanager
def polling(database: Database, run_id: str) -> Iterator[list[tuple[list[str], int]]]:
    """Pollers at work while the block runs; what they saw is there when it has ended."""
    done = threading.Event()
    seen: list[tuple[list[str], int]] = []
    with ThreadPoolExecutor(POLLERS) as pollers:
        futures = [pollers.submit(poll, database, run_id, done) for _ in range(POLLERS)]
        try:
            yield seen
        finally:
            done.set()
        seen += [future.result() for future in futures]


def test_no_poll_breaks_a_rule_while_workers_write(database: Database) -> None:
    tasks = Tasks(chunks=[], assemblies=[])
    run_id = start_run(database, tasks)
    ledger = Ledger(database, enqueue=tasks.enqueue)

    with polling(database, run_id) as seen, ThreadPoolExecutor(WRITERS) as writers:
        chunks = list(tasks.chunks)
        work = [writers.submit(write_chunks, database, ledger, tasks, chunks) for _ in range(WRITERS)]
        ended = sum(future.result() for future in work)
        with database.writing() as connection:
            epoch = assembly.claim_phase(connection, run_id, "assembly", worker_id="one", at=now_ms())
        assert epoch is not None
        time.sleep(0.05)
        with database.writing() as connection:
            assert assembly.finish_phase(connection, run_id, "assembly", [], epoch=epoch, at=now_ms())
    ledger.close()

    assert [broken for broken, _ in seen] == [[]] * POLLERS
    assert min(answers for _, answers in seen) > 10
    assert (ended, tasks.assemblies) == (DOCUMENTS, [run_id])
    with database.reading() as connection:
        assert audit(connection, run_id) == []
        assert summarise(read_progress(connection, run_id)).status is RunStatus.COMPLETED
