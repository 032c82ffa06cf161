"""Regular expressions in RE2, which takes time in proportion to the text whatever the pattern."""

from functools import lru_cache

from cel_expr_python import cel  # type: ignore[import-untyped]  # typed, but without py.typed

from docrail.core.errors import InvalidInput

MAX_LENGTH = 1_000
"""Characters of a pattern."""


def check_pattern(pattern: str) -> None:
    """Nothing for a good pattern.

    Raises InvalidInput for one that RE2 does not know: look-around and back-references are such.

    >>> check_pattern(r"^[A-Z]{2}[0-9]+$")
    """
    if len(pattern) > MAX_LENGTH:
        raise InvalidInput(f"a pattern is at most {MAX_LENGTH} characters long; this one has {len(pattern)}")
    result = _program().eval(data={"text": "", "pattern": _clean(pattern)})
    if result.type().name() == "ERROR":
        cause = str(result.plain_value()).partition("invalid regular expression: ")[2]
        raise InvalidInput(f"'{pattern}' is not a regular expression of RE2: {cause}")


def finds(pattern: str, text: str) -> bool:
    """Whether `pattern` matches anywhere in `text`; write `^…$` for the whole, as in JSON Schema.

    >>> finds("^[A-Z]+$", "ABC"), finds("^[A-Z]+$", "ABC1"), finds("[0-9]", "ABC1")
    (True, False, True)
    """
    return _program().eval(data={"text": _clean(text), "pattern": _clean(pattern)}).plain_value() is True


def _clean(text: str) -> str:
    """`text` without halves of surrogate pairs, which are no characters."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


@lru_cache(maxsize=1)
def _program() -> cel.Expression:
    variables = {"text": cel.Type.STRING, "pattern": cel.Type.STRING}
    return cel.NewEnv(variables=variables).compile("text.matches(pattern)")
