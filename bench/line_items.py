"""Measure line items: how many true rows are found, and how many found rows are true, without and with teaching.

    python bench/line_items.py DATA [--show] [--json FILE]

A true row is found when more than half of its columns are right in one row; `cells` is the share of right values among
all values of the rows so found (units printed as words and coded in the truth count as wrong). Taught: header words
learned from the other documents of the set, leaving one out.
"""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from extraction import Case, layout_of, read_cases, same

from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.extraction.tables import find_rows
from docrail.phases.transfer.columns import sight_columns, teach_columns
from docrail.phases.transfer.remembered import Known
from docrail.reading.sandbox import Reader

SETS = ("zugferd", "invoice2data", "docile-sample")
Example = tuple[str, Reading, Field, list[Mapping[str, Any]]]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--show", action="store_true", help="every row that is missed or wrong")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for name in SETS:
        examples = _read_set(options.data, name)
        for how in ("untaught", "taught"):
            found = measure(examples, taught=how == "taught", show=options.show)
            results.setdefault(name, {})[how] = found
            print(f"{name:14} {how:9} {found}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def measure(examples: Sequence[Example], *, taught: bool, show: bool) -> dict[str, Any]:
    """Recall and precision of rows over all documents that have any."""
    wanted = found = right = 0
    cells = Counter[bool]()
    for number, (name, reading, field, truth) in enumerate(examples):
        others = [each for at, each in enumerate(examples) if at != number and each[2].name == field.name]
        rows = find_rows(reading, teach_columns(field, _learn(others)) if taught else field)
        values: list[Any] = rows.values if rows else []
        hits = _match(truth, values)
        wanted, found, right = wanted + len(truth), found + len(values), right + len(hits)
        cells.update(is_right for hit in hits for is_right in hit)
        if show:
            print(f"   {name[-40:]:40} {field.name:10} {len(hits)} of {len(truth)} (found {len(values)})")
    return {
        "documents": len(examples),
        "rows": wanted,
        "recall": round(right / wanted, 3) if wanted else None,
        "precision": round(right / found, 3) if found else None,
        "cells": round(cells[True] / cells.total(), 3) if cells else None,
    }


def _learn(examples: Sequence[Example]) -> dict[str, Known]:
    seen, right = Counter[str](), Counter[str]()
    for _, reading, field, truth in examples:
        for key, was_right in sight_columns(reading, field, truth).items():
            seen[key] += 1
            right[key] += was_right
    known = {key: Known(seen=n, right=right[key]) for key, n in seen.items()}
    return {key: each for key, each in known.items() if each.is_trusted}


def _match(truth: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[list[bool]]:
    """For each true row that is found, whether each value of the row that found it is right."""
    left, matched = list(rows), []
    for row in truth:
        match = next((one for one in left if _is_found(row, one)), None)
        if match is not None:
            left.remove(match)
            matched.append([same(row[key], match[key]) for key in match if row.get(key) is not None])
    return matched


def _is_found(wanted: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    known = {key: value for key, value in wanted.items() if value is not None}
    return 2 * sum(key in row and same(value, row[key]) for key, value in known.items()) > len(known)


def _read_set(data: Path, name: str) -> list[Example]:
    cases: list[Case] = [case for case in read_cases(data, name, names="bare") if case.truth]
    examples = []
    with Reader() as reader:
        for case in cases:
            fields = [field for field in case.fields if isinstance(case.truth.get(field.name), list)]
            fields = [
                _with_items(field, case.truth[field.name]) for field in fields if case.truth[field.name]
            ]
            reading = read_document(layout_of(case, reader)) if fields else None
            examples += [
                (case.path.name, reading, field, case.truth[field.name]) for field in fields if reading
            ]
    return examples


def _with_items(field: Field, rows: Sequence[Any]) -> Field:
    """The field with the columns that the truth has, where the set has no schema for them."""
    if field.items or not isinstance(rows[0], dict):
        return field
    names = dict.fromkeys(key for row in rows for key in row)
    items = (Field(name=name, type=_type_of([row[name] for row in rows if name in row])) for name in names)
    return Field(name=field.name, type=field.type, items=tuple(items))


def _type_of(values: Sequence[Any]) -> FieldType:
    return FieldType.NUMBER if isinstance(values[0], int | float) else FieldType.STRING


if __name__ == "__main__":
    main()
