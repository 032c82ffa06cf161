"""What confirmed documents show: their candidates as rows of features, and which of them are right."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from docrail.core.model import Layout, Value
from docrail.core.same_value import is_empty, near_value
from docrail.core.spec import Field, FieldType
from docrail.phases.extraction.candidates import Reading, read_document
from docrail.phases.extraction.features import Features, features_of
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.scoring import score_spans
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted, understand

_WRONG_AT_MOST = 80


@dataclass(slots=True)
class Vocabulary:
    """The features of one spec, each with its number."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """The number of a feature, a new one for a new feature."""
        return self.numbers.setdefault(name, len(self.numbers))


@dataclass(slots=True)
class Examples:
    """The candidates of one field in one document, row after row: numbers and strengths of their features, where each
    row ends, whether it is right, its zero-shot score, and the number of its value. `has_value` if the document has
    one at all."""

    has_value: bool
    columns: "array[int]" = field(default_factory=lambda: array("i"))
    strengths: "array[float]" = field(default_factory=lambda: array("f"))
    ends: "array[int]" = field(default_factory=lambda: array("i"))
    right: "array[int]" = field(default_factory=lambda: array("b"))
    zero_shot: "array[float]" = field(default_factory=lambda: array("f"))
    values: "array[int]" = field(default_factory=lambda: array("i"))

    def add(self, features: Features, vocabulary: Vocabulary) -> None:
        """The features of one more candidate."""
        self.columns.extend(vocabulary.number(name) for name in features)
        self.strengths.extend(features.values())
        self.ends.append(len(self.columns))


def learnable(fields: Sequence[Field]) -> dict[str, Wanted]:
    """The fields that can be learned (not lists or objects), as the extractor looks for them."""
    plain = [each for each in fields if each.type not in (FieldType.ARRAY, FieldType.OBJECT)]
    return {each.name: understand(each) for each in plain}


def collect(
    layout: Layout, fields: Sequence[Field], truth: Mapping[str, Value], vocabulary: Vocabulary
) -> dict[str, Examples]:
    """The examples that one document gives, by field, for those whose value is confirmed (None: it has none).

    A field gives none if its value is not among the candidates: nothing can be learned from it.
    """
    wanted = learnable(fields)
    labels = frozenset(label for one in wanted.values() for label, _ in one.labels if label)
    reading = read_document(layout)
    made = {}
    for name, one in wanted.items():
        if name in truth:
            scored = score_spans(reading, one, labels=labels, wide=True)
            examples = _collect_field(reading, one, scored, truth[name], vocabulary)
            if any(examples.right) or not examples.has_value:
                made[name] = examples
    return made


def _collect_field(
    reading: Reading, wanted: Wanted, scored: Sequence[Scored], expected: Value, vocabulary: Vocabulary
) -> Examples:
    examples = Examples(has_value=not is_empty(expected))
    values = [value_of(one.span.found, wanted) for one in scored]
    right = [examples.has_value and near_value(expected, value) for value in values]
    numbers: dict[str, int] = {}
    kept = sorted(_worth_learning(scored, right))
    for at, features in zip(kept, features_of(reading, wanted, scored, only=kept), strict=True):
        examples.add(features, vocabulary)
        examples.right.append(right[at])
        examples.zero_shot.append(min(max(scored[at].score, 0.0), 1.0))
        examples.values.append(numbers.setdefault(repr(values[at]), len(numbers)))
    return examples


def _worth_learning(scored: Sequence[Scored], right: Sequence[bool]) -> set[int]:
    """All right candidates, the wrong ones that look best, and some of the others, evenly."""
    wrong = sorted((at for at in range(len(scored)) if not right[at]), key=lambda at: -scored[at].score)
    hard, rest = wrong[: _WRONG_AT_MOST // 2], wrong[_WRONG_AT_MOST // 2 :]
    step = max(1, -(-len(rest) // (_WRONG_AT_MOST // 2)))
    return {at for at, yes in enumerate(right) if yes} | set(hard) | set(rest[::step])
