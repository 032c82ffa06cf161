"""What a person can say of a held field, and the cell that it makes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from docrail.core.coerce import coerce
from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Cell, CellStatus, Provenance, Value
from docrail.core.parsing import parse_date
from docrail.core.patterns import finds
from docrail.core.spec import Field

METHOD = "review"
"""The method of a value that a person gave."""


class Action(StrEnum):
    """`approve` keeps the value, `correct` gives the right one, `override` forces one past the gates."""

    APPROVE = "approve"
    CORRECT = "correct"
    OVERRIDE = "override"


PAST = {Action.APPROVE: "approved", Action.CORRECT: "corrected", Action.OVERRIDE: "overridden"}
"""What was done, and the status of the cell since."""


def decide(cell: Cell, action: Action, value: Value = None, *, given: bool = False) -> Cell:
    """The next version of `cell` after a decision; `given`: the person said `value`, else the cell's own is kept.

    >>> held = Cell(field="net", value=7, confidence=0.2, phase="validation", status=CellStatus.HELD)
    >>> decide(held, Action.APPROVE).value, decide(held, Action.CORRECT, 8, given=True).status.value
    (7, 'corrected')
    """
    decided = replace(cell, status=CellStatus(PAST[action]), hold_reason=None, confidence=1.0)
    if not given or value == cell.value:
        return decided
    return replace(decided, value=value, provenance=Provenance(method=METHOD, before=cell.value))


def check_value(field: Field, value: Value, *, past_gates: bool = False) -> Value:
    """`value` as one of the field's type, read as the field would be read in a document; None says there is none.

    Raises InvalidInput if it is not of the type or, unless it goes `past_gates`, not what the field allows.

    >>> from docrail.core.spec import FieldType
    >>> check_value(Field(name="net", type=FieldType.NUMBER, locale="de_DE"), "1.234,50")
    1234.5
    """
    made = coerce(value, field)
    problems = [*_misfits(value, made, field, "value")]
    if not problems and not past_gates:
        problems = [*_not_allowed(made, field)]
    if problems:
        raise InvalidInput(
            f"'{field.name}' cannot be corrected to this: {problems[0].message}", tuple(problems)
        )
    return made


def _misfits(value: Value, made: Value, field: Field, path: str) -> Iterator[Problem]:
    if made is None and not _is_blank(value):
        yield Problem(path=path, message=f"not {_kind(field)}")
    elif isinstance(made, str) and field.format == "date" and _is_no_date(made):
        yield Problem(path=path, message="not a date; write it like 2026-11-24")
    elif isinstance(value, Sequence) and not isinstance(value, str) and isinstance(made, list):
        for number, (part, item) in enumerate(zip(value, made, strict=True)):
            yield from _member_misfits(part, item, field, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        yield from _member_misfits(value, made, field, path)


def _member_misfits(value: Value, made: Value, field: Field, path: str) -> Iterator[Problem]:
    if not field.items:
        return
    if not isinstance(value, Mapping) or not isinstance(made, Mapping):
        yield Problem(path=path, message=f"not an object with {', '.join(item.name for item in field.items)}")
        return
    known = {item.name for item in field.items}
    for name in value:
        if name not in known:
            yield Problem(path=f"{path}.{name}", message=f"unknown; there are {', '.join(sorted(known))}")
    for item in field.items:
        yield from _misfits(value.get(item.name), made.get(item.name), item, f"{path}.{item.name}")


def _is_blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_no_date(text: str) -> bool:
    found = parse_date(text, locale=None)
    return found is None or found[0] != text


def _kind(field: Field) -> str:
    article = "an" if field.type[0] in "aio" else "a"
    return f"{article} {field.type}"


def _not_allowed(value: Value, field: Field) -> Iterator[Problem]:
    """What the field itself says of its values, for one who does not go past the gates."""
    if value is None:
        if field.required:
            yield _problem("the field is required")
        return
    if field.enum and value not in field.enum:
        yield _problem(f"not one of {', '.join(str(each) for each in field.enum)}")
    if field.pattern and isinstance(value, str) and not finds(field.pattern, value):
        yield _problem(f"does not match {field.pattern}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if field.minimum is not None and value < field.minimum:
            yield _problem(f"below {field.minimum:g}")
        if field.maximum is not None and value > field.maximum:
            yield _problem(f"above {field.maximum:g}")


def _problem(what: str) -> Problem:
    return Problem(path="value", message=f"{what}; if it is right all the same, `override` with a reason")
