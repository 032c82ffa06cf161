"""A rail compiles to the phases of the contract, the same every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docrail.core.model import Severity, Value
from docrail.core.plan import PhaseType, Plan, Scope, compile_rail
from docrail.core.plan_json import plan_from_json, plan_to_json, spec_from_json, spec_to_json
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage

FIELDS = (
    Field(name="issue_date", format="date", required=True, synonyms=("Datum",)),
    Field(name="total", type=FieldType.NUMBER, minimum=0, examples=(1, 2.5)),
    Field(name="lines", type=FieldType.ARRAY, items=(Field(name="amount", type=FieldType.NUMBER),)),
)
POLICIES = (
    Policy(name="dates", rules=({"format": "date", "field": "issue_date"},)),
    Policy(name="off", rules=({"format": "date", "field": "issue_date"},), active=False),
    Policy(name="amounts", rules=({"format": "decimal", "field": "total"},)),
)
GATES = (
    Gate(name="complete", checks=({"check": "required"},), fields=("total",)),
    Gate(name="seen", checks=({"check": "in_source"},), severity=Severity.WARNING),
)


def stage(kind: str, name: str | None = None, **options: Value) -> Stage:
    return Stage(type=kind, name=name, json=options or None)


def spec(*rail: Stage, policies: tuple[Policy, ...] = POLICIES, gates: tuple[Gate, ...] = GATES) -> Spec:
    return Spec(name="Invoices", fields=FIELDS, rail=rail, policies=policies, gates=gates)


def ids(plan: Plan) -> list[str]:
    return [phase.id for phase in plan.phases]


def names(plan: Plan) -> list[str]:
    return [phase.name for phase in plan.phases]


def test_every_stage_compiles_to_the_phases_of_the_contract() -> None:
    rail = ("source", "registry", "schema", "resolve", "valid", "assembly", "deliver")
    plan = compile_rail(spec(*map(stage, rail)))

    assert ids(plan) == [
        "transfer",
        "extraction",
        "resolution-1",
        "resolution-2",
        "validation-1",
        "validation-2",
        "assembly",
    ]
    assert [phase.scope for phase in plan.phases] == [Scope.DOCUMENT] * 6 + [Scope.PIPELINE]
    assert plan.fields == FIELDS


def test_an_id_is_the_type_word_when_the_type_occurs_once() -> None:
    rail = stage("resolve", policies=["dates"]), stage("valid", gates=["seen"])

    assert ids(compile_rail(spec(*rail))) == ["extraction", "resolution", "validation"]


def test_several_phases_of_one_stage_are_named_apart() -> None:
    plan = compile_rail(spec(stage("resolve", "Clean"), stage("valid")))

    assert names(plan) == [
        "Extraction",
        "Clean · dates",
        "Clean · amounts",
        "Validation · complete",
        "Validation · seen",
    ]


def test_one_phase_of_a_stage_has_the_name_of_the_stage() -> None:
    plan = compile_rail(spec(stage("resolve", "Clean", policies=["dates"]), stage("registry", "Known")))

    assert names(plan) == ["Clean", "Known", "Extraction"]


@pytest.mark.parametrize(
    ("rail", "expected"),
    [
        (("registry",), ["transfer", "extraction"]),
        (("source", "deliver"), ["extraction"]),
        (("resolve", "registry"), ["resolution-1", "resolution-2", "transfer", "extraction"]),
        (("resolve",), ["extraction", "resolution-1", "resolution-2"]),
        (("registry", "registry"), ["transfer-1", "extraction", "transfer-2"]),
        (("resolve", "schema"), ["resolution-1", "resolution-2", "extraction"]),
    ],
)
def test_a_rail_without_a_schema_stage_extracts_after_its_transfer_or_first(
    rail: tuple[str, ...], expected: list[str]
) -> None:
    assert ids(compile_rail(spec(*map(stage, rail)))) == expected


def test_assembly_is_last_wherever_it_stands() -> None:
    plan = compile_rail(spec(stage("assembly", grouping_field="total"), stage("schema"), stage("registry")))

    assert ids(plan) == ["extraction", "transfer", "assembly"]
    assert plan.pipeline_phases[0].config == {"grouping_field": "total"}
    assert [phase.id for phase in plan.document_phases] == ["extraction", "transfer"]


def test_policies_run_in_the_order_in_which_the_stage_names_them() -> None:
    plan = compile_rail(spec(stage("resolve", policy_ids=["amounts", "dates"])))

    assert names(plan)[1:] == ["Resolution · amounts", "Resolution · dates"]


def test_a_policy_that_is_not_active_is_passed_over() -> None:
    plan = compile_rail(spec(stage("resolve", policies=["off", "dates"])))

    assert ids(plan) == ["extraction", "resolution"]


def test_a_stage_without_policies_or_gates_compiles_to_nothing() -> None:
    plan = compile_rail(spec(stage("resolve"), stage("valid"), policies=(), gates=()))

    assert ids(plan) == ["extraction"]


def test_a_phase_carries_its_policy_its_gate_and_its_options() -> None:
    rail = (
        stage("schema", extractor="model", fields=["total"]),
        stage("resolve", policies=["dates"]),
        stage("valid", gates=["complete"], target_phases=["extraction"]),
    )
    extraction, resolution, validation = compile_rail(spec(*rail)).phases

    assert extraction.config == {"extractor": "model", "fields": ["total"]}
    assert resolution.config == {
        "policy": {"name": "dates", "rules": [{"format": "date", "field": "issue_date"}]}
    }
    assert validation.config == {
        "gate": {
            "name": "complete",
            "severity": "blocking",
            "fields": ["total"],
            "checks": [{"check": "required"}],
        },
        "target_phases": ["extraction"],
    }


def test_target_phases_are_spelled_out_as_ids() -> None:
    rail = stage("resolve"), stage("valid", gates=["seen"], target_phases=["resolution", "Extraction"])

    validation = compile_rail(spec(*rail)).phases[-1]

    assert validation.config["target_phases"] == ["resolution-1", "resolution-2", "extraction"]


def test_a_plan_does_not_change_when_the_spec_is_changed_in_place() -> None:
    rule: dict[str, Value] = {"format": "date", "field": "issue_date"}
    plan = compile_rail(spec(stage("resolve"), policies=(Policy(name="dates", rules=(rule,)),)))

    rule["format"] = "upper"

    policy = {"name": "dates", "rules": [{"format": "date", "field": "issue_date"}]}
    assert plan.phases[-1].config == {"policy": policy}


def test_a_plan_survives_json_without_loss() -> None:
    plan = compile_rail(spec(*map(stage, ("registry", "resolve", "valid", "assembly"))))

    assert plan_from_json(plan_to_json(plan)) == plan


def test_a_spec_survives_json_without_loss() -> None:
    written = spec(stage("resolve", "Clean", policies=["dates"]), stage("valid"))

    assert spec_from_json(spec_to_json(written)) == written


_STAGES = st.one_of(
    st.builds(stage, st.sampled_from(["source", "registry", "resolve", "valid", "deliver"])),
    st.builds(stage, st.just("resolve"), st.just("Clean"), policies=st.just(["dates"])),
    st.builds(stage, st.just("valid"), gates=st.permutations(["complete", "seen"])),
)


@st.composite
def rails(draw: st.DrawFn) -> tuple[Stage, ...]:
    rail = draw(st.lists(_STAGES, max_size=20))
    for kind in ("schema", "assembly"):
        if draw(st.booleans()) or not rail:
            rail.insert(draw(st.integers(0, len(rail))), stage(kind))
    return tuple(rail)


@given(rails())
def test_every_rail_compiles_to_one_order_with_one_extraction_and_assembly_last(
    rail: tuple[Stage, ...],
) -> None:
    plan = compile_rail(spec(*rail))

    assert compile_rail(spec(*rail)) == plan
    assert plan_to_json(compile_rail(spec(*rail))) == plan_to_json(plan)
    assert plan_from_json(plan_to_json(plan)) == plan
    assert len(set(ids(plan))) == len(plan.phases)
    types = [phase.type for phase in plan.phases]
    assert types.count(PhaseType.EXTRACTION) == 1
    assert PhaseType.ASSEMBLY not in types[:-1]
    assert (types[-1] is PhaseType.ASSEMBLY) == any(one.type == "assembly" for one in rail)
    assert plan.phases == (*plan.document_phases, *plan.pipeline_phases)
