"""Runs with real phases and gates over documents whose values are given, and a worker that does what is queued."""

import threading
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from docrail import learning, rework, workflow
from docrail.bootstrap import Program
from docrail.core.model import Layout
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_to_json
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage
from docrail.engine.limiter import Limiter
from docrail.store.documents import add_document
from docrail.store.ids import new_id, now_ms
from docrail.store.ledger import Ledger
from docrail.store.reviews import HeldField
from docrail.store.runs import create_run
from docrail.store.specs import add_spec
from docrail.usecases import decide, reviews
from docrail.workflow import Parts

FIELDS = (
    Field(name="contract"),
    Field(name="net", type=FieldType.NUMBER),
    Field(name="gross", type=FieldType.NUMBER),
)
LOW = Gate(name="low", fields=("net",), checks=({"range": {"max": 50}},))
HIGH = Gate(name="high", fields=("gross",), checks=({"range": {"max": 150}},))
TWICE = Policy(name="twice", rules=({"compute": "net * 2.0", "field": "gross"},))
_numbers = count()


class ReaderOfNothing:
    """Every document is empty: what is known of it was given with it."""

    terms = ""

    def read(self, _path: Path, *, filename: str) -> Layout:
        return Layout(media_type="text/plain", pages=())


class Worker:
    """Does what was handed to a `Handed` engine, in this thread, until nothing is left."""

    def __init__(self, program: Program, *, reader: Any = None) -> None:
        self.program = program
        stopping = threading.Event()
        self.parts = Parts(
            database=program.database,
            blobs=program.blobs,
            ledger=Ledger(program.database, enqueue=program.engine.enqueue),
            reader=reader or ReaderOfNothing(),
            limiter=Limiter(program.database, worker_id="one", stopping=stopping, by_type={}),
            enqueue=program.engine.enqueue,
            stopping=stopping,
            worker_id=new_id(),
        )
        self.tasks = (
            workflow.tasks(self.parts) | rework.review_tasks(self.parts) | learning.learning_tasks(self.parts)
        )

    def work(self) -> list[str]:
        """The names of the tasks done."""
        done = []
        handed: Any = self.program.engine
        while handed.tasks:
            name, key = handed.tasks.pop(0)
            self.tasks[name](key)
            done.append(name)
        return done

    def close(self) -> None:
        self.parts.ledger.close()


def spec_of(*gates: Gate, policies: Sequence[Policy] = (), rail: Sequence[Stage] = ()) -> Spec:
    """A spec whose values are given; without a rail it ends with its gates."""
    stages = rail or (*(Stage(type="valid", json={"gates": [gate.name]}) for gate in gates),)
    return Spec(
        name="contracts",
        fields=FIELDS,
        gates=gates,
        policies=tuple(policies),
        rail=(Stage(type="registry"), *stages),
    )


def whole_spec(*, assembly: bool = True) -> Spec:
    """Gate `low` on net, then gross = 2 net, then gate `high` on gross, then assembly by contract."""
    stages = [
        Stage(type="valid", json={"gates": ["low"]}),
        Stage(type="resolve", json={"policies": ["twice"]}),
        Stage(type="valid", json={"gates": ["high"]}),
    ]
    if assembly:
        stages.append(Stage(type="assembly", json={"grouping_field": "contract"}))
    return spec_of(LOW, HIGH, policies=[TWICE], rail=stages)


def start(program: Program, spec: Spec, given: Sequence[Mapping[str, Any]]) -> str:
    """A run over one document for each set of given values; its id."""
    ids = [add(program, values) for values in given]
    with program.database.writing() as connection:
        content = spec_to_json(spec).decode()
        stored = add_spec(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            digest=str(hash(content))[:60],
            content=content,
            at=now_ms(),
        )
        return create_run(
            connection,
            workspace_id=program.workspace,
            name=spec.name,
            spec_id=stored.id,
            spec_version=stored.version,
            plan=compile_rail(spec),
            document_ids=ids,
            metadata={},
            at=now_ms(),
            enqueue=program.engine.enqueue,
        )


def add(program: Program, values: Mapping[str, Any]) -> str:
    """A document with these values given; its id."""
    number = next(_numbers)
    with program.database.writing() as connection:
        document, _ = add_document(
            connection,
            workspace_id=program.workspace,
            digest=f"{number:064x}",
            filename=f"{number}.txt",
            media_type="text/plain",
            size_bytes=1,
            metadata=dict(values),
            at=now_ms(),
        )
    return document.id


def queue(program: Program) -> list[HeldField]:
    """Everything that waits."""
    return reviews.list_reviews(program, limit=200)[0]


def say(
    program: Program, held: HeldField, action: str, *, reviewer: str = "ada", **more: Any
) -> decide.Decided:
    """Decide on a field of the queue."""
    answer = decide.Answer(pipeline_document_id=held.run_document_id, field=held.field, action=action, **more)
    return decide.resolve(program, answer, reviewer=reviewer)
