"""`docrail read`: what docrail sees of a file, so that a person can tell why a field was not found."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from docrail.bootstrap import make_reader
from docrail.cli.ids import SHORTEST, pick
from docrail.cli.opening import Home, Json, opened
from docrail.cli.printing import print_json
from docrail.cli.problems import error_console
from docrail.cli.reading_screen import show_layout
from docrail.config import Settings, read_settings
from docrail.core.errors import DocumentError, InvalidInput
from docrail.core.markdown import to_markdown
from docrail.core.model import Layout, Page
from docrail.core.svg import page_to_svg
from docrail.reading.sandbox import Reader
from docrail.usecases.document_views import get_page, has_pictures, read_file
from docrail.usecases.documents import content_path, document_ids, get_document

app = typer.Typer()
PICTURE_WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """The file to read and what it is called."""

    path: Path
    filename: str


@app.command("read")
def read(
    file: Annotated[str, typer.Argument(help="A file, or the id of a document of the home folder.")],
    page: Annotated[int | None, typer.Option("--page", min=1, help="Only this page.")] = None,
    as_svg: Annotated[
        bool, typer.Option("--svg", help="Write a page as a drawing (SVG): page 1 unless --page is given.")
    ] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Write the text as Markdown.")] = False,
    as_json: Json = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file, not to the screen.")] = None,
    home: Home = None,
) -> None:
    """Show what docrail sees of a file. Needs no home folder and no spec; the file is read in a process of its own.

    Example: docrail read invoice.pdf --svg --out invoice.svg
    """
    if as_svg + as_markdown + as_json > 1:
        raise InvalidInput("--svg, --markdown and --json exclude one another: give one of them")
    settings = read_settings({"home": home})
    target = _find(file, settings=settings, home=home)
    with _written(out), make_reader(settings, processes=1) as reader:
        layout = _only(read_file(reader, target.path, filename=target.filename), page)
        if as_json:
            print_json(layout)
        elif as_markdown:
            sys.stdout.write(to_markdown(layout))
        elif as_svg:
            sys.stdout.write(_draw(reader, target, layout))
        else:
            show_layout(layout, Console(), filename=target.filename, size=target.path.stat().st_size)


def _find(text: str, *, settings: Settings, home: str | None) -> _Target:
    """The file of this path, else the document whose id this is or ends with."""
    path = Path(text)
    if path.is_file():
        return _Target(path=path, filename=path.name)
    is_id = len(text) >= SHORTEST and not set(text.lower()) - set("0123456789abcdef-")
    if path.exists() or not is_id or not settings.home_path.is_dir():
        what = "is a folder" if path.is_dir() else "no such file"
        raise InvalidInput(f"{text}: {what}; give a file, or the id of a document (`docrail documents`)")
    with opened(home) as program:
        document = get_document(program, pick(text, document_ids(program), kind="document"))
        return _Target(path=content_path(program, document.id), filename=document.filename)


@contextmanager
def _written(out: Path | None) -> Iterator[None]:
    """What is printed while the block runs goes to `out`, whole or not at all."""
    if out is None:
        yield
        return
    screen, part = sys.stdout, out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8") as sys.stdout:
            yield
        part.replace(out)
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written: {error.strerror}") from error
    finally:
        sys.stdout = screen
        part.unlink(missing_ok=True)


def _only(layout: Layout, number: int | None) -> Layout:
    return layout if number is None else replace(layout, pages=(get_page(layout, number),))


def _draw(reader: Reader, target: _Target, layout: Layout) -> str:
    if not layout.pages:
        raise DocumentError("The file has no pages to draw.", code="unsupported")
    page = layout.pages[0]
    return page_to_svg(page, png=_picture(reader, target, page) if has_pictures(layout) else None)


def _picture(reader: Reader, target: _Target, page: Page) -> bytes | None:
    """The page as PNG; without it the drawing is still worth having."""
    try:
        return reader.render(
            target.path,
            number=page.number,
            width=PICTURE_WIDTH,
            rotation=page.rotation,
        )
    except DocumentError as error:
        error_console().print(f"drawn without its picture: {error.message}", markup=False, soft_wrap=True)
        return None
