"""What a data product leaves out and who may open it: thresholds, expiry, password; the passport; the summary."""

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from docrail.bootstrap import Program
from docrail.core.compose import Composed
from docrail.core.errors import InvalidInput, NotFound, PasswordNeeded
from docrail.core.model import Cell, CellStatus, HoldReason, Provenance, Severity, Verdict
from docrail.core.spec import Field, FieldType
from docrail.store.ids import now_ms
from docrail.store.thresholds import Thresholds
from docrail.usecases import exports, products
from docrail.usecases.audit import list_audit
from docrail.usecases.product_facts import describe_schema, summarise_quality

FIELDS = (Field(name="supplier"), Field(name="total", type=FieldType.NUMBER))


def cell(field: str, value: object, confidence: float, **more: object) -> Cell:
    made = {"field": field, "value": value, "confidence": confidence, "phase": "extraction", **more}
    return Cell(**made)  # type: ignore[arg-type]  # a test's shorthand


def failed(field: str) -> Verdict:
    return Verdict(
        gate="g",
        check="rule",
        field=field,
        passed=False,
        severity=Severity.WARNING,
        phase="validation",
        reason=HoldReason.FAILED_CHECK,
    )


@pytest.fixture
def run_id(add_run: Callable[..., str], finished: Callable[..., object]) -> str:
    ruled = Provenance(method="rule:map", before="acme", detail="names")
    return add_run(
        FIELDS,
        [
            finished(
                filename="sure.txt",
                cells=[cell("supplier", "ACME", 0.9, provenance=ruled), cell("total", 1, 0.9)],
            ),
            finished(
                filename="unsure.txt",
                cells=[cell("supplier", "UNSURE", 0.4), cell("total", 2, 0.9)],
                verdicts=[failed("total")],
            ),
            finished(filename="said.txt", cells=[cell("supplier", "SAID", 0.1, status=CellStatus.APPROVED)]),
        ],
    )


def table(
    program: Program, run: str, folder: Path, thresholds: Thresholds, **more: str
) -> list[dict[str, str]]:
    target = folder / "table.csv"
    exports.export_pipeline(program, run, target, thresholds=thresholds, **more)  # type: ignore[arg-type]
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("thresholds", "suppliers", "totals"),
    [
        (Thresholds(), ["ACME", "UNSURE", "SAID"], ["1", "2", ""]),
        (Thresholds(min_confidence=0.5), ["ACME", "", "SAID"], ["1", "2", ""]),
        (Thresholds(require_validation_pass=True), ["ACME", "UNSURE", "SAID"], ["1", "", ""]),
    ],
)
def test_a_table_leaves_out_what_is_below_its_thresholds_unless_a_person_said_it(
    program: Program,
    run_id: str,
    tmp_path: Path,
    thresholds: Thresholds,
    suppliers: list[str],
    totals: list[str],
) -> None:
    rows = table(program, run_id, tmp_path, thresholds)
    assert [row["supplier"] for row in rows] == suppliers
    assert [row["total"] for row in rows] == totals
    shown = products.pipeline_rows(program, run_id, thresholds=thresholds)
    assert [row.values["supplier"] or "" for row in shown] == suppliers
    if thresholds.leave_out:
        audit = table(program, run_id, tmp_path, thresholds, kind="audit")
        assert [row["value"] for row in audit if row["status"] == "left_out"] == [""]


def test_a_composed_value_is_left_out_with_its_source(
    program: Program, add_run: Callable[..., str], finished: Callable[..., object], tmp_path: Path
) -> None:
    def compose(ids: list[str]) -> list[Composed]:
        values = {"supplier": "UNSURE", "total": 2}
        sources = dict.fromkeys(values, ids[0])
        made = Composed(
            group="G", anchor_document=ids[0], document_ids=tuple(ids), values=values, sources=sources
        )
        return [made]

    files = [finished(filename="a.txt", cells=[cell("supplier", "UNSURE", 0.4), cell("total", 2, 0.9)])]
    run = add_run(FIELDS, files, composed=compose, assembly_config={"grouping_field": "supplier"})
    row = table(program, run, tmp_path, Thresholds(min_confidence=0.5))[0]
    assert (row["group"], row["supplier"], row["total"]) == ("", "", "2")


