"""Comparison across documents: the values of a group that must agree, and those that a run may have but once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from docrail.core.coerce import number_text
from docrail.core.lookup_table import loose
from docrail.core.model import CellStatus, Record, Severity, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`field` must agree, by `within`, across the documents of these roles, such as order, delivery and invoice.

    The numbers of documents of one role are added up: two deliveries may fill one order.
    """

    field: str
    across: tuple[str, ...]
    within: float = 0.0
    optional: frozenset[str] = frozenset()
    severity: Severity = Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not agree, in words that quote no value."""

    message: str
    severity: Severity


def find_mismatches(
    members: Sequence[Record], role_field: str, matches: Iterable[Match]
) -> Iterator[Finding]:
    """What of a group does not match; a role without a document is a mismatch unless it is optional."""
    roles: dict[str, list[Record]] = {}
    for member in members:
        role = shown(member, role_field)
        if role is not None:
            roles.setdefault(loose(_text(role)), []).append(member)
    for match in matches:
        for message in _mismatches(match, roles):
            yield Finding(message, match.severity)


def _mismatches(match: Match, roles: Mapping[str, Sequence[Record]]) -> Iterator[str]:
    present = [role for role in match.across if loose(role) in roles]
    for role in match.across:
        if role not in present and role not in match.optional:
            yield f"'{match.field}' cannot be compared: there is no '{role}'"
    sides = [(role, roles[loose(role)]) for role in present]
    waiting = [name for _, members in sides for name in _waiting(members, match.field)]
    if waiting:
        yield f"'{match.field}' cannot be compared: {_names(waiting)} waits for a decision"
        return
    values = {role: _value(members, match.field) for role, members in sides}
    for role in [role for role, value in values.items() if value is None]:
        yield f"'{match.field}' cannot be compared: the '{role}' says nothing of it, or not one thing"
        del values[role]
    first = next(iter(values), None)
    for role, value in values.items():
        if first is not None and not _agree(values[first], value, match.within):
            yield f"'{match.field}' of '{first}' and '{role}' differ"


def _waiting(members: Iterable[Record], field: str) -> list[str]:
    cells = [(member, member.current.get(field)) for member in members]
    return [member.document.filename for member, cell in cells if cell and cell.status is CellStatus.HELD]


def _value(members: Sequence[Record], field: str) -> Value:
    """What documents of one role say together: numbers added up, anything else if they agree; None if not."""
    said = [value for member in members if (value := shown(member, field)) is not None]
    numbers = [value for value in said if isinstance(value, int | float) and not isinstance(value, bool)]
    if numbers and len(numbers) == len(said):
        return float(sum(numbers))
    return said[0] if said and all(_agree(said[0], other, 0.0) for other in said) else None


def _agree(left: Value, right: Value, within: float) -> bool:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return abs(left - right) <= within + 1e-9 * max(1.0, abs(left), abs(right))
    if isinstance(left, str) and isinstance(right, str):
        return loose(left) == loose(right)
    return left == right


def find_twins(records: Iterable[Record], fields: Iterable[str]) -> dict[str, list[str]]:
    """For each document id, what another document of the run says as well though it may stand but once."""
    every, found = list(records), dict[str, list[str]]()
    for field in fields:
        same: dict[str, list[Record]] = {}
        for record in every:
            value = shown(record, field)
            if value is not None:
                same.setdefault(loose(_text(value)), []).append(record)
        for members in (members for members in same.values() if len(members) > 1):
            message = f"'{field}' is the same in {_names(each.document.filename for each in members)}"
            for member in members:
                found.setdefault(member.document.id, []).append(message)
    return found


def shown(member: Record, name: str | None) -> Value:
    """The value of a field as anybody may see it: none where it is held."""
    cell = member.current.get(name) if name is not None else None
    return None if cell is None or cell.status is CellStatus.HELD else cell.value


def _text(value: Value) -> str:
    return number_text(value) if isinstance(value, int | float) else str(value)


def _names(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
