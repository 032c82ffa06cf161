"""What phases learned before a run: the plan names it by digest, the phases get it as `known` in their config.

So a run knows from its beginning to its end what was known when it began, and a plan stays small.
"""

from collections.abc import Mapping
from dataclasses import replace

from docrail.core.model import Value
from docrail.core.plan import PhaseType, Plan, PlannedPhase


def name_knowledge(plan: Plan, digests: Mapping[PhaseType, str]) -> Plan:
    """`plan` with the digest of what is known in each phase of these types.

    >>> from docrail.core.spec import Spec, Field, Stage
    >>> from docrail.core.plan import compile_rail
    >>> plan = compile_rail(Spec(name="Notes", fields=(Field(name="a"),), rail=(Stage(type="registry"),)))
    >>> plan = name_knowledge(plan, {PhaseType.TRANSFER: "d1"})
    >>> [dict(phase.config) for phase in with_knowledge(plan, {"d1": {"anchors": {}}}).phases]
    [{'knowledge': 'd1', 'known': {'anchors': {}}}, {}]
    """

    def named(phase: PlannedPhase) -> PlannedPhase:
        if phase.type not in digests:
            return phase
        return replace(phase, config={**phase.config, "knowledge": digests[phase.type]})

    return replace(plan, phases=tuple(named(phase) for phase in plan.phases))


def with_knowledge(plan: Plan, known: Mapping[str, Value]) -> Plan:
    """`plan` as its phases are made: what is known under the digests they name is in their config."""

    def knowing(phase: PlannedPhase) -> PlannedPhase:
        digest = phase.config.get("knowledge")
        return (
            phase if digest is None else replace(phase, config={**phase.config, "known": known[str(digest)]})
        )

    return replace(plan, phases=tuple(knowing(phase) for phase in plan.phases))
