"""A mail taken apart: its leaves, which of them are its own text, names and headers decoded."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

from docrail.core.errors import DocumentError

_LONGEST_HEADER = 10_000
_TEXTS = ("text/plain", "text/html", "text/enriched")


def parse(data: bytes) -> Message:
    """The mail in `data`; the parser makes something of anything but parts nested too deep (DocumentError)."""
    try:
        return email.message_from_bytes(data, policy=email.policy.compat32)
    except RecursionError as error:
        # The parser goes one frame deeper for each part inside a part.
        raise _nested_too_deep() from error


def leaves(message: Message) -> Iterator[Message]:
    """Parts without parts, in order; a forwarded mail is one part: a mail of its own."""
    stack = [message]
    while stack:
        part = stack.pop()
        inside = _inside(part)
        if part.get_content_maintype() == "multipart" and inside is not None:
            stack.extend(reversed(inside))
        else:
            yield part


def is_body(part: Message) -> bool:
    """Whether a leaf is text of the mail itself, not a file sent with it."""
    is_attached = part.get_content_disposition() == "attachment" or part.get_filename() is not None
    return part.get_content_type() in _TEXTS and not is_attached


def payload(part: Message) -> bytes:
    """The bytes of a leaf, decoded; of a forwarded mail, the mail. DocumentError if that is nested too deep."""
    inside = _inside(part)
    if inside is not None:
        try:
            return b"\n".join(item.as_bytes() for item in inside)
        except RecursionError as error:
            raise _nested_too_deep() from error
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def name(part: Message, number: int) -> str:
    """What a leaf is called: its file name, a forwarded mail's subject, or its number."""
    said = decode_words(str(part.get_filename() or "")).strip()
    if said:
        return re.split(r"[\\/]", said)[-1] or f"part {number}"
    inside = _inside(part)
    if part.get_content_type() == "message/rfc822" and inside:
        subject = decode_words(str(inside[0].get("Subject") or "")).strip()
        label = re.sub(r"[\\/]", " ", subject)[:100] or f"mail {number}"
        return f"{label}.eml"
    return f"part {number}"


def decode_words(value: str) -> str:
    """A header with its encoded words decoded as far as they can be, up to its longest length."""
    value = value[:_LONGEST_HEADER]
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return " ".join(value.split())
    return " ".join("".join(_decode_piece(piece, charset) for piece, charset in pieces).split())


def _inside(part: Message) -> list[Message] | None:
    """The parts in a part. A leaf is not asked for its text: that would be decoded by whatever charset it claims."""
    content = part.get_payload() if part.is_multipart() else None
    return [item for item in content if isinstance(item, Message)] if isinstance(content, list) else None


def _nested_too_deep() -> DocumentError:
    message = "The parts of the mail are nested too deep to be read: forward what is inside."
    return DocumentError(message, code="too_large")


def _decode_piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    try:
        return piece.decode(charset or "ascii")
    except (LookupError, ValueError):
        # Also a charset with a NUL in it.
        return piece.decode("latin-1")
