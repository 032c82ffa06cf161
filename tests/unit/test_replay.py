"""A gate that is replayed holds what it would have held had it been blocking from the start."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from docrail.core.model import Cell, CellStatus, Document, Layout, Record, Severity
from docrail.core.plan import Plan, compile_rail
from docrail.core.replay import find_gate, replay
from docrail.core.rework import dependent_phases, phases_from, rewind
from docrail.core.spec import Field, FieldType, Gate, Policy, Spec, Stage
from docrail.phases.registry import make_phases

FIELDS = (
    Field(name="net", type=FieldType.NUMBER),
    Field(name="gross", type=FieldType.NUMBER),
    Field(name="code"),
)
POLICY = Policy(name="double", rules=({"compute": "net * 2.0", "field": "net", "overwrite": True},))


def plan(severity: Severity) -> Plan:
    checks = ({"rule": "net <= gross"}, {"required": True, "fields": ["code"]}, {"min_confidence": 0.5})
    gate = Gate(name="totals", severity=severity, checks=checks)
    rail = (
        Stage(type="schema"),
        Stage(type="valid", json={"gates": ["totals"]}),
        Stage(type="resolve", json={"policies": ["double"]}),
    )
    return compile_rail(Spec(name="s", fields=FIELDS, rail=rail, gates=(gate,), policies=(POLICY,)))


def run(record: Record, plan_: Plan, first: int) -> Record:
    made = dict(zip((p.id for p in plan_.document_phases), make_phases(plan_), strict=True))
    for phase in phases_from(plan_, first):
        record = made[phase.id].run(record)
    return record


_NUMBERS = st.one_of(st.none(), st.integers(0, 5))


@settings(max_examples=60, deadline=None)
@given(_NUMBERS, _NUMBERS, st.one_of(st.none(), st.just("a")), st.sampled_from([0.3, 0.9]))
def test_replay_is_the_same_as_running_again(
    net: object, gross: object, code: object, confidence: float
) -> None:
    document = Document(id="1", digest="", filename="a", media_type="x", size_bytes=1, metadata={})
    found = {"net": net, "gross": gross, "code": code}
    cells = tuple(
        Cell(field=name, value=value, confidence=confidence, phase="extraction")  # type: ignore[arg-type]
        for name, value in found.items()
        if value is not None
    )
    start = Record(document=document, layout=Layout(media_type="x", pages=()), cells=cells)
    warned, blocked = plan(Severity.WARNING), plan(Severity.BLOCKING)
    phase = find_gate(warned, "totals")
    assert phase is not None

    mild = run(start, warned, 1)
    done = replay(mild, warned, phase=phase.id, severity=Severity.BLOCKING)
    held = mild.adding(cells=done.held)
    again = dependent_phases(warned, phase.id)
    after = run(rewind(held, again), warned, 2) if done.held else held

    strict = run(start, blocked, 1)
    assert {n: (c.value, c.status) for n, c in after.current.items()} == {
        n: (c.value, c.status) for n, c in strict.current.items()
    }
    back = replay(strict, blocked, phase=phase.id, severity=Severity.WARNING)
    assert set(back.released) == {n for n, c in strict.current.items() if c.status is CellStatus.HELD}
    assert back.held == ()


def test_what_a_person_decided_is_not_held_again() -> None:
    document = Document(id="1", digest="", filename="a", media_type="x", size_bytes=1, metadata={})
    cell = Cell(field="net", value=9, confidence=1, phase="extraction", status=CellStatus.OVERRIDDEN)
    low = replace(cell, field="gross", value=1, status=CellStatus.FILLED)
    record = Record(document=document, layout=Layout(media_type="x", pages=()), cells=(cell, low))
    warned = plan(Severity.WARNING)
    made = run(record, warned, 1)
    done = replay(made, warned, phase="validation", severity=Severity.BLOCKING)
    assert {each.field for each in done.held} == {"gross", "code"}
