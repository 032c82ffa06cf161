"""Which documents belong together: those whose grouping values are equal, or alike enough."""

import re
from collections.abc import Iterable, Sequence

from docrail.core.fuzzy import plain

MOST_ALIKE = 5_000
"""So many different values are compared with one another; above it only equal ones belong together."""


def join_alike(keys: Sequence[str], *, threshold: float) -> dict[str, str]:
    """For each key the one that stands for its group, the first that was given, whatever their order.

    Keys with other digits never belong together: contracts 17 and 18 are two, however alike they look.

    >>> join_alike(["acme gmbh", "beta 1", "acme  gmbh.", "beta 2"], threshold=0.9)
    {'acme gmbh': 'acme gmbh', 'beta 1': 'beta 1', 'acme  gmbh.': 'acme gmbh', 'beta 2': 'beta 2'}
    """
    leaders = {key: key for key in keys}
    if threshold >= 1 or len(leaders) > MOST_ALIKE:
        return leaders
    for left, right in _alike(list(leaders), threshold):
        _join(leaders, left, right, keys)
    return {key: _leader(leaders, key) for key in leaders}


def _alike(keys: Sequence[str], threshold: float) -> Iterable[tuple[str, str]]:
    from rapidfuzz import fuzz  # noqa: PLC0415 - half the start of a command that matches nothing

    by_digits: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        by_digits.setdefault(re.sub(r"\D", "", key), []).append((key, plain(key)))
    for same in by_digits.values():
        for place, (left, one) in enumerate(same):
            for right, other in same[place + 1 :]:
                if fuzz.token_sort_ratio(one, other, score_cutoff=threshold * 100) > 0:
                    yield left, right


def _leader(leaders: dict[str, str], key: str) -> str:
    while leaders[key] != key:
        key = leaders[key]
    return key


def _join(leaders: dict[str, str], left: str, right: str, order: Sequence[str]) -> None:
    one, other = sorted((_leader(leaders, left), _leader(leaders, right)), key=order.index)
    leaders[other] = one
