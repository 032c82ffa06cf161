"""Where the server is, the key that opens it, and requests and answers as httpx has them."""

import os
from collections.abc import Generator
from typing import Any

import httpx

from docrail.client.effects import Answer, Request

HERE = "http://127.0.0.1:8000"
"""Where `docrail serve` listens unless told otherwise."""


class Bearer(httpx.Auth):
    """Sends the key with every request; it never shows it. Raises ValueError for what cannot be a key."""

    def __init__(self, key: str) -> None:
        if not key or not all("!" <= letter <= "~" for letter in key):
            raise ValueError("the key has a space, a line break or another sign that no key has")
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with the key."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request

    def __repr__(self) -> str:
        return "Bearer(…)"


def settings(base_url: str | None, key: str | None, timeout: float | None) -> dict[str, Any]:
    """What both clients of httpx are made with; what is not given comes from DOCRAIL_URL and DOCRAIL_KEY.

    Raises ValueError for an address that is none.
    """
    url = httpx.URL(base_url or os.environ.get("DOCRAIL_URL") or HERE)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"the base URL {url!r} must begin with http:// or https:// and a host")
    key = key if key is not None else os.environ.get("DOCRAIL_KEY")
    return {"base_url": url, "auth": Bearer(key) if key else None, "timeout": timeout}


def arguments(request: Request, timeout: httpx.Timeout) -> dict[str, Any]:
    """A request as httpx builds it."""
    read = timeout.read if request.patience is None else request.patience
    return {
        "method": request.method,
        "url": request.path,
        "params": request.params or None,
        "headers": request.headers,
        "content": request.content,
        "data": request.form or None,
        "files": [("files", (each.name, each)) for each in request.files] or None,
        "timeout": httpx.Timeout(connect=timeout.connect, read=read, write=timeout.write, pool=timeout.pool),
    }


def answer_of(response: httpx.Response, *, whole: bool) -> Answer:
    """A response of httpx, with its body if it is read."""
    return Answer(
        status=response.status_code, headers=response.headers, body=response.content if whole else b""
    )
