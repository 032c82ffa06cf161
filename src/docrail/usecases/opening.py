"""Opens what comes in: archives and mails are taken apart, and everything in them is one more file given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError
from docrail.core.model import Value
from docrail.reading.container import Container, Part
from docrail.reading.detect import OLE_ENCRYPTED, ZIP, detect
from docrail.reading.read import is_readable
from docrail.reading.unpack import MAIL, MSG
from docrail.store.incoming import Spooled

SNIFFED = (1 << 16) + 1
"""One byte more than is looked at: of a longer text the same whole lines are, now and when all of it is read."""
_CONTAINERS = (ZIP, MAIL, MSG)
_PACKED = (b"PK", b"\xd0\xcf\x11\xe0")
"""How files begin whose kind is known only from the whole: Office files, archives, Outlook messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that was given: its bytes, waiting to be kept (`spooled`), or why it is refused (`code`, `reason`).

    `label` is its name, `origin` where it came from, for people; `parent` is the key of what it was unpacked from.
    """

    key: int
    label: str
    origin: str
    spooled: Spooled | None = None
    media_type: str = ""
    metadata: Mapping[str, Value] = field(default_factory=dict)
    parent: int | None = None
    code: str | None = None
    reason: str | None = None


_keys = count()


def arrive(
    name: str,
    *,
    origin: str,
    spooled: Spooled | None = None,
    metadata: Mapping[str, Value] | None = None,
    refusal: DocumentError | None = None,
) -> Arrived:
    """A file as it was given, of no kind yet."""
    return Arrived(
        key=next(_keys),
        label=make_label(name),
        origin=origin,
        spooled=spooled,
        metadata=metadata or {},
        code=refusal.code if refusal else None,
        reason=refusal.message if refusal else None,
    )


def make_label(name: str) -> str:
    """A name is a label, never a path: its last part, without what cannot be shown.

    >>> make_label("..\\\\..\\\\etc/pass\\nwd")
    'pass wd'
    """
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return "".join(char if char.isprintable() else " " for char in last).strip()[:255] or "unnamed"


def open_file(program: Program, file: Arrived) -> list[Arrived]:
    """The file, its kind found from its bytes, and behind it everything in it, each container before its own files.

    The bytes of what is refused are gone already, those of the others wait to be kept.
    """
    opening = _Opening(program)
    try:
        every = list(opening.open(file, archives=0, mails=0))
    except BaseException:
        for spooled in opening.received:
            spooled.discard()
        raise
    for each in every:
        if each.code and each.spooled:
            each.spooled.discard()
    return every


class _Opening:
    """Takes apart one file that was given; what may be unpacked counts over all containers inside one another."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._limits = program.reader.limits
        self._bytes = self._limits.expanded_bytes
        self._files = self._limits.entries
        self.received: list[Spooled] = []

    def open(self, file: Arrived, *, archives: int, mails: int) -> Iterator[Arrived]:
        if file.spooled is None:
            yield file
            return
        head = _head(file.spooled)
        kind = detect(head)
        if not (head.startswith(_PACKED) or kind == MAIL):
            yield _checked(replace(file, media_type=kind))
            return
        is_mail = kind == MAIL or not head.startswith(b"PK")
        is_deepest = mails >= self._limits.nesting if is_mail else archives >= self._limits.archive_depth
        kind, parts, refusal = self._unpack(
            replace(file, media_type=kind), most=0 if is_deepest else self._files
        )
        if is_deepest and kind in _CONTAINERS:
            yield _refuse(replace(file, media_type=kind), self._too_deep(is_mail=is_mail))
            return
        opened = replace(file, media_type=kind)
        yield _refuse(opened, refusal) if refusal and not _stays(kind, parts) else _checked(opened)
        for part in parts:
            yield from self.open(part, archives=archives + (kind == ZIP), mails=mails + (kind in (MAIL, MSG)))
        if refusal and _stays(kind, parts):
            message = f"Not all that is in it could be taken: {refusal.message}"
            yield _inside(file, file.label, DocumentError(message, code=refusal.code))

    def _too_deep(self, *, is_mail: bool) -> DocumentError:
        if is_mail:
            deepest, what = self._limits.nesting, "mails"
            advice = "forward it on its own, or raise max_nested_mails"
        else:
            deepest, what = self._limits.archive_depth, "archives"
            advice = "unpack it first, or raise max_archive_depth"
        message = f"It lies more than {deepest} {what} deep: {advice}."
        return DocumentError(message, code="too_large")

    def _unpack(self, file: Arrived, *, most: int) -> tuple[str, list[Arrived], DocumentError | None]:
        """Its kind, the files in it as far as they could be had, and what stopped the rest."""
        assert file.spooled is not None  # asked of files with bytes only
        kind, parts = file.media_type, list[Arrived]()
        try:
            with self._program.reader.unpacking(
                file.spooled.path, filename=file.label, most=most, most_bytes=self._bytes
            ) as container:
                kind = container.media_type
                parts.extend(self._receive(file, container))
        except DocumentError as error:
            return kind, parts, error
        return kind, parts, None

    def _receive(self, file: Arrived, container: Container) -> Iterator[Arrived]:
        for part in container:
            arrived = self._take(file, part)
            self._files -= 1
            if arrived.spooled:
                self.received.append(arrived.spooled)
                self._bytes -= arrived.spooled.size_bytes
            yield arrived

    def _take(self, file: Arrived, part: Part) -> Arrived:
        try:
            spooled = self._program.blobs.receive(part.blocks())
        except DocumentError as error:
            return _inside(file, part.name, error)
        return replace(_inside(file, part.name), spooled=spooled)


def _inside(parent: Arrived, name: str, refusal: DocumentError | None = None) -> Arrived:
    label = make_label(name)
    made = arrive(label, origin=f"{parent.origin} › {label}", metadata=parent.metadata, refusal=refusal)
    return replace(made, parent=parent.key)


def _stays(kind: str, parts: list[Arrived]) -> bool:
    """Whether a container is kept although not all of it could be had: a mail has a text of its own."""
    return kind in (MAIL, MSG) or (kind == ZIP and bool(parts))


def _checked(file: Arrived) -> Arrived:
    """What is in a container and can never be read is refused; what was given by itself says so in its run."""
    if file.parent is None or file.spooled is None or file.media_type == ZIP:
        return file
    if file.spooled.size_bytes == 0:
        return _refuse(file, DocumentError("It is empty (0 bytes).", code="empty"))
    if file.media_type == OLE_ENCRYPTED:
        return _refuse(
            file, DocumentError("It needs a password: remove it and pack it again.", code="encrypted")
        )
    if not is_readable(file.media_type):
        message = f"It is of a kind that is not read ({file.media_type}): give it as PDF, image, Office file or text."
        return _refuse(file, DocumentError(message, code="unsupported"))
    return file


def _refuse(file: Arrived, refusal: DocumentError) -> Arrived:
    return replace(file, code=refusal.code, reason=refusal.message)


def _head(spooled: Spooled) -> bytes:
    with spooled.path.open("rb") as file:
        return file.read(SNIFFED)
