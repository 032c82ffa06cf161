"""Transfer: fill fields from what is known before anything is extracted."""

from collections.abc import Sequence

from docrail.core.model import Cell, Issue, Record, Severity
from docrail.core.plan import PlannedPhase
from docrail.core.spec import Field
from docrail.phases.transfer.einvoice import transfer_einvoice
from docrail.phases.transfer.given import transfer_given


class Transfer:
    """A phase that takes values given with the document, then those of the e-invoice inside it."""

    def __init__(self, phase: PlannedPhase, fields: Sequence[Field]) -> None:
        self._phase = phase.id
        self._fields = tuple(fields)

    def run(self, record: Record) -> Record:
        """`record` with a cell for each field that is still empty and known; what is given counts first."""
        empty = [field for field in self._fields if record.values.get(field.name) is None]
        given, given_issues = transfer_given(record.document.metadata, empty, phase=self._phase)
        printed, invoice_issues = transfer_einvoice(record.layout, empty, phase=self._phase)
        known = {cell.field: cell for cell in given}
        added = [cell for cell in printed if cell.field not in known]
        contrary = [_contrary(cell) for cell in printed if _differs(known.get(cell.field), cell)]
        return record.adding(cells=[*given, *added], issues=[*given_issues, *invoice_issues, *contrary])


def _differs(given: Cell | None, printed: Cell) -> bool:
    return given is not None and given.value != printed.value


def _contrary(cell: Cell) -> Issue:
    message = f"'{cell.field}' was given with another value than the e-invoice has; what was given counts"
    return Issue(code="given_differs", message=message, severity=Severity.WARNING)
