"""The one shape of a phase: a record goes in, the record with more cells, verdicts and issues comes out."""

from collections.abc import Sequence
from typing import Protocol

from docrail.core.compose import Composed
from docrail.core.model import Record
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field


class Phase(Protocol):
    """One phase of a plan, ready to run. Made once a worker and run, called for many documents.

    Safe to call twice with the same record. `run` raises `PhaseError` when it cannot do its work.
    """

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None: ...

    def run(self, record: Record) -> Record:
        """`record` with what this phase adds; nothing of it is removed."""
        ...


class PipelinePhase(Protocol):
    """A phase of the run as a whole: it sees every record that completed, in the order of the run."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None: ...

    def run(self, records: Sequence[Record]) -> Sequence[Composed]:
        """The composed records."""
        ...
