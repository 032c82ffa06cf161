"""Give each field its best value; one span serves one field unless both have the same label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from docrail.phases.extraction.scored import Scored
from docrail.phases.extraction.spans import Place
from docrail.phases.extraction.values import value_of
from docrail.phases.extraction.wanted import Wanted

THRESHOLD = 0.3
_CONFIRMED_BY_OTHERS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A field's best value: the best span that has it, its score and its margin over the next value."""

    wanted: Wanted
    best: Scored
    score: float
    margin: float

    @property
    def confidence(self) -> float:
        """0..1: grows with the score and with the margin; what is unsure about the span's reading is taken off."""
        sure = 1 / (1 + exp(-(4.2 * self.score + 3.2 * min(self.margin, 0.6) - 2.9)))
        return round(sure * (1 - self.best.span.found.doubt), 3)


def assign(scored: Mapping[str, tuple[Wanted, Sequence[Scored]]]) -> list[Choice]:
    """The choices of all fields (by name), surest first."""
    taken: dict[Place, tuple[float, str | None]] = {}
    offers = {name: choose(wanted, spans) for name, (wanted, spans) in scored.items()}
    choices: list[Choice] = []
    while True:
        made = [(offer.score, name, offer) for name, offer in offers.items() if offer is not None]
        if not made:
            return choices
        _, chosen, best = max(made, key=lambda offer: offer[0])
        choices.append(best)
        del offers[chosen]
        place = best.best.span.place
        taken.setdefault(place, (best.best.label, best.wanted.concept))
        for name in offers:
            wanted, spans = scored[name]
            if any(one.span.place == place for one in spans):
                offers[name] = choose(wanted, _free(wanted, spans, taken))


def choose(wanted: Wanted, spans: Sequence[Scored]) -> Choice | None:
    """The best value of `spans`; spans with one value are added up. None below the threshold."""
    groups: dict[str, list[Scored]] = {}
    for scored in spans:
        if scored.score > 0:
            groups.setdefault(repr(value_of(scored.span.found, wanted)), []).append(scored)
    summed = [(add_up([one.score for one in group]), group) for group in groups.values()]
    ranked = sorted(summed, key=lambda pair: -pair[0])
    if not ranked or ranked[0][0] < THRESHOLD:
        return None
    score, group = ranked[0]
    margin = score - (ranked[1][0] if len(ranked) > 1 else 0.0)
    return Choice(wanted=wanted, best=max(group, key=lambda one: one.score), score=score, margin=margin)


def add_up(scores: Sequence[float]) -> float:
    """The score of a value that stands in several places."""
    ranked = sorted(scores, reverse=True)
    return ranked[0] + _CONFIRMED_BY_OTHERS * min(sum(ranked[1:]), 0.6)


def _free(
    wanted: Wanted, spans: Sequence[Scored], taken: Mapping[Place, tuple[float, str | None]]
) -> list[Scored]:
    free = []
    for one in spans:
        label, concept = taken.get(one.span.place, (0.0, None))
        shared = concept is not None and concept in wanted.friends
        if one.span.place not in taken or shared or one.label > label - 0.05:
            free.append(one)
    return free
