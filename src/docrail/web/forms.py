"""The body of a form, and the query of a list."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from docrail.usecases.cursors import read_cursor, write_cursor

LARGEST = 3_000_000


async def read_form(request: Request) -> FormData:
    """The fields of a form as sent by a browser. Raises HTTPException for one that is too large or of another kind."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "The page sends forms; this is something else.")
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > LARGEST:
            raise HTTPException(413, f"A form may hold at most {LARGEST // 1_000_000} MB.")
    return FormData([*parse_qsl(body.decode(errors="replace"), keep_blank_values=True)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where in a list somebody is: the key to go on after, and what the list is narrowed to."""

    query: QueryParams
    limit: int

    @property
    def after(self) -> str | None:
        """The key that the page goes on after. Raises InvalidInput for a cursor that we never wrote."""
        return read_cursor(self.query.get("cursor"))

    def next_link(self, rows: int, key: str | int | None) -> str | None:
        """The query of the next page, if `rows` (one more was asked for than is shown) says that there is one."""
        if rows <= self.limit:
            return None
        kept = [(name, value) for name, value in self.query.multi_items() if name != "cursor"]
        return urlencode([*kept, ("cursor", write_cursor(key) or "")])


def position(request: Request, *, limit: int = 50) -> Position:
    """Where the request's query says that somebody is."""
    return Position(query=request.query_params, limit=limit)
