"""Read the gate, and whose values it judges, as a plan froze them for a validation phase."""

from collections.abc import Mapping

from docrail.core.errors import InvalidInput
from docrail.core.model import Severity, Value
from docrail.core.spec import Gate


def read_gate(config: Mapping[str, Value]) -> Gate:
    """The gate of a phase's config.

    Raises InvalidInput when there is none.
    """
    body = config.get("gate")
    if not isinstance(body, Mapping) or not isinstance(body.get("checks"), list | tuple):
        raise InvalidInput("a validation phase needs a gate with checks in its config")
    return Gate(
        name=str(body.get("name")),
        checks=tuple(check for check in _listed(body.get("checks")) if isinstance(check, Mapping)),
        severity=Severity(str(body.get("severity") or Severity.BLOCKING)),
        fields=tuple(str(name) for name in _listed(body.get("fields"))),
    )


def read_targets(config: Mapping[str, Value]) -> frozenset[str]:
    """The ids of the phases whose values are judged; none means all."""
    return frozenset(str(phase) for phase in _listed(config.get("target_phases")))


def _listed(value: Value) -> tuple[Value, ...]:
    return tuple(value) if isinstance(value, list | tuple) else ()
