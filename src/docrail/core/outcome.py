"""What a rule makes of a value, and the issues that rules share."""

from dataclasses import dataclass

from docrail.core.coerce import number_text
from docrail.core.model import Issue, Value
from docrail.core.rule import Rule

UNSURE = 0.5
"""What is left of the confidence in a value that a rule could not make sense of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The value after a rule, what is left of its confidence, and why it is not what one hoped for.

    `note` goes into the provenance: how it was matched, and what else it could have been.
    """

    value: Value
    trust: float = 1.0
    issue: Issue | None = None
    note: str | None = None


def key_text(value: Value) -> str:
    """A value as tables and lists of names write it.

    >>> key_text(True), key_text(7.0), key_text(" a")
    ('true', '7', ' a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, int | float) else str(value)


def unmatched(rule: Rule, value: Value, source: str) -> Outcome:
    """The value stays: nothing fits that of `source`."""
    message = f"the {rule.kind} of '{rule.field.name}' has no entry for the value of '{source}'"
    return Outcome(value=value, issue=Issue(code="unmatched_value", message=message))


def missing(rule: Rule, source: str) -> Issue:
    """The rule has nothing to work with."""
    message = f"'{rule.field.name}' cannot be filled: '{source}' has no value"
    return Issue(code="missing_input", message=message)
