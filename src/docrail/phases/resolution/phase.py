"""Resolution: apply one data policy to a record."""

from collections.abc import Sequence
from dataclasses import replace

from docrail.core.model import Cell, CellStatus, Provenance, Record
from docrail.core.plan import PlannedPhase
from docrail.core.policy import Change, apply_policy, read_rules
from docrail.core.source_match import DECIDED
from docrail.core.spec import Field
from docrail.phases.resolution.config import read_policy


class Resolution:
    """A phase whose config is `{"policy": {"name", "rules"}}`."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        policy = read_policy(phase.config)
        self._phase = phase.id
        self._policy = policy.name
        self._rules = read_rules(policy, fields)

    def run(self, record: Record) -> Record:
        """`record` with a new version of each cell that a rule changed, and the policy's issues."""
        current = record.current
        applied = apply_policy(
            self._rules,
            record.values,
            confidences={name: cell.confidence for name, cell in current.items()},
            settled={name for name, cell in current.items() if cell.status in DECIDED},
            held={name for name, cell in current.items() if cell.status is CellStatus.HELD},
        )
        cells: list[Cell] = []
        for change in applied.changes:
            cell = self._changed(current.get(change.field), change)
            cells.append(cell)
            current[change.field] = cell
        return record.adding(cells=cells, issues=applied.issues)

    def _changed(self, earlier: Cell | None, change: Change) -> Cell:
        """The next version: where the text stands is kept, and a held cell stays held."""
        new = Cell(
            field=change.field,
            value=change.after,
            confidence=change.confidence,
            phase=self._phase,
            provenance=self._provenance(earlier, change),
        )
        if earlier is None or earlier.status is not CellStatus.HELD:
            return new
        return replace(new, status=earlier.status, hold_reason=earlier.hold_reason)

    def _provenance(self, earlier: Cell | None, change: Change) -> Provenance:
        reads = f" of {', '.join(change.reads)}" if change.reads else ""
        note = f"; {change.note}" if change.note else ""
        found = (earlier.provenance if earlier else None) or Provenance(method="")
        if change.rule == "redact":
            found = replace(found, text=None, box=None)
        return replace(
            found, method=f"rule:{change.rule}", detail=f"{self._policy}{reads}{note}", before=change.before
        )
