"""Validation: let one gate judge a record, and hold what a blocking gate does not let through."""

from collections.abc import Sequence
from dataclasses import replace

from docrail.core.gates import holds, judge, read_checks
from docrail.core.model import Cell, CellStatus, HoldReason, Record
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field
from docrail.phases.validation.config import read_gate


class Validation:
    """A phase whose config is `{"gate": {"name", "severity", "fields", "checks"}}`."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        self._phase = phase.id
        self._fields = tuple(fields)
        self._gate = read_gate(phase.config)
        self._checks = read_checks(self._gate, fields)

    def run(self, record: Record) -> Record:
        """`record` with the gate's verdicts and, for each field it holds, a held version of the cell."""
        verdicts = judge(self._gate, record, self._fields, phase=self._phase, checks=self._checks)
        reasons = holds(verdicts, record, phase=self._phase)
        current = record.current
        held = [self._held(name, current.get(name), reason) for name, reason in reasons.items()]
        return record.adding(cells=held, verdicts=verdicts)

    def _held(self, field: str, earlier: Cell | None, reason: HoldReason) -> Cell:
        cell = earlier or Cell(field=field, value=None, confidence=0.0, phase=self._phase)
        return replace(cell, status=CellStatus.HELD, hold_reason=reason, phase=self._phase)
