"""Gates: how checks are written, what they judge, and what is refused."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from docrail.core.gates import check_gate, judge
from docrail.core.model import (
    Box,
    Cell,
    CellStatus,
    Document,
    HoldReason,
    Layout,
    Line,
    Page,
    Provenance,
    Record,
    Severity,
    Source,
    Value,
    Verdict,
    Word,
)
from docrail.core.spec import Field, FieldType, Gate

FIELDS = (
    Field(name="number", required=True),
    Field(name="issue_date", format="date"),
    *(Field(name=name, type=FieldType.NUMBER) for name in ("net", "tax", "gross")),
    Field(name="iban", requires_review=True),
    Field(name="lines", type=FieldType.ARRAY),
)
TEXT = ("Invoice No. F-17   of 12. März 2024", "Net 1.000,50 €", "Total  1.190,60 Sparkasse Köln  Bonn")

RecordFactory = Callable[..., Record]


@pytest.fixture
def make_record() -> RecordFactory:
    def make(values: Mapping[str, Value], *, confidence: float = 0.9, **cell: Any) -> Record:
        box = Box(x0=0, y0=0, x1=1, y1=1)
        lines = tuple(Line(words=tuple(Word(text=w, box=box) for w in line.split())) for line in TEXT)
        page = Page(number=1, width=600, height=800, source=Source.TEXT_LAYER, lines=lines)
        document = Document(
            id="d", digest="", filename="a.pdf", media_type="application/pdf", size_bytes=1, metadata={}
        )
        cells = (Cell(field=n, value=v, confidence=confidence, phase="e", **cell) for n, v in values.items())
        layout = Layout(media_type="application/pdf", pages=(page,))
        return Record(document=document, layout=layout, cells=tuple(cells))

    return make


def verdicts(
    record: Record, *checks: Mapping[str, Any], fields: tuple[str, ...] = ("number",)
) -> list[Verdict]:
    gate = Gate(name="g", checks=checks, fields=fields)
    assert check_gate(gate, FIELDS, path="g") == ()
    return list(judge(gate, record, FIELDS, phase="v"))


@pytest.mark.parametrize(
    ("check", "field", "value", "reason"),
    [
        ({"required": True}, "number", "F-17", None),
        ({"required": True}, "number", " ", HoldReason.MISSING_VALUE),
        ({"required": True}, "lines", [], HoldReason.MISSING_VALUE),
        ({"check": "required"}, "number", None, HoldReason.MISSING_VALUE),
        ({"min_confidence": 0.9}, "number", "x", None),
        ({"min_confidence": 0.91}, "number", "x", HoldReason.LOW_CONFIDENCE),
        ({"check": "min_confidence", "value": 0.91}, "number", "x", HoldReason.LOW_CONFIDENCE),
        ({"check": "min_confidence", "min_confidence": 0.91}, "number", "x", HoldReason.LOW_CONFIDENCE),
        ({"min_confidence": 0.99}, "number", None, None),
        ({"pattern": "^F-[0-9]+$"}, "number", "F-17", None),
        ({"pattern": "^F-[0-9]+$"}, "number", "F-17a", HoldReason.FAILED_CHECK),
        ({"check": "pattern", "pattern": "F"}, "number", None, None),
        ({"range": {"min": 0, "max": 10}}, "net", 10, None),
        ({"range": {"min": 0, "max": 10}}, "net", 10.01, HoldReason.FAILED_CHECK),
        ({"min": 0}, "net", -1, HoldReason.FAILED_CHECK),
        ({"check": "range", "max": 5}, "net", None, None),
        ({"check": "range", "max": 5}, "net", "four", HoldReason.FAILED_CHECK),
        ({"min": "2024-01-01"}, "issue_date", "2023-12-31", HoldReason.FAILED_CHECK),
        ({"in_source": True}, "number", "F-17", None),
        ({"in_source": True}, "number", "f-17 OF", None),
        ({"in_source": True}, "number", "F-1", HoldReason.NOT_IN_SOURCE),
        ({"in_source": True}, "number", "Spar kasse köln", None),
        ({"in_source": True}, "number", None, None),
        ({"in_source": True}, "net", 1000.5, None),
        ({"in_source": True}, "net", 1000.6, HoldReason.NOT_IN_SOURCE),
        ({"in_source": True}, "issue_date", "2024-03-12", None),
        ({"in_source": True}, "issue_date", "2024-03-13", HoldReason.NOT_IN_SOURCE),
        ({"in_source": True}, "lines", [{"name": "Bonn", "price": 1190.6}], None),
        ({"in_source": True}, "lines", [{"name": "Rome"}], HoldReason.NOT_IN_SOURCE),
        ({"rule": "net > 0"}, "net", 1, None),
        ({"rule": "net > 0"}, "net", -1, HoldReason.FAILED_CHECK),
        ({"check": "rule", "rule": "net > 0"}, "net", None, HoldReason.FAILED_CHECK),
    ],
)
def test_a_check_judges_a_value(
    make_record: RecordFactory, check: Mapping[str, Any], field: str, value: Value, reason: HoldReason | None
) -> None:
    found = verdicts(make_record({field: value}), check, fields=(field,))
    assert [(verdict.field, verdict.reason, verdict.passed) for verdict in found] == [
        (field, reason, reason is None)
    ]


def test_the_text_of_the_provenance_is_what_must_stand_in_the_source(make_record: RecordFactory) -> None:
    quoted = make_record({"number": "17"}, provenance=Provenance(method="model", text="Invoice No. F-17"))
    invented = make_record({"number": "18"}, provenance=Provenance(method="model", text="Invoice No. F-18"))
    assert verdicts(quoted, {"in_source": True})[0].passed
    assert not verdicts(invented, {"in_source": True})[0].passed


@pytest.mark.parametrize("method", ["given", "einvoice", "rule:compute", "rule:lookup"])
def test_what_does_not_come_from_the_text_need_not_stand_there(
    make_record: RecordFactory, method: str
) -> None:
    found = verdicts(make_record({"number": "?"}, provenance=Provenance(method=method)), {"in_source": True})
    assert (found[0].passed, bool(found[0].message)) == (True, True)


def test_a_formatted_value_is_looked_for_as_it_was_printed(make_record: RecordFactory) -> None:
    record = make_record({"number": "f-17"}, provenance=Provenance(method="zero_shot", text="F-17"))
    formatted = Cell(
        field="number",
        value="17",
        confidence=1,
        phase="r",
        provenance=Provenance(method="rule:format", text="F-17"),
    )
    assert verdicts(record.adding(cells=[formatted]), {"in_source": True})[0].passed


def test_a_rule_judges_the_fields_it_reads_within_the_gate(make_record: RecordFactory) -> None:
    rule = {"rule": "near(net + tax, gross, 0.01)", "message": "net and tax do not add up to gross"}
    record = make_record({"net": 1, "tax": 2, "gross": 4})
    everywhere = verdicts(record, rule, fields=())
    within = verdicts(record, rule, fields=("gross",))
    assert [verdict.field for verdict in everywhere if verdict.check == "rule"] == ["net", "tax", "gross"]
    assert [(verdict.field, verdict.message) for verdict in within] == [("gross", rule["message"])]


def test_a_gate_without_fields_judges_those_that_a_check_makes_sense_for(make_record: RecordFactory) -> None:
    found = verdicts(make_record({}), {"required": True}, {"min": 0}, {"pattern": "x"}, fields=())
    assert [verdict.field for verdict in found if verdict.check == "required"] == ["number"]
    assert [verdict.field for verdict in found if verdict.check == "range"] == ["net", "tax", "gross"]
    assert [verdict.field for verdict in found if verdict.check == "pattern"] == [
        "number",
        "issue_date",
        "iban",
    ]


def test_one_entry_may_hold_several_checks_and_a_second_of_a_kind_has_its_own_name(
    make_record: RecordFactory,
) -> None:
    entries = (
        {"required": True, "pattern": "F"},
        {"pattern": "17$", "fields": ["number"]},
        {"required": False},
    )
    found = verdicts(make_record({"number": "F-17"}), *entries)
    assert [(verdict.check, verdict.passed) for verdict in found] == [
        ("required", True),
        ("pattern", True),
        ("pattern-2", True),
    ]


def test_a_field_that_requires_review_waits_for_a_person(make_record: RecordFactory) -> None:
    waiting = verdicts(make_record({"iban": "DE1"}), {"required": True}, fields=("iban",))
    decided = make_record({"iban": "DE1"}, status=CellStatus.APPROVED)
    assert [(v.check, v.reason) for v in waiting] == [
        ("required", None),
        ("requires_review", HoldReason.REQUIRES_REVIEW),
    ]
    assert all(verdict.passed for verdict in verdicts(decided, {"required": True}, fields=("iban",)))


def test_no_message_quotes_a_value(make_record: RecordFactory) -> None:
    checks = ({"in_source": True}, {"pattern": "^x$"}, {"rule": "double(number) > 1.0"})
    found = verdicts(make_record({"number": "SECRET"}), *checks)
    assert [verdict.passed for verdict in found] == [False, False, False]
    assert not any("SECRET" in verdict.message for verdict in found)


@pytest.mark.parametrize(
    ("check", "path", "message"),
    [
        ({"requird": True}, ".requird", "no check 'requird'; did you mean 'required'?"),
        ({"check": "rang"}, ".check", "no check 'rang'; did you mean 'range'?"),
        ({}, "", "which check?"),
        ({"required": "yes"}, ".required", "write required: true"),
        ({"min_confidence": 60}, ".min_confidence", "from 0 to 1"),
        ({"check": "min_confidence"}, "", "min_confidence needs 'value'"),
        ({"pattern": "(?=a)b"}, ".pattern", "not a regular expression of RE2"),
        ({"pattern": 5}, ".pattern", "a pattern is a text"),
        ({"pattern": "(\ud800"}, ".pattern", "not a regular expression"),
        ({"pattern": "x", "fields": ["net"]}, "", "pattern means nothing for 'net'"),
        ({"range": {"min": 5, "max": 1}}, "", "nothing can pass"),
        ({"range": {"min": "soon"}}, ".min", "a number or a date"),
        ({"range": {}}, "", "needs 'min' or 'max'"),
        ({"range": 5}, ".range", "write range: {min"),
        ({"rule": "net + "}, ".rule", "Syntax error"),
        ({"rule": "net + tax"}, ".rule", "is not true or false"),
        ({"rule": "1 > 0"}, ".rule", "reads none of the fields"),
        ({"required": True, "fields": ["nummer"]}, ".fields[0]", "no field 'nummer'; did you mean 'number'?"),
        ({"required": True, "fields": "number"}, ".fields", "a list of names"),
        ("requird", "", "a check is a mapping"),
    ],
)
def test_a_wrong_check_is_refused_with_its_path(check: Any, path: str, message: str) -> None:
    problems = check_gate(Gate(name="g", checks=({"required": True}, check)), FIELDS, path="gates[0]")
    assert [problem.path for problem in problems] == [f"gates[0].checks[1]{path}"]
    assert message in problems[0].message


def test_every_problem_of_a_gate_is_found_at_once() -> None:
    gate = Gate(name="g", checks=({"rule": "nett > 0"}, {"min_confidence": 2}), fields=("nett",))
    found = check_gate(gate, FIELDS, path="g")
    assert [problem.path for problem in found] == [
        "g.fields[0]",
        "g.checks[0].rule",
        "g.checks[1].min_confidence",
    ]


def test_a_verdict_has_the_severity_of_its_gate(make_record: RecordFactory) -> None:
    gate = Gate(name="g", checks=({"required": True},), severity=Severity.INFO, fields=("number",))
    assert [v.severity for v in judge(gate, make_record({}), FIELDS, phase="v")] == [Severity.INFO]
