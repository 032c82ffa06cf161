"""Assembly's rules: group documents, find each group's anchor, let later documents override it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from docrail.core.coerce import number_text
from docrail.core.compose_check import AssemblyConfig, check_assembly, read_assembly
from docrail.core.compose_field import Candidate, Choice, choose
from docrail.core.compose_group import join_alike
from docrail.core.compose_match import find_mismatches, find_twins, shown
from docrail.core.lookup_table import loose
from docrail.core.model import CellStatus, Record, Severity, Value
from docrail.core.spec import Field

__all__ = ["AssemblyConfig", "Composed", "check_assembly", "compose", "read_assembly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """One composed record: `sources` names the document id behind each field's value.

    A group with `conflicts` composes nothing: `values` is empty and each conflict says which documents disagree.
    `notes` say what stops nothing: a document that is not signed, a comparison that only warns.
    """

    group: str
    anchor_document: str | None
    document_ids: tuple[str, ...]
    values: Mapping[str, Value]
    sources: Mapping[str, str]
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def compose(
    records: Iterable[Record], config: AssemblyConfig, fields: Sequence[Field]
) -> tuple[Composed, ...]:
    """One composed record for each group, in the order of the groups' first documents.

    A document without a value to group by is a group of its own, named by the document's id. A held cell counts as
    no value: its field is null, unless a later document may override it. No conflict quotes a value.

    >>> compose([], AssemblyConfig(grouping_field="contract"), [])
    ()
    """
    every = list(records)
    twins = find_twins(every, config.unique)
    return tuple(_compose_group(members, config, fields, twins) for members in _groups(every, config))


def _groups(records: Sequence[Record], config: AssemblyConfig) -> Iterable[Sequence[Record]]:
    groups: dict[tuple[bool, str], list[Record]] = {}
    names = [shown(record, config.grouping_field) for record in records]
    keys = [loose(_text(value)) for value in names if value is not None]
    leaders = join_alike(keys, threshold=config.group_threshold)
    for record, value in zip(records, names, strict=True):
        key = (False, record.document.id) if value is None else (True, leaders[loose(_text(value))])
        groups.setdefault(key, []).append(record)
    return groups.values()


def _compose_group(
    members: Sequence[Record],
    config: AssemblyConfig,
    fields: Sequence[Field],
    twins: Mapping[str, Sequence[str]],
) -> Composed:
    found = list(find_mismatches(members, config.role_field or "", config.match))
    doubled = (message for member in members for message in twins.get(member.document.id, ()))
    conflicts = [each.message for each in found if each.severity is Severity.BLOCKING]
    notes = [each.message for each in found if each.severity is not Severity.BLOCKING]
    anchor, problem = _find_anchor(members, config)
    choices: dict[str, Choice] = {}
    if anchor is None:
        conflicts.append(problem)
    else:
        choices = {field.name: _choose(field.name, members, anchor, config) for field in fields}
        conflicts += [choice.conflict for choice in choices.values() if choice.conflict]
        notes += [
            f"'{each.document.filename}' is not signed: it changes nothing"
            for each in members
            if each is not anchor and _is_signed(each, config) is False
        ]
    conflicts = list(dict.fromkeys((*doubled, *conflicts)))
    made = _composed(members, config, anchor, {} if conflicts else choices, tuple(conflicts))
    return replace(made, notes=tuple(notes))


def _composed(
    members: Sequence[Record],
    config: AssemblyConfig,
    anchor: Record | None,
    choices: Mapping[str, Choice],
    conflicts: tuple[str, ...],
) -> Composed:
    value = shown(members[0], config.grouping_field)
    return Composed(
        group=members[0].document.id if value is None else _text(value),
        anchor_document=anchor.document.id if anchor else None,
        document_ids=tuple(member.document.id for member in members),
        values={name: choice.value for name, choice in choices.items()},
        sources={name: choice.source for name, choice in choices.items() if choice.source is not None},
        conflicts=conflicts,
    )


def _find_anchor(members: Sequence[Record], config: AssemblyConfig) -> tuple[Record | None, str]:
    """The one anchor, or why there is none."""
    if config.anchor_field is None:
        return _earliest(members, config)
    found = [member for member in members if _is_anchor(member, config)]
    if len(found) == 1:
        return found[0], ""
    sign = f"'{config.anchor_field}' " + (
        f"of '{config.anchor_value}'" if config.anchor_value is not None else "filled"
    )
    if not found:
        return None, f"no anchor: none of {_names(members)} has {sign}"
    return None, f"{len(found)} anchors: {_names(found)} have {sign}"


def _is_anchor(member: Record, config: AssemblyConfig) -> bool:
    value = shown(member, config.anchor_field or "")
    if value is None or config.anchor_value is None:
        return value is not None
    return loose(_text(value)) == loose(_text(config.anchor_value))


def _earliest(members: Sequence[Record], config: AssemblyConfig) -> tuple[Record | None, str]:
    """The first by date where dates are used; without any, the first of the run."""
    dated = [member for member in members if _order(member, config) is not None]
    if config.order_field is None or not dated or len(members) == 1:
        return members[0], ""
    return min(dated, key=lambda member: str(_order(member, config))), ""


def _choose(name: str, members: Sequence[Record], anchor: Record, config: AssemblyConfig) -> Choice:
    unsigned = replace(config, signed_field=None)
    candidates = [
        _candidate(name, place, member, unsigned if member is anchor else config)
        for place, member in enumerate(members)
    ]
    own = candidates[members.index(anchor)]
    if name in config.from_anchor:
        return Choice(value=own.value, source=own.document if own.value is not None else None)
    return choose(name, own, candidates, may_override=name in config.override_fields)


def _is_signed(member: Record, config: AssemblyConfig) -> bool | None:
    """Whether a document counts: true when signatures do not matter, None while that waits for a decision."""
    if config.signed_field is None:
        return True
    cell = member.current.get(config.signed_field)
    if cell is not None and cell.status is CellStatus.HELD:
        return None
    return cell is not None and cell.value not in {None, False, ""}


def _candidate(name: str, place: int, member: Record, config: AssemblyConfig) -> Candidate:
    cell = member.current.get(name)
    signed = _is_signed(member, config)
    return Candidate(
        document=member.document.id,
        filename=member.document.filename,
        value=shown(member, name) if signed else None,
        held=signed is None or (signed and cell is not None and cell.status is CellStatus.HELD),
        order=_order(member, config) if config.order_field else f"{place:09}",
    )


def _order(member: Record, config: AssemblyConfig) -> str | None:
    """What documents are put in order by: ISO dates as text, numbers so that text sorts like them."""
    value = shown(member, config.order_field) if config.order_field else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value + 10**12:030.6f}"
    return value if isinstance(value, str) else None


def _text(value: Value) -> str:
    return number_text(value) if isinstance(value, int | float) else str(value)


def _names(members: Iterable[Record]) -> str:
    return ", ".join(f"'{member.document.filename}'" for member in members)
