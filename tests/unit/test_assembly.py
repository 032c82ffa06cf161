"""Assembly as a phase: records in, composed records out."""

from docrail.core.model import Cell, Document, Layout, Record
from docrail.core.plan import PhaseType, PlannedPhase, Scope
from docrail.core.spec import Field
from docrail.phases.assembly.phase import Assembly

FIELDS = (Field(name="order"), Field(name="note"))


def plan(**config: str) -> PlannedPhase:
    return PlannedPhase(
        id="assembly", name="Assembly", type=PhaseType.ASSEMBLY, config=config, scope=Scope.PIPELINE
    )


def make_record(name: str, **values: str) -> Record:
    document = Document(id=name, digest="", filename=name, media_type="x", size_bytes=1, metadata={})
    cells = tuple(Cell(field=f, value=v, confidence=1.0, phase="e") for f, v in values.items())
    return Record(document=document, layout=Layout(media_type="x", pages=()), cells=cells)


def test_documents_of_one_order_are_one_record() -> None:
    records = [
        make_record("a", order="7"),
        make_record("b", order="7", note="urgent"),
        make_record("c", order="8"),
    ]
    composed = Assembly(plan(grouping_field="order"), FIELDS).run(records)
    assert [(each.group, each.values["note"], each.sources.get("note")) for each in composed] == [
        ("7", "urgent", "b"),
        ("8", None, None),
    ]


def test_the_same_records_give_the_same_again() -> None:
    assembly = Assembly(plan(grouping_field="order"), FIELDS)
    records = [make_record("a", order="7")]
    assert assembly.run(records) == assembly.run(records)


def test_without_a_grouping_field_every_document_is_a_record_of_its_own() -> None:
    records = [make_record("a", order="7"), make_record("b", order="7")]
    composed = Assembly(plan(), FIELDS).run(records)
    assert [each.document_ids for each in composed] == [("a",), ("b",)]
    assert [each.values["order"] for each in composed] == ["7", "7"]
