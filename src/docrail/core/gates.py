"""Gates: check one with `check_gate`, let one judge a record with `judge`, see what it holds with `holds`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from docrail.core.check import Check, read_checks
from docrail.core.check_digits import has_good_digits
from docrail.core.errors import PhaseError
from docrail.core.gate_check import check_gate
from docrail.core.model import Cell, CellStatus, HoldReason, Record, Severity, Value, Verdict
from docrail.core.patterns import finds
from docrail.core.source_match import DECIDED, SourceText, explain_source
from docrail.core.spec import Field, Gate

__all__ = ["check_gate", "holds", "judge", "read_checks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What a check looks at: one field of a record."""

    check: Check
    field: Field
    cell: Cell | None
    record: Record
    source: SourceText

    @property
    def value(self) -> Value:
        return self.cell.value if self.cell else None


_Finding = tuple[HoldReason | None, str]
_PASSED: _Finding = (None, "")


def judge(
    gate: Gate,
    record: Record,
    fields: Sequence[Field],
    *,
    phase: str,
    checks: Sequence[Check] | None = None,
) -> tuple[Verdict, ...]:
    """One verdict for each check and field, and one for each field that a person must see.

    `checks` are those of `read_checks`, for one who judges many records. No message quotes a value.

    >>> from docrail.core.model import Document, Layout
    >>> document = Document(
    ...     id="1", digest="", filename="a.txt", media_type="text/plain", size_bytes=1, metadata={}
    ... )
    >>> empty = Record(document=document, layout=Layout(media_type="text/plain", pages=()))
    >>> gate = Gate(name="complete", checks=({"required": True},))
    >>> [(v.check, v.field, v.passed, v.message) for v in judge(gate, empty, [Field(name="net")], phase="v")]
    [('required', 'net', False, "'net' has no value")]
    """
    current, source = record.current, SourceText(layout=record.layout)
    verdicts: list[Verdict] = []
    for check in read_checks(gate, fields) if checks is None else checks:
        for field in check.fields:
            cell = current.get(field.name)
            case = _Case(check=check, field=field, cell=cell, record=record, source=source)
            verdicts.append(_verdict(gate, check.name, field, _FINDERS[check.kind](case), phase))
    for field in fields:
        if field.requires_review and (not gate.fields or field.name in gate.fields):
            finding = _find_review(field, current.get(field.name))
            verdicts.append(_verdict(gate, "requires_review", field, finding, phase))
    return tuple(verdicts)


def holds(verdicts: Sequence[Verdict], record: Record, *, phase: str) -> dict[str, HoldReason]:
    """The fields that blocking verdicts hold now, each with its first reason; a missing value comes first.

    What is held already stays as it is. A field that a person decided on after this phase held it, or has
    overridden, is not held again.
    """
    reasons: dict[str, HoldReason] = {}
    for verdict in verdicts:
        if verdict.passed or verdict.severity is not Severity.BLOCKING or verdict.reason is None:
            continue
        if verdict.field not in reasons or verdict.reason is HoldReason.MISSING_VALUE:
            reasons[verdict.field] = verdict.reason
    return {name: reason for name, reason in reasons.items() if not _is_settled(record, name, phase)}


def _is_settled(record: Record, field: str, phase: str) -> bool:
    cell = record.current.get(field)
    if cell is None:
        return False
    if cell.status in {CellStatus.HELD, CellStatus.OVERRIDDEN}:
        return True
    held_here = any(
        each.field == field and each.phase == phase and each.status is CellStatus.HELD
        for each in record.cells
    )
    return cell.status in DECIDED and held_here


def _verdict(gate: Gate, check: str, field: Field, finding: _Finding, phase: str) -> Verdict:
    reason, message = finding
    return Verdict(
        gate=gate.name,
        check=check,
        field=field.name,
        passed=reason is None,
        severity=gate.severity,
        phase=phase,
        reason=reason,
        message=message,
    )


def _find_review(field: Field, cell: Cell | None) -> _Finding:
    if cell and cell.status in DECIDED:
        return None, "decided by a person"
    return HoldReason.REQUIRES_REVIEW, f"'{field.name}' is always seen by a person"


def _failed(case: _Case, message: str, reason: HoldReason = HoldReason.FAILED_CHECK) -> _Finding:
    return reason, case.check.message or message


def _is_empty(value: Value) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, Sequence | Mapping) and not value)


def _find_required(case: _Case) -> _Finding:
    if not _is_empty(case.value):
        return _PASSED
    return _failed(case, f"'{case.field.name}' has no value", HoldReason.MISSING_VALUE)


def _find_in_source(case: _Case) -> _Finding:
    if case.cell is None or _is_empty(case.value):
        return _PASSED
    stands, message = explain_source(case.record, case.cell, case.source)
    return (None, message) if stands else _failed(case, message, HoldReason.NOT_IN_SOURCE)


def _find_confidence(case: _Case) -> _Finding:
    least = case.check.options["value"]
    if case.cell is None or _is_empty(case.value) or case.cell.status in DECIDED:
        return _PASSED
    if isinstance(least, int | float) and case.cell.confidence >= least:
        return _PASSED
    message = f"'{case.field.name}' has a confidence of {case.cell.confidence:.2f}, below {least}"
    return _failed(case, message, HoldReason.LOW_CONFIDENCE)


def _find_pattern(case: _Case) -> _Finding:
    if _is_empty(case.value):
        return _PASSED
    pattern = str(case.check.options["pattern"])
    if isinstance(case.value, str) and finds(pattern, case.value):
        return _PASSED
    return _failed(case, f"'{case.field.name}' does not match {pattern}")


def _find_range(case: _Case) -> _Finding:
    if _is_empty(case.value):
        return _PASSED
    name, value = case.field.name, case.value
    for key, word, wrong in (("min", "below", -1), ("max", "above", 1)):
        bound = case.check.options.get(key)
        side = 0 if bound is None else _compare(value, bound)
        if side is None:
            return _failed(case, f"'{name}' cannot be compared with {bound}")
        if side == wrong:
            return _failed(case, f"'{name}' is {word} {bound}")
    return _PASSED


def _compare(value: Value, bound: Value) -> int | None:
    """-1, 0 or 1 as `value` is less than, equal to or greater than `bound`; None for two kinds."""
    if isinstance(value, str) and isinstance(bound, str):
        return (value > bound) - (value < bound)
    if isinstance(value, int | float) and isinstance(bound, int | float) and not isinstance(value, bool):
        return (value > bound) - (value < bound)
    return None


def _find_rule(case: _Case) -> _Finding:
    if case.check.expression is None:
        return _PASSED
    try:
        holds_true = case.check.expression.evaluate(case.record.values) is True
    except PhaseError as error:
        return _failed(case, error.message)
    return _PASSED if holds_true else _failed(case, f"'{case.check.expression.source}' is not so")


def _find_check_digits(case: _Case) -> _Finding:
    kind = str(case.check.options["kind"])
    if _is_empty(case.value) or has_good_digits(str(case.value), kind):
        return _PASSED
    return _failed(case, f"the check digits of '{case.field.name}' are wrong for {kind}")


_FINDERS: Mapping[str, Callable[[_Case], _Finding]] = {
    "required": _find_required,
    "in_source": _find_in_source,
    "min_confidence": _find_confidence,
    "pattern": _find_pattern,
    "range": _find_range,
    "rule": _find_rule,
    "check_digits": _find_check_digits,
}
