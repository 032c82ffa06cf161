"""Server-sent events, out of blocks of bytes that end anywhere."""

from collections.abc import Iterator


class Events:
    """The data of each event that is whole.

    >>> events = Events()
    >>> list(events.feed(b": hello\\n\\nid: 7\\ndata: {\\"a\\":"))
    []
    >>> list(events.feed(b" 1}\\r\\n\\r\\n"))
    ['{"a": 1}']
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[str] = []

    def feed(self, block: bytes) -> Iterator[str]:
        """The data of the events that end in this block."""
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            text = line.removesuffix(b"\r").decode(errors="replace")
            if text.startswith("data:"):
                self._data.append(text.removeprefix("data:").removeprefix(" "))
            elif not text and self._data:
                data, self._data = "\n".join(self._data), []
                yield data
