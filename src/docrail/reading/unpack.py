"""Say what kind a file is and hand over the files in it, within limits. Runs inside the child process."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path

from docrail.core.errors import DocumentError
from docrail.reading import archive, detect, mail_parts
from docrail.reading.limits import Limits, too_many_bytes
from docrail.reading.parts import PartInside
from docrail.reading.wire import Opened, PartBytes, PartEnd, PartStart, Unpack

MAIL = "message/rfc822"
MSG = "application/vnd.ms-outlook"
Said = Opened | PartStart | PartBytes | PartEnd


def unpack(request: Unpack, *, limits: Limits) -> Iterator[Said]:
    """The kind, then each part. What is over a limit or damaged ends with its reason, and the next one follows."""
    path = Path(request.path)
    if path.stat().st_size > limits.bytes:
        raise too_many_bytes(path.stat().st_size, limits=limits)
    media_type = detect.detect(path.read_bytes())
    yield Opened(media_type)
    left = request.most_bytes
    parts = iter(_parts(path, media_type, limits=limits))
    for part in islice(parts, request.most):
        yield PartStart(part.name)
        size = 0
        try:
            for block in part.blocks:
                size += len(block)
                _check(size, left, limits=limits)
                yield PartBytes(block)
        except DocumentError as error:
            yield PartEnd(code=error.code, message=error.message)
        else:
            yield PartEnd()
        left -= min(size, left)
    yield from _name_rest(sum(1 for _ in parts), request, limits=limits)


def _parts(path: Path, media_type: str, *, limits: Limits) -> Iterable[PartInside]:
    if media_type == detect.ZIP:
        return archive.parts(path, limits=limits)
    if media_type == MAIL:
        return mail_parts.parts(path.read_bytes())
    if media_type == MSG:
        whole: bytes = import_module("docrail.reading.outlook").to_mail(path.read_bytes(), limits=limits)
        return mail_parts.parts(whole)
    return ()


def _check(size: int, left: int, *, limits: Limits) -> None:
    if size > limits.bytes:
        raise too_many_bytes(size, limits=limits)
    if size > left:
        message = (
            f"With what is packed beside it, it expands to more than {limits.expanded_bytes:,} bytes: give it in "
            "several archives, or raise max_expanded_mb."
        )
        raise DocumentError(message, code="too_large")


def _name_rest(count: int, request: Unpack, *, limits: Limits) -> Iterator[Said]:
    """One part stands for all that are too many: a million rows would be a harm of their own."""
    if count:
        yield PartStart(request.filename)
        message = (
            f"{count:,} more files in it were not unpacked (at most {limits.entries:,} in all): give them in "
            "several archives, or raise max_archive_entries."
        )
        yield PartEnd(code="too_large", message=message)
