"""Ids as people type them: whole, `last`, or the end of one."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, NotFound
from docrail.usecases.pipelines import list_pipelines

SHORTEST = 8
PAGE = 200


def short(full: str) -> str:
    """What an id is called on the screen: its end, since ids of one time begin alike.

    >>> short("0199a2b3-0000-7000-8000-00000abcdef1")
    '0abcdef1'
    """
    return full[-SHORTEST:]


def find_pipeline(program: Program, text: str) -> str:
    """The id of the run that `text` names. Raises NotFound, and InvalidInput if it names several."""
    if _is_whole(text):
        return text.lower()
    every = _pipeline_ids(program)
    if text == "last":
        return _newest(every)
    return pick(text, every, kind="pipeline")


def pick(text: str, ids: Iterable[str], *, kind: str) -> str:
    """The one id that ends or begins with `text`.

    >>> pick("00000002", ["a-00000001", "a-00000002"], kind="key")
    'a-00000002'
    """
    if len(text) < SHORTEST:
        raise InvalidInput(f"'{text}' is too short for an id: give its last {SHORTEST} characters or more")
    every = list(ids)
    ending = [each for each in every if each.endswith(text.lower())]
    found = ending or [each for each in every if each.startswith(text.lower())]
    if not found:
        raise NotFound(f"no {kind} '{text}'")
    if len(found) > 1:
        raise InvalidInput(f"'{text}' is {len(found)} {kind}s: {', '.join(found[:5])}")
    return found[0]


def _is_whole(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _newest(ids: Iterator[str]) -> str:
    newest = next(ids, None)
    if newest is None:
        raise NotFound("there is no pipeline yet: start one with `docrail run`")
    return newest


def _pipeline_ids(program: Program) -> Iterator[str]:
    """Every id, newest first, page by page."""
    after: str | None = None
    while True:
        page, _total = list_pipelines(program, limit=PAGE, after=after)
        yield from (run.id for run in page)
        if len(page) < PAGE:
            return
        after = page[-1].id
