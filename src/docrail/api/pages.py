"""Pages of a list: how many rows are wanted, after which, and where the next page begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

from docrail.usecases.cursors import read_cursor, write_cursor

Row = TypeVar("Row")
Shown = TypeVar("Shown")


class Pagination(BaseModel):
    """Where a page stands: `next_cursor` leads to the next one and stays valid while rows are added."""

    total: int
    limit: int
    has_more: bool
    next_cursor: str | None


class Page(BaseModel, Generic[Shown]):
    """One page of a list."""

    data: list[Shown]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for; `fetch` is one row more than the page holds, which tells whether there are more."""

    limit: int
    after: str | None

    @property
    def fetch(self) -> int:
        return self.limit + 1

    def page(
        self,
        rows: Sequence[Row],
        *,
        total: int,
        show: Callable[[Row], Shown],
        key: Callable[[Row], str | int],
    ) -> Page[Shown]:
        """The page of `rows` (up to `fetch` of them); `key` is what the cursor remembers of the last."""
        kept = rows[: self.limit]
        following = key(kept[-1]) if len(rows) > self.limit else None
        return self.page_until(kept, total=total, show=show, following=following)

    def page_until(
        self, rows: Sequence[Row], *, total: int, show: Callable[[Row], Shown], following: str | int | None
    ) -> Page[Shown]:
        """The page of exactly these rows; `following` is the key the next page goes on after."""
        return Page(
            data=[show(row) for row in rows],
            pagination=Pagination(
                total=total,
                limit=self.limit,
                has_more=following is not None,
                next_cursor=write_cursor(following),
            ),
        )


def _wanted(
    limit: Annotated[int, Query(ge=1, le=200, description="rows on a page")] = 20,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> Wanted:
    return Wanted(limit=limit, after=read_cursor(cursor))


PageQuery = Annotated[Wanted, Depends(_wanted)]
