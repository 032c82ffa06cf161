"""Whether what is filled into a form is plainly what a person sees; where it is not plain, the page is rendered."""

import re
from itertools import islice

import pikepdf

_MOST = 500
_HIDDEN = 0x2 | 0x20
_LARGEST = 100_000
_ODD = re.compile(rb"(?<![\d.])([37]\s+Tr|1(\.0*)?\s+g|(1(\.0*)?\s+){3}rg|(0(\.0*)?\s+){4}k|0?\.\d+\s+Tf)\b")
_SAID = re.compile(rb"\(((?:\\.|[^\\()])*)\)")


def is_shown_as_filled(annotations: pikepdf.Object) -> bool:
    """Whether every filled field and typed note is set to be seen and is drawn with its own text, in no odd way.

    Odd are white and unpainted letters and those under a point; what has no drawing of its own is drawn by its value.
    """
    if len(annotations) > _MOST:
        return False
    return all(_is_plain(each) for each in islice(annotations, _MOST) if _text_of(each))


def _is_plain(annotation: pikepdf.Object) -> bool:
    style = bytes(_inherited(annotation, "/DA") or b"")
    if int(annotation.get("/F", 0)) & _HIDDEN or _ODD.search(style):
        return False
    drawn = annotation.get("/AP")
    normal = drawn.get("/N") if drawn is not None else None
    if normal is None:
        return True
    if not isinstance(normal, pikepdf.Stream) or int(normal.get("/Length", 0)) > _LARGEST:
        return False
    content = bytes(normal.read_bytes())
    # Letter by letter where the field is a comb.
    said = b"".join(b"".join(_SAID.findall(content)).split())
    return (
        not _ODD.search(content)
        and "".join(_text_of(annotation).split()).encode("latin-1", "replace") in said
    )


def _text_of(annotation: pikepdf.Object) -> str:
    """What the parser will say that stands there; nothing for links, buttons and other kinds."""
    kind = annotation.get("/Subtype")
    if kind == "/Widget" and _inherited(annotation, "/FT") in ("/Tx", "/Ch"):
        return _as_text(_inherited(annotation, "/V"))
    return _as_text(annotation.get("/Contents")) if kind == "/FreeText" else ""


def _as_text(value: pikepdf.Object | None) -> str:
    """A list of choices is in doubt, so that it is no empty text."""
    return str(value).strip() if value is not None else ""


def _inherited(annotation: pikepdf.Object, key: str) -> pikepdf.Object | None:
    """Its own or that of the field it is a part of."""
    holder = annotation
    for _ in range(10):
        if key in holder:
            found: pikepdf.Object = holder[key]
            return found
        if "/Parent" not in holder:
            return None
        holder = holder.Parent
    return None
