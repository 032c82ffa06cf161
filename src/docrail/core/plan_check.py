"""Everything that can be wrong with a spec: its fields, policies, gates and the stages of its rail."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from docrail.core.compose import check_assembly
from docrail.core.errors import InvalidInput, Problem
from docrail.core.gates import check_gate
from docrail.core.model import Value
from docrail.core.patterns import check_pattern
from docrail.core.policy import check_policy
from docrail.core.retry import KEYS as EFFORT_KEYS
from docrail.core.retry import check_effort
from docrail.core.spec import Field, Gate, Policy, Spec, Stage
from docrail.core.spec_path import format_path, suggest

MAX_STAGES = 50
STAGE_TYPES = ("source", "registry", "schema", "resolve", "valid", "assembly", "deliver")
POLICY_KEYS = ("policies", "policy_ids")
GATE_KEYS = ("gates", "stage_ids")

EXTRACTORS = ("local", "model", "local-then-model")
MODEL_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "model_input": ("text", "vision"),
    "without_model": ("error", "local"),
}
"""What a `schema` stage may say of the model, and the words for it; the first is meant where it says nothing."""

_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "registry": EFFORT_KEYS,
    "schema": ("extractor", "fields", "ask_below", *MODEL_OPTIONS, *EFFORT_KEYS),
    "resolve": (*POLICY_KEYS, *EFFORT_KEYS),
    "valid": (*GATE_KEYS, "target_phases", *EFFORT_KEYS),
}

_Named = TypeVar("_Named", Policy, Gate)


def policies_of(stage: Stage, spec: Spec) -> tuple[Policy, ...]:
    """The active policies that a `resolve` stage applies, in order: those it names, or all.

    One that is named and not active is passed over: that is how a policy is switched off.
    """
    return tuple(policy for policy in _members(stage, POLICY_KEYS, spec.policies) if policy.active)


def gates_of(stage: Stage, spec: Spec) -> tuple[Gate, ...]:
    """The active gates that a `valid` stage runs, in order: those it names, or all."""
    return tuple(gate for gate in _members(stage, GATE_KEYS, spec.gates) if gate.active)


def check_spec(spec: Spec) -> tuple[Problem, ...]:
    """Every problem of the spec, in the order in which it is written.

    Policies and gates that are not active are left in peace.
    """
    return (
        *_check_parts(spec),
        *_check_fields(spec.fields),
        *_check_policies(spec),
        *_check_gates(spec),
        *_check_stages(spec),
    )


def _members(stage: Stage, keys: Sequence[str], known: Sequence[_Named]) -> Iterator[_Named]:
    named = [name for key in keys for name in _names((stage.json or {}).get(key))]
    if not any(key in (stage.json or {}) for key in keys):
        yield from known
    by_name = {one.name: one for one in known}
    yield from (by_name[name] for name in named if name in by_name)


def _names(value: Value) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return []
    return [name for name in value if isinstance(name, str)]


def _check_parts(spec: Spec) -> Iterator[Problem]:
    if not spec.name.strip():
        yield Problem(path="name", message="a spec needs a name")
    if not spec.fields:
        yield Problem(path="fields", message="a spec needs at least one field")
    if not spec.rail:
        yield Problem(path="rail", message="a spec needs a rail; the smallest is [{type: schema}]")
    if len(spec.rail) > MAX_STAGES:
        message = f"has {len(spec.rail)} stages; at most {MAX_STAGES} are allowed"
        yield Problem(path="rail", message=message)


def _check_fields(fields: Sequence[Field], within: tuple[str, ...] = ("fields",)) -> Iterator[Problem]:
    for field in fields:
        place = (*within, field.name)
        yield from _check_field(field, place)
        yield from _check_fields(field.items, (*place, "items", "properties"))
    for name in _repeated(field.name for field in fields):
        yield Problem(path=format_path((*within, name)), message=f"there are two fields '{name}'")


def _check_field(field: Field, place: tuple[str, ...]) -> Iterator[Problem]:
    if not field.name.strip():
        yield Problem(path=format_path(place), message="a field needs a name")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        message = f"minimum {field.minimum:g} is above maximum {field.maximum:g}; no value could pass"
        yield Problem(path=format_path((*place, "minimum")), message=message)
    try:
        check_pattern(field.pattern or "")
    except InvalidInput as error:
        yield Problem(path=format_path((*place, "pattern")), message=error.message)


def _check_policies(spec: Spec) -> Iterator[Problem]:
    yield from _check_names("policies", "policy", [policy.name for policy in spec.policies])
    for number, policy in enumerate(spec.policies):
        if policy.active:
            yield from check_policy(policy, spec.fields, path=f"policies[{number}]")


def _check_gates(spec: Spec) -> Iterator[Problem]:
    yield from _check_names("gates", "gate", [gate.name for gate in spec.gates])
    for number, gate in enumerate(spec.gates):
        if gate.active:
            yield from check_gate(gate, spec.fields, path=f"gates[{number}]")


def _check_names(key: str, noun: str, names: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        path = f"{key}[{number}].name"
        place = first.setdefault(name, number)
        if not name.strip():
            yield Problem(path=path, message=f"a {noun} needs a name")
        elif place < number:
            yield Problem(path=path, message=f"there is a {noun} '{name}' already ({key}[{place}])")


def _check_stages(spec: Spec) -> Iterator[Problem]:
    yield from _check_once(spec, "schema", "every document is extracted once")
    yield from _check_once(spec, "assembly", "every run is assembled once")
    for number, stage in enumerate(spec.rail):
        yield from _check_stage(stage, spec, f"rail[{number}]")


def _check_once(spec: Spec, kind: str, why: str) -> Iterator[Problem]:
    places = [number for number, stage in enumerate(spec.rail) if stage.type == kind]
    for number in places[1:]:
        message = f"a second {kind} stage (the first is rail[{places[0]}]); {why}: remove one"
        yield Problem(path=f"rail[{number}]", message=message)


def _check_stage(stage: Stage, spec: Spec, path: str) -> Iterator[Problem]:
    if stage.type not in STAGE_TYPES:
        message = f"no stage type '{stage.type}'{suggest(stage.type, STAGE_TYPES)}"
        yield Problem(path=f"{path}.type", message=message)
        return
    options = stage.json or {}
    path = f"{path}.json"
    yield from _check_keys(stage, path)
    if stage.type in _OPTIONS or stage.type == "assembly":
        yield from check_effort(options, path=path)
    match stage.type:
        case "schema":
            yield from _check_schema(options, spec.fields, path)
        case "resolve":
            known = dict.fromkeys((policy.name for policy in spec.policies), True)
            yield from _check_members(options, POLICY_KEYS, "policy", known, path)
        case "valid":
            known = {gate.name: gate.active for gate in spec.gates}
            yield from _check_members(options, GATE_KEYS, "gate", known, path)
            yield from _check_list(options, "target_phases", path)
        case "assembly":
            own = {key: value for key, value in options.items() if key not in EFFORT_KEYS}
            yield from check_assembly(own, spec.fields, path=path)


def _check_keys(stage: Stage, path: str) -> Iterator[Problem]:
    allowed = _OPTIONS.get(stage.type)
    for key in stage.json or {}:
        if allowed is not None and key not in allowed:
            message = f"a {stage.type} stage has no option '{key}'{suggest(key, allowed)}"
            yield Problem(path=f"{path}.{key}", message=message)


def _check_schema(options: Mapping[str, Value], fields: Sequence[Field], path: str) -> Iterator[Problem]:
    extractor = options.get("extractor")
    if "extractor" in options and not (isinstance(extractor, str) and extractor):
        yield Problem(path=f"{path}.extractor", message="must be the name of an extractor")
    for key, words in MODEL_OPTIONS.items():
        if key in options and options[key] not in words:
            yield Problem(path=f"{path}.{key}", message=f"must be one of {', '.join(words)}")
    below = options.get("ask_below", 0)
    if isinstance(below, bool) or not isinstance(below, int | float) or not 0 <= below <= 1:
        yield Problem(path=f"{path}.ask_below", message="must be a confidence from 0 to 1")
    known = [field.name for field in fields]
    yield from _check_list(options, "fields", path)
    for number, name in enumerate(_names(options.get("fields"))):
        if name not in known:
            yield Problem(path=f"{path}.fields[{number}]", message=f"no field '{name}'{suggest(name, known)}")


def _check_members(
    options: Mapping[str, Value], keys: Sequence[str], noun: str, known: Mapping[str, bool], path: str
) -> Iterator[Problem]:
    given = [key for key in keys if key in options]
    if len(given) > 1:
        yield Problem(path=f"{path}.{given[1]}", message=f"say {given[0]} or {given[1]}, not both")
    for key in given:
        yield from _check_list(options, key, path)
        names = _names(options[key])
        for number, name in enumerate(names):
            if message := _refuse(name, names[:number], noun, known):
                yield Problem(path=f"{path}.{key}[{number}]", message=message)


def _refuse(name: str, before: Sequence[str], noun: str, known: Mapping[str, bool]) -> str | None:
    if name not in known:
        return f"no {noun} '{name}'{suggest(name, known)}"
    if name in before:
        return f"{noun} '{name}' stands here twice; name it once"
    if not known[name]:
        return f"{noun} '{name}' is not active; activate it or leave it out"
    return None


def _check_list(options: Mapping[str, Value], key: str, path: str) -> Iterator[Problem]:
    if key not in options:
        return
    value = options[key]
    if isinstance(value, str) or not isinstance(value, Sequence) or len(_names(value)) != len(value):
        yield Problem(path=f"{path}.{key}", message="must be a list of names")


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
