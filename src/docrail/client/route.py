"""One operation of the API: where it is, and what its answer is read as."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec

from docrail.client.asking import ask
from docrail.client.effects import Answer, Emit, Items, Request, Steps
from docrail.client.errors import unreadable
from docrail.client.values.pages import Page

T = TypeVar("T")
JSON = {"Content-Type": "application/json"}
PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """An operation; the parts of its `path` in braces are filled in order."""

    method: str
    path: str
    reads: type[T]

    def request(
        self,
        *ids: str,
        params: Mapping[str, Any] | None = None,
        json: Any = msgspec.UNSET,
        **more: Any,
    ) -> Request:
        """The request for it: parameters that are None are not sent. Raises ValueError for an empty id."""
        if json is not msgspec.UNSET:
            more |= {"content": msgspec.json.encode(json), "headers": JSON}
        sent = {name: _text(value) for name, value in (params or {}).items() if value is not None}
        return Request(method=self.method, path=_fill(self.path, ids), params=sent, **more)

    def ask(self, *ids: str, **more: Any) -> Steps[T]:
        """Its answer, read; takes what `request` takes."""
        answer = yield from ask(self.request(*ids, **more))
        return self.read(answer)

    def read(self, answer: Answer) -> T:
        """What an answer says. Raises ServerError if it cannot be read."""
        if self.reads is NoneType:
            return cast("T", None)
        if self.reads is bytes:
            return cast("T", answer.body)
        try:
            if self.reads is str:
                return cast("T", answer.body.decode())
            return msgspec.json.decode(answer.body, type=self.reads)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(answer, error) from error


def list_all(route: Route[Page[T]], *ids: str, **params: Any) -> Items[T]:
    """Every row of a list, page by page."""
    cursor: str | None = None
    while True:
        page = yield from route.ask(*ids, params={"limit": PAGE_SIZE, **params, "cursor": cursor})
        for row in page.data:
            yield Emit(row)
        cursor = page.pagination.next_cursor
        if cursor is None:
            return


def given(**values: Any) -> dict[str, Any]:
    """The values that were given: those that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def _fill(path: str, ids: tuple[str, ...]) -> str:
    first, *rest = path.split("{")
    pieces = [first]
    for value, part in zip(ids, rest, strict=True):
        name, _, after = part.partition("}")
        pieces += [_step(name, str(value)), after]
    return "".join(pieces)


def _step(name: str, value: str) -> str:
    """One step of a path, which stays one step whatever is in it."""
    if value in ("", ".", ".."):
        raise ValueError(f"{name} is {value!r}: give the id")
    return quote(value, safe="")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