def test_the_product_keeps_its_thresholds_for_every_face(
    program: Program, run_id: str, tmp_path: Path
) -> None:
    made = products.make_product(program, run_id, thresholds=Thresholds(min_confidence=0.5))
    assert products.get_product(program, made.product.id).thresholds.min_confidence == 0.5
    exports.write_export(program, made.product.id, kind="plain", format="jsonl", target=tmp_path / "t.jsonl")
    assert made.token is not None
    shared = str([row.values for row in products.shared_rows(program, made.token)])
    assert "UNSURE" not in (tmp_path / "t.jsonl").read_text() + shared


def test_a_share_link_ends_when_it_was_said_to(program: Program, run_id: str) -> None:
    product = products.make_product(program, run_id).product
    token = products.share_product(program, product.id, expires_at=now_ms() + 300)
    assert products.open_shared(program, token).id == product.id
    while now_ms() <= (products.get_product(program, product.id).share_expires_at or 0):
        time.sleep(0.02)
    with pytest.raises(NotFound):
        products.open_shared(program, token)
    with pytest.raises(InvalidInput, match="past"):
        products.share_product(program, product.id, expires_at=1)


def test_a_share_link_opens_with_its_password_only(program: Program, run_id: str) -> None:
    product = products.make_product(program, run_id).product
    token = products.share_product(program, product.id, password="correct horse")
    for wrong in (None, "", "wrong horse"):
        with pytest.raises(PasswordNeeded):
            products.open_shared(program, token, password=wrong)
    assert products.open_shared(program, token, password="correct horse").id == product.id
    with pytest.raises(InvalidInput, match="8 to 200"):
        products.share_product(program, product.id, password="short")
    kept = b"".join(path.read_bytes() for path in program.settings.home_path.glob("docrail.db*"))
    assert b"correct horse" not in kept


def test_the_passport_says_what_a_policy_did(program: Program, run_id: str, tmp_path: Path) -> None:
    row = table(program, run_id, tmp_path, Thresholds(), kind="audit")[0]
    assert (row["field"], row["value"], row["before"], row["method"], row["detail"]) == (
        "supplier", "ACME", "acme", "rule:map", "names",
    )  # fmt: skip


def test_the_same_run_gives_the_same_bytes_and_their_digest_is_in_the_trail(
    program: Program, run_id: str, tmp_path: Path
) -> None:
    for name in exports.FORMATS:
        for kind in exports.KINDS:
            files = [tmp_path / f"{n}.{name}" for n in range(2)]
            for file in files:
                exports.export_pipeline(program, run_id, file, kind=kind)  # type: ignore[arg-type]
            assert files[0].read_bytes() == files[1].read_bytes(), (kind, name)
            first, second = (json.loads(entry.details)["digest"] for entry in list_audit(program, limit=2)[0])
            assert first == second


def test_schema_and_quality_stand_beside_the_table(program: Program, run_id: str, tmp_path: Path) -> None:
    thresholds = Thresholds(min_confidence=0.5, require_validation_pass=True)
    exports.describe_beside(program, run_id, tmp_path / "table.csv", thresholds)
    schema = json.loads((tmp_path / "table.schema.json").read_text())
    assert schema == describe_schema(program, run_id)
    assert schema["properties"]["total"]["type"] == ["number", "null"]
    quality = json.loads((tmp_path / "table.quality.json").read_text())
    assert quality == summarise_quality(program, run_id, thresholds)
    assert quality["documents"]["completed"] == 3
    supplier = quality["fields"]["supplier"]
    assert (supplier["values"], supplier["left_out"], supplier["approved"]) == (2, 1, 1)
    assert quality["failed_checks"] == [{"gate": "g", "check": "rule", "fields": 1}]
