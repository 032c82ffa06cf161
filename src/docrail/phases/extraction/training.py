"""Learn a field from confirmed values: which candidates were right, and what stood about them."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docrail.core.model import Layout, Value
from docrail.core.same_value import near_value
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.extraction.features import Features, features_of
from docrail.phases.extraction.learned import LearnedField
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.scoring import score_spans
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted, understand

LEAST_DOCUMENTS = 5
"""A field is learned from so many documents with a confirmed value, or more."""
_WRONG_AT_MOST = 200
_STRENGTH = 3.0
_WORTH_KEEPING = 0.01


@dataclass(slots=True)
class Examples:
    """The candidates of one field in one document, row after row: numbers and strengths of their features, where each
    row ends, and which of them are right."""

    columns: "array[int]" = field(default_factory=lambda: array("i"))
    strengths: "array[float]" = field(default_factory=lambda: array("f"))
    ends: "array[int]" = field(default_factory=lambda: array("i"))
    right: list[bool] = field(default_factory=list)

    def add(self, features: Features, *, right: bool, vocabulary: "Vocabulary") -> None:
        """One more candidate."""
        self.columns.extend(vocabulary.number(name) for name in features)
        self.strengths.extend(features.values())
        self.ends.append(len(self.columns))
        self.right.append(right)

    def row(self, at: int) -> Sequence[int]:
        """The numbers of the features of a candidate."""
        return self.columns[self.ends[at - 1] if at else 0 : self.ends[at]]


@dataclass(slots=True)
class Vocabulary:
    """The features of one spec, each with its number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def wanted_of(fields: Sequence[Field]) -> dict[str, Wanted]:
    """The fields that can be learned, as the extractor looks for them."""
    plain = [each for each in fields if each.type not in (FieldType.ARRAY, FieldType.OBJECT)]
    return {each.name: understand(each) for each in plain}


def collect(
    layout: Layout, fields: Sequence[Field], truth: Mapping[str, Value], vocabulary: Vocabulary
) -> dict[str, Examples]:
    """The examples that one document gives, by field, for those whose value is confirmed."""
    wanted = wanted_of(fields)
    labels = frozenset(label for one in wanted.values() for label, _ in one.labels if label)
    reading = read_document(layout)
    return {
        name: _collect_field(
            reading, one, score_spans(reading, one, labels=labels, wide=True), truth[name], vocabulary
        )
        for name, one in wanted.items()
        if name in truth
    }


def _collect_field(
    reading: Reading, wanted: Wanted, scored: Sequence[Scored], expected: Value, vocabulary: Vocabulary
) -> Examples:
    right = [near_value(expected, value_of(one.span.found, wanted)) for one in scored]
    kept = _worth_learning(scored, right)
    examples = Examples()
    for at, features in enumerate(features_of(reading, wanted, scored)):
        if at in kept:
            examples.add(features, right=right[at], vocabulary=vocabulary)
    return examples


def _worth_learning(scored: Sequence[Scored], right: Sequence[bool]) -> set[int]:
    """All right candidates, the wrong ones that look best, and some of the others, evenly."""
    wrong = sorted((at for at in range(len(scored)) if not right[at]), key=lambda at: -scored[at].score)
    hard, rest = wrong[: _WRONG_AT_MOST // 2], wrong[_WRONG_AT_MOST // 2 :]
    step = max(1, len(rest) // (_WRONG_AT_MOST // 2))
    return {at for at, yes in enumerate(right) if yes} | set(hard) | set(rest[::step])


def train(documents: Sequence[Examples], vocabulary: Vocabulary) -> LearnedField | None:
    """What the examples of one field teach; None while fewer than 5 documents are confirmed or none shows its value."""
    import numpy as np  # noqa: PLC0415  # heavy: only who trains pays for it
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    right = np.concatenate([np.array(each.right, dtype=bool) for each in documents] or [np.empty(0, bool)])
    if len(documents) < LEAST_DOCUMENTS or not right.any() or right.all():
        return None
    columns = np.concatenate([np.frombuffer(each.columns, dtype=np.int32) for each in documents])
    strengths = np.concatenate([np.frombuffer(each.strengths, dtype=np.float32) for each in documents])
    ends = np.concatenate([np.diff(np.frombuffer(each.ends, dtype=np.int32), prepend=0) for each in documents])
    rows = csr_matrix((strengths, columns, np.concatenate([[0], np.cumsum(ends)])), shape=(len(right), len(vocabulary.numbers)))
    in_documents = _count_documents(documents, len(vocabulary.numbers))
    used = np.flatnonzero(in_documents > 1)
    regression = LogisticRegression(C=_STRENGTH, solver="liblinear", max_iter=200)
    regression.fit(rows[:, used], right)
    weights = dict(zip(used.tolist(), regression.coef_[0].tolist(), strict=True))
    seen = _count_right(documents)
    names = list(vocabulary.numbers)
    kept = {number: weight for number, weight in weights.items() if abs(weight) >= _WORTH_KEEPING}
    return LearnedField(
        bias=float(regression.intercept_[0]),
        weights={names[number]: round(weight, 4) for number, weight in kept.items()},
        seen={names[number]: seen[number] for number in kept if seen[number]},
        documents=len(documents),
    )


def _count_documents(documents: Sequence[Examples], size: int) -> Any:
    import numpy as np  # noqa: PLC0415  # heavy: only who trains pays for it

    counts = np.zeros(size, dtype=np.int32)
    for each in documents:
        counts[np.unique(np.frombuffer(each.columns, dtype=np.int32))] += 1
    return counts


def _count_right(documents: Sequence[Examples]) -> Counter[int]:
    """In how many documents each feature stands at a right candidate."""
    counts: Counter[int] = Counter()
    for each in documents:
        counts.update({number for at, yes in enumerate(each.right) if yes for number in each.row(at)})
    return counts
