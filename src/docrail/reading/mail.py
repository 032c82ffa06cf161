"""EML: the usual headers and the body. What is attached is a document of its own, taken apart at intake."""

from collections.abc import Sequence
from dataclasses import replace
from email.message import Message

from docrail.core.model import Issue, Layout, Page, Source
from docrail.reading import html
from docrail.reading.decode import decode
from docrail.reading.grid import Grid
from docrail.reading.limits import Terms
from docrail.reading.mail_tree import decode_words, is_body, leaves, parse, payload
from docrail.reading.text import cut_text

_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a mail: a page of headers and plain text, or, where there is none, the pages of its HTML."""
    message = parse(data)
    bodies = [leaf for leaf in leaves(message) if is_body(leaf)]
    plain = [leaf for leaf in bodies if leaf.get_content_type() != "text/html"]
    page, issues = _read_first_page(message, plain, terms=terms)
    layouts = [] if plain else [_read_html(leaf, terms=terms) for leaf in bodies]
    inner = [page for layout in layouts for page in layout.pages if page.lines or page.hidden]
    return Layout(
        media_type=media_type,
        pages=(page, *(replace(each, number=number) for number, each in enumerate(inner, start=2))),
        issues=(*issues, *(each for layout in layouts for each in layout.issues if each.code != "no_words")),
    )


def _read_html(part: Message, *, terms: Terms) -> Layout:
    """Its text as HTML whatever it begins with, in the charset that the mail says."""
    text = _decode_body(part).encode("utf-8-sig", errors="replace")
    return html.read(text, media_type="text/html", terms=terms)


def _read_first_page(
    message: Message, plain: Sequence[Message], *, terms: Terms
) -> tuple[Page, tuple[Issue, ...]]:
    grid = Grid()
    for name in _HEADERS:
        value = message.get(name)
        if value is not None:
            grid.add_text(f"{name}: {decode_words(str(value))}", address=name)
    grid.skip()
    issues: tuple[Issue, ...] = ()
    for part in plain:
        text, cut = cut_text(_decode_body(part), terms=terms)
        issues = (*issues, *cut)
        for line in text.splitlines():
            grid.add_text(line, address="body")
    return grid.page(number=1, source=Source.PLAIN), issues


def _decode_body(part: Message) -> str:
    data = payload(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return data.decode(charset)
    except (LookupError, UnicodeDecodeError, ValueError):
        return decode(data)[0]
