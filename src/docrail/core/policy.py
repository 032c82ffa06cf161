"""Data policies: what a rule means, what is wrong with one, and what it changes."""

from collections.abc import Sequence

from docrail.core.errors import Problem
from docrail.core.spec import Field, Policy

RULES = ("format", "map", "lookup", "compute")


def check_policy(policy: Policy, fields: Sequence[Field], *, path: str) -> tuple[Problem, ...]:
    """Every problem of `policy`, each with its path below `path`."""
    return tuple(
        Problem(path=f"{path}.rules[{n}].rule", message=f"no rule '{rule.get('rule')}'")
        for n, rule in enumerate(policy.rules)
        if rule.get("rule") not in RULES
    )
