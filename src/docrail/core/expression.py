"""Expressions in CEL over the fields of a record: compiled and typed once, evaluated fail-closed.

Every number is a double, so `quantity > 0` and `net * 2` mean what they say. A field without a value is an
error unless `has_value(field)` guards it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from cel_expr_python import cel  # type: ignore[import-untyped]  # typed, but without py.typed

from docrail.core.errors import InvalidInput, PhaseError
from docrail.core.expression_functions import FUNCTION_NAMES, FUNCTIONS
from docrail.core.expression_source import GUARD, Rewritten, growth, rewrite
from docrail.core.model import Value
from docrail.core.spec import Field, FieldType

MAX_LENGTH = 2_000
"""Characters of an expression's source."""

MAX_GROWTH = 10_000
"""How much longer than its input a nest of `map`, `all`, … may make a text."""

_TYPES = {
    FieldType.STRING: cel.Type.STRING,
    FieldType.NUMBER: cel.Type.DOUBLE,
    FieldType.INTEGER: cel.Type.DOUBLE,
    FieldType.BOOLEAN: cel.Type.BOOL,
    FieldType.ARRAY: cel.Type.List(cel.Type.DYN),
    FieldType.OBJECT: cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}
_KINDS = {
    "double": "number",
    "int": "whole number",
    "string": "text",
    "bool": "true/false",
    "null_type": "null",
}
_SHOWN = re.compile(
    r"No matching overloads found : .*|Iteration budget exceeded|Index error: .*|divide by zero|the result is .*"
    r"|Unexpected value type .*|the list holds .*|round takes .*|a text grew .*|not an ISO date|no numbers .*"
)
"""Causes that are told: none of them quotes a value."""

_POSITION = re.compile(r"<input>:(-?\d+):(-?\d+): (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression: `reads` names its fields, `guarded` those only asked with `has_value`."""

    source: str
    reads: frozenset[str]
    result_type: str
    guards: frozenset[str]
    program: cel.Expression

    @property
    def may_be_bool(self) -> bool:
        return self.result_type in {"BOOL", "DYN"}

    def evaluate(self, values: Mapping[str, Value]) -> Value:
        """The value for these fields.

        Raises PhaseError (`rule_error`, not retryable) when a field it needs has no value or the sum cannot be done.
        """
        try:
            known = {name: _to_cel(values[name]) for name in self.reads if values.get(name) is not None}
            known |= {GUARD + name: values.get(name) is not None for name in self.guards}
            result = self.program.eval(data=known)
            plain = result.plain_value()
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            raise self._failed(str(error), values) from error
        if result.type().name() == "ERROR":
            raise self._failed(str(plain), values)
        return self._from_cel(plain, values)

    def _from_cel(self, plain: object, values: Mapping[str, Value]) -> Value:
        if plain is None or isinstance(plain, bool | int | str):
            return plain
        if isinstance(plain, float):
            if not math.isfinite(plain):
                raise self._failed("the result is not a finite number", values)
            return plain
        if isinstance(plain, list):
            return [self._from_cel(item, values) for item in plain]
        if isinstance(plain, dict):
            return {str(key): self._from_cel(item, values) for key, item in plain.items()}
        raise self._failed(f"the result is a {type(plain).__name__}, not a JSON value", values)

    def _failed(self, cause: str, values: Mapping[str, Value]) -> PhaseError:
        absent = re.search(r'No value with name "([^"]+)"', cause)
        if absent and values.get(absent[1]) is None:
            return _rule_error(f"'{self.source}' needs '{absent[1]}', which has no value")
        missing = re.search(r'Key not found in map : "([^"]+)"', cause)
        if missing:
            return _rule_error(f"'{self.source}' needs '{missing[1]}' of an item, which has no value")
        known = _SHOWN.search(cause)
        return _rule_error(f"'{self.source}' could not be worked out{': ' + known[0] if known else ''}")


def compile_expression(source: str, *, fields: Sequence[Field]) -> Expression:
    """`source` ready to evaluate over `fields`.

    Raises InvalidInput with what is wrong and at which character.

    >>> from docrail.core.spec import Field, FieldType
    >>> fields = [Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross")]
    >>> rule = compile_expression("near(net + tax, gross, 0.01)", fields=fields)
    >>> sorted(rule.reads), rule.evaluate({"net": 100, "tax": 19.0, "gross": 119.004})
    (['gross', 'net', 'tax'], True)
    """
    if len(source) > MAX_LENGTH:
        raise InvalidInput(
            f"an expression is at most {MAX_LENGTH} characters long; this one has {len(source)}"
        )
    if not _is_unicode(source):
        raise InvalidInput("an expression is text in Unicode; this one has half of a surrogate pair")
    names = [field.name for field in fields]
    rewritten = rewrite(source, names)
    if growth(source) > MAX_GROWTH:
        raise InvalidInput(f"'{source}' nests too much: use the variable of each map, all, … less often")
    variables = {f.name: _TYPES[f.type] for f in fields if f.name in rewritten.reads}
    variables |= {GUARD + name: cel.Type.BOOL for name in rewritten.guards}
    program = _compile(rewritten, source, variables, names)
    return Expression(
        source=source,
        reads=rewritten.reads,
        result_type=program.return_type().name(),
        guards=rewritten.guards,
        program=program,
    )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _compile(
    rewritten: Rewritten, source: str, variables: dict[str, cel.Type], names: list[str]
) -> cel.Expression:
    """The program with every number a double; as written where only whole numbers fit (`x.getFullYear() > 2000`)."""
    try:
        env = cel.NewEnv(variables=variables, functions=FUNCTIONS)
        return env.compile(rewritten.text)
    except RuntimeError as first:
        if "no matching overload" in str(first) and not rewritten.guards:
            try:
                return env.compile(source)
            except RuntimeError:
                pass
        raise InvalidInput(_explain(str(first), rewritten, source, names)) from first


def _explain(cause: str, rewritten: Rewritten, source: str, names: list[str]) -> str:
    found = _POSITION.search(cause)
    if not found:
        return f"'{source}': {cause.removesuffix(' [CANCELLED]')}"
    line, column, text = int(found[1]), int(found[2]), rewritten.restore(found[3])
    offset = sum(len(row) + 1 for row in rewritten.text.split("\n")[: line - 1]) + column - 1
    place = f"at character {rewritten.position(offset) + 1} of '{source}'" if line > 0 else f"in '{source}'"
    unknown = re.search(r"undeclared reference to '([^']+)'", text)
    if unknown:
        return (
            f"{place}: no field or function '{unknown[1]}'{_suggest(unknown[1], [*names, *FUNCTION_NAMES])}"
        )
    return f"{place}: {_in_plain_words(text.split(' [INVALID_ARGUMENT]')[0])}"


def _in_plain_words(cause: str) -> str:
    overload = re.search(r"no matching overload for '(\w+|[^a-z]+|@in)' applied to '\((.*)\)'", cause)
    if not overload:
        return cause
    kinds = [_KINDS.get(kind, kind) for kind in overload[2].split(", ")]
    advice = "; use has_value(field) to ask for a value" if "null" in kinds else ""
    return f"{overload[1].strip('@_') or overload[1]} does not work on ({', '.join(kinds)}){advice}"


def _suggest(word: str, names: Sequence[str]) -> str:
    close = get_close_matches(word, names, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _rule_error(message: str) -> PhaseError:
    return PhaseError(message, code="rule_error")


def _to_cel(value: Value) -> object:
    """Whole numbers become doubles, and keys without a value are left out so that `has(item.key)` tells."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _to_cel(item) for key, item in value.items() if item is not None}
    return [_to_cel(item) for item in value]
