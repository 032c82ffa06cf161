"""Count how many values of real e-invoices are read exactly, file in, record out: `python bench/einvoices.py DATA`."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docrail.core.model import Document, Record
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.transfer.phase import Transfer
from docrail.reading.sandbox import Reader

FOLDERS = {"zugferd": "documents_with_xml", "xrechnung-pairs": "documents"}
PHASE = PlannedPhase(id="transfer", name="Transfer", type=PhaseType.TRANSFER, config={})


def measure_einvoices(data: Path) -> dict[str, dict[str, Any]]:
    """Values by set: how many there are, how many are exact, and the others by file and name."""
    with Reader() as reader:
        return {name: measure_set(reader, list(files(data, name))) for name in ("zugferd", "xrechnung-pairs")}


def files(data: Path, name: str) -> Iterator[tuple[Path, tuple[Field, ...], Mapping[str, Any]]]:
    """Every file with an invoice in it: PDFs as they were issued, both syntaxes of the XML ones."""
    properties = json.loads((data / name / "schema.json").read_text())["properties"]
    fields = tuple(make_field(key, said) for key, said in properties.items())
    for entry in map(json.loads, (data / name / "truth.jsonl").read_text().splitlines()):
        for key in ("document", "pair"):
            if key in entry:
                path = data / name / entry[key].replace("documents/", f"{FOLDERS[name]}/")
                yield path, fields, entry["fields"]


def make_field(name: str, said: Mapping[str, Any]) -> Field:
    """A field of the schema; null is no type of its own."""
    kinds = said["type"] if isinstance(said["type"], list) else [said["type"]]
    columns = said.get("items", {}).get("properties", {})
    return Field(
        name=name,
        type=FieldType(next(kind for kind in kinds if kind != "null")),
        items=tuple(make_field(key, value) for key, value in columns.items()),
    )


def measure_set(
    reader: Reader, found: list[tuple[Path, tuple[Field, ...], Mapping[str, Any]]]
) -> dict[str, Any]:
    """Nothing said and no value are the same: an empty list, null, or no cell."""
    values, wrong = 0, []
    for path, fields, truth in found:
        layout = reader.read(path, filename=path.name)
        document = Document(
            id="d", digest="", filename=path.name, media_type=layout.media_type, size_bytes=1, metadata={}
        )
        read = Transfer(PHASE, fields).run(Record(document=document, layout=layout)).values
        values += len(truth)
        wrong += [
            f"{path.name} {key}" for key, value in truth.items() if (read.get(key) or None) != (value or None)
        ]
    return {"files": len(found), "values": values, "exact": values - len(wrong), "wrong": wrong}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    for name, result in measure_einvoices(parser.parse_args().data).items():
        print(f"{name}: {result}")
