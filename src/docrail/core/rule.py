"""One rule of a policy: the short and the long way to write it, what it fills and what it reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docrail.core.errors import InvalidInput
from docrail.core.expression import Expression, compile_expression
from docrail.core.lookup_table import LookupTable, read_table
from docrail.core.model import Value
from docrail.core.rates import Rates, read_rates
from docrail.core.spec import Field

FORMATS = ("date", "decimal", "currency", "upper", "lower", "trim", "digits")

KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "format": (frozenset({"field", "as"}), frozenset({"locale"})),
    "map": (frozenset({"field", "values"}), frozenset({"default"})),
    "lookup": (
        frozenset({"field", "csv", "key", "column"}),
        frozenset({"from", "overwrite", "table", "query", "threshold"}),
    ),
    "compute": (frozenset({"field", "expression"}), frozenset({"overwrite"})),
    "split": (frozenset({"field"}), frozenset({"from", "at", "part", "overwrite"})),
    "join": (frozenset({"field", "fields"}), frozenset({"with", "overwrite"})),
    "enum": (frozenset({"field"}), frozenset({"values", "threshold"})),
    "unit": (
        frozenset({"field", "to"}),
        frozenset({"from", "unit_field", "default", "locale", "overwrite"}),
    ),
    "currency": (
        frozenset({"field", "to", "currency_field"}),
        frozenset({"from", "date_field", "rates", "csv", "table", "query", "locale", "overwrite"}),
    ),
    "redact": (frozenset({"field"}), frozenset({"what", "keep_last"})),
}
"""What each rule needs, and what it may have besides; `table` is the name of the file that was read into `csv`, by
`query` if it is a database."""

_SHORT = {
    "format": "as",
    "map": "values",
    "compute": "expression",
    "join": "fields",
    "enum": "values",
    "unit": "to",
    "redact": "what",
}
FIELD_KEYS = ("field", "from", "unit_field", "currency_field", "date_field")
"""The options that name a field."""

_IN_PLACE = frozenset({"format", "map", "enum", "redact"})
_FROM_ONE = frozenset({"lookup", "split", "unit", "currency"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that `check_policy` found nothing wrong with; `number` is its place in the policy.

    `reads` are the other fields it needs.
    """

    kind: str
    field: Field
    number: int
    options: Mapping[str, Value]
    reads: frozenset[str] = frozenset()
    expression: Expression | None = None
    table: LookupTable | None = None
    rates: Rates | None = None

    @property
    def in_place(self) -> bool:
        """Whether it changes the field's own value, rather than filling the field from others."""
        return self.kind in _IN_PLACE or (self.kind in _FROM_ONE and self.source == self.field.name)

    @property
    def source(self) -> str:
        """The field whose value it works on."""
        return self.text("from") or self.field.name

    @property
    def threshold(self) -> float:
        """How alike what matches must be, from 0 to 1; 1 is equal."""
        value = self.options.get("threshold", 1.0)
        return float(value) if isinstance(value, int | float) else 1.0

    @property
    def overwrites(self) -> bool:
        return self.options.get("overwrite") is True

    def text(self, option: str) -> str | None:
        """An option that is a text."""
        value = self.options.get(option)
        return value if isinstance(value, str) else None


def normalise_rule(raw: Mapping[str, Value]) -> dict[str, Value]:
    """The long way to write a rule.

    >>> normalise_rule({"format": "date", "field": "due"})
    {'rule': 'format', 'as': 'date', 'field': 'due'}
    >>> normalise_rule({"lookup": {"csv": "a,b", "key": "a", "column": "b"}, "field": "code"})
    {'rule': 'lookup', 'csv': 'a,b', 'key': 'a', 'column': 'b', 'field': 'code'}
    """
    if "rule" in raw:
        return dict(raw)
    kinds = [kind for kind in KEYS if kind in raw]
    if len(kinds) != 1:
        return dict(raw)
    kind, rest = kinds[0], {key: value for key, value in raw.items() if key != kinds[0]}
    body = raw[kind]
    if kind in _SHORT:
        return {"rule": kind, _SHORT[kind]: body, **rest}
    return {"rule": kind, **(body if isinstance(body, Mapping) else {}), **rest}


def read_rule(raw: Mapping[str, Value], fields: Sequence[Field], *, number: int) -> Rule:
    """The rule as written in a checked policy.

    Raises InvalidInput for one that was not checked.
    """
    options = normalise_rule(raw)
    kind, name = str(options.get("rule")), options.get("field")
    target = next((each for each in fields if each.name == name), None)
    if kind not in KEYS or target is None or not KEYS[kind][0] <= options.keys():
        raise InvalidInput(f"rule {number + 1} cannot be used: check the policy first")
    expression = _expression(options, fields) if kind == "compute" else None
    return Rule(
        kind=kind,
        field=target,
        number=number,
        options=options,
        reads=(expression.reads if expression else _named_fields(options)) - {target.name},
        expression=expression,
        table=_table(options) if kind == "lookup" else None,
        rates=read_rates(options) if kind == "currency" else None,
    )


def _named_fields(options: Mapping[str, Value]) -> frozenset[str]:
    """The fields that a rule's options name."""
    joined = options.get("fields")
    listed = joined if isinstance(joined, Sequence) and not isinstance(joined, str) else ()
    return frozenset(str(name) for name in (*(options[key] for key in FIELD_KEYS if key in options), *listed))


def _expression(options: Mapping[str, Value], fields: Sequence[Field]) -> Expression:
    return compile_expression(str(options["expression"]), fields=fields)


def _table(options: Mapping[str, Value]) -> LookupTable:
    return read_table(str(options["csv"]), key=str(options["key"]), column=str(options["column"]))
