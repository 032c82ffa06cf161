"""The PDF as a file: repair it, tell whether it is locked, take embedded invoices out, look for invisible text."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import pikepdf

from docrail.core.errors import DocumentError
from docrail.core.model import Embedded, Issue
from docrail.reading.decode import decode
from docrail.reading.limits import Limits
from docrail.reading.pdf_appearance import is_shown_as_filled

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
_MOST_DRAWN = 2000
_MOST_PARENTS = 50
_SCAN_PIXELS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a PDF holds beside its pages' words. `pictured` are the pages that may show a picture of text, `doubtful`
    those with something filled in or typed over them that may not be what is shown."""

    embedded: tuple[Embedded, ...] = ()
    issues: tuple[Issue, ...] = ()
    has_invisible_text: bool = False
    pictured: frozenset[int] = frozenset()
    doubtful: frozenset[int] = frozenset()


def inspect(data: bytes, *, limits: Limits) -> Inside:
    """Embedded XML invoices, and which pages must be looked at: those with pictures, all if text may be unpainted.

    Of a file that cannot be opened nothing is known, so every page is looked at closely.
    """
    try:
        # Passing inherited attributes down to every page costs more than all the rest; `_resources` asks upwards.
        with pikepdf.open(io.BytesIO(data), inherit_page_attributes=False) as pdf:
            embedded, issues = _find_embedded(pdf, limits=limits)
            return _look_at_pages(pdf, Inside(embedded=embedded, issues=issues), limits=limits)
    except _TROUBLES:
        every = frozenset(range(1, limits.pages + 1))
        return Inside(has_invisible_text=True, pictured=every, doubtful=every)


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


def _look_at_pages(pdf: pikepdf.Pdf, inside: Inside, *, limits: Limits) -> Inside:
    """`inside` with what the content of the pages tells; once too much was read the rest is suspected."""
    budget, is_suspect = _MAX_SCAN, False
    pictured, doubtful = set(), set()
    for number, page in enumerate(islice(pdf.pages, limits.pages), start=1):
        drawn = list(islice(_drawn(page.obj), _MOST_DRAWN))
        if len(drawn) == _MOST_DRAWN or any(_is_scan(each) for each in drawn):
            pictured.add(number)
        if "/Annots" in page.obj and not is_shown_as_filled(page.obj.Annots):
            doubtful.add(number)
        for stream in drawn:
            if is_suspect or stream.get("/Subtype") == "/Image":
                continue
            if int(stream.get("/Length", 0)) > budget:
                is_suspect = True
                continue
            content = bytes(stream.read_bytes())
            budget -= len(content)
            is_suspect = budget < 0 or _sets_invisible(content)
    return replace(
        inside,
        has_invisible_text=is_suspect,
        pictured=frozenset(pictured),
        doubtful=frozenset(doubtful),
    )


def _sets_invisible(content: bytes) -> bool:
    return b"Tr" in content and _INVISIBLE_MODE.search(content) is not None


def _is_scan(drawn: pikepdf.Object) -> bool:
    """Whether it is a picture large enough to hold text."""
    if drawn.get("/Subtype") != "/Image":
        return False
    return int(drawn.get("/Width", 0)) * int(drawn.get("/Height", 0)) >= _SCAN_PIXELS


def _drawn(holder: pikepdf.Object, depth: int = 0) -> Iterator[pikepdf.Object]:
    """A page's content, the pictures and forms it draws, and what these draw."""
    contents = holder.get("/Contents")
    if isinstance(contents, pikepdf.Stream):
        yield contents
    elif isinstance(contents, pikepdf.Array):
        yield from contents
    resources = _resources(holder)
    named = resources.get("/XObject") if resources is not None else None
    if named is None:
        return
    for _, each in named.items():
        yield each
        if depth < _MAX_DEPTH and each.get("/Subtype") == "/Form":
            yield from _drawn(each, depth + 1)


def _resources(holder: pikepdf.Object) -> pikepdf.Object | None:
    """Its own or those of the nearest page group above it."""
    for _ in range(_MOST_PARENTS):
        found: pikepdf.Object | None = holder.get("/Resources")
        above = holder.get("/Parent")
        if found is not None or above is None:
            return found
        holder = above
    return None
