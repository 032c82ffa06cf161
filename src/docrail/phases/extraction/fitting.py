"""The examples of one field as a matrix: a logistic regression over any of its documents, tried on any others."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from docrail.phases.extraction.assignment import THRESHOLD, add_up
from docrail.phases.extraction.learned import ZERO_SHOT_SHARE, LearnedField
from docrail.phases.extraction.training import Examples, Vocabulary

LEAST_DOCUMENTS = 5
"""A field is learned from so many documents with a confirmed value, or more."""
_STRENGTH = 3.0
_WORTH_KEEPING = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a field would have been given in a document that was not learned from: score and margin of the best value
    (None if none was above the threshold), whether it was right, and whether there was one to find."""

    score: float | None
    margin: float
    right: bool
    has_value: bool


class FieldData:
    """The examples of one field, a document an entry."""

    def __init__(self, documents: Sequence[Examples], vocabulary: Vocabulary) -> None:
        self._documents = documents
        self._names = list(vocabulary.numbers)
        sizes = [len(each.right) for each in documents]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._rows = _stack(documents, width=len(self._names))
        self._right = np.array([yes for each in documents for yes in each.right], dtype=bool)
        self._presence = _by_document(self._rows, self._starts)

    def fit(self, chosen: Sequence[int]) -> LearnedField | None:
        """What the documents `chosen` teach; None while fewer than 5 show their value."""
        if sum(self._documents[at].has_value for at in chosen) < LEAST_DOCUMENTS:
            return None
        rows = self._rows_of(chosen)
        right = self._right[rows]
        if right.all():
            return None
        used = np.flatnonzero(np.asarray(self._presence[list(chosen)].sum(axis=0)).ravel() > 1)
        regression = LogisticRegression(C=_STRENGTH, solver="liblinear", max_iter=200)
        regression.fit(self._rows[rows][:, used], right)
        return self._as_data(chosen, used, regression)

    def try_on(self, learned: LearnedField, chosen: Sequence[int]) -> list[Outcome]:
        """What `learned` would choose in the documents `chosen`, alone among the fields."""
        weights = np.array([learned.weights.get(name, 0.0) for name in self._names])
        return [self._try(self._rows_of([at]), weights, learned.bias, self._documents[at]) for at in chosen]

    def _try(
        self, rows: NDArray[np.int64], weights: NDArray[np.float64], bias: float, examples: Examples
    ) -> Outcome:
        likely = 1 / (1 + np.exp(-np.clip(self._rows[rows] @ weights + bias, -30.0, 30.0)))
        scores = likely + ZERO_SHOT_SHARE * np.frombuffer(examples.zero_shot, dtype=np.float32)
        groups: dict[int, list[float]] = {}
        for value, score in zip(examples.values, scores.tolist(), strict=True):
            groups.setdefault(value, []).append(score)
        right = {value for value, yes in zip(examples.values, examples.right, strict=True) if yes}
        ranked = sorted(((add_up(found), value) for value, found in groups.items()), reverse=True)
        if not ranked or ranked[0][0] < THRESHOLD:
            return Outcome(score=None, margin=0.0, right=False, has_value=examples.has_value)
        margin = ranked[0][0] - (ranked[1][0] if len(ranked) > 1 else 0.0)
        return Outcome(
            score=ranked[0][0], margin=margin, right=ranked[0][1] in right, has_value=examples.has_value
        )

    def _rows_of(self, chosen: Sequence[int]) -> NDArray[np.int64]:
        return np.concatenate([np.arange(self._starts[at], self._starts[at + 1]) for at in chosen])

    def _as_data(self, chosen: Sequence[int], used: NDArray[np.int64], regression: Any) -> LearnedField:
        weights = dict(zip(used.tolist(), regression.coef_[0].tolist(), strict=True))
        kept = {number: weight for number, weight in weights.items() if abs(weight) >= _WORTH_KEEPING}
        seen = self._seen_right(chosen)
        return LearnedField(
            bias=round(float(regression.intercept_[0]), 4),
            weights={self._names[number]: round(weight, 4) for number, weight in kept.items()},
            seen={self._names[number]: int(seen[number]) for number in kept if seen[number]},
            documents=len(chosen),
        )

    def _seen_right(self, chosen: Sequence[int]) -> NDArray[np.int64]:
        """In how many documents each feature stands at a right candidate."""
        counts = np.zeros(len(self._names), dtype=np.int64)
        for at in chosen:
            rows = self._rows_of([at])
            counts[np.unique(self._rows[rows[self._right[rows]]].indices)] += 1
        return counts


def _stack(documents: Sequence[Examples], *, width: int) -> Any:
    columns = np.concatenate([np.frombuffer(each.columns, dtype=np.int32) for each in documents])
    strengths = np.concatenate([np.frombuffer(each.strengths, dtype=np.float32) for each in documents])
    lengths = [np.diff(np.frombuffer(each.ends, dtype=np.int32), prepend=0) for each in documents]
    ends = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    return csr_matrix((strengths, columns, ends), shape=(len(ends) - 1, width))


def _by_document(rows: Any, starts: NDArray[np.int64]) -> Any:
    """Whether each feature occurs in each document."""
    made = [np.unique(rows.indices[rows.indptr[a] : rows.indptr[b]]) for a, b in pairwise(starts)]
    ends = np.concatenate([[0], np.cumsum([len(each) for each in made])])
    columns = np.concatenate(made)
    return csr_matrix(
        (np.ones(len(columns), dtype=np.int32), columns, ends), shape=(len(made), rows.shape[1])
    )
