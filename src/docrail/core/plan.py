"""Compile a rail into the frozen list of phases of one run, or say everything that is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from docrail.core.model import Value
from docrail.core.spec import Field, Spec


class PhaseType(StrEnum):
    """The five kinds of phase."""

    TRANSFER = "transfer"
    EXTRACTION = "extraction"
    RESOLUTION = "resolution"
    VALIDATION = "validation"
    ASSEMBLY = "assembly"


class Scope(StrEnum):
    """What a phase works on: each document, or the pipeline once."""

    DOCUMENT = "document"
    PIPELINE = "pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhase:
    """One phase of a plan. `config` is all that the plug-in needs, frozen: its policy, its gate, its options."""

    id: str
    name: str
    type: PhaseType
    config: Mapping[str, Value]
    scope: Scope = Scope.DOCUMENT
    attempts: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The compiled, frozen rail of one run: the phases in order, assembly last, and the fields they fill."""

    fields: tuple[Field, ...]
    phases: tuple[PlannedPhase, ...]

    @property
    def document_phases(self) -> tuple[PlannedPhase, ...]:
        return tuple(phase for phase in self.phases if phase.scope is Scope.DOCUMENT)

    @property
    def pipeline_phases(self) -> tuple[PlannedPhase, ...]:
        return tuple(phase for phase in self.phases if phase.scope is Scope.PIPELINE)


def compile_rail(spec: Spec) -> Plan:
    """The plan of `spec`, the same for the same spec.

    Raises InvalidInput with every problem at once.
    """
    raise NotImplementedError
