"""The business terms of EN 16931: their names, and where CII and UBL say them. The facts are in `terms.json`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from docrail.core.spec import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One business term; `paths` by syntax (`cii`, `ubl`), the first that says something counts.

    Of a term that may be repeated as an alternative, such as an account to pay to, the `first` is meant.
    """

    id: str
    name: str
    kind: str
    names: frozenset[str]
    paths: Mapping[str, tuple[str, ...]]
    first: bool = False
    columns: tuple["Term", ...] = ()


@cache
def all_terms() -> tuple[Term, ...]:
    """Every term and group, the groups (`taxes`, `lines`) with their columns."""
    facts = _facts()
    single = [_term(key, each) for key, each in facts["terms"].items()]
    return (*single, *(_term(key, each) for key, each in facts["groups"].items()))


@cache
def old_names() -> Mapping[str, str]:
    """What ZUGFeRD 1.0 calls an element of CII."""
    names: dict[str, str] = _facts()["zugferd1"]
    return names


def find_term(field: Field) -> Term | None:
    """The term that a field means: by its `term`, else its name, else its title and synonyms if they agree."""
    terms = all_terms()
    if field.term:
        return next((term for term in terms if term.id == field.term.strip().upper()), None)
    return _find_named(field, terms)


def find_columns(field: Field, group: Term) -> dict[str, Term | None]:
    """The column of a group behind each item of an array field; all under their own names when it lists none.

    `description` is the item's name unless another column already is.
    """
    if not field.items:
        return {column.name: column for column in group.columns if column.name != "description"}
    found = {item.name: _find_column(item, group.columns) for item in field.items}
    names = {term.name for term in found.values() if term}
    item_name = next((column for column in group.columns if column.name == "name"), None)
    if "description" in names and "name" not in names:
        found = {
            key: item_name if term and term.name == "description" else term for key, term in found.items()
        }
    return found


@lru_cache(maxsize=4096)
def simplify(name: str) -> str:
    """A name without case, spaces and signs.

    >>> simplify("Invoice No."), simplify("invoice_no")
    ('invoiceno', 'invoiceno')
    """
    return re.sub(r"[\W_]+", "", name).casefold()


def _find_column(item: Field, columns: Sequence[Term]) -> Term | None:
    if item.term:
        return next((column for column in columns if column.id == item.term.strip().upper()), None)
    return _find_named(item, columns)


def _find_named(field: Field, terms: Sequence[Term]) -> Term | None:
    name = simplify(field.name)
    by_name = [term for term in terms if name in term.names]
    if by_name:
        return by_name[0] if len(by_name) == 1 else None
    labels = {simplify(label) for label in (field.title or "", *field.synonyms)}
    by_label = [term for term in terms if labels & term.names]
    return by_label[0] if len(by_label) == 1 else None


def _term(key: str, facts: Mapping[str, Any]) -> Term:
    return Term(
        id=key,
        name=facts["name"],
        kind=facts.get("kind", "group"),
        names=frozenset(simplify(name) for name in (facts["name"], *facts["aliases"])),
        paths={syntax: tuple(facts[syntax]) for syntax in ("cii", "ubl")},
        first=facts.get("first", False),
        columns=tuple(_term(name, each) for name, each in facts.get("columns", {}).items()),
    )


@cache
def _facts() -> Mapping[str, Any]:
    text = files(__package__).joinpath("terms.json").read_text(encoding="utf-8")
    facts: Mapping[str, Any] = json.loads(text)
    return facts
