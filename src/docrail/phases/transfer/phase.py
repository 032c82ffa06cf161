"""Transfer: fill fields from what is known before anything is extracted."""

from collections.abc import Sequence

from docrail.core.model import Cell, Issue, Record, Severity
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field
from docrail.phases.transfer.einvoice import transfer_einvoice
from docrail.phases.transfer.given import transfer_given
from docrail.phases.transfer.remembered import read_registry, transfer_remembered


class Transfer:
    """A phase that takes values given with the document, those of the e-invoice inside it, and what the registry knows.

    `config`: `known`, the registry as it was when the run began.
    """

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        self._phase = phase.id
        self._fields = tuple(fields)
        self._registry = read_registry(phase.config.get("known"))

    def run(self, record: Record) -> Record:
        """`record` with a cell for each field that is still empty and known; what is given counts first."""
        empty = [field for field in self._fields if record.values.get(field.name) is None]
        given, given_issues = transfer_given(record.document.metadata, empty, phase=self._phase)
        printed, invoice_issues = transfer_einvoice(record.layout, empty, phase=self._phase)
        known = {cell.field: cell for cell in given}
        added = [cell for cell in printed if cell.field not in known]
        contrary = [_contrary(cell) for cell in printed if _differs(known.get(cell.field), cell)]
        told = known.keys() | {cell.field for cell in added}
        left = [field for field in empty if field.name not in told]
        remembered = transfer_remembered(record.layout, left, self._registry, phase=self._phase)
        return record.adding(
            cells=[*given, *added, *remembered], issues=[*given_issues, *invoice_issues, *contrary]
        )


def _differs(given: Cell | None, printed: Cell) -> bool:
    return given is not None and given.value != printed.value


def _contrary(cell: Cell) -> Issue:
    message = f"'{cell.field}' was given with another value than the e-invoice has; what was given counts"
    return Issue(code="given_differs", message=message, severity=Severity.WARNING)
