"""EML: the usual headers and the body as the first page, then the pages of what is attached."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout, Page, Source
from docrail.reading.attached import Part, read_parts
from docrail.reading.decode import decode
from docrail.reading.grid import Grid
from docrail.reading.limits import Terms
from docrail.reading.text import cut_text

_LONGEST_HEADER = 10_000
_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a mail. Pages of attachments follow in order; what cannot be read among them is an issue."""
    message = _parse(data)
    leaves = list(_leaves(message))
    bodies = [leaf for leaf in leaves if _is_body(leaf)]
    plain = [leaf for leaf in bodies if leaf.get_content_type() == "text/plain"]
    page, issues = _read_first_page(message, plain, terms=terms)
    shown = {id(leaf) for leaf in plain} | ({id(leaf) for leaf in bodies} if plain else set())
    parts = [
        Part(name=_name(leaf, number), data=_payload(leaf), is_body=leaf in bodies)
        for number, leaf in enumerate(leaves, start=1)
        if id(leaf) not in shown
    ]
    inner = read_parts(parts, terms=terms)
    pages = (page, *(replace(item, number=number) for number, item in enumerate(inner.pages, start=2)))
    return Layout(
        media_type=media_type, pages=pages, embedded=inner.embedded, issues=(*issues, *inner.issues)
    )


def _parse(data: bytes) -> Message:
    try:
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except RecursionError as error:
        # The parser goes one frame deeper for each part inside a part.
        message = "The parts of the mail are nested too deep to be read: forward what is inside."
        raise DocumentError(message, code="too_large") from error


def _leaves(message: Message) -> Iterator[Message]:
    """Parts without parts, in order; a forwarded mail is one part, read as a mail of its own."""
    stack = [message]
    while stack:
        part = stack.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            stack.extend(reversed([item for item in payload if isinstance(item, Message)]))
        else:
            yield part


def _is_body(part: Message) -> bool:
    is_attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return part.get_content_maintype() == "text" and not is_attached


def _read_first_page(
    message: Message, plain: list[Message], *, terms: Terms
) -> tuple[Page, tuple[Issue, ...]]:
    grid = Grid()
    for name in _HEADERS:
        value = message.get(name)
        if value is not None:
            grid.add_text(f"{name}: {_decode_words(str(value)[:_LONGEST_HEADER])}", address=name)
    grid.skip()
    issues: tuple[Issue, ...] = ()
    for part in plain:
        text, cut = cut_text(_decode_body(part), terms=terms)
        issues = (*issues, *cut)
        for line in text.splitlines():
            grid.add_text(line, address="body")
    return grid.page(number=1, source=Source.PLAIN), issues


def _decode_body(part: Message) -> str:
    data = _payload(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return data.decode(charset)
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(data)[0]


def _payload(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(item.as_bytes() for item in payload if isinstance(item, Message))
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _name(part: Message, number: int) -> str:
    """The last part of the file name: names are labels, never paths."""
    name = _decode_words(str(part.get_filename() or "")).strip()
    return re.split(r"[\\/]", name)[-1] or f"part {number}"


def _decode_words(value: str) -> str:
    """A header with its encoded words decoded as far as they can be."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return " ".join(value.split())
    return " ".join("".join(_decode_piece(piece, charset) for piece, charset in pieces).split())


def _decode_piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return piece.decode(charset or "ascii")
    except (LookupError, UnicodeDecodeError):
        return piece.decode("latin-1")
