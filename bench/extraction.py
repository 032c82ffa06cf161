"""Measure zero-shot extraction against truth: precision, recall and F1 by set and field, documents a second.

    python bench/extraction.py DATA [--sets sroie zugferd] [--names bare] [--own-ocr] [--show] [--json FILE]

`--names bare` uses the field names of the sets alone, `--names synonyms` (default) the labels below too. Receipts are
read from the boxes that people drew (`meta.ocr_truth`); everything else by `docrail.reading`.
"""

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docrail.core.model import Box, Document, Layout, Line, Page, Record, Source, Word
from docrail.core.parsing import parse_date
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.phase import Extraction
from docrail.reading.sandbox import Reader

SETS = {
    "sroie": "schema.json",
    "invoice2data": "schema.json",
    "zugferd": "schema.json",
    "azure-forms": None,
    "docile-sample": None,
    "ixbrl-filings": "schema_uk.json",
}
SYNONYMS = {
    "sroie": {
        "company": ["company", "sold by"],
        "date": ["date", "invoice date", "bill date"],
        "address": ["address"],
        "total": [
            "total",
            "grand total",
            "total amount",
            "total rounded",
            "total inclusive of gst",
            "nett total",
        ],
    },
    "invoice2data": {
        "issuer": ["Seller", "Sold by", "Service Provider"],
        "invoice_number": ["Invoice Number", "Rechnungsnr", "Facture n°", "Factuurnummer", "Booking ID"],
        "date": ["Invoice Date", "Rechnungsdatum", "Factuurdatum", "Date"],
        "date_due": ["Due Date", "Vervaldatum", "Zahlungsziel"],
        "amount": ["Total", "Grand Total", "Total TTC", "Gesamtbetrag", "Totaal"],
        "amount_untaxed": ["Subtotal", "Total HT", "Netto", "Totaal excl. BTW"],
        "amount_tax": ["Tax", "VAT", "TVA", "MwSt", "BTW"],
        "vat": ["VAT", "USt-ID", "BTW", "TVA"],
    },
    "zugferd": {
        "seller_name": ["Vendeur", "Verkäufer"],
        "buyer_name": ["Adresse du Client", "Client", "Kunde"],
        "buyer_reference": ["Service exécutant", "Ihre Referenz"],
        "net_total": ["Total HT", "Summe netto"],
        "tax_total": ["Total TVA", "Zuzügl. USt"],
        "gross_total": ["Total TTC", "Summe inkl. USt"],
        "due_payable": ["Net à payer", "Zahlbetrag"],
        "prepaid": ["Acompte"],
        "due_date": ["Date d'échéance", "Bitte überweisen Sie bis zum"],
        "delivery_date": ["Date de livraison", "Lieferdatum"],
    },
    "docile-sample": {},
    "ixbrl-filings": {},
    "azure-forms": {"Address": ["Address (number, street, and apt. or suite no.)"]},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One document of a set with its truth and the fields to look for."""

    set: str
    path: Path
    fields: tuple[Field, ...]
    truth: dict[str, Any]
    meta: dict[str, Any]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=["sroie", "invoice2data", "zugferd", "azure-forms"])
    parser.add_argument("--names", choices=["bare", "synonyms"], default="synonyms")
    parser.add_argument("--own-ocr", action="store_true", help="read receipts from their pictures")
    parser.add_argument("--show", action="store_true", help="every mistake")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    results = {}
    for name in options.sets:
        cases = [case for case in read_cases(options.data, name, names=options.names) if case.truth]
        with Reader() as reader:
            layouts = [layout_of(case, reader, own_ocr=options.own_ocr) for case in cases]
        results[name] = measure(cases, layouts, show=options.show)
        print_result(name, results[name])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def read_cases(data: Path, name: str, *, names: str) -> Iterator[Case]:
    """The documents of a set."""
    for line in (data / name / "truth.jsonl").read_text().splitlines():
        entry = json.loads(line)
        meta = entry.get("meta", {})
        schema = SETS[name] or meta.get("schema")
        found = entry["fields"]
        if schema:
            properties = json.loads((data / name / schema).read_text())["properties"]
        else:
            properties = {key: {"type": _type_of(value)} for key, value in found.items()}
        synonyms = SYNONYMS.get(name, {}) if names == "synonyms" else {}
        fields = tuple(_field(key, entry, synonyms.get(key, [])) for key, entry in properties.items())
        visible = entry.get("visible", {})
        truth = {key: found[key] for key in properties if key in found and visible.get(key, True)}
        yield Case(set=name, path=data / name / entry["document"], fields=fields, truth=truth, meta=meta)


def layout_of(case: Case, reader: Reader, *, own_ocr: bool = False) -> Layout:
    """The document as read; receipts from the boxes that people drew unless `own_ocr`."""
    if "ocr_truth" in case.meta and not own_ocr:
        return _layout_of_boxes(case.meta["ocr_truth"])
    return reader.read(case.path, filename=case.path.name)


def measure(cases: Sequence[Case], layouts: Sequence[Layout], *, show: bool) -> dict[str, Any]:
    """Counts by field, F1, and documents a second."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sure: list[tuple[float, bool]] = []
    seconds = 0.0
    for case, layout in zip(cases, layouts, strict=True):
        phase = PlannedPhase(id="p1", name="extract", type=PhaseType.EXTRACTION, config={})
        extraction = Extraction(phase, case.fields)
        record = Record(document=_document(case), layout=layout)
        start = time.perf_counter()
        made = extraction.run(record).current
        seconds += time.perf_counter() - start
        for name, expected in case.truth.items():
            cell = made.get(name)
            actual = cell.value if cell else None
            outcome = _judge(expected, actual)
            counts[name].update(outcome)
            if cell is not None and not isinstance(expected, list):
                sure.append((cell.confidence, outcome.get("tp", 0) == 1))
            if show and set(outcome) - {"tp", "tn"}:
                detail = f"{cell.confidence} {cell.provenance.detail}" if cell and cell.provenance else ""
                print(
                    f"   {case.path.name[:30]:30} {name:20} wanted {expected!r:.60} got {actual!r:.60} {detail}"
                )
    total: Counter[str] = sum(counts.values(), Counter())
    return {
        "documents": len(cases),
        "documents_per_second": round(len(cases) / seconds, 1) if seconds else None,
        "micro": _scores(total),
        "fields": {name: _scores(count) for name, count in counts.items()},
        "calibration": _calibration(sure),
    }


def print_result(name: str, result: dict[str, Any]) -> None:
    """One set as lines."""
    print(f"{name}: {result['documents']} documents, {result['documents_per_second']}/s")
    for field, scores in [*result["fields"].items(), ("MICRO", result["micro"])]:
        print(
            f"   {field:30} P {scores['p']:.2f}  R {scores['r']:.2f}  F1 {scores['f1']:.2f}  ({scores['wanted']})"
        )
    print(f"   confidence: {result['calibration']}")


def _judge(expected: Any, actual: Any) -> dict[str, int]:
    if expected in (None, [], ""):
        return {"fp": 1} if actual is not None else {"tn": 1}
    if actual is None:
        return {"fn": 1}
    return {"tp": 1} if same(expected, actual) else {"fp": 1, "fn": 1}


def same(expected: Any, actual: Any) -> bool:
    """Typed, strict: dates as dates, numbers within half a cent, text but for white space (OCR does not keep it)."""
    if isinstance(expected, list):
        return isinstance(actual, list) and _same_rows(expected, actual)
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float):
        return isinstance(actual, int | float) and abs(expected - actual) < 0.005
    wanted, got = " ".join(str(expected).split()), " ".join(str(actual).split())
    if re.fullmatch(r"\d{4}-\d\d-\d\d", wanted):
        return got == wanted or (parse_date(got, locale=None) or ("",))[0] == wanted
    return _without_spaces(wanted) == _without_spaces(got)


