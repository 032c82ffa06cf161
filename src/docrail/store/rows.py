"""Cells, verdicts and issues as rows, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from docrail.core.model import Box, Cell, CellStatus, HoldReason, Issue, Provenance, Severity, Verdict


def to_json(value: Any) -> str:
    """`value` as JSON text."""
    return msgspec.json.encode(value).decode()


def from_json(text: str) -> Any:
    """The value that `to_json` wrote."""
    return msgspec.json.decode(text)


def cell_row(cell: Cell) -> dict[str, Any]:
    """The columns of one cell."""
    return {
        "field": cell.field,
        "value": to_json(cell.value),
        "confidence": cell.confidence,
        "status": cell.status.value,
        "phase": cell.phase,
        "hold_reason": cell.hold_reason.value if cell.hold_reason else None,
        "provenance": to_json(cell.provenance),
    }


def cell_from_row(row: Mapping[str, Any]) -> Cell:
    """The cell of one row."""
    return Cell(
        field=row["field"],
        value=from_json(row["value"]),
        confidence=row["confidence"],
        phase=row["phase"],
        status=CellStatus(row["status"]),
        hold_reason=HoldReason(row["hold_reason"]) if row["hold_reason"] else None,
        provenance=_provenance(from_json(row["provenance"])),
    )


def _provenance(body: dict[str, Any] | None) -> Provenance | None:
    if body is None:
        return None
    box = body.pop("box", None)
    return Provenance(box=Box(**box) if box else None, **body)


def verdict_from_json(text: str) -> Verdict:
    """The verdict that `to_json` wrote."""
    body = from_json(text)
    reason = body.pop("reason")
    severity = Severity(body.pop("severity"))
    return Verdict(severity=severity, reason=HoldReason(reason) if reason else None, **body)


def issue_from_json(text: str) -> Issue:
    """The issue that `to_json` wrote."""
    body = from_json(text)
    return Issue(code=body["code"], message=body["message"], severity=Severity(body["severity"]))


def numbered(rows: Iterable[dict[str, Any]], *, run_document_id: str, first: int) -> list[dict[str, Any]]:
    """`rows` of one document with their place in its record."""
    return [row | {"run_document_id": run_document_id, "seq": first + n} for n, row in enumerate(rows)]
