"""What is shown of results: records and cells, never what is held."""

from typing import Any

import msgspec
from pydantic import BaseModel

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Cell
from docrail.usecases.composed import ComposedRow
from docrail.usecases.products import ProductRow
from docrail.usecases.results import ResultRow

PARTS = frozenset({"cells", "provenance"})


class HeldBody(BaseModel):
    """A field that waits for a person, and why."""

    field: str
    reason: str


class CellBody(BaseModel):
    """The latest version of a cell; `provenance` says where the value stands, if it was asked for."""

    value: Any
    confidence: float
    status: str
    phase: str
    provenance: dict[str, Any] | None = None


class ResultBody(BaseModel):
    """One document's record: null where nothing was found or the field is held."""

    id: str
    document_id: str
    filename: str
    digest: str
    status: str
    record: dict[str, Any]
    held_fields: list[HeldBody]
    cells: dict[str, CellBody | None] | None = None


class DocumentRefBody(BaseModel):
    """A document behind a row."""

    document_id: str
    filename: str


class TableRowBody(BaseModel):
    """One row of a table: a document or, with `group`, a composed record. `statuses` says of every field what its
    cell is (`filled`, `held`, `approved`, …, `empty`)."""

    status: str
    documents: list[DocumentRefBody]
    record: dict[str, Any]
    statuses: dict[str, str]
    group: str | None = None
    conflicts: list[str] = []
    notes: list[str] = []


def read_parts(include: str) -> frozenset[str]:
    """The parts that `include=cells,provenance` asks for. Raises InvalidInput for others."""
    parts = frozenset(part.strip() for part in include.split(",") if part.strip())
    if parts - PARTS:
        problems = tuple(
            Problem(path="include", message=f"no part '{part}': there are cells and provenance")
            for part in sorted(parts - PARTS)
        )
        raise InvalidInput("`include` names parts that do not exist", problems)
    return parts


def show_result(row: ResultRow, parts: frozenset[str]) -> ResultBody:
    """A document's row with the parts asked for."""
    cells = {"cells": {name: _cell(cell, parts) for name, cell in row.cells.items()}} if parts else {}
    return ResultBody(
        id=row.id,
        document_id=row.document.id,
        filename=row.document.filename,
        digest=row.document.digest,
        status=row.status.value,
        record=row.record,
        held_fields=[HeldBody(field=each.field, reason=each.reason.value) for each in row.held],
        **cells,
    )


def show_table_row(row: ComposedRow | ProductRow) -> TableRowBody:
    """A row of a table."""
    return TableRowBody(
        status=row.status,
        documents=[DocumentRefBody(document_id=id_, filename=name) for id_, name in row.filenames.items()],
        record=dict(row.values),
        statuses=dict(row.statuses),
        group=row.group,
        conflicts=list(row.conflicts),
        notes=list(row.notes),
    )


def _cell(cell: Cell | None, parts: frozenset[str]) -> CellBody | None:
    if cell is None:
        return None
    where = {"provenance": msgspec.to_builtins(cell.provenance)} if "provenance" in parts else {}
    return CellBody(
        value=cell.value,
        confidence=cell.confidence,
        status=cell.status.value,
        phase=cell.phase,
        **where,
    )
