"""Pages of a list."""

from typing import Generic, TypeVar

from docrail.client.values.value import Value

T = TypeVar("T")


class Pagination(Value, frozen=True, kw_only=True):
    """Where a page stands; `next_cursor` leads to the next one."""

    total: int
    limit: int
    has_more: bool
    next_cursor: str | None


class Page(Value, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    data: tuple[T, ...]
    pagination: Pagination


class Everything(Value, Generic[T], frozen=True, kw_only=True):
    """A list that has no pages."""

    data: tuple[T, ...]
