"""Programs, plans and runs for the tests of the store, and a ledger that commits when the test says so."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.config import Settings
from docrail.core.model import Cell, CellStatus, HoldReason, Layout, Record
from docrail.core.plan import PhaseType, Plan, PlannedPhase, Scope
from docrail.core.retry import Retry
from docrail.core.state import Move
from docrail.store.blobs import Blobs
from docrail.store.database import Database
from docrail.store.documents import add_document
from docrail.store.ids import now_ms
from docrail.store.keys import workspace_id
from docrail.store.ledger import Receipt
from docrail.store.moves import apply_moves
from docrail.store.runs import create_run
from docrail.store.specs import add_spec

TYPES = (PhaseType.TRANSFER, PhaseType.EXTRACTION, PhaseType.RESOLUTION, PhaseType.VALIDATION)
_numbers = count()


class Handed:
    """An engine that only remembers what it was handed."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, str]] = []

    def enqueue(self, _connection: Connection, task: str, key: str) -> None:
        self.tasks.append((task, key))

    def take(self, task: str) -> list[str]:
        """The keys of the tasks handed over since the last time."""
        taken = [key for name, key in self.tasks if name == task]
        self.tasks = [each for each in self.tasks if each[0] != task]
        return taken


def make_program(database: Database, folder: Path) -> Program:
    """A program over a ready database, with a `Handed` engine."""
    with database.reading() as connection:
        workspace = workspace_id(connection)
    engine: Any = Handed()
    return Program(
        settings=Settings(home=str(folder)),
        database=database,
        blobs=Blobs(folder / "blobs"),
        engine=engine,
        workspace=workspace,
    )


def make_plan(phases: int = 3, *, assembly: bool = True, attempts: int = 2) -> Plan:
    """A plan of `phases` document phases."""
    planned = [
        PlannedPhase(
            id=f"phase-{n}",
            name=f"Phase {n}",
            type=TYPES[n % 4],
            config={},
            retry=Retry(attempts=attempts, first_seconds=0.01),
        )
        for n in range(phases)
    ]
    if assembly:
        last = PlannedPhase(
            id="assembly",
            name="Assembly",
            type=PhaseType.ASSEMBLY,
            config={"grouping_field": "a"},
            scope=Scope.PIPELINE,
            retry=Retry(attempts=attempts, first_seconds=0.01),
        )
        planned.append(last)
    return Plan(fields=(), phases=tuple(planned))


def add_documents(program: Program, number: int) -> list[str]:
    """That many new documents; their ids."""
    with program.database.writing() as connection:
        return [
            add_document(
                connection,
                workspace_id=program.workspace,
                digest=f"{next(_numbers):064d}",
                filename="a.txt",
                media_type="text/plain",
                size_bytes=1,
                metadata={},
                at=now_ms(),
            )[0].id
            for _ in range(number)
        ]


def start_run(program: Program, plan: Plan, *, documents: int | Sequence[str]) -> str:
    """A run of that many new documents, or of these; its id."""
    ids = add_documents(program, documents) if isinstance(documents, int) else documents
    with program.database.writing() as connection:
        spec = add_spec(
            connection, workspace_id=program.workspace, name="spec", digest="0", content="{}", at=now_ms()
        )
        return create_run(
            connection,
            workspace_id=program.workspace,
            name="run",
            spec_id=spec.id,
            spec_version=1,
            plan=plan,
            document_ids=ids,
            metadata={},
            at=now_ms(),
            enqueue=program.engine.enqueue,
        )


class HeldLedger:
    """Holds moves back until told to commit them, in one transaction, or to lose them."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.waiting: list[tuple[Sequence[Move], Receipt]] = []

    def write(self, moves: Sequence[Move], receipt: Receipt) -> None:
        receipt.hand_in()
        self.waiting.append((moves, receipt))

    def commit(self) -> None:
        batch, self.waiting = self.waiting, []
        moves = [move for together, _ in batch for move in together]
        with self.program.database.writing() as connection:
            late = apply_moves(connection, moves, enqueue=self.program.engine.enqueue)
        late_moves = [moves[number] for number in late]
        for together, receipt in batch:
            receipt.end(late=any(move in late_moves for move in together))


def empty_record(document: Any) -> Record:
    return Record(document=document, layout=Layout(media_type="text/plain", pages=()))


def mark(record: Record, phase: PlannedPhase, *, held: bool) -> Record:
    """What a phase of the tests makes: one cell of a field of its own."""
    status = CellStatus.HELD if held else CellStatus.FILLED
    reason = HoldReason.FAILED_CHECK if held else None
    cell = Cell(field=phase.id, value=1, confidence=1.0, phase=phase.id, status=status, hold_reason=reason)
    return record.adding(cells=[cell])
