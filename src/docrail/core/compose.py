"""Assembly's rules: group documents, find each group's anchor, let later documents override it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docrail.core.errors import Problem
from docrail.core.model import Value
from docrail.core.spec import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """One composed record: `sources` names the document id behind each field's value.

    A group with `conflicts` composes nothing: `values` is empty and each conflict says which documents disagree.
    """

    group: str
    anchor_document: str | None
    document_ids: tuple[str, ...]
    values: Mapping[str, Value]
    sources: Mapping[str, str]
    conflicts: tuple[str, ...] = ()


def check_assembly(
    config: Mapping[str, Value], fields: Sequence[Field], *, path: str
) -> tuple[Problem, ...]:
    """Every problem of an assembly's `config`, each with its path below `path`."""
    known = {field.name for field in fields}
    return tuple(
        Problem(path=f"{path}.{key}", message=f"no field '{config[key]}'")
        for key in ("grouping_field", "anchor_field", "order_field")
        if config.get(key) is not None and config[key] not in known
    )
