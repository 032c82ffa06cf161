"""The functions that docrail adds to CEL, each a plain function over doubles, texts and lists."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from cel_expr_python import cel  # type: ignore[import-untyped]  # typed, but without py.typed

MAX_TEXT = 100_000
"""Characters of a text that a function may return."""

_NUMBER, _TEXT = cel.Type.DOUBLE, cel.Type.STRING
_LIST, _MAP = cel.Type.List(cel.Type.DYN), cel.Type.Map(cel.Type.DYN, cel.Type.DYN)


def near(left: float, right: float, tolerance: float) -> bool:
    """Whether two amounts differ by `tolerance` at most; a billionth more is rounding of doubles.

    >>> near(0.1 + 0.2, 0.31, 0.01), near(1, 1.02, 0.01)
    (True, False)
    """
    return abs(left - right) <= tolerance + 1e-9 * max(1.0, abs(left), abs(right))


def round_half_up(number: float, digits: float = 0.0) -> float:
    """`number` with `digits` decimals, halves away from zero as on invoices.

    >>> round_half_up(2.675, 2), round_half_up(2.5), round_half_up(-0.125, 2)
    (2.68, 3.0, -0.13)
    """
    if not math.isfinite(number) or not -12 <= digits <= 12:
        raise ValueError("round takes a finite number and at most 12 decimals")
    step = Decimal(1).scaleb(-int(digits))
    return float((Decimal(repr(number)) / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step)


def add_up(numbers: Sequence[float]) -> float:
    """The sum of a list.

    >>> add_up([0.1] * 10)
    1.0
    """
    return math.fsum(_numbers(numbers))


def days_between(first: str, second: str) -> float:
    """Days from one ISO date to another, negative when the second is earlier.

    >>> days_between("2024-02-28", "2024-03-01")
    2.0
    """
    return float((_date(second) - _date(first)).days)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError("not an ISO date") from None


def _numbers(values: Sequence[object]) -> list[float]:
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        raise ValueError("the list holds something that is not a number")
    return [float(value) for value in values if isinstance(value, int | float)]


def _some_numbers(values: Sequence[object]) -> list[float]:
    if not values:
        raise ValueError("no numbers to choose from")
    return _numbers(values)


def _least(values: Sequence[float]) -> float:
    return min(_some_numbers(values))


def _greatest(values: Sequence[float]) -> float:
    return max(_some_numbers(values))


def _replace(text: str, old: str, new: str) -> str:
    return _within_limit(text.replace(old, new) if old else text)


def _substring(text: str, start: float, end: float | None = None) -> str:
    return text[max(0, int(start)) : None if end is None else max(0, int(end))]


def _within_limit(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text grew beyond {MAX_TEXT} characters")
    return text


def _length(value: Sequence[object]) -> float:
    return float(len(value))


Shape = tuple[list[cel.Type], cel.Type]


def _function(
    name: str, impl: Callable[..., object], *shapes: Shape, member: bool = False, plain: bool = True
) -> cel.FunctionDecl:
    kinds = [kind for kind, wanted in ((True, member), (False, plain)) if wanted]
    return cel.FunctionDecl(
        name,
        [
            cel.Overload(
                f"{name}_{'member' if kind else 'plain'}_{number}",
                return_type=result,
                parameters=parameters,
                is_member=kind,
                impl=impl,
            )
            for kind in kinds
            for number, (parameters, result) in enumerate(shapes)
        ],
    )


FUNCTIONS = [
    _function("near", near, ([_NUMBER, _NUMBER, _NUMBER], cel.Type.BOOL)),
    _function("abs", abs, ([_NUMBER], _NUMBER)),
    _function("round", round_half_up, ([_NUMBER], _NUMBER), ([_NUMBER, _NUMBER], _NUMBER)),
    _function("sum", add_up, ([_LIST], _NUMBER)),
    _function("min", _least, ([_LIST], _NUMBER)),
    _function("max", _greatest, ([_LIST], _NUMBER)),
    _function("days_between", days_between, ([_TEXT, _TEXT], _NUMBER)),
    _function("upper", str.upper, ([_TEXT], _TEXT), member=True),
    _function("lower", str.lower, ([_TEXT], _TEXT), member=True),
    _function("trim", str.strip, ([_TEXT], _TEXT), member=True),
    _function("replace", _replace, ([_TEXT, _TEXT, _TEXT], _TEXT), member=True, plain=False),
    _function(
        "substring",
        _substring,
        ([_TEXT, _NUMBER], _TEXT),
        ([_TEXT, _NUMBER, _NUMBER], _TEXT),
        member=True,
        plain=False,
    ),
    _function(
        "docrail_size", _length, ([_TEXT], _NUMBER), ([_LIST], _NUMBER), ([_MAP], _NUMBER), member=True
    ),
]

FUNCTION_NAMES = ("near", "abs", "round", "sum", "min", "max", "days_between", "has_value", "size")
