"""How good an extraction is against truth: by field, and how far its confidence can be trusted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docrail.core.model import Cell, Value
from docrail.core.same_value import is_empty, same_value

PRECISIONS = (0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One field of one document: what is true, what was found (None: nothing), and where it was found."""

    document: str
    field: str
    expected: Value
    actual: Value
    confidence: float
    page: int | None
    why: str | None

    @property
    def is_right(self) -> bool:
        return same_value(self.expected, self.actual)

    @property
    def is_found(self) -> bool:
        return not is_empty(self.actual)

    @property
    def is_wanted(self) -> bool:
        return not is_empty(self.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Of `wanted` values so many were `found`, and so many of those were `right`."""

    wanted: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.found + self.wanted) if self.found + self.wanted else 0.0


def judge(document: str, truth: Mapping[str, Value], cells: Mapping[str, Cell]) -> list[Judged]:
    """Every field of a document that the truth speaks of."""
    return [_judge(document, name, expected, cells.get(name)) for name, expected in truth.items()]


def _judge(document: str, name: str, expected: Value, cell: Cell | None) -> Judged:
    source = cell.provenance if cell else None
    return Judged(
        document=document,
        field=name,
        expected=expected,
        actual=cell.value if cell else None,
        confidence=cell.confidence if cell else 0.0,
        page=source.page if source else None,
        why=source.detail if source else None,
    )


def score(judged: Iterable[Judged]) -> Scores:
    """The counts of `judged`; a value found where there is none is found and not right.

    >>> def one(expected, actual):
    ...     return Judged(document="a", field="f", expected=expected, actual=actual, confidence=1, page=1, why=None)
    >>> score([one("x", "x"), one("x", None), one(None, "y"), one(None, None)])
    Scores(wanted=2, found=2, right=1)
    """
    every = list(judged)
    return Scores(
        wanted=sum(each.is_wanted for each in every),
        found=sum(each.is_found for each in every),
        right=sum(each.is_found and each.is_right for each in every),
    )


def score_fields(judged: Sequence[Judged]) -> dict[str, Scores]:
    """The scores of each field, in the order in which they come."""
    names = dict.fromkeys(each.field for each in judged)
    return {name: score(each for each in judged if each.field == name) for name in names}


def coverage(judged: Sequence[Judged], *, precision: float) -> tuple[float, float] | None:
    """How much of what is wanted could be taken unseen at this precision, and from which confidence on; None if none.

    >>> def one(right, confidence):
    ...     found = "x" if right else "y"
    ...     return Judged(document="a", field="f", expected="x", actual=found, confidence=confidence, page=1, why=None)
    >>> coverage([one(True, 0.9), one(True, 0.8), one(False, 0.7), one(True, 0.6)], precision=0.95)
    (0.5, 0.8)
    """
    found = sorted((each for each in judged if each.is_found), key=lambda each: -each.confidence)
    wanted = sum(each.is_wanted for each in judged)
    best, right = None, 0
    for at, each in enumerate(found, start=1):
        right += each.is_right
        last_of_its_confidence = at == len(found) or found[at].confidence < each.confidence
        if last_of_its_confidence and right >= precision * at and wanted:
            best = (right / wanted, each.confidence)
    return best


def mistakes(judged: Iterable[Judged]) -> list[Judged]:
    """What was wrong, missed, or found where there is nothing: surest first."""
    return sorted((each for each in judged if not each.is_right), key=lambda each: -each.confidence)


def scores_to_json(scores: Scores) -> dict[str, Any]:
    """Counts and figures, rounded to three places."""
    figures = {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}
    counts = {"wanted": scores.wanted, "found": scores.found, "right": scores.right}
    return {**counts, **{name: round(figure, 3) for name, figure in figures.items()}}
