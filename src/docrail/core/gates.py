"""Gates: what a check means, what is wrong with one, and its verdicts on a record."""

from collections.abc import Sequence

from docrail.core.errors import Problem
from docrail.core.spec import Field, Gate


def check_gate(gate: Gate, fields: Sequence[Field], *, path: str) -> tuple[Problem, ...]:
    """Every problem of `gate`, each with its path below `path`."""
    known = {field.name for field in fields}
    return tuple(
        Problem(path=f"{path}.fields[{n}]", message=f"no field '{name}'")
        for n, name in enumerate(gate.fields)
        if name not in known
    )
