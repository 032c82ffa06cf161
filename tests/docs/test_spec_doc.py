"""Every example of the reference of the spec file does what the page says."""

import re
from pathlib import Path

import pytest

from docrail.core.plan import compile_rail
from docrail.core.plan_check import STAGE_TYPES
from docrail.core.rule import FORMATS
from docrail.core.spec_file import parse_spec
from docrail.core.spec_schema import spec_schema
from docrail.usecases.specs import check_spec, load_spec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/spec.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples/invoices"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def check(text: str, folder: Path, *, suffix: str = ".yaml") -> list[str]:
    path = folder / f"spec{suffix}"
    path.write_text(text, encoding="utf-8")
    return [str(problem) for problem in check_spec(path)[1]]


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_yaml_example_is_a_spec(text: str, tmp_path: Path) -> None:
    assert check(text, tmp_path) == []


@pytest.mark.parametrize("text", blocks("json"))
def test_every_json_example_is_a_spec(text: str, tmp_path: Path) -> None:
    assert check(text, tmp_path, suffix=".json") == []


@pytest.mark.parametrize("text", blocks("python"))
def test_every_model_is_a_spec(text: str, tmp_path: Path) -> None:
    path = tmp_path / "orders.py"
    path.write_text(text, encoding="utf-8")

    number, day = load_spec(f"{path}:Order").fields

    assert (number.synonyms, day.format) == (("Order no",), "date")


def test_the_whole_example_compiles_to_the_phases_shown() -> None:
    (shown,) = blocks("phases")
    plan = compile_rail(parse_spec(blocks("yaml")[1], origin="spec.md"))

    assert [tuple(re.split(r"  +", line)) for line in shown.splitlines()] == [
        (phase.id, phase.name) for phase in plan.phases
    ]


def test_mistakes_are_told_as_shown(tmp_path: Path) -> None:
    (text,), (shown,) = blocks("yaml invalid"), blocks("problems")

    assert check(text, tmp_path) == shown.splitlines()


def test_the_traps_of_yaml_are_read_as_said() -> None:
    country, day, code = parse_spec(blocks("yaml")[3], origin="spec.md").fields

    assert (country.enum, day.examples, code.examples) == (
        ("no", "se", "dk"),
        ("2024-01-31",),
        ("007", "+49"),
    )


def test_the_page_names_every_key_stage_and_format() -> None:
    keys = spec_schema()["$defs"]["field"]["properties"]

    assert [word for word in (*keys, *STAGE_TYPES, *FORMATS) if f"`{word}`" not in PAGE] == []


def test_the_schema_that_the_page_names_is_there() -> None:
    (target,) = re.findall(r"\]\((\S+spec\.schema\.json)\)", PAGE)

    assert (ROOT / "docs/reference" / target).resolve() == (
        ROOT / "src/docrail/core/spec.schema.json"
    ).resolve()


def test_the_example_is_a_spec_and_uses_every_kind_of_phase() -> None:
    spec, problems = check_spec(EXAMPLE / "spec.yaml")

    assert problems == ()
    assert spec is not None
    assert {phase.type for phase in compile_rail(spec).phases} == {
        "transfer",
        "extraction",
        "resolution",
        "validation",
        "assembly",
    }


def test_the_readme_of_the_example_names_the_licence_of_every_document() -> None:
    _, licences = (
        (EXAMPLE / "README.md").read_text(encoding="utf-8").split("## Where the documents come from")
    )
    files = sorted(path.name for path in (EXAMPLE / "documents").iterdir())

    assert [name for name in files if f"`{name}`" not in licences] == []


def test_the_example_stays_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*") if path.is_file()) < 3_000_000


def test_retries_and_limits_are_frozen_as_said() -> None:
    plan = compile_rail(parse_spec(blocks("yaml")[2], origin="spec.md"))

    (extraction,) = plan.document_phases
    assert [extraction.retry.delay(attempt) for attempt in (1, 2, 3, 9)] == [1, 2, 4, 60]
    assert (extraction.retry.attempts, extraction.limits.concurrency, extraction.limits.per_second) == (
        5,
        4,
        30,
    )