def _without_spaces(text: str) -> str:
    return text.replace(" ", "")


def _same_rows(expected: list[Any], actual: list[Any]) -> bool:
    return len(expected) == len(actual) and all(
        all(same(value, got.get(key)) for key, value in row.items() if key in got)
        for row, got in zip(expected, actual, strict=True)
    )


def _scores(count: Counter[str]) -> dict[str, float]:
    made, wanted = count["tp"] + count["fp"], count["tp"] + count["fn"]
    precision = count["tp"] / made if made else 0.0
    recall = count["tp"] / wanted if wanted else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"p": round(precision, 3), "r": round(recall, 3), "f1": round(f1, 3), "wanted": wanted}


def _calibration(sure: list[tuple[float, bool]]) -> dict[str, str]:
    """What share of the cells was right, by stated confidence."""
    bins: dict[str, list[bool]] = defaultdict(list)
    for confidence, right in sorted(sure):
        bins[f"{int(min(confidence, 0.99) * 5) / 5:.1f}+"].append(right)
    return {key: f"{sum(rights) / len(rights):.2f} of {len(rights)}" for key, rights in bins.items()}


def _field(name: str, entry: dict[str, Any], synonyms: list[str]) -> Field:
    kinds = entry.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    kind = "number" if "number" in kinds and not re.search(r"name|date|number$", name) else kinds[0]
    form = entry.get("format")
    if name.startswith("date") and kind == "string" and "exactly" not in entry.get("description", ""):
        form = form or "date"
    items = tuple(
        _field(key, value, []) for key, value in entry.get("items", {}).get("properties", {}).items()
    )
    marks = ("selected", "unselected") if "selectionMark" in entry.get("description", "") else ()
    description = None if "Azure field" in entry.get("description", "") else entry.get("description")
    return Field(
        name=name,
        type=FieldType(kind),
        format=form,
        description=description,
        synonyms=tuple(synonyms),
        items=items,
        enum=marks,
    )


