"""Read bytes into a Layout: find the kind, give it to that kind's reader. Runs inside the child process."""

from dataclasses import replace
from importlib import import_module
from typing import Protocol, cast

from docrail.core.errors import DocumentError
from docrail.core.model import Issue, Layout
from docrail.reading import detect
from docrail.reading.engines import OcrEngine
from docrail.reading.invisible import part_invisible
from docrail.reading.language import find_language
from docrail.reading.limits import Limits, Terms, too_many_bytes
from docrail.reading.package import encrypted

_READERS = {
    detect.PDF: "pdf",
    "image/png": "image",
    "image/jpeg": "image",
    "image/gif": "image",
    "image/tiff": "image",
    "image/bmp": "image",
    "image/webp": "image",
    detect.DOCX: "docx",
    detect.XLSX: "xlsx",
    detect.PPTX: "pptx",
    detect.ODT: "opendocument_text",
    detect.ODS: "opendocument_sheet",
    detect.ODP: "opendocument_slides",
    "message/rfc822": "mail",
    detect.MSG: "outlook",
    "text/html": "html",
    "application/xml": "xml",
    "application/json": "json",
    "text/csv": "delimited",
    "text/tab-separated-values": "delimited",
    "text/plain": "text",
    "text/markdown": "markdown",
}
_ADVICE = {
    detect.ZIP: "It is a ZIP archive: a run takes the files in it; to read one, unpack it.",
    detect.DOC: "It is an old Word file (DOC): save it as DOCX or PDF.",
    detect.XLS: "It is an old Excel file (XLS): save it as XLSX or PDF.",
    detect.XLSB: "It is a binary Excel file (XLSB): save it as XLSX or PDF.",
    detect.PPT: "It is an old PowerPoint file (PPT): save it as PPTX or PDF.",
    detect.OLE: "It is a file in the old Office format: save it as DOCX, XLSX, PPTX or PDF.",
    "image/svg+xml": "It is an SVG drawing: export it as PDF or PNG.",
    "application/rtf": "It is an RTF file: save it as DOCX or PDF.",
    "application/postscript": "It is a PostScript file: convert it to PDF.",
    "application/gzip": "It is a gzip archive: unpack it and give the file in it.",
    "application/x-rar": "It is a RAR archive: unpack it and give the files in it.",
    "application/x-7z-compressed": "It is a 7z archive: unpack it and give the files in it.",
}


class _ReaderModule(Protocol):
    """What every format's file offers."""

    def read(self, data: bytes, *, media_type: str, terms: Terms) -> Layout: ...


def read_bytes(
    data: bytes, *, filename: str, limits: Limits, threads: int, engine: OcrEngine = OcrEngine.RAPIDOCR
) -> Layout:
    """The layout of a file. `filename` is only a label; `threads` and `engine` are for OCR. DocumentError if it
    cannot be read."""
    if not data:
        raise DocumentError("The file is empty (0 bytes): send it again.", code="empty")
    if len(data) > limits.bytes:
        raise too_many_bytes(len(data), limits=limits)
    media_type = detect.detect(data)
    if media_type == detect.OLE_ENCRYPTED:
        raise encrypted()
    if media_type not in _READERS:
        advice = _ADVICE.get(
            media_type, "Its bytes are no known format: give it as PDF, image, Office file or text."
        )
        raise DocumentError(advice, code="unsupported")
    # Loaded by name and late: a run of text files must never pay for OCR.
    reader = cast(_ReaderModule, import_module(f"docrail.reading.{_READERS[media_type]}"))
    terms = Terms(filename=filename, limits=limits, threads=threads, engine=engine)
    layout = part_invisible(reader.read(data, media_type=media_type, terms=terms))
    return _note_blank(replace(layout, language=find_language(layout)))


def _note_blank(layout: Layout) -> Layout:
    if any(page.lines for page in layout.pages):
        return layout
    issue = Issue(
        code="no_words", message="No words were found: the document is blank or cannot be made out."
    )
    return replace(layout, issues=(*layout.issues, issue))


def is_readable(media_type: str) -> bool:
    """Whether there is a reader for this kind."""
    return media_type in _READERS
