"""Small PDFs with a form, notes and what is typed over the page, made on the spot."""

import io
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tests.pdf_files import HEIGHT, pdf


def with_notes(*notes: Dictionary, content: str) -> bytes:
    """A page with these annotations; those that are widgets make its form. `AP` may be given as content."""
    made = pikepdf.open(io.BytesIO(pdf(content)))
    font = Dictionary(F1=made.pages[0].Resources.Font.F1)
    indirect = []
    for note in notes:
        if isinstance(note.get("/AP"), String):
            drawn = made.make_stream(
                str(note.AP).encode(),
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=[0, 0, 150, 20],
                Resources=Dictionary(Font=font),
            )
            note.AP = Dictionary(N=drawn)
        indirect.append(made.make_indirect(note))
    made.pages[0].Annots = Array(indirect)
    fields = Array([note for note in indirect if note.Subtype == Name.Widget])
    made.Root.AcroForm = Dictionary(Fields=fields, DR=Dictionary(Font=font))
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def note(kind: str = "Widget", *, y: float = 100, **more: Any) -> Dictionary:
    rect = [100, HEIGHT - y - 20, 250, HEIGHT - y]
    return Dictionary(Type=Name.Annot, Subtype=Name("/" + kind), F=4, Rect=rect, **more)


def field(*, value: str = "Ada Lovelace", **more: Any) -> Dictionary:
    return note(FT=Name.Tx, T=String("name"), V=String(value), DA=String("/F1 10 Tf 0 g"), **more)


def tick(*, on: bool) -> Dictionary:
    state = Name.Yes if on else Name.Off
    return note(FT=Name.Btn, T=String("agree"), V=state, AS=state)
