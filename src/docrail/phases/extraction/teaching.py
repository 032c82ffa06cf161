"""Make a learned model out of confirmed documents: its fields, how sure it is, and what more documents would bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from docrail.phases.extraction.fitting import LEAST_DOCUMENTS, FieldData, Outcome
from docrail.phases.extraction.learned import Certainty, LearnedField
from docrail.phases.extraction.training import Examples, Vocabulary

FOLDS = 5
CURVE_FOLDS = 2
SIZES = (5, 10, 20, 50, 100, 200)
_LEAST_CHOICES = 20
_LEAST_OF_FIELD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a learning curve: the F1 that so many confirmed documents give on others."""

    documents: int
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """A learned model: its fields, from how many documents, and its learning curve."""

    fields: Mapping[str, LearnedField]
    documents: int
    curve: tuple[Point, ...]


def teach(documents: Sequence[Mapping[str, Examples]], vocabulary: Vocabulary) -> Taught:
    """What confirmed documents teach; a field with fewer than 5 is not learned. The same documents give the same."""
    names = sorted({name for each in documents for name in each})
    data, fields = {}, {}
    for name in names:
        examples = [each[name] for each in documents if name in each]
        if sum(each.has_value for each in examples) >= LEAST_DOCUMENTS:
            data[name] = (FieldData(examples, vocabulary), len(examples))
            learned = data[name][0].fit(range(len(examples)))
            if learned is not None:
                fields[name] = learned
    tried = {name: _cross_validate(*data[name]) for name in fields}
    shared = _calibrate([one for each in tried.values() for one in each], least=_LEAST_CHOICES)
    certain = {
        name: replace(field, certainty=_calibrate(tried[name], least=_LEAST_OF_FIELD) or shared)
        for name, field in fields.items()
    }
    return Taught(fields=certain, documents=len(documents), curve=_curve(data, tried, len(documents)))


def curve_to_json(curve: Sequence[Point]) -> list[dict[str, Any]]:
    """`[{"documents", "f1"}]`."""
    return [{"documents": point.documents, "f1": point.f1} for point in curve]


def _cross_validate(
    data: FieldData, count: int, *, size: int | None = None, folds: int = FOLDS
) -> list[Outcome]:
    """Every document (of `folds` fifths) tried with a model of the others, of `size` of them if given."""
    outcomes = []
    for fold in range(folds):
        tested = range(fold, count, FOLDS)
        others = [at for at in range(count) if at % FOLDS != fold][:size]
        learned = data.fit(others)
        if learned is not None:
            outcomes += data.try_on(learned, tested)
    return outcomes


def _calibrate(outcomes: Sequence[Outcome], *, least: int) -> Certainty | None:
    """A logistic function of score and margin over what was chosen; None while that is too little to tell."""
    made = [one for one in outcomes if one.score is not None]
    right = [one.right for one in made]
    if len(made) < least or len(set(right)) < 2:
        return None
    figures = np.array([[one.score, one.margin] for one in made])
    regression = LogisticRegression(C=10.0).fit(figures, right)
    score, margin = regression.coef_[0]
    return Certainty(
        bias=float(regression.intercept_[0]), score=max(float(score), 0.0), margin=max(float(margin), 0.0)
    )


def _curve(
    data: Mapping[str, tuple[FieldData, int]], tried: Mapping[str, Sequence[Outcome]], documents: int
) -> tuple[Point, ...]:
    largest = documents - -(-documents // FOLDS)
    points = []
    for size in (each for each in SIZES if each < largest):
        outcomes = [
            one
            for field, count in data.values()
            for one in _cross_validate(field, count, size=size, folds=CURVE_FOLDS)
        ]
        if outcomes:
            points.append(Point(documents=size, f1=f1_of(outcomes)))
    every = [one for each in tried.values() for one in each]
    return (*points, Point(documents=largest, f1=f1_of(every))) if every else tuple(points)


def f1_of(outcomes: Sequence[Outcome]) -> float:
    """Micro-F1 of what was chosen."""
    made = sum(one.score is not None for one in outcomes)
    wanted = sum(one.has_value for one in outcomes)
    right = sum(one.right for one in outcomes)
    return round(2 * right / (made + wanted), 3) if made + wanted else 0.0
