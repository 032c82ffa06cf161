"""One field of a composed record: whose value counts, or why nobody's does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docrail.core.lookup_table import loose
from docrail.core.model import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What one document says of the field. `order` is None when it is not known when the document was made."""

    document: str
    filename: str
    value: Value
    held: bool = False
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The value and the document it comes from, or the conflict."""

    value: Value = None
    source: str | None = None
    conflict: str | None = None


def choose(name: str, anchor: Candidate, candidates: Sequence[Candidate], *, may_override: bool) -> Choice:
    """Whose value counts: the anchor's; of one that may be overridden, the latest; of one that is empty, the others'.

    >>> old = Candidate(document="1", filename="contract", value=10, order="2024-01-01")
    >>> new = Candidate(document="2", filename="amendment", value=12, order="2024-06-01")
    >>> choose("price", old, [old, new], may_override=True).value
    12
    >>> choose("price", old, [old, new], may_override=False).conflict
    "'price': 'contract' and 'amendment' differ, and it is not one of override_fields"
    """
    return _latest(name, anchor, candidates) if may_override else _agreed(name, anchor, candidates)


def _latest(name: str, anchor: Candidate, candidates: Sequence[Candidate]) -> Choice:
    """The latest value among the anchor and the documents after it; nothing while one that may be later is held."""
    undated = [each for each in candidates if each.order is None and each != anchor]
    later = [
        each for each in candidates if each == anchor or (each.order and each.order >= (anchor.order or ""))
    ]
    speaking = [each for each in later if each.value is not None or each.held]
    if not speaking and not any(each.value is not None for each in undated):
        return _agreed(name, anchor, candidates)
    last = max((each.order or "" for each in speaking), default="")
    top = [
        *(each for each in speaking if (each.order or "") == last),
        *(each for each in undated if _says(each)),
    ]
    if any(each.held for each in top):
        return Choice()
    if _differ(top):
        return Choice(conflict=f"'{name}': {_names(top)} differ, and which is later is not known")
    return Choice(value=top[0].value, source=top[0].document)


def _agreed(name: str, anchor: Candidate, candidates: Sequence[Candidate]) -> Choice:
    """The one value that everybody who has one agrees on; nothing while one is held."""
    filled = [each for each in candidates if each.value is not None]
    if _differ(filled):
        first = [anchor] if anchor in filled else filled[:1]
        others = [each for each in filled if not _same(each.value, first[0].value)]
        message = f"'{name}': {_names([*first, *others])} differ, and it is not one of override_fields"
        return Choice(conflict=message)
    if not filled or any(each.held for each in candidates):
        return Choice()
    source = anchor if anchor in filled else filled[0]
    return Choice(value=source.value, source=source.document)


def _says(candidate: Candidate) -> bool:
    return candidate.value is not None or candidate.held


def _differ(candidates: Sequence[Candidate]) -> bool:
    return any(not _same(each.value, candidates[0].value) for each in candidates[1:])


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return loose(left) == loose(right)
    return left == right


def _names(candidates: Iterable[Candidate]) -> str:
    return " and ".join(f"'{each.filename}'" for each in candidates)
