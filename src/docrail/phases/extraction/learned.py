"""The learned extractor: weights of features for each field, as data; how sure it is, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any

from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.features import Features, features_of
from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.wanted import Wanted

ZERO_SHOT_SHARE = 0.5
_SAID = {
    "left": "left of it stands",
    "left0": "left of it stands",
    "left1": "left of it stands",
    "left2": "left of it stands",
    "before": "before it stands",
    "above": "above it stands",
    "above=": "above it stands",
    "row": "its row begins with",
    "right0": "right of it stands",
    "below": "below it stands",
}
_LOOKS = {
    "says": "it says",
    "begins": "it begins with",
    "ends": "it ends with",
    "shape": "it has the shape",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """How sure a choice is: a logistic function of its score and of its margin over the next value."""

    bias: float
    score: float
    margin: float

    def of(self, score: float, margin: float) -> float:
        """0..1."""
        return 1 / (1 + exp(-(self.bias + self.score * score + self.margin * margin)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedField:
    """What was learned of a field from so many confirmed `documents`: a weight for each feature, and in how many of
    them the feature stood at the true value (`seen`)."""

    bias: float
    weights: Mapping[str, float]
    seen: Mapping[str, int]
    documents: int
    certainty: Certainty | None = None

    def probability(self, features: Features) -> float:
        """How likely a candidate with these features is the value, 0..1."""
        weights = self.weights
        total = self.bias + sum(weights[name] * much for name, much in features.items() if name in weights)
        return 1 / (1 + exp(-max(min(total, 30.0), -30.0)))

    def explain(self, features: Features) -> str:
        """What speaks most for a candidate, in words, with how often it stood at a confirmed value."""
        for said in (_SAID, _LOOKS):
            pulls = {
                name: self.weights.get(name, 0.0) * much
                for name, much in features.items()
                if name.partition(":")[0] in said and name.partition(":")[2] and self.seen.get(name, 0) > 1
            }
            best = max(pulls, key=lambda name: pulls[name], default=None)
            if best is not None and pulls[best] > 0:
                where, _, what = best.partition(":")
                return f'{said[where]} "{what}", seen {self.seen[best]} times in {self.documents} documents'
        return f"learned from {self.documents} documents"


def blend(reading: Reading, wanted: Wanted, scored: Sequence[Scored], learned: LearnedField) -> list[Scored]:
    """The candidates with learned and zero-shot score together: learned + 0.5 × zero-shot."""
    blended = []
    for one, features in zip(scored, features_of(reading, wanted, scored), strict=True):
        likely = learned.probability(features)
        score = likely + ZERO_SHOT_SHARE * min(max(one.score, 0.0), 1.0)
        because = learned.explain(features) if likely > 0.1 else one.because
        blended.append(replace(one, score=score, because=because))
    return blended


def read_learned(config: Any) -> dict[str, LearnedField]:
    """What `known` in the config of a phase holds, by field; none if there is no such thing."""
    if not isinstance(config, Mapping):
        return {}
    return {name: _read_field(entry) for name, entry in config.get("fields", {}).items()}


def learned_to_json(fields: Mapping[str, LearnedField]) -> dict[str, Any]:
    """The same as JSON: `{"fields": {name: …}}`."""
    return {"fields": {name: _write_field(field) for name, field in fields.items()}}


def _read_field(entry: Mapping[str, Any]) -> LearnedField:
    certainty = entry.get("certainty")
    return LearnedField(
        bias=entry["bias"],
        weights={name: weight for name, (weight, _) in entry["features"].items()},
        seen={name: seen for name, (_, seen) in entry["features"].items() if seen},
        documents=entry["documents"],
        certainty=Certainty(**certainty) if certainty else None,
    )


def _write_field(field: LearnedField) -> dict[str, Any]:
    certainty = field.certainty
    return {
        "bias": field.bias,
        "features": {name: [weight, field.seen.get(name, 0)] for name, weight in field.weights.items()},
        "documents": field.documents,
        "certainty": None
        if certainty is None
        else {"bias": certainty.bias, "score": certainty.score, "margin": certainty.margin},
    }
