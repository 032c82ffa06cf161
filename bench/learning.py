"""Measure what confirmed documents bring: F1 on others after 0, 5, 10, 50, beside bare label similarity; with a plot.

    python bench/learning.py DATA [--sets sroie zugferd] [--own-ocr] [--out bench/results/learning]

Cross-validated over 5 folds, each document tried once. Typed match as `docrail evaluate` has it. A set that has fewer
documents than a point of the curve has no such point.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from extraction import Case, layout_of, read_cases

from docrail.core.evaluation import Judged, coverage, judge, score, score_fields
from docrail.core.model import Cell, Layout
from docrail.core.spec import Field, FieldType
from docrail.learning import teach_layouts
from docrail.phases.extraction.candidates import read_document
from docrail.phases.extraction.labels import normal_label, similarity, split_name
from docrail.phases.extraction.learned import learned_to_json
from docrail.phases.extraction.scoring import contexts_of, fits
from docrail.phases.extraction.training import learnable
from docrail.phases.extraction.values import value_of
from docrail.reading.sandbox import Reader
from docrail.usecases.evaluate import Sample, _try

FOLDS, SIZES = 5, (5, 10, 20, 50)
COLOURS = ("#0b6", "#06c", "#c50", "#849", "#777")


def main() -> None:
    """Read the command line, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="*", default=["sroie", "invoice2data", "zugferd", "azure-forms"])
    parser.add_argument("--own-ocr", action="store_true", help="read receipts from their pictures")
    parser.add_argument("--out", type=Path, default=Path("bench/results/learning"))
    options = parser.parse_args()
    results = {name: measure(options.data, name, own_ocr=options.own_ocr) for name in options.sets}
    for name, result in results.items():
        print(name, json.dumps(result))
    options.out.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    options.out.with_suffix(".svg").write_text(draw(results))


def measure(data: Path, name: str, *, own_ocr: bool) -> dict[str, Any]:
    """The curve of one set with its baseline, by field at the end, and seconds."""
    cases = [case for case in read_cases(data, name, names="synonyms") if case.truth]
    with Reader() as reader:
        layouts = [layout_of(case, reader, own_ocr=own_ocr) for case in cases]
    fields = tuple(
        {
            field.name: field for case in cases for field in case.fields if field.type is not FieldType.ARRAY
        }.values()
    )
    samples = [_sample(case, layout, fields) for case, layout in zip(cases, layouts, strict=True)]
    largest = len(samples) - -(-len(samples) // FOLDS)
    sizes = [size for size in (*SIZES, largest) if size <= largest]
    begun = time.process_time()
    curve = {size: list(cross_validate(fields, samples, size)) for size in dict.fromkeys(sizes)}
    curve = {0: list(_try(fields, samples, None)), **curve}
    last = curve[max(curve)]
    return {
        "documents": len(samples),
        "label_similarity": round(score(baseline(fields, samples)).f1, 3),
        "curve": {size: round(score(judged).f1, 3) for size, judged in curve.items()},
        "fields": {field: round(scores.f1, 3) for field, scores in score_fields(last).items()},
        "coverage_at_0.95": round((coverage(last, precision=0.95) or (0.0, 1.0))[0], 3),
        "processor_seconds": round(time.process_time() - begun, 1),
    }


def _sample(case: Case, layout: Layout, fields: Sequence[Field]) -> Sample:
    names = {field.name for field in fields}
    return Sample(
        name=case.path.name,
        layout=layout,
        truth={key: value for key, value in case.truth.items() if key in names},
    )


def cross_validate(fields: tuple[Field, ...], samples: Sequence[Sample], size: int) -> Iterator[Judged]:
    """Every document tried with what `size` documents of the other folds teach."""
    for fold in range(FOLDS):
        others = [sample for at, sample in enumerate(samples) if at % FOLDS != fold][:size]
        taught = teach_layouts(((other.layout, other.truth) for other in others), fields)
        yield from _try(fields, samples[fold::FOLDS], learned_to_json(taught.fields))


def baseline(fields: Sequence[Field], samples: Sequence[Sample]) -> Iterator[Judged]:
    """The bare idea: of the candidates of a field's type the one whose words left or above are most like its name."""
    for sample in samples:
        assert sample.layout is not None
        reading = read_document(sample.layout)
        cells = {}
        for name, wanted in learnable(fields).items():
            label, best = normal_label(split_name(name)), (0.0, None)
            for span in reading.spans_for(wanted):
                if fits(span, wanted):
                    near = contexts_of(reading.sheet_of(span), span)
                    like = max((c.weight * similarity(label, c.normal) for c in near), default=0.0)
                    best = max(best, (like, span), key=lambda pair: pair[0])
            if best[1] is not None:
                value = value_of(best[1].found, wanted)
                cells[name] = Cell(field=name, value=value, confidence=best[0], phase="bench")
        yield from judge(sample.name, sample.truth, cells)


def draw(results: dict[str, Any]) -> str:
    """The curves as SVG; the dashed lines are bare label similarity."""
    most = max(size for result in results.values() for size in result["curve"])
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" font-family="sans-serif" font-size="12">',
        '<rect width="640" height="360" fill="white"/>',
        '<text x="50" y="20">F1 on other documents, by documents confirmed (dashed: label similarity alone)</text>',
    ]
    for tenth in range(0, 11, 2):
        y = 320 - 28 * tenth
        parts.append(f'<path d="M50 {y}H500" stroke="#ddd"/><text x="20" y="{y + 4}">{tenth / 10:.1f}</text>')
    for size in sorted({size for result in results.values() for size in result["curve"]}):
        parts.append(f'<text x="{50 + 440 * size / most:.0f}" y="338">{size}</text>')
    for at, (name, result) in enumerate(results.items()):
        colour = COLOURS[at % len(COLOURS)]
        line = " ".join(
            f"{50 + 440 * size / most:.1f},{320 - 280 * f1:.1f}" for size, f1 in result["curve"].items()
        )
        bare = 320 - 280 * result["label_similarity"]
        parts += [
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<path d="M50 {bare:.1f}H490" stroke="{colour}" stroke-dasharray="4 4"/>',
            f'<text x="510" y="{60 + 20 * at}" fill="{colour}">{name} ({result["documents"]})</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    main()
