"""Products over a real database: made once, paged, shared; and no held value in any byte of them."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import msgspec
import pytest

from docrail.bootstrap import Program
from docrail.core.compose import Composed
from docrail.core.errors import InvalidInput, NotFound
from docrail.core.model import Box, Cell, CellStatus, HoldReason, Provenance, Severity, Verdict
from docrail.core.spec import Field, FieldType
from docrail.core.state import State
from docrail.store.keys import add_workspace
from docrail.usecases import exports, products, results

SECRET = "Geheimrat-4711"
FIELDS = (
    Field(name="supplier"),
    Field(name="total", type=FieldType.NUMBER),
    Field(name="lines", type=FieldType.ARRAY),
)


def cell(field: str, value: object, **more: object) -> Cell:
    return Cell(field=field, value=value, confidence=0.9, phase="extraction", **more)  # type: ignore[arg-type]


def supplier_found(name: str) -> Cell:
    box = Box(x0=1, y0=2, x1=3, y1=4)
    return cell("supplier", name, provenance=Provenance(method="zero_shot", text=name, page=1, box=box))


def held_supplier() -> list[Cell]:
    """A value, then the same one changed by a policy, then held: every version tells the secret."""
    found = Provenance(method="rule:upper", text=f"From: {SECRET}", before=SECRET, detail=SECRET)
    return [
        cell("supplier", SECRET, provenance=found),
        cell("supplier", SECRET.upper(), provenance=found),
        replace(
            cell("supplier", SECRET.upper(), provenance=found),
            status=CellStatus.HELD,
            hold_reason=HoldReason.FAILED_CHECK,
        ),
    ]


def telling_verdicts() -> list[Verdict]:
    """Verdicts whose messages quote the secret, on the held field and on another one."""
    return [
        Verdict(
            gate="g",
            check="rule",
            field=field,
            passed=field != "supplier",
            severity=Severity.BLOCKING,
            phase="validation",
            reason=HoldReason.FAILED_CHECK if field == "supplier" else None,
            message=f"{SECRET} is not known",
        )
        for field in ("supplier", "total")
    ]


@pytest.fixture
def run_id(add_run: Callable[..., str], finished: Callable[..., object]) -> str:
    return add_run(
        FIELDS,
        [
            finished(filename="one.txt", cells=[supplier_found("ACME"), cell("total", -1.5)]),
            finished(filename="two.txt", cells=held_supplier(), verdicts=telling_verdicts()),
            finished(filename="three.txt", state=State.ERROR),
        ],
    )


def test_a_product_is_made_once_and_its_token_shown_once(program: Program, run_id: str) -> None:
    first = products.make_product(program, run_id)
    again = products.make_product(program, run_id, name="other")
    assert first.token is not None and first.token.startswith("drs_")
    assert (first.is_new, again.is_new, again.token) == (True, False, None)
    assert again.product == first.product == products.get_product(program, first.product.id)
    assert first.product.name == "invoices" and first.product.shared


def test_a_run_without_a_completed_document_makes_no_product(
    program: Program, add_run: Callable[..., str], finished: Callable[..., object]
) -> None:
    failed = add_run(FIELDS, [finished(filename="broken.txt", state=State.ERROR)])
    with pytest.raises(InvalidInput) as raised:
        products.make_product(program, failed)
    assert raised.value.code == "bad_request"


def test_products_of_another_workspace_are_not_found(program: Program, run_id: str) -> None:
    product = products.make_product(program, run_id).product
    with program.database.writing() as connection:
        stranger = replace(program, workspace=add_workspace(connection, "other"))
    for attempt in (products.get_product, products.product_rows, products.share_product):
        with pytest.raises(NotFound):
            attempt(stranger, product.id)
    with pytest.raises(NotFound):
        products.make_product(stranger, run_id)
    assert products.list_products(stranger) == ([], 0)
    assert products.list_products(program) == ([product], 1)


def test_sharing_again_ends_the_old_link_and_revoking_ends_all(program: Program, run_id: str) -> None:
    made = products.make_product(program, run_id)
    assert made.token is not None
    assert products.open_shared(program, made.token) == made.product
    token = products.share_product(program, made.product.id)
    assert [row.status for row in products.shared_rows(program, token)] == ["completed", "partial"]
    with pytest.raises(NotFound):
        products.open_shared(program, made.token)
    products.revoke_share(program, made.product.id)
    products.revoke_share(program, made.product.id)
    for closed in (token, "", "drs_", "nonsense"):
        with pytest.raises(NotFound):
            products.open_shared(program, closed)


def test_only_the_hash_of_a_token_is_kept(program: Program, run_id: str) -> None:
    token = products.make_product(program, run_id).token
    assert token is not None
    kept = b"".join(path.read_bytes() for path in program.settings.home_path.glob("docrail.db*"))
    assert token.encode() not in kept


def test_rows_are_documents_and_held_values_are_null(program: Program, run_id: str) -> None:
    product = products.make_product(program, run_id).product
    first, second = products.product_rows(program, product.id)
    assert first.values == {"supplier": "ACME", "total": -1.5, "lines": None}
    assert first.statuses == {"supplier": "filled", "total": "filled", "lines": "empty"}
    assert list(second.filenames.values()) == ["two.txt"]
    assert (second.status, second.values["supplier"], second.statuses["supplier"]) == (
        "partial",
        None,
        "held",
    )
    assert products.product_rows(program, product.id, limit=1) == [first]
    assert products.product_rows(program, product.id, after=first.cursor) == [second]


@pytest.fixture
def composed_run(add_run: Callable[..., str], finished: Callable[..., object]) -> str:
    """Four documents: a good pair, a group whose name and value come from held cells, a conflict that tells."""

    def compose(ids: Sequence[str]) -> list[Composed]:
        return [
            Composed(
                group="ACME",
                anchor_document=ids[0],
                document_ids=(ids[0], ids[1]),
                values={"supplier": "ACME", "total": -1.5},
                sources={"supplier": ids[0], "total": ids[1]},
            ),
            Composed(
                group=SECRET,
                anchor_document=ids[2],
                document_ids=(ids[2],),
                values={"supplier": SECRET, "total": 7},
                sources={"supplier": ids[2], "total": ids[2]},
            ),
            Composed(
                group="ODD",
                anchor_document=None,
                document_ids=(ids[2], ids[3]),
                values={},
                sources={},
                conflicts=(f"supplier: {SECRET} or ODD",),
            ),
        ]

    return add_run(
        FIELDS,
        [
            finished(filename="a.txt", cells=[supplier_found("ACME")]),
            finished(filename="b.txt", cells=[cell("total", -1.5)]),
            finished(
                filename="c.txt", cells=[*held_supplier(), cell("total", 7)], verdicts=telling_verdicts()
            ),
            finished(filename="d.txt", cells=[supplier_found("ODD")]),
        ],
        composed=compose,
        assembly_config={"grouping_field": "supplier"},
    )


def test_rows_are_groups_once_assembly_has_completed(program: Program, composed_run: str) -> None:
    product = products.make_product(program, composed_run).product
    good, held, conflict = products.product_rows(program, product.id)
    assert (good.group, good.status, list(good.filenames.values())) == (
        "ACME",
        "completed",
        ["a.txt", "b.txt"],
    )
    assert good.values == {"supplier": "ACME", "total": -1.5, "lines": None}
    assert (held.group, held.status, held.values["supplier"]) == (None, "partial", None)
    assert (held.values["total"], held.statuses["supplier"]) == (7, "held")
    assert (conflict.status, conflict.values["supplier"]) == ("conflict", None)
    assert SECRET not in str(conflict.conflicts)
    assert products.product_rows(program, product.id, limit=1, after=good.cursor) == [held]
    with pytest.raises(InvalidInput):
        products.product_rows(program, product.id, after="0199-not-mine")


@pytest.mark.parametrize("which", ["run_id", "composed_run"])
def test_a_held_value_is_in_no_byte_of_any_export_or_row(
    program: Program, which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run = request.getfixturevalue(which)
    product = products.make_product(program, run).product
    seen = {"rows": str(products.product_rows(program, product.id)).encode()}
    seen["cells"] = str([(row.cells, row.held) for row in results.every_result(program, run)]).encode()
    for kind in exports.KINDS:
        for name in exports.FORMATS:
            target = tmp_path / f"{kind}.{name}"
            exports.write_export(program, product.id, kind=kind, format=name, target=target)
            seen[target.name] = everything_in(target)
    assert len(seen) == 10
    for name, content in seen.items():
        assert b"ACME" in content, name
        assert SECRET.lower().encode() not in content.lower(), name


def everything_in(target: Path) -> bytes:
    """The bytes of a file, and what they unpack to."""
    content = target.read_bytes()
    if target.suffix == ".xlsx":
        with zipfile.ZipFile(target) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    if target.suffix == ".parquet":
        content += str(duckdb.read_parquet(str(target)).fetchall()).encode()
    return content


def test_the_audit_has_a_passport_for_every_field(program: Program, run_id: str, tmp_path: Path) -> None:
    target = tmp_path / "audit.jsonl"
    assert exports.export_pipeline(program, run_id, target, kind="audit") == 6
    rows = [msgspec.json.decode(line) for line in target.read_bytes().splitlines()]
    good, held = rows[0], rows[3]
    assert {key: good[key] for key in ("filename", "field", "value", "status", "confidence", "phase")} == {
        "filename": "one.txt",
        "field": "supplier",
        "value": "ACME",
        "status": "filled",
        "confidence": 0.9,
        "phase": "extraction",
    }
    assert (good["page"], good["box"], good["quote"], good["method"]) == (
        1,
        [1, 2, 3, 4],
        "ACME",
        "zero_shot",
    )
    assert (held["value"], held["status"], held["hold_reason"]) == ("PENDING_REVIEW", "held", "failed_check")
    assert (held["quote"], held["before"], held["box"], held["reviewer"]) == (None, None, None, None)
    assert held["verdicts"][0] == {
        "gate": "g",
        "check": "rule",
        "passed": False,
        "severity": "blocking",
        "phase": "validation",
        "reason": "failed_check",
    }
    assert (rows[2]["field"], rows[2]["status"], rows[2]["value"]) == ("lines", "empty", None)


@pytest.mark.parametrize("name", exports.FORMATS)
@pytest.mark.parametrize("kind", exports.KINDS)
def test_exporting_twice_gives_the_same_bytes(
    program: Program, composed_run: str, tmp_path: Path, kind: str, name: str
) -> None:
    product = products.make_product(program, composed_run).product
    first, second = tmp_path / f"first.{name}", tmp_path / f"second.{name}"
    for target in (first, second):
        exports.write_export(program, product.id, kind=kind, format=name, target=target)
    assert first.read_bytes() == second.read_bytes()


def test_an_unknown_suffix_names_the_four(program: Program, run_id: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="csv, jsonl, parquet or xlsx"):
        exports.export_pipeline(program, run_id, tmp_path / "table.pdf")
    with pytest.raises(InvalidInput, match="csv, jsonl, parquet or xlsx"):
        exports.export_pipeline(program, run_id, tmp_path / "table")


def test_an_export_that_fails_leaves_nothing_behind(
    program: Program, add_run: Callable[..., str], finished: Callable[..., object], tmp_path: Path
) -> None:
    run = add_run(FIELDS, [finished(filename="odd.txt", cells=[cell("total", "twelve")])])
    target = tmp_path / "out" / "table.parquet"
    with pytest.raises(InvalidInput, match="Parquet") as raised:
        exports.export_pipeline(program, run, target)
    assert [problem.path for problem in raised.value.problems] == ["total"]
    assert list(target.parent.iterdir()) == []


def test_a_target_that_cannot_be_written_is_said(program: Program, run_id: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        exports.export_pipeline(program, run_id, tmp_path / "file" / "table.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InvalidInput, match="cannot be written"):
        exports.export_pipeline(program, run_id, tmp_path / "folder.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder.csv", "home"}
