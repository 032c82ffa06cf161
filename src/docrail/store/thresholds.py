"""Values that a data product leaves out: not sure enough, or failed by a gate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from docrail.core.model import CellStatus, Verdict
from docrail.store import tables
from docrail.store.rows import verdict_from_json

AT_ONCE = 500
_DECIDED = frozenset({CellStatus.APPROVED, CellStatus.CORRECTED, CellStatus.OVERRIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a value needs to be delivered: a confidence of 0..1, and no failed verdict whatever its severity.

    What a person decided on is always delivered.
    """

    min_confidence: float = 0.0
    require_validation_pass: bool = False

    @property
    def leave_out(self) -> bool:
        return self.min_confidence > 0 or self.require_validation_pass

    def stops(self, *, status: CellStatus, confidence: float, failed: bool) -> bool:
        """Whether a value of this kind is left out.

        >>> wanted = Thresholds(min_confidence=0.8)
        >>> wanted.stops(status=CellStatus.FILLED, confidence=0.7, failed=False)
        True
        >>> wanted.stops(status=CellStatus.APPROVED, confidence=0.7, failed=True)
        False
        """
        if status in _DECIDED:
            return False
        return confidence < self.min_confidence or (self.require_validation_pass and failed)


NONE = Thresholds()


def failed_fields(verdicts: Iterable[Verdict]) -> set[str]:
    """The fields that some check fails now: of each check of a phase and field the latest verdict counts."""
    latest = {(each.phase, each.check, each.field): each.passed for each in verdicts}
    return {field for (_, _, field), passed in latest.items() if not passed}


def left_out(
    connection: Connection, run_document_ids: Sequence[str], thresholds: Thresholds
) -> dict[str, set[str]]:
    """The fields of each pipeline document whose latest value is left out; none where nothing is asked."""
    found: dict[str, set[str]] = {}
    if not thresholds.leave_out:
        return found
    for start in range(0, len(run_document_ids), AT_ONCE):
        some = run_document_ids[start : start + AT_ONCE]
        failed = _failed(connection, some) if thresholds.require_validation_pass else {}
        for (document, field), (status, confidence) in _latest(connection, some).items():
            fails = field in failed.get(document, ())
            if thresholds.stops(status=CellStatus(status), confidence=confidence, failed=fails):
                found.setdefault(document, set()).add(field)
    return found


def left_out_of_run(
    connection: Connection, run_id: str, document_ids: Sequence[str], thresholds: Thresholds
) -> dict[str, set[str]]:
    """The same by the ids of documents of one run."""
    if not thresholds.leave_out:
        return {}
    table, ids = tables.run_documents.c, dict[str, str]()
    for start in range(0, len(document_ids), AT_ONCE):
        some = table.document_id.in_(document_ids[start : start + AT_ONCE])
        query = select(table.id, table.document_id).where(table.run_id == run_id, some)
        ids.update({row.id: row.document_id for row in connection.execute(query)})
    found = left_out(connection, sorted(ids), thresholds)
    return {ids[run_document]: fields for run_document, fields in found.items()}


def _latest(connection: Connection, ids: Sequence[str]) -> Mapping[tuple[str, str], tuple[str, float]]:
    cell = tables.cells.c
    query = (
        select(cell.run_document_id, cell.field, cell.status, cell.confidence)
        .where(cell.run_document_id.in_(ids))
        .order_by(cell.run_document_id, cell.seq)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}


def _failed(connection: Connection, ids: Sequence[str]) -> dict[str, set[str]]:
    table = tables.verdicts.c
    query = (
        select(table.run_document_id, table.body)
        .where(table.run_document_id.in_(ids))
        .order_by(table.run_document_id, table.seq)
    )
    verdicts: dict[str, list[Verdict]] = {}
    for document, body in connection.execute(query):
        verdicts.setdefault(document, []).append(verdict_from_json(body))
    return {document: failed_fields(each) for document, each in verdicts.items()}
