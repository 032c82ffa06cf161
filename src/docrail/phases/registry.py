"""Finds the phases: entry points of the group `docrail.phases`, the built-in ones too."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from docrail.core.errors import InvalidInput
from docrail.core.plan import Plan, PlannedPhase
from docrail.phases.protocol import Phase, PipelinePhase

GROUP = "docrail.phases"


def make_phases(plan: Plan) -> tuple[Phase, ...]:
    """The document phases of a plan, ready to run, in order."""
    return tuple(_make(phase, plan) for phase in plan.document_phases)


def make_pipeline_phase(phase: PlannedPhase, plan: Plan) -> PipelinePhase:
    """A pipeline-scoped phase of a plan, ready to run."""
    made: PipelinePhase = _make(phase, plan)
    return made


def known_types() -> Sequence[str]:
    """The phase types that are installed."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def _make(phase: PlannedPhase, plan: Plan) -> Any:
    return _load(phase.type)(phase, plan.fields)


@cache
def _load(kind: str) -> Callable[..., Any]:
    found = {point.name: point for point in entry_points(group=GROUP)}
    if kind not in found:
        raise InvalidInput(
            f"no phase plug-in for {kind!r} is installed: there are {', '.join(sorted(found))}"
        )
    loaded: Callable[..., Any] = found[kind].load()
    return loaded