def _type_of(value: Any) -> str:
    return "array" if isinstance(value, list) else "number" if isinstance(value, int | float) else "string"


def _document(case: Case) -> Document:
    name = case.path.name
    return Document(id=name, digest="0", filename=name, media_type="", size_bytes=0, metadata={})


def _layout_of_boxes(boxes: list[dict[str, Any]]) -> Layout:
    words = [word for entry in boxes for word in _split_box(entry)]
    words.sort(key=lambda word: word.box.y0 + word.box.y1)
    lines: list[list[Word]] = []
    for word in words:
        middle, height = (word.box.y0 + word.box.y1) / 2, word.box.y1 - word.box.y0
        last = lines[-1][0].box if lines else None
        if last and abs((last.y0 + last.y1) / 2 - middle) < 0.45 * min(height, last.y1 - last.y0):
            lines[-1].append(word)
        else:
            lines.append([word])
    rows = tuple(Line(words=tuple(sorted(line, key=lambda word: word.box.x0))) for line in lines)
    width, height = max(word.box.x1 for word in words), max(word.box.y1 for word in words)
    page = Page(number=1, width=width + 20, height=height + 20, source=Source.OCR, lines=rows)
    return Layout(media_type="image/jpeg", pages=(page,))


def _split_box(entry: dict[str, Any]) -> Iterator[Word]:
    text, corners = entry["text"], entry["box"]
    left, right, top, bottom = min(corners[::2]), max(corners[::2]), min(corners[1::2]), max(corners[1::2])
    wide = (right - left) / max(len(text), 1)
    for match in re.finditer(r"\S+", text):
        box = Box(x0=left + wide * match.start(), y0=top, x1=left + wide * match.end(), y1=bottom)
        yield Word(text=match[0], box=box)


if __name__ == "__main__":
    main()
