"""Compile a rail into the frozen list of phases of one run, or say everything that is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.plan_check import check_spec, gates_of, policies_of
from docrail.core.retry import KEYS, UNLIMITED, USUAL_RETRY, Limits, Retry, read_limits, read_retry
from docrail.core.spec import Field, Gate, Policy, Spec, Stage
from docrail.core.spec_path import suggest


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
    """One phase of a plan. `config` is all that the plug-in needs, frozen: policy, gate, options."""

    id: str
    name: str
    type: PhaseType
    config: Mapping[str, Value]
    scope: Scope = Scope.DOCUMENT
    retry: Retry = USUAL_RETRY
    limits: Limits = UNLIMITED


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The compiled, frozen rail of one run: the phases in order, assembly last, and the fields they fill."""

    fields: tuple[Field, ...]
    phases: tuple[PlannedPhase, ...]

    @cached_property
    def document_phases(self) -> tuple[PlannedPhase, ...]:
        return tuple(phase for phase in self.phases if phase.scope is Scope.DOCUMENT)

    @cached_property
    def pipeline_phases(self) -> tuple[PlannedPhase, ...]:
        return tuple(phase for phase in self.phases if phase.scope is Scope.PIPELINE)


def compile_rail(spec: Spec, *, retry: Retry = USUAL_RETRY) -> Plan:
    """The plan of `spec`, the same for the same spec; `retry` holds where a stage says nothing of it.

    Raises InvalidInput with every problem at once.

    >>> plan = compile_rail(Spec(name="Notes", fields=(Field(name="title"),), rail=(Stage(type="registry"),)))
    >>> [phase.id for phase in plan.phases]
    ['transfer', 'extraction']
    """
    drafts = _order(
        [draft for number, stage in enumerate(spec.rail) for draft in _drafts(stage, number, spec)]
    )
    phases = _with_ids([_with_effort(draft, spec, retry) for draft in drafts])
    problems = (*check_spec(spec), *_unknown_targets(spec.rail, phases, [draft.stage for draft in drafts]))
    if problems:
        count = "one problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise InvalidInput(f"the spec '{spec.name}' has {count}", problems)
    return Plan(fields=spec.fields, phases=tuple(_with_targets(phases)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A phase that has no id yet, and the number of the stage that it comes from or stands behind (first: -1)."""

    phase: PlannedPhase
    stage: int
    is_written: bool = True


def _drafts(stage: Stage, number: int, spec: Spec) -> Iterator[_Draft]:
    for phase in _phases(stage, spec):
        yield _Draft(phase=phase, stage=number)


def _with_effort(draft: _Draft, spec: Spec, retry: Retry) -> PlannedPhase:
    """The phase with the retries and limits that its stage asks for."""
    said = (spec.rail[draft.stage].json or {}) if draft.is_written else {}
    return replace(draft.phase, retry=read_retry(said, retry), limits=read_limits(said))


def _phases(stage: Stage, spec: Spec) -> list[PlannedPhase]:
    options = _options(stage)
    match stage.type:
        case "registry":
            return [_phase(stage, PhaseType.TRANSFER, {})]
        case "schema":
            return [_phase(stage, PhaseType.EXTRACTION, options)]
        case "resolve":
            return _resolutions(stage, policies_of(stage, spec))
        case "valid":
            return _validations(stage, gates_of(stage, spec))
        case "assembly":
            return [replace(_phase(stage, PhaseType.ASSEMBLY, options), scope=Scope.PIPELINE)]
    return []


def _resolutions(stage: Stage, policies: Sequence[Policy]) -> list[PlannedPhase]:
    configs: list[Value] = [{"name": policy.name, "rules": _plain(policy.rules)} for policy in policies]
    phases = [_phase(stage, PhaseType.RESOLUTION, {"policy": config}) for config in configs]
    return _named_apart(phases, [policy.name for policy in policies])


def _validations(stage: Stage, gates: Sequence[Gate]) -> list[PlannedPhase]:
    targets = {key: value for key, value in _options(stage).items() if key == "target_phases"}
    phases = [_phase(stage, PhaseType.VALIDATION, {"gate": _gate_config(gate), **targets}) for gate in gates]
    return _named_apart(phases, [gate.name for gate in gates])


def _gate_config(gate: Gate) -> Value:
    return {
        "name": gate.name,
        "severity": gate.severity.value,
        "fields": list(gate.fields),
        "checks": _plain(gate.checks),
    }


def _phase(stage: Stage, kind: PhaseType, config: Mapping[str, Value]) -> PlannedPhase:
    return PlannedPhase(id="", name=stage.name or kind.capitalize(), type=kind, config=config)


def _named_apart(phases: Sequence[PlannedPhase], names: Sequence[str]) -> list[PlannedPhase]:
    if len(phases) < 2:
        return list(phases)
    return [replace(phase, name=f"{phase.name} · {name}") for phase, name in zip(phases, names, strict=True)]


def _order(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Assembly last, and an extraction after the first transfer (or first) where the rail has none."""
    ordered = sorted(drafts, key=lambda draft: draft.phase.scope is Scope.PIPELINE)
    kinds = [draft.phase.type for draft in ordered]
    if PhaseType.EXTRACTION in kinds:
        return ordered
    place = kinds.index(PhaseType.TRANSFER) + 1 if PhaseType.TRANSFER in kinds else 0
    extraction = _phase(Stage(type="schema"), PhaseType.EXTRACTION, {})
    behind = ordered[place - 1].stage if place else -1
    return [*ordered[:place], _Draft(phase=extraction, stage=behind, is_written=False), *ordered[place:]]


def _with_ids(phases: Sequence[PlannedPhase]) -> list[PlannedPhase]:
    """Each phase with its id: the type word when it occurs once, otherwise numbered in order."""
    total = Counter(phase.type for phase in phases)
    seen: Counter[PhaseType] = Counter()
    numbered = []
    for phase in phases:
        seen[phase.type] += 1
        number = f"-{seen[phase.type]}" if total[phase.type] > 1 else ""
        numbered.append(replace(phase, id=f"{phase.type}{number}"))
    return numbered


def _unknown_targets(
    rail: Sequence[Stage], phases: Sequence[PlannedPhase], stages: Sequence[int]
) -> Iterator[Problem]:
    """The `target_phases` entries that name no phase before the gate."""
    for number, stage in enumerate(rail):
        earlier = [phase for phase, place in zip(phases, stages, strict=True) if place < number]
        before = [phase for phase in earlier if phase.scope is Scope.DOCUMENT]
        for entry, target in enumerate(_targets(_options(stage) if stage.type == "valid" else {})):
            if not _matching(str(target), before):
                known = suggest(str(target), (phase.id for phase in before))
                path = f"rail[{number}].json.target_phases[{entry}]"
                yield Problem(path=path, message=f"no phase '{target}' before this stage{known}")


def _with_targets(phases: Sequence[PlannedPhase]) -> Iterator[PlannedPhase]:
    """Each phase with its `target_phases` spelled out as ids."""
    for place, phase in enumerate(phases):
        found = [one for target in _targets(phase.config) for one in _matching(str(target), phases[:place])]
        targets = {"target_phases": list(dict.fromkeys(found))} if found else {}
        yield replace(phase, config={**phase.config, **targets})


def _targets(options: Mapping[str, Value]) -> Sequence[Value]:
    targets = options.get("target_phases")
    return targets if isinstance(targets, list) else ()


def _matching(target: str, phases: Iterable[PlannedPhase]) -> list[str]:
    return [phase.id for phase in phases if target in (phase.id, phase.type.value, phase.name)]


def _options(stage: Stage) -> dict[str, Value]:
    return {key: _plain(value) for key, value in (stage.json or {}).items() if key not in KEYS}


def _plain(value: Value) -> Value:
    """The same in dicts and lists only, so that a plan equals the plan read back."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value
