"""What is attached to a mail: each part read by its own kind, archives opened within the limits."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from docrail.core.errors import DocumentError
from docrail.core.model import Embedded, Issue, Layout, Page
from docrail.reading import detect
from docrail.reading.limits import Terms
from docrail.reading.read import read_terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing attached: its label and bytes; a body that cannot be read is not worth an issue."""

    name: str
    data: bytes
    is_body: bool = False


def read_parts(parts: Sequence[Part], *, terms: Terms) -> Layout:
    """All pages of all parts as one layout; parts beyond the limits or unreadable are issues."""
    inner = replace(terms, level=terms.level + 1)
    pages: list[Page] = []
    embedded: list[Embedded] = []
    issues: list[Issue] = []
    for part in _open_archives(parts, terms=terms, issues=issues):
        if len(pages) >= terms.limits.pages or terms.is_late:
            issues.append(_unread(part.name, "a limit of pages or time is reached"))
            continue
        try:
            layout = read_terms(part.data, terms=replace(inner, filename=part.name))
        except DocumentError as error:
            if part.data and not part.is_body:
                issues.append(_unread(part.name, error.message))
            continue
        pages.extend(page for page in layout.pages if page.lines or page.hidden)
        embedded.extend(layout.embedded)
        issues.extend(issue for issue in layout.issues if issue.code != "no_words")
    return Layout(
        media_type="multipart/mixed", pages=tuple(pages), embedded=tuple(embedded), issues=tuple(issues)
    )


def _open_archives(parts: Sequence[Part], *, terms: Terms, issues: list[Issue]) -> Iterator[Part]:
    for part in parts:
        if part.data.startswith(b"PK\x03\x04") and detect.detect(part.data) == detect.ZIP:
            yield from _open_archive(part, terms=terms, issues=issues)
        else:
            yield part


def _open_archive(part: Part, *, terms: Terms, issues: list[Issue]) -> Iterator[Part]:
    """The files in a ZIP, one level deep, without trusting its names or sizes."""
    left = terms.limits.expanded_bytes
    try:
        archive = zipfile.ZipFile(io.BytesIO(part.data))
        for entry in archive.infolist()[: terms.limits.entries]:
            if entry.is_dir():
                continue
            with archive.open(entry) as file:
                data = file.read(left + 1)
            left -= len(data)
            if left < 0:
                issues.append(_unread(part.name, "it expands beyond the limit"))
                return
            yield Part(name=re.split(r"[\\/]", entry.filename)[-1], data=data)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error) as error:
        issues.append(_unread(part.name, f"the archive is damaged ({error})"))


def _unread(name: str, reason: str) -> Issue:
    label = "".join(char if char.isprintable() else " " for char in name)[:100]
    return Issue(code="attachments_not_read", message=f"Attached file {label!r} was not read: {reason}")
