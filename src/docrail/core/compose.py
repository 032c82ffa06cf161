"""Assembly's rules: group documents, find each group's anchor, let later documents override it."""

from collections.abc import Mapping
from dataclasses import dataclass

from docrail.core.model import Value


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
