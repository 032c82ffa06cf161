"""Fill fields from what was given with the document: metadata keys that are names of fields."""

from collections.abc import Mapping, Sequence

from docrail.core.coerce import coerce
from docrail.core.model import Cell, Issue, Provenance, Value
from docrail.core.spec import Field
from docrail.phases.transfer.terms import simplify


def transfer_given(
    metadata: Mapping[str, Value], fields: Sequence[Field], *, phase: str
) -> tuple[list[Cell], list[Issue]]:
    """The cells that `metadata` fills, and why what looked like one is none.

    A key that is the field's name counts before one that is its title or a synonym; case, spaces and signs do not
    matter.
    """
    cells: list[Cell] = []
    issues: list[Issue] = []
    for field in fields if metadata else ():
        keys = _keys(field, metadata, fields)
        if not keys:
            continue
        if len({repr(metadata[key]) for key in keys}) > 1:
            named = ", ".join(f"'{key}'" for key in keys)
            message = f"the metadata says several things for '{field.name}': {named}"
            issues.append(Issue(code="given_ambiguous", message=message))
            continue
        value = coerce(metadata[keys[0]], field)
        if value is None:
            message = f"the metadata's '{keys[0]}' is not of type {field.type}, as '{field.name}' is"
            issues.append(Issue(code="given_unusable", message=message))
            continue
        cells.append(_cell(field, keys[0], value, phase))
    return cells, issues


def _keys(field: Field, metadata: Mapping[str, Value], fields: Sequence[Field]) -> list[str]:
    """The keys that mean `field`, exact names first; never one that is another field's name."""
    present = [key for key, value in metadata.items() if value is not None]
    if field.name in present:
        return [field.name]
    named = [key for key in present if simplify(key) == simplify(field.name)]
    if named:
        return named
    taken = {simplify(other.name) for other in fields}
    labels = {simplify(label) for label in (field.title or "", *field.synonyms)} - taken - {""}
    claimed = {
        simplify(label)
        for other in fields
        if other != field
        for label in (other.title or "", *other.synonyms)
    }
    return [key for key in present if simplify(key) in labels - claimed]


def _cell(field: Field, key: str, value: Value, phase: str) -> Cell:
    provenance = Provenance(method="given", address=f"metadata.{key}")
    return Cell(field=field.name, value=value, confidence=1.0, phase=phase, provenance=provenance)
