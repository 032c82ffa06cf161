"""The PDF as a file: repair it, tell whether it is locked, take embedded invoices out, look for invisible text."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from docrail.core.errors import DocumentError
from docrail.core.model import Embedded, Issue
from docrail.reading.decode import decode
from docrail.reading.limits import Limits

_INVOICE_NAMES = re.compile(
    r"(factur-?x|zugferd-?invoice|xrechnung|order-?x|cii|ubl|e?invoice|rechnung)[\w.-]*\.xml$", re.I
)
_INVOICE_ROOTS = re.compile(
    r"<(\w+:)?(CrossIndustry(Document|Invoice)|Invoice|CreditNote|SCRDMCCBDACIOMessageStructure)\b"
)
_INVISIBLE_MODE = re.compile(rb"(?<![\d.])[37]\s+Tr\b")
_TROUBLES = (
    pikepdf.PdfError,
    pikepdf.PasswordError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
)
_MAX_SCAN = 4_000_000
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a PDF holds beside its pages' words."""

    embedded: tuple[Embedded, ...] = ()
    issues: tuple[Issue, ...] = ()
    has_invisible_text: bool = False


def inspect(data: bytes, *, limits: Limits) -> Inside:
    """Embedded XML invoices, and whether any page sets text that is not painted; nothing if it cannot be opened."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            embedded, issues = _find_embedded(pdf, limits=limits)
            return Inside(
                embedded=embedded, issues=issues, has_invisible_text=_has_invisible(pdf, limits=limits)
            )
    except _TROUBLES:
        # The pages were read without it; what it holds beside them is unknown, so they are looked at closely.
        return Inside(has_invisible_text=True)


def repair(data: bytes, *, reason: str) -> bytes:
    """The file written anew. DocumentError when it needs a password or is beyond repair."""
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=True) as pdf:
            if len(pdf.pages) == 0:
                raise unreadable(reason)
            target = io.BytesIO()
            pdf.save(target)
            return target.getvalue()
    except pikepdf.PasswordError as error:
        raise DocumentError(
            "The PDF needs a password: remove it and give the file again.", code="encrypted"
        ) from error
    except _TROUBLES as error:
        raise unreadable(f"{reason}; {error}") from error


def unreadable(reason: str) -> DocumentError:
    """The error for a PDF that no repair helps."""
    clean = re.sub(r"stream <[^>]*>:?\s*", "", reason).strip()[:200]
    return DocumentError(f"The PDF is damaged ({clean}): export or scan it again.", code="unreadable")


def _find_embedded(pdf: pikepdf.Pdf, *, limits: Limits) -> tuple[tuple[Embedded, ...], tuple[Issue, ...]]:
    found, others = [], []
    for key, attachment in pdf.attachments.items():
        name = _label(attachment.filename or key)
        if not name.lower().endswith(".xml"):
            others.append(name)
            continue
        text = _read_attachment(attachment, limits=limits)
        if text is not None and (_INVOICE_NAMES.search(name) or _INVOICE_ROOTS.search(text[:20_000])):
            found.append(Embedded(name=name, media_type="application/xml", text=text))
        else:
            others.append(name)
    if not others:
        return tuple(found), ()
    message = f"Files attached to the PDF were not read: {', '.join(others[:10])}. Give them on their own if needed."
    return tuple(found), (Issue(code="attachments_not_read", message=message),)


def _read_attachment(attachment: pikepdf.AttachedFileSpec, *, limits: Limits) -> str | None:
    try:
        data = attachment.get_file().read_bytes()
    except _TROUBLES:
        return None
    return decode(data)[0] if len(data) <= limits.characters else None


def _label(name: str) -> str:
    """The last part of a name: names are labels, never paths."""
    return re.split(r"[\\/]", name)[-1] or "attachment"


def _has_invisible(pdf: pikepdf.Pdf, *, limits: Limits) -> bool:
    budget = _MAX_SCAN
    for page in list(pdf.pages)[: min(limits.pages, 50)]:
        for stream in _content_streams(page.obj):
            if int(stream.get("/Length", 0)) > _MAX_SCAN:
                return True
            content = bytes(stream.read_bytes())
            budget -= len(content)
            if budget < 0 or (b"Tr" in content and _INVISIBLE_MODE.search(content)):
                return True
    return False


def _content_streams(holder: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Object]:
    """A page's content and that of the forms it draws."""
    contents = holder.get("/Contents")
    if isinstance(contents, pikepdf.Stream):
        yield contents
    elif isinstance(contents, pikepdf.Array):
        yield from contents
    resources = holder.get("/Resources")
    drawn = resources.get("/XObject") if resources is not None else None
    if drawn is None or depth >= _MAX_DEPTH:
        return
    for _, form in list(drawn.items())[:50]:
        if form.get("/Subtype") == "/Form":
            yield form
            yield from _content_streams(form, depth + 1)
