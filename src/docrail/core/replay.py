"""What another severity of a gate would hold, from the verdicts that were kept: nothing runs again."""

from dataclasses import dataclass, replace

from docrail.core.gates import holds
from docrail.core.model import Cell, CellStatus, HoldReason, Record, Severity
from docrail.core.plan import Plan, PlannedPhase
from docrail.core.rework import dependent_phases, latest_verdicts, rewind


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The cells that would be held now, and the fields that the gate holds and would not have held."""

    held: tuple[Cell, ...]
    released: tuple[str, ...]


def find_gate(plan: Plan, gate: str) -> PlannedPhase | None:
    """The phase of the plan that runs a gate of this name."""
    return next((phase for phase in plan.document_phases if gate_name(phase) == gate), None)


def gate_name(phase: PlannedPhase) -> str | None:
    """The name of the gate that a phase runs; None for a phase of another kind."""
    body = phase.config.get("gate")
    return str(body["name"]) if isinstance(body, dict) and "name" in body else None


def replay(record: Record, plan: Plan, *, phase: str, severity: Severity) -> Replayed:
    """What the gate of `phase`, by its latest verdicts, would do to the record with this severity.

    A held cell has the value that the gate saw: what later phases made of it is theirs to make again. What is held
    already, or a person decided on since the gate held it, stays as it is.
    """
    judged = [
        replace(each, severity=severity) for each in latest_verdicts(record.verdicts) if each.phase == phase
    ]
    then, current = rewind(record, dependent_phases(plan, phase)), record.current
    reasons = holds(judged, then, phase=phase)
    waiting = {name for name, cell in current.items() if cell.status is CellStatus.HELD}
    held = tuple(
        _held(name, then.current.get(name), reason, phase)
        for name, reason in reasons.items()
        if name not in waiting
    )
    now = {name for name in waiting if _holder(record, name) == phase}
    kept = {each.field for each in judged if not each.passed} if severity is Severity.BLOCKING else set()
    return Replayed(held=held, released=tuple(sorted(now - kept)))


def _holder(record: Record, field: str) -> str | None:
    """The phase that holds a field: later ones may have changed the held value."""
    holder = None
    for cell in (each for each in record.cells if each.field == field):
        holder = (holder or cell.phase) if cell.status is CellStatus.HELD else None
    return holder


def _held(field: str, earlier: Cell | None, reason: HoldReason, phase: str) -> Cell:
    cell = earlier or Cell(field=field, value=None, confidence=0.0, phase=phase)
    return replace(cell, status=CellStatus.HELD, hold_reason=reason, phase=phase)
