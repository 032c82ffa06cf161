"""One record again through the phases after a gate, once a person decided: what to start from, what is new."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from docrail.core.model import Cell, CellStatus, Record, Verdict
from docrail.core.plan import PhaseType, Plan, PlannedPhase
from docrail.core.source_match import DECIDED

RUN_AGAIN = frozenset({PhaseType.RESOLUTION, PhaseType.VALIDATION})


def dependent_phases(plan: Plan, gate: str) -> tuple[PlannedPhase, ...]:
    """The phases that run again for a record when a field that the phase `gate` held is decided."""
    ids = [phase.id for phase in plan.document_phases]
    return phases_from(plan, ids.index(gate) + 1 if gate in ids else len(ids))


def phases_from(plan: Plan, first: int) -> tuple[PlannedPhase, ...]:
    """The resolutions and validations of a plan from its document phase number `first` on."""
    return tuple(phase for phase in plan.document_phases[first:] if phase.type in RUN_AGAIN)


def rewind(record: Record, again: Iterable[PlannedPhase]) -> Record:
    """`record` as it was without the phases that run `again`, and with all that people decided.

    So a phase never works on what it made itself: an amount is not converted twice.
    """
    later = {phase.id for phase in again}
    decided = {cell.field: number for number, cell in enumerate(record.cells) if cell.status in DECIDED}
    cells = tuple(
        cell
        for number, cell in enumerate(record.cells)
        if cell.phase not in later or number <= decided.get(cell.field, -1)
    )
    verdicts = tuple(verdict for verdict in record.verdicts if verdict.phase not in later)
    return replace(record, cells=cells, verdicts=verdicts)


def added(stored: Record, base: Record, made: Record) -> Record:
    """`stored` with what differs in `made`, to which the phases brought `base`, the rewound `stored`.

    What is held stays held until a person decides, and what a person decided stays, unless a later gate holds it.
    """
    before, after = stored.current, made.current
    every = [_next(before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    known = {_key(verdict): verdict for verdict in stored.verdicts}
    return stored.adding(
        cells=[cell for cell in every if cell is not None],
        verdicts=[v for v in made.verdicts[len(base.verdicts) :] if known.get(_key(v)) != v],
        issues=[issue for issue in made.issues[len(base.issues) :] if issue not in stored.issues],
    )


def _next(old: Cell | None, new: Cell | None) -> Cell | None:
    """The version to add to a field, if any."""
    if old is None:
        return new
    if new is None:
        new = Cell(field=old.field, value=None, confidence=0.0, phase=old.phase)
    if old.status is CellStatus.HELD and new.status is not CellStatus.HELD:
        new = replace(new, status=old.status, hold_reason=old.hold_reason, phase=old.phase)
    if old.status in DECIDED and new.status is not CellStatus.HELD:
        return None
    return None if new == old else new


def latest_verdicts(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Each check's last word on each field: a phase that ran again took back what it had said."""
    return tuple({_key(verdict): verdict for verdict in verdicts}.values())


def _key(verdict: Verdict) -> tuple[str, str, str, str]:
    return verdict.phase, verdict.gate, verdict.check, verdict.field
