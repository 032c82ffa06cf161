"""A spec: the fields wanted, and the rail, policies and gates that a document passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from docrail.core.model import Severity, Value


class FieldType(StrEnum):
    """The JSON Schema type of a field's value."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ARRAY = "array"
    OBJECT = "object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field wanted. The JSON Schema keywords keep their meaning; the rest is docrail's.

    `format` refines a string or number: `date`, `email`, `uri`, `phone`, `iban`, `bic`, `vat-id`, `currency`,
    `money`, `percent`, `address`, `name`, … (others are kept and have no effect). `synonyms` are labels that
    documents print beside the value. `term` ties the field to a business term of EN 16931 (`BT-1`). `locale`
    (`de_DE`) reads ambiguous dates and decimals. `items` are the columns of an array of objects (line items)
    or the members of an object.
    """

    name: str
    type: FieldType = FieldType.STRING
    format: str | None = None
    title: str | None = None
    description: str | None = None
    enum: tuple[Value, ...] = ()
    examples: tuple[Value, ...] = ()
    synonyms: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    requires_review: bool = False
    term: str | None = None
    locale: str | None = None
    items: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named list of rules, as written; `core.policy` knows what a rule means."""

    name: str
    rules: tuple[Mapping[str, Value], ...]
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A named checkpoint over `fields` (all when empty); `core.gates` knows what a check means."""

    name: str
    checks: tuple[Mapping[str, Value], ...]
    severity: Severity = Severity.BLOCKING
    fields: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One entry of the rail as a person writes it."""

    type: str
    name: str | None = None
    json: Mapping[str, Value] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """Everything about one kind of document: parse with `core.spec_file`, compile with `core.plan`."""

    name: str
    fields: tuple[Field, ...]
    rail: tuple[Stage, ...]
    policies: tuple[Policy, ...] = ()
    gates: tuple[Gate, ...] = ()
    description: str | None = None
