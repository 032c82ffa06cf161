"""The order in which rules must be applied, from what they read and fill."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from docrail.core.errors import InvalidInput
from docrail.core.rule import Rule


def order_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """`rules` so that each comes after those that make what it reads.

    The rules of one field stand together: first those that fill it from others, then those that change it, each as
    listed. So the order in which fields are listed has no effect.

    Raises InvalidInput with the circle when rules need each other.
    """
    every = tuple(rules)
    cycle = find_cycle(every)
    if cycle:
        raise InvalidInput(f"rules need each other in a circle: {' -> '.join(cycle)}")
    places = {name: place for place, name in enumerate(_in_levels(_needs(every)))}
    return tuple(sorted(every, key=lambda rule: (places[rule.field.name], rule.in_place, rule.number)))


def find_cycle(rules: Sequence[Rule]) -> tuple[str, ...]:
    """The fields of one circle, the first again at the end, or nothing."""
    try:
        TopologicalSorter(_needs(rules)).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return _from_smallest(circle[::-1])
    return ()


def _from_smallest(circle: list[str]) -> tuple[str, ...]:
    """The same circle, however it was entered: `a -> b -> a`."""
    ring = circle[:-1]
    start = ring.index(min(ring))
    turned = [*ring[start:], *ring[:start]]
    return (*turned, turned[0])


def _needs(rules: Iterable[Rule]) -> dict[str, set[str]]:
    needs: dict[str, set[str]] = {}
    for rule in rules:
        needs.setdefault(rule.field.name, set()).update(rule.reads)
    return {name: needs[name] for name in sorted(needs)}


def _in_levels(needs: Mapping[str, set[str]]) -> list[str]:
    """Names after what they need, by name where that leaves a choice."""
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    names: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        names += ready
        sorter.done(*ready)
    return names
