"""Every limit is a setting, is enforced, and says how much was found and what to set."""

import io
from dataclasses import fields

import pytest
from PIL import Image
from tests.made.office import make_docx, make_open_document, make_pptx, make_xlsx, paragraph
from tests.made.ole import make_msg, make_ole

from docrail.bootstrap import _limits
from docrail.config import Settings
from docrail.core.errors import DocumentError
from docrail.reading.limits import Limits
from docrail.reading.read import read_bytes

MB = 1_000_000


def make_sheets(count: int) -> bytes:
    tables = "<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell>"
    return make_open_document("spreadsheet", f"{tables}</table:table-row></table:table>" * count)


def make_slides(count: int) -> bytes:
    return make_open_document("presentation", "<draw:page/>" * count)


def nest(levels: int) -> bytes:
    inner = None
    for _ in range(levels):
        inner = make_msg(inner=inner, is_inner=True)
    return make_ole(make_msg(inner=inner))


@pytest.mark.parametrize(
    ("data", "limits", "setting"),
    [
        (b"0123456789", Limits(bytes=9), "max_file_mb"),
        (make_docx(paragraph("x" * 5000)), Limits(expanded_bytes=3000), "max_expanded_mb"),
        (make_docx(paragraph(" " * 11 * MB)), Limits(), "max_expansion_ratio"),
        (make_open_document("text", " " * 11 * MB), Limits(), "max_expansion_ratio"),
        (make_xlsx(" " * 11 * MB), Limits(), "max_expansion_ratio"),
        (make_pptx(" " * 11 * MB), Limits(), "max_expansion_ratio"),
        (nest(3), Limits(nesting=2), "max_nested_mails"),
        (b"[" * 300 + b"]" * 300, Limits(), "flatten it"),
    ],
    ids=["bytes", "expanded", "docx", "odt", "xlsx", "pptx", "nested", "deep"],
)
def test_what_is_over_a_limit_is_refused_and_says_what_to_set(
    data: bytes, limits: Limits, setting: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes(data, filename="a", limits=limits, threads=1)
    assert caught.value.code == "too_large"
    assert setting in caught.value.message


@pytest.mark.parametrize(
    ("data", "limits", "setting"),
    [
        (b"a\fb\fc", Limits(pages=2), "max_pages"),
        (make_sheets(3), Limits(pages=2), "max_pages"),
        (make_slides(3), Limits(pages=2), "max_pages"),
        (b"a,b\n" * 50, Limits(cells=7), "max_cells"),
        (b"[1,2,3,4]", Limits(cells=3), "max_cells"),
        (b"<r><a>1</a><a>2</a></r>", Limits(cells=2), "max_cells"),
        (b"<html><table><tr><td>1<td>2<td>3</table></html>", Limits(cells=2), "max_cells"),
        (make_xlsx('<row r="1"><c r="A1"><v>1</v></c></row>' * 9), Limits(cells=0), "max_cells"),
        (b"0123456789", Limits(characters=5), "max_characters"),
    ],
)
def test_what_is_over_a_limit_is_read_up_to_there_and_says_what_to_set(
    data: bytes, limits: Limits, setting: str
) -> None:
    issues = read_bytes(data, filename="a", limits=limits, threads=1).issues
    assert any(setting in issue.message for issue in issues if issue.code in ("cut_short", "pages_not_read"))


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    target = io.BytesIO()
    Image.new("1", (300, 300)).save(target, format="PNG")
    with pytest.raises(DocumentError) as caught:
        read_bytes(target.getvalue(), filename="a", limits=Limits(pixels=10_000), threads=1)
    assert caught.value.code == "too_large"


def test_every_setting_of_reading_reaches_the_reader() -> None:
    """Each `max_…` and `read_…` doubled changes the limits."""
    names = [each.name for each in fields(Settings) if each.name.startswith(("max_", "read_"))]
    usual = _limits(Settings())
    changed = {name: _limits(Settings(**{name: 2 * getattr(Settings(), name)})) for name in names}
    assert [name for name, limits in changed.items() if limits == usual] == []
    assert len(names) == 12


def test_the_defaults_of_the_settings_are_those_of_the_limits() -> None:
    assert _limits(Settings()) == Limits()
