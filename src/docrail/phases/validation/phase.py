"""Validation: let one gate judge a record, and hold what a blocking gate does not let through."""

from collections.abc import Sequence
from dataclasses import replace

from docrail.core.gates import holds, judge, read_checks
from docrail.core.model import Cell, CellStatus, HoldReason, Record
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field
from docrail.phases.validation.config import read_gate, read_targets


class Validation:
    """A phase whose config is `{"gate": {"name", "severity", "fields", "checks"}, "target_phases"?: [ids]}`."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        self._phase = phase.id
        self._fields = tuple(fields)
        self._gate = read_gate(phase.config)
        self._checks = read_checks(self._gate, fields)
        self._targets = read_targets(phase.config)

    def run(self, record: Record) -> Record:
        """`record` with the gate's verdicts and, for each field it holds, a held version of the cell."""
        every = judge(self._gate, record, self._fields, phase=self._phase, checks=self._checks)
        verdicts = [verdict for verdict in every if self._is_meant(verdict.field, record)]
        reasons = holds(verdicts, record, phase=self._phase)
        current = record.current
        held = [self._held(name, current.get(name), reason) for name, reason in reasons.items()]
        return record.adding(cells=held, verdicts=verdicts)

    def _is_meant(self, field: str, record: Record) -> bool:
        """Whether one of the target phases set the field, or nobody did; without targets every field is meant."""
        phases = {cell.phase for cell in record.cells if cell.field == field}
        return not self._targets or not phases or bool(phases & self._targets)

    def _held(self, field: str, earlier: Cell | None, reason: HoldReason) -> Cell:
        cell = earlier or Cell(field=field, value=None, confidence=0.0, phase=self._phase)
        return replace(cell, status=CellStatus.HELD, hold_reason=reason, phase=self._phase)
