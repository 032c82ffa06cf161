"""Write the table of a run to a file: plain or audit, as CSV, JSON Lines, Parquet or XLSX."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput
from docrail.store.thresholds import NONE, Thresholds
from docrail.usecases.audit import note
from docrail.usecases.export_csv import write_csv
from docrail.usecases.export_jsonl import write_jsonl
from docrail.usecases.export_parquet import write_parquet
from docrail.usecases.export_table import Table, audit_table, plain_table
from docrail.usecases.export_xlsx import write_xlsx
from docrail.usecases.product_facts import describe_schema, summarise_quality
from docrail.usecases.products import get_product

Kind: TypeAlias = Literal["plain", "audit"]
KINDS = ("plain", "audit")

_WRITERS: Mapping[str, Callable[[Table, Path], int]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "xlsx": write_xlsx,
}
FORMATS = tuple(_WRITERS)


def export_pipeline(
    program: Program,
    pipeline_id: str,
    target: Path,
    *,
    kind: Kind = "plain",
    thresholds: Thresholds = NONE,
) -> int:
    """Write the table of a run in the format of the target's suffix; the number of rows.

    Raises NotFound, and InvalidInput for an unknown suffix or a file that cannot be written.
    """
    check_target(target)
    return _write(program, pipeline_id, target, kind=kind, name=_suffix(target), thresholds=thresholds)


def check_target(target: Path | None) -> None:
    """Raises InvalidInput for a file whose suffix is none of the formats: better before a run than after it."""
    if target is not None and _suffix(target) not in FORMATS:
        given = f"'{target.suffix}'" if target.suffix else "no suffix"
        raise InvalidInput(f"{target} has {given}: an export ends in {_either(FORMATS)}")


def _suffix(target: Path) -> str:
    return target.suffix.removeprefix(".").lower()


def write_export(
    program: Program,
    product_id: str,
    *,
    kind: str,
    format: str,  # noqa: A002 - the word of the API's path
    target: Path,
) -> int:
    """Write the table of a data product; the number of rows. Raises NotFound, InvalidInput."""
    if format not in FORMATS:
        raise InvalidInput(f"no format '{format}': there are {_either(FORMATS)}")
    product = get_product(program, product_id)
    return _write(program, product.run_id, target, kind=kind, name=format, thresholds=product.thresholds)


def describe_beside(program: Program, pipeline_id: str, target: Path, thresholds: Thresholds = NONE) -> None:
    """Write what the table beside it holds: `<name>.schema.json` and `<name>.quality.json`. Raises NotFound."""
    facts = {
        "schema": describe_schema(program, pipeline_id),
        "quality": summarise_quality(program, pipeline_id, thresholds),
    }
    for name, said in facts.items():
        with _replacing(target.with_suffix(f".{name}.json")) as new:
            new.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(
    program: Program, run_id: str, target: Path, *, kind: str, name: str, thresholds: Thresholds
) -> int:
    if kind not in KINDS:
        raise InvalidInput(f"no export '{kind}': there are plain and audit")
    table = (plain_table if kind == "plain" else audit_table)(program, run_id, thresholds)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(table.rows), _replacing(target) as new:
            rows = _WRITERS[name](table, new)
            digest = _digest(new)
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror or error}") from error
    with program.database.writing() as connection:
        note(program, connection, "export.written", run_id, kind=kind, format=name, rows=rows, digest=digest)
    return rows


def _digest(file: Path) -> str:
    """The SHA-256 of the file's bytes, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A new file beside the target that takes its place when the block ends, and is gone if it raises."""
    new = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        yield new
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
