"""The two faces of a call: written once as a generator, it answers at once in `Client` and is awaited in `AsyncClient`.

The type of the link (`Blocking` or `Awaiting`) tells editors and type checkers which one it is.
"""

import functools
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from docrail.client.awaiting import Awaiting
from docrail.client.blocking import Blocking
from docrail.client.effects import Items, Steps

Link = TypeVar("Link", bound=Blocking | Awaiting)
P = ParamSpec("P")
T = TypeVar("T")


class Resource(Generic[Link]):
    """A part of the API, reached over a link."""

    def __init__(self, link: Link) -> None:
        self._link = link


class OneResult(Generic[P, T]):
    """A method that gives one value: `T` in `Client`, a coroutine of `T` in `AsyncClient`."""

    def __init__(self, call: Callable[Concatenate[Any, P], Steps[T]]) -> None:
        self._call = call
        self.__doc__ = call.__doc__

    @overload
    def __get__(self, resource: Resource[Blocking], owner: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, resource: Resource[Awaiting], owner: object = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: Any, owner: object = None) -> Any:
        return _bound(self._call, resource, "run")


class ManyResults(Generic[P, T]):
    """A method that gives values one by one: for `for` in `Client`, for `async for` in `AsyncClient`."""

    def __init__(self, call: Callable[Concatenate[Any, P], Items[T]]) -> None:
        self._call = call
        self.__doc__ = call.__doc__

    @overload
    def __get__(
        self, resource: Resource[Blocking], owner: object = None
    ) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(
        self, resource: Resource[Awaiting], owner: object = None
    ) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(self, resource: Any, owner: object = None) -> Any:
        return _bound(self._call, resource, "iterate")


def _bound(call: Callable[..., Any], resource: Any, how: str) -> Any:
    """The method of this resource; of the class itself: the generator, for `help`."""
    if resource is None:
        return call

    describe = MethodType(call, resource)

    @functools.wraps(describe)
    def method(*args: Any, **more: Any) -> Any:
        return getattr(resource._link, how)(describe(*args, **more))

    return method
