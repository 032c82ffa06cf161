"""The rows of an audit export: the passport of each cell, where it comes from and who answers for it."""

from collections.abc import Iterator, Mapping, Sequence

from docrail.bootstrap import Program
from docrail.core.model import Cell, CellStatus, Provenance, Value, Verdict
from docrail.core.source_match import DECIDED
from docrail.store.decisions import Decision, decisions_on
from docrail.store.runs import read_run
from docrail.store.thresholds import Thresholds, failed_fields
from docrail.usecases.composed import EMPTY, LEFT_OUT
from docrail.usecases.results import ResultRow, every_page
from docrail.usecases.times import iso_time

PENDING_REVIEW = "PENDING_REVIEW"
_NO_PROVENANCE = Provenance(method="")
_NOTHING: Sequence[Value] = (None, EMPTY, *[None] * 11)


def every_passport(program: Program, run_id: str, thresholds: Thresholds) -> Iterator[Sequence[Value]]:
    """A row for every field of every completed or partial document, from one consistent state. Raises NotFound."""
    with program.database.reading() as connection:
        run = read_run(connection, run_id, workspace_id=program.workspace)
        for page in every_page(connection, run):
            decided = [row.id for row in page if any(_is_decided(cell) for cell in row.cells.values())]
            said = decisions_on(connection, decided)
            for row in page:
                yield from _passports(row, said, thresholds)


def _is_decided(cell: Cell | None) -> bool:
    return cell is not None and cell.status in DECIDED


def _passports(
    row: ResultRow, said: Mapping[tuple[str, str], Decision], thresholds: Thresholds
) -> Iterator[Sequence[Value]]:
    verdicts: dict[str, list[Value]] = {}
    for verdict in row.verdicts:
        verdicts.setdefault(verdict.field, []).append(_verdict(verdict, quiet=bool(row.held)))
    failed, document = failed_fields(row.verdicts), row.document
    for name, cell in row.cells.items():
        decision = said.get((row.id, name)) if _is_decided(cell) else None
        out = cell is not None and thresholds.stops(
            status=cell.status, confidence=cell.confidence, failed=name in failed
        )
        yield [
            document.id,
            document.filename,
            document.digest,
            name,
            *(_cell(cell, left_out=out) if cell else _NOTHING),
            verdicts.get(name),
            cell.hold_reason.value if cell and cell.hold_reason else None,
            *_decision(decision),
        ]


def _cell(cell: Cell, *, left_out: bool) -> Sequence[Value]:
    """From `value` to `prompt_digest`. What is held, or left out, shows nothing of what it says."""
    held = cell.status is CellStatus.HELD
    silent = held or left_out
    found = cell.provenance or _NO_PROVENANCE
    box = found.box
    return (
        PENDING_REVIEW if held else None if left_out else cell.value,
        cell.status.value if held or not left_out else LEFT_OUT,
        cell.confidence,
        cell.phase,
        found.method or None,
        found.page,
        [box.x0, box.y0, box.x1, box.y1] if box and not silent else None,
        None if silent else found.text,
        None if silent else found.before,
        None if silent else found.address,
        None if silent else found.detail,
        found.model,
        found.prompt_digest,
    )


def _decision(decision: Decision | None) -> Sequence[Value]:
    """From `reviewer` to `decided_at`."""
    if decision is None:
        return (None, None, None)
    return (decision.reviewer, decision.reason, iso_time(decision.at))


def _verdict(verdict: Verdict, *, quiet: bool) -> Mapping[str, Value]:
    """A verdict; without its message where the document holds any field, as messages quote values."""
    said: dict[str, Value] = {
        "gate": verdict.gate,
        "check": verdict.check,
        "passed": verdict.passed,
        "severity": verdict.severity.value,
        "phase": verdict.phase,
    }
    if verdict.reason:
        said["reason"] = verdict.reason.value
    if verdict.message and not quiet:
        said["message"] = verdict.message
    return said
