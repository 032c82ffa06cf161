"""A spec that cannot be compiled says everything that is wrong with it, at once and in place."""

import pytest

from docrail.core.errors import InvalidInput
from docrail.core.model import Value
from docrail.core.plan import compile_rail
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage

FIELDS = (Field(name="net", type=FieldType.NUMBER), Field(name="gross", type=FieldType.NUMBER))
DATES = Policy(name="dates", rules=({"format": "decimal", "field": "net"},))
TOTALS = Gate(name="totals", checks=({"check": "required"},))


def stage(kind: str, **options: Value) -> Stage:
    return Stage(type=kind, json=options or None)


def problems_of(
    *rail: Stage,
    name: str = "Invoices",
    fields: tuple[Field, ...] = FIELDS,
    policies: tuple[Policy, ...] = (DATES,),
    gates: tuple[Gate, ...] = (TOTALS,),
) -> dict[str, str]:
    written = Spec(name=name, fields=fields, rail=rail, policies=policies, gates=gates)
    with pytest.raises(InvalidInput) as caught:
        compile_rail(written)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("key", ["policies", "policy_ids"])
def test_an_unknown_policy_is_named_with_the_one_that_was_meant(key: str) -> None:
    found = problems_of(stage("schema"), stage("resolve", **{key: ["dates2"]}))

    assert found == {f"rail[1].json.{key}[0]": "no policy 'dates2'; did you mean 'dates'?"}


def test_a_gate_that_is_not_active_cannot_be_run() -> None:
    off = Gate(name="off", checks=({"check": "required"},), active=False)
    found = problems_of(stage("valid", stage_ids=["totals", "off"]), gates=(TOTALS, off))

    assert found == {"rail[0].json.stage_ids[1]": "gate 'off' is not active; activate it or leave it out"}


def test_more_than_fifty_stages_are_too_many() -> None:
    assert problems_of(*[stage("source")] * 51) == {"rail": "has 51 stages; at most 50 are allowed"}


def test_fifty_stages_are_allowed() -> None:
    compile_rail(Spec(name="Invoices", fields=FIELDS, rail=(stage("source"),) * 50))


@pytest.mark.parametrize("kind", ["schema", "assembly"])
def test_a_second_schema_or_assembly_stage_is_refused(kind: str) -> None:
    found = problems_of(stage(kind), stage("registry"), stage(kind))

    assert list(found) == ["rail[2]"]
    assert f"a second {kind} stage (the first is rail[0])" in found["rail[2]"]


def test_an_unknown_stage_type_is_named_with_the_one_that_was_meant() -> None:
    assert problems_of(stage("shema")) == {"rail[0].type": "no stage type 'shema'; did you mean 'schema'?"}


def test_an_unknown_option_of_a_stage_is_refused() -> None:
    found = problems_of(stage("schema", field=["net"]), stage("registry", x=1))

    assert found == {
        "rail[0].json.field": "a schema stage has no option 'field'; did you mean 'fields'?",
        "rail[1].json.x": "a registry stage has no option 'x'; there are: limits, retry",
    }


def test_an_unknown_field_is_named_wherever_it_stands() -> None:
    found = problems_of(
        stage("schema", fields=["nett"]),
        stage("assembly", grouping_field="group"),
        policies=(Policy(name="p", rules=({"format": "decimal", "field": "nte"},)),),
        gates=(Gate(name="g", checks=({"check": "required"},), fields=("gros",)),),
    )

    assert set(found) == {
        "rail[0].json.fields[0]",
        "rail[1].json.grouping_field",
        "policies[0].rules[0].field",
        "gates[0].fields[0]",
    }
    assert all(message.startswith("no field") for message in found.values())


def test_rules_that_need_each_other_are_a_cycle() -> None:
    rules = ({"compute": "gross - 1", "field": "net"}, {"compute": "net + 1", "field": "gross"})
    found = problems_of(stage("resolve"), policies=(Policy(name="p", rules=rules),))

    assert "circle" in found["policies[0].rules"]


def test_names_are_unique() -> None:
    found = problems_of(
        stage("schema"), fields=(*FIELDS, FIELDS[0]), policies=(DATES, DATES), gates=(TOTALS, TOTALS)
    )

    assert found == {
        "fields.net": "there are two fields 'net'",
        "policies[1].name": "there is a policy 'dates' already (policies[0])",
        "gates[1].name": "there is a gate 'totals' already (gates[0])",
    }


def test_a_member_is_named_once_in_a_stage() -> None:
    found = problems_of(stage("resolve", policies=["dates", "dates"]))

    assert found == {"rail[0].json.policies[1]": "policy 'dates' stands here twice; name it once"}


def test_one_policy_may_run_in_two_stages() -> None:
    rail = (stage("resolve"), stage("resolve"))

    plan = compile_rail(Spec(name="Invoices", fields=FIELDS, rail=rail, policies=(DATES,)))

    assert [phase.id for phase in plan.phases] == ["extraction", "resolution-1", "resolution-2"]


@pytest.mark.parametrize("value", ["dates", 1, None, [1], {"a": 1}])
def test_members_are_a_list_of_names(value: Value) -> None:
    assert "must be a list of names" in problems_of(stage("resolve", policies=value)).values()


def test_names_and_ids_are_not_both_given() -> None:
    found = problems_of(stage("resolve", policies=["dates"], policy_ids=["dates"]))

    assert found == {"rail[0].json.policy_ids": "say policies or policy_ids, not both"}


def test_a_target_phase_must_stand_before_the_gate() -> None:
    found = problems_of(stage("valid", target_phases=["extraction", "resolution"]), stage("resolve"))

    assert found == {
        "rail[0].json.target_phases[1]": "no phase 'resolution' before this stage; there are: extraction"
    }


def test_a_field_that_no_value_could_fill_is_refused() -> None:
    fields = (Field(name="net", type=FieldType.NUMBER, minimum=2, maximum=1), Field(name="id", pattern="("))
    found = problems_of(stage("schema"), fields=fields, policies=(), gates=())

    assert "minimum 2 is above maximum 1" in found["fields.net.minimum"]
    assert "is not a regular expression" in found["fields.id.pattern"]


def test_a_spec_needs_a_name_a_field_and_a_rail() -> None:
    found = problems_of(name=" ", fields=(), policies=(), gates=())

    assert set(found) == {"name", "fields", "rail"}


def test_a_policy_that_is_not_active_is_left_in_peace() -> None:
    draft = Policy(name="draft", rules=({"x": 1},), active=False)

    compile_rail(Spec(name="Invoices", fields=FIELDS, rail=(stage("resolve"),), policies=(draft,)))


def test_every_problem_is_said_at_once() -> None:
    found = problems_of(
        stage("shema"),
        stage("resolve", policies=["datse"]),
        stage("valid", gates=["totasl"], target_phases=["no"]),
        stage("schema"),
        stage("schema", extractor=3),
        policies=(DATES, Policy(name="", rules=({"format": "dat", "field": "net"},))),
    )

    assert list(found) == [
        "policies[1].name",
        "policies[1].rules[0].as",
        "rail[4]",
        "rail[0].type",
        "rail[1].json.policies[0]",
        "rail[2].json.gates[0]",
        "rail[4].json.extractor",
        "rail[2].json.target_phases[0]",
    ]


def test_the_message_counts_the_problems() -> None:
    with pytest.raises(InvalidInput, match="the spec 'Invoices' has one problem"):
        compile_rail(Spec(name="Invoices", fields=FIELDS, rail=(stage("x"),)))
