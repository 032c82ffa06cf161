"""Measure a spec's extraction against truth: as it is now, or learning from some documents and trying the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docrail.core.errors import DocumentError, InvalidInput, Problem
from docrail.core.evaluation import (
    PRECISIONS,
    Judged,
    coverage,
    judge,
    mistakes,
    score,
    score_fields,
    scores_to_json,
)
from docrail.core.model import Document, Layout, Record, Value
from docrail.core.plan import PhaseType, PlannedPhase
from docrail.core.spec import Field, Spec
from docrail.learning import teach_layouts
from docrail.phases.extraction.learned import learned_to_json
from docrail.phases.extraction.phase import Extraction
from docrail.usecases.truth import match_files, read_truth

SIZES = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One document with its truth; `layout` is None if it cannot be read (then nothing is found in it)."""

    name: str
    layout: Layout | None
    truth: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What was judged; with folds also what no learning would give, and F1 by documents learned from."""

    judged: tuple[Judged, ...]
    documents: int
    folds: int
    untaught: tuple[Judged, ...]
    curve: tuple[tuple[int, float], ...]
    unread: tuple[str, ...]


def read_samples(
    read: Callable[[Path], Layout], spec: Spec, files: Sequence[Path], truth: Path
) -> list[Sample]:
    """The documents that the truth speaks of, each read with `read`. Raises InvalidInput if there is none."""
    matched = match_files(read_truth(truth, spec.fields), files)
    if not matched:
        message = (
            f"{truth} speaks of none of the {len(files)} documents: its `document` is a path or a file name"
        )
        raise InvalidInput(message, (Problem(path=str(truth), message=message),))
    return [Sample(name=line.document, layout=_read(read, file), truth=line.fields) for line, file in matched]


def _read(read: Callable[[Path], Layout], file: Path) -> Layout | None:
    try:
        return read(file)
    except DocumentError:
        return None


def evaluate(
    fields: Sequence[Field],
    samples: Sequence[Sample],
    *,
    folds: int = 0,
    known: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Try the extraction of `fields` on samples: with what is `known`, or cross-validated over so many folds.

    Raises InvalidInput for folds that leave nothing to learn from.
    """
    if folds and not 2 <= folds <= len(samples):
        raise InvalidInput(f"--folds must be from 2 to {len(samples)}, the number of documents")
    untaught = tuple(_try(fields, samples, None)) if folds else ()
    judged = tuple(_cross_validate(fields, samples, folds)) if folds else tuple(_try(fields, samples, known))
    return Evaluation(
        judged=judged,
        documents=len(samples),
        folds=folds,
        untaught=untaught,
        curve=tuple(_curve(fields, samples, folds, untaught, judged)) if folds else (),
        unread=tuple(sample.name for sample in samples if sample.layout is None),
    )


def _curve(
    fields: Sequence[Field],
    samples: Sequence[Sample],
    folds: int,
    untaught: Sequence[Judged],
    judged: Sequence[Judged],
) -> Iterator[tuple[int, float]]:
    largest = len(samples) - -(-len(samples) // folds)
    yield 0, round(score(untaught).f1, 3)
    for size in (each for each in SIZES if each < largest):
        yield size, round(score(_cross_validate(fields, samples, folds, size=size)).f1, 3)
    yield largest, round(score(judged).f1, 3)


def _cross_validate(
    fields: Sequence[Field], samples: Sequence[Sample], folds: int, *, size: int | None = None
) -> Iterator[Judged]:
    for fold in range(folds):
        others = [sample for at, sample in enumerate(samples) if at % folds != fold][:size]
        taught = teach_layouts(((other.layout, other.truth) for other in others), tuple(fields))
        yield from _try(fields, samples[fold::folds], learned_to_json(taught.fields))


def _try(
    fields: Sequence[Field], samples: Sequence[Sample], known: Mapping[str, Any] | None
) -> Iterator[Judged]:
    config: dict[str, Value] = {"known": known} if known else {}
    planned = PlannedPhase(id="extraction", name="Extraction", type=PhaseType.EXTRACTION, config=config)
    extraction = Extraction(planned, fields)
    for sample in samples:
        cells = {}
        if sample.layout is not None:
            cells = extraction.run(Record(document=_document(sample), layout=sample.layout)).current
        yield from judge(sample.name, sample.truth, cells)


def _document(sample: Sample) -> Document:
    return Document(id=sample.name, digest="", filename=sample.name, media_type="", size_bytes=0, metadata={})


def evaluation_to_json(made: Evaluation) -> dict[str, Any]:
    """All figures and every mistake, as JSON."""
    covered = {precision: coverage(made.judged, precision=precision) for precision in PRECISIONS}
    return {
        "documents": made.documents,
        "folds": made.folds,
        "unread": list(made.unread),
        "all": scores_to_json(score(made.judged)),
        "fields": {name: scores_to_json(scores) for name, scores in score_fields(made.judged).items()},
        "untaught": scores_to_json(score(made.untaught)) if made.folds else None,
        "curve": [{"documents": documents, "f1": f1} for documents, f1 in made.curve],
        "coverage": [
            {
                "precision": precision,
                "share": round(found[0], 3) if found else 0.0,
                "confidence": found[1] if found else None,
            }
            for precision, found in covered.items()
        ],
        "mistakes": [
            {
                "document": each.document,
                "page": each.page,
                "field": each.field,
                "expected": each.expected,
                "found": each.actual,
                "confidence": each.confidence,
                "why": each.why,
            }
            for each in mistakes(made.judged)
        ],
    }
