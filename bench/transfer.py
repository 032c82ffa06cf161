"""Measure transfer by cross-validation: how many cells the field registry fills, and how many of them are right.

    python bench/transfer.py DATA [--sets sroie made] [--taught 10 50] [--folds 4] [--show] [--json FILE]

Each fold is held out; the registry learns from the first N confirmed documents of the others. `made` is a set drawn
here: orders of 12 senders that lay their fields out in ways of their own, values and distracting figures at random.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from extraction import Case, layout_of, read_cases, same

from docrail.core.model import Box, Layout, Line, Page, Source, Word
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.transfer.anchors import has_anchors, sight
from docrail.phases.transfer.remembered import Known, transfer_remembered
from docrail.reading.sandbox import Reader

Example = tuple[Layout, Reading, tuple[Field, ...], dict[str, Any]]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=["sroie", "invoice2data", "zugferd", "made"])
    parser.add_argument("--taught", nargs="*", type=int, default=[5, 10, 20, 50, 100])
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--show", action="store_true", help="every mistake")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for name in options.sets:
        examples = list(_made(160)) if name == "made" else _read_set(options.data, name)
        for taught in options.taught:
            if taught < len(examples):
                results.setdefault(name, {})[taught] = found = measure(
                    examples, taught=taught, folds=options.folds, show=options.show
                )
                print(f"{name:14} {taught:4} taught: {found}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def measure(examples: Sequence[Example], *, taught: int, folds: int, show: bool) -> dict[str, Any]:
    """Coverage (cells filled of those that have a value) and precision of what was filled, over all folds."""
    shuffled = random.Random(7).sample(list(examples), len(examples))
    wanted = filled = right = 0
    for fold in range(folds):
        held = shuffled[fold::folds]
        rest = [each for number, each in enumerate(shuffled) if number % folds != fold]
        registry = learn(rest[:taught])
        for layout, _, fields, truth in held:
            cells = transfer_remembered(layout, fields, registry, phase="transfer")
            wanted += sum(truth.get(field.name) not in (None, "") for field in fields if has_anchors(field))
            filled += len(cells)
            for cell in cells:
                is_right = same(truth.get(cell.field), cell.value) if cell.field in truth else False
                right += is_right
                if show and not is_right and cell.provenance:
                    print(
                        "  ",
                        cell.field,
                        repr(truth.get(cell.field)),
                        repr(cell.value),
                        cell.provenance.detail,
                    )
    return {
        "taught": taught,
        "held_out": len(shuffled),
        "cells": wanted,
        "coverage": round(right / wanted, 3),
        "precision": round(right / filled, 3) if filled else None,
    }


def learn(examples: Sequence[Example]) -> dict[str, dict[str, Known]]:
    """The registry after these examples were confirmed: its trusted anchors."""
    seen: dict[str, Counter[str]] = {}
    right: dict[str, Counter[str]] = {}
    for _, reading, fields, truth in examples:
        for field in fields:
            if not has_anchors(field) or field.name not in truth:
                continue
            for key, was_right in sight(reading, field, truth[field.name]).items():
                seen.setdefault(field.name, Counter())[key] += 1
                right.setdefault(field.name, Counter())[key] += was_right
    known = {
        name: {key: Known(seen=n, right=right[name][key]) for key, n in counted.items()}
        for name, counted in seen.items()
    }
    return {
        name: {key: each for key, each in anchors.items() if each.is_trusted}
        for name, anchors in known.items()
    }


def _read_set(data: Path, name: str) -> list[Example]:
    cases: list[Case] = [case for case in read_cases(data, name, names="bare") if case.truth]
    with Reader() as reader:
        layouts = [layout_of(case, reader) for case in cases]
    return [
        (layout, read_document(layout), case.fields, case.truth)
        for case, layout in zip(cases, layouts, strict=True)
    ]


FIELDS = (
    Field(name="order_number"),
    Field(name="order_date", format="date"),
    Field(name="advertiser"),
    Field(name="agency"),
    Field(name="gross_amount", type=FieldType.NUMBER, format="money"),
    Field(name="spots", type=FieldType.INTEGER),
)
_LABELS = {
    "order_number": ["Order #", "Contract No", "Order Number", "Contract / Revision", "Ref"],
    "order_date": ["Date", "Entered", "Order Date", "Printed", "Contract Dates"],
    "advertiser": ["Advertiser", "Client", "Advertiser Name", "Account"],
    "agency": ["Agency", "Bill To", "Billing Agency", "Buying Agency"],
    "gross_amount": ["Total", "Gross Amount", "Order Total", "Total Charges", "Amount Due"],
    "spots": ["Spots", "Total Spots", "# of Units", "Units"],
}
_NAMES = [
    "Miller for Senate",
    "Acme Foods",
    "Delta Motors",
    "Friends of Ohio",
    "Blue River Bank",
    "City Dental",
]
_AGENCIES = ["Waterfront Media", "Gold Communications", "Buying Time LLC", "Smart Media Group", "Katz Radio"]


def _made(number: int) -> Iterator[Example]:
    """Orders of 12 senders: labels, their places and what else is printed are the sender's, values the order's."""
    chance = random.Random(11)
    senders = [_sender(chance) for _ in range(12)]
    for _ in range(number):
        sender = chance.choice(senders)
        day = f"2020-{chance.randint(1, 12):02}-{chance.randint(13, 28):02}"
        truth: dict[str, Any] = {
            "order_number": str(chance.randint(100_000, 9_999_999)),
            "order_date": day,
            "advertiser": chance.choice(_NAMES),
            "agency": chance.choice(_AGENCIES),
            "gross_amount": chance.randint(100, 99_999) + chance.randint(0, 99) / 100,
            "spots": chance.randint(1, 400),
        }
        layout = _draw(sender, truth, chance)
        yield layout, read_document(layout), FIELDS, truth


def _sender(chance: random.Random) -> dict[str, Any]:
    names = [field.name for field in FIELDS]
    chance.shuffle(names)
    return {
        "order": names,
        "labels": {name: chance.choice(labels) for name, labels in _LABELS.items()},
        "under": {name: chance.random() < 0.35 for name in names},
        "noise": chance.sample(["Net Amount", "Commission", "Rate", "Page", "Station", "Salesperson"], 4),
    }


def _draw(sender: dict[str, Any], truth: dict[str, Any], chance: random.Random) -> Layout:
    rows: list[list[tuple[float, str]]] = [[(40, "Broadcast order")]]
    noise = list(sender["noise"])
    for name in sender["order"]:
        value, label = _print(name, truth[name]), sender["labels"][name]
        other = (330.0, f"{noise[0]}:") if noise and chance.random() < 0.7 else None
        extra = [other, (430.0, f"{chance.randint(1, 9_999)}.{chance.randint(10, 99)}")] if other else []
        if other:
            noise.pop(0)
        if sender["under"][name]:
            rows += [[(40, label), *[each for each in extra if each]], [(40, value)]]
        else:
            rows += [[(40, f"{label}:"), (150, value), *[each for each in extra if each]]]
    for _ in range(chance.randint(0, 6)):
        rows.append([(40, "Spot"), (150, f"{chance.randint(1, 60)}"), (330, f"{chance.randint(10, 900)}.00")])
    lines = tuple(_line(row, at) for at, row in enumerate(rows))
    page = Page(number=1, width=612, height=792, source=Source.TEXT_LAYER, lines=lines)
    return Layout(media_type="application/pdf", pages=(page,))


def _line(row: Sequence[tuple[float, str]], at: int) -> Line:
    words = []
    for left, text in row:
        for part in text.split():
            words.append(
                Word(text=part, box=Box(x0=left, y0=40 + 22 * at, x1=left + 5 * len(part), y1=50 + 22 * at))
            )
            left += 5 * len(part) + 3
    return Line(words=tuple(words))


def _print(name: str, value: Any) -> str:
    if name == "order_date":
        year, month, day = value.split("-")
        return f"{month}/{day}/{year}"
    return f"${value:,.2f}" if name == "gross_amount" else str(value)


if __name__ == "__main__":
    main()
