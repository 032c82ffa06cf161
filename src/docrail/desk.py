"""Where phases ask the model: every question within the limits and the run's budget, and counted for its document."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from docrail.core.errors import PhaseError
from docrail.core.model import Record
from docrail.core.plan import PlannedPhase
from docrail.core.retry import Limits
from docrail.engine.limiter import Limiter
from docrail.models.protocol import Answer, AsksModel, Caller, Usage
from docrail.phases.protocol import Phase
from docrail.reading.sandbox import Reader
from docrail.store.blobs import Blobs
from docrail.store.database import Database
from docrail.store.totals import add_totals, count_usage
from docrail.store.usage import add_usage, read_run_usage

PICTURE_WIDTH = 1200
LIMIT = "model"
"""The name that all workers know the limits of the model by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What all desks of a worker share. Budgets are for one run; 0: any."""

    client: Caller
    model: str
    limits: Limits
    limiter: Limiter
    database: Database
    blobs: Blobs
    reader: Reader
    budget: float = 0.0
    budget_tokens: int = 0


def seat(
    phases: Sequence[Phase], planned: Sequence[PlannedPhase], run_id: str, office: Office | None
) -> list[Phase]:
    """The phases of one chunk, those that ask a model at a desk of their own; as they are without an office."""
    if office is None:
        return list(phases)
    desk = Desk(office, run_id)
    return [
        _AtDesk(phase, desk, plan.id) if isinstance(phase, AsksModel) else phase
        for phase, plan in zip(phases, planned, strict=True)
    ]


class _AtDesk:
    """A phase that asks a model: each record is opened on the desk before it runs."""

    def __init__(self, phase: Any, desk: "Desk", phase_id: str) -> None:
        phase.use(desk)
        self._phase, self._desk, self._phase_id = phase, desk, phase_id

    def run(self, record: Record) -> Record:
        self._desk.open(record, phase=self._phase_id)
        made: Record = self._phase.run(record)
        return made


class Desk:
    """The model as the phases of one chunk see it, which one thread works on: `open` says for which document."""

    def __init__(self, office: Office, run_id: str) -> None:
        self._office, self._run_id = office, run_id
        self._record: Record | None = None
        self._phase = ""

    def open(self, record: Record, *, phase: str) -> None:
        """The next questions are about this record, in this phase."""
        self._record, self._phase = record, phase

    def ask(
        self, instructions: str, data: str, *, schema: Mapping[str, Any], images: Sequence[bytes] = ()
    ) -> Answer:
        """See Model. Raises Stopping too."""
        client = self._office.client
        return client.ask(
            instructions, data, schema=schema, images=images, spend=self._spend, permit=self._permit
        )

    def see(self, page: int) -> bytes:
        """See Model."""
        record = self._open_record()
        rotation = next((each.rotation for each in record.layout.pages if each.number == page), 0)
        path = self._office.blobs.path(record.document.digest)
        return self._office.reader.render(path, number=page, width=PICTURE_WIDTH, rotation=rotation)

    def _open_record(self) -> Record:
        if self._record is None:
            raise RuntimeError("a phase asks the model outside of `run`")
        return self._record

    def _spend(self, usage: Usage) -> None:
        document_id = self._open_record().document.id
        with self._office.database.writing() as connection:
            add_usage(connection, self._run_id, document_id, self._phase, usage)
            add_totals(connection, count_usage(self._office.model, usage))

    @contextmanager
    def _permit(self) -> Iterator[None]:
        with self._office.limiter.within([(LIMIT, self._office.limits)]):
            self._check_budget()
            yield

    def _check_budget(self) -> None:
        office = self._office
        if not (office.budget or office.budget_tokens):
            return
        with office.database.reading() as connection:
            spent = sum(read_run_usage(connection, self._run_id).values(), Usage())
        tokens = spent.input_tokens + spent.output_tokens
        if office.budget and spent.cost >= office.budget:
            raise _exhausted("model_budget", f"{spent.cost:.4f} of {office.budget:g}")
        if office.budget_tokens and tokens >= office.budget_tokens:
            raise _exhausted("model_budget_tokens", f"{tokens:,} of {office.budget_tokens:,} tokens")


def _exhausted(setting: str, spent: str) -> PhaseError:
    message = (
        f"The run has used up its budget for the model ({spent}): raise `{setting}`, then retry the run."
    )
    return PhaseError(message, code="budget_exhausted")
