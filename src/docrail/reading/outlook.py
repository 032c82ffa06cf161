"""MSG: an Outlook message becomes the mail it stands for, and is read as one."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

import olefile

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout
from docrail.reading import mail
from docrail.reading.limits import Limits, Terms, too_large

_SUBJECT, _BODY, _HTML, _RTF = "0037", "1000", "1013", "1009"
_SENDER, _SENDER_ADDRESS, _SENDER_SMTP = "0C1A", "0C1F", "5D01"
_TO, _CC, _DATA = "0E04", "0E03", "3701"
_NAMES = ("3707", "3704", "3001")
_TEXT, _BYTES, _STORAGE = "001F", "0102", "000D"
_SENT, _DELIVERED = 0x00390040, 0x0E060040
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DAMAGE = (
    OSError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_At = tuple[str, ...]


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of an Outlook message: that of the mail it stands for."""
    whole, issues = _convert(data, limits=terms.limits)
    layout = mail.read(whole, media_type="message/rfc822", terms=terms)
    return Layout(
        media_type=media_type,
        pages=layout.pages,
        embedded=layout.embedded,
        issues=(*issues, *layout.issues),
    )


def to_mail(data: bytes, *, limits: Limits) -> bytes:
    """An Outlook message as a mail (RFC 5322) with the same headers, bodies and attachments.

    DocumentError if it is damaged or over a limit.
    """
    return _convert(data, limits=limits)[0]


def _convert(data: bytes, *, limits: Limits) -> tuple[bytes, tuple[Issue, ...]]:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            _check_claims(file, len(data))
            message = _Message(file, size=len(data), limits=limits)
            return message.build((), depth=0).as_bytes(), message.issues
    except _DAMAGE as error:
        # What the library and the mail package raise for broken files.
        said = f"The Outlook message is damaged ({error}): save it again, or as EML."
        raise DocumentError(said, code="unreadable") from error


def _check_claims(file: "olefile.OleFileIO[str]", size: int) -> None:
    """ValueError if what small streams stand in claims to be larger than the file: the library would walk through as
    many sectors as are claimed, for minutes."""
    small = int(getattr(file.root, "size", 0))
    table = int(getattr(file, "num_mini_fat_sectors", 0)) * int(getattr(file, "sector_size", 0))
    if max(small, table) > size:
        raise ValueError("its streams claim to be larger than the file")


class _Message:
    """Builds mails from the storages of one file."""

    def __init__(self, file: "olefile.OleFileIO[str]", *, size: int, limits: Limits) -> None:
        self._file = file
        self._size = size
        self._limits = limits
        self._read = 0
        self._streams = {tuple(part.upper() for part in path) for path in file.listdir()}
        self.issues: tuple[Issue, ...] = ()

    def build(self, at: _At, *, depth: int) -> MIMEMultipart:
        """The mail in the storage `at`; messages attached to it are mails inside it."""
        if depth > self._limits.nesting:
            raise too_large(f"{depth} messages lie inside one another", limits=self._limits, name="nesting")
        message = MIMEMultipart()
        for header, value in self._headers(at).items():
            if value := " ".join(value.split()):
                message[header] = Header(value, "utf-8").encode()
        for body in self._bodies(at):
            message.attach(body)
        for attached in self._attached(at):
            message.attach(self._attachment(attached, depth=depth))
        return message

    def _headers(self, at: _At) -> dict[str, str]:
        name = self._text(at, _SENDER)
        address = self._text(at, _SENDER_SMTP) or self._text(at, _SENDER_ADDRESS)
        return {
            "From": f"{name} <{address}>" if "@" in address and address != name else name or address,
            "To": self._text(at, _TO),
            "Cc": self._text(at, _CC),
            "Date": self._sent(at),
            "Subject": self._text(at, _SUBJECT),
        }

    def _bodies(self, at: _At) -> Iterator[MIMEBase]:
        text, html = self._text(at, _BODY), self._stream(at, _HTML, _BYTES)
        if text.strip():
            yield MIMEText(text.replace("\r\n", "\n"), "plain", "utf-8")
        if html:
            yield _part("text", "html", html)
        elif shown := self._text(at, _HTML):
            yield MIMEText(shown, "html", "utf-8")
        elif not text.strip() and self._stream(at, _RTF, _BYTES):
            said = "The text of the message is there as RTF only and was not read: save it as EML."
            self.issues = (*self.issues, Issue(code="body_not_read", message=said))

    def _attached(self, at: _At) -> list[_At]:
        inside = {path[: len(at) + 1] for path in self._streams if len(path) > len(at) + 1}
        prefix = "__ATTACH_VERSION1.0_#"
        return sorted(path for path in inside if path[: len(at)] == at and path[-1].startswith(prefix))

    def _attachment(self, at: _At, *, depth: int) -> MIMEBase:
        inner = (*at, f"__SUBSTG1.0_{_DATA}{_STORAGE}")
        if (*inner, "__PROPERTIES_VERSION1.0") in self._streams:
            return MIMEMessage(self.build(inner, depth=depth + 1))
        part = _part("application", "octet-stream", self._stream(at, _DATA, _BYTES))
        name = next((name for each in _NAMES if (name := self._text(at, each).strip())), "")
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
        return part

    def _text(self, at: _At, name: str) -> str:
        """A text property, as Unicode or in the code page of old messages; empty if there is none."""
        wide = self._stream(at, name, _TEXT)
        text = wide.decode("utf-16-le", errors="replace") if wide else ""
        text = text or self._stream(at, name, "001E").decode("cp1252", errors="replace")
        return _SURROGATES.sub("\ufffd", text).replace("\0", "")

    def _sent(self, at: _At) -> str:
        """When it was sent, or else delivered; the properties are 16 bytes each after a head."""
        data = self._open((*at, "__PROPERTIES_VERSION1.0"))
        head = 24 if at else 32
        times = {
            int.from_bytes(data[offset : offset + 4], "little"): data[offset + 8 : offset + 16]
            for offset in range(head, len(data) - 15, 16)
        }
        ticks = int.from_bytes(times.get(_SENT) or times.get(_DELIVERED) or b"", "little")
        if not 0 < ticks < 2_600_000_000_000_000_000:
            return ""
        return format_datetime(_EPOCH + timedelta(microseconds=ticks // 10))

    def _stream(self, at: _At, name: str, kind: str) -> bytes:
        return self._open((*at, f"__SUBSTG1.0_{name}{kind}"))

    def _open(self, path: _At) -> bytes:
        if path not in self._streams:
            return b""
        if self._file.get_size(list(path)) > self._size:
            raise ValueError(f"{path[-1]} claims to be larger than the file")
        data: bytes = self._file.openstream(list(path)).read()
        self._read += len(data)
        if self._read > self._limits.expanded_bytes:
            what = f"The message holds at least {self._read:,} bytes"
            raise too_large(what, limits=self._limits, name="expanded_bytes")
        return data


def _part(kind: str, subtype: str, data: bytes) -> MIMEBase:
    part = MIMEBase(kind, subtype)
    part.set_payload(data)
    encode_base64(part)
    return part
