"""Markdown: headings and paragraphs line by line without their signs, tables as tables; comments are kept apart."""

import re
from collections.abc import Sequence

from docrail.core.model import Hidden, Layout, Source
from docrail.reading.decode import decode
from docrail.reading.grid import Grid, GridCell
from docrail.reading.limits import Terms
from docrail.reading.text import cut_text

_COMMENT = re.compile(r"<!--(.*?)(-->|\Z)|^ {0,3}\[//\]: # [\"'(]([^\n]*)[\"')] *$", re.S | re.M)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_CELL = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|~~)(?=\S)([^*_~\n]+)(?<=\S)\1")


def read(data: bytes, *, media_type: str, terms: Terms) -> Layout:
    """The layout of a Markdown file as one page; a word's address is the line of the file it stands in."""
    text, issues = decode(data)
    text, cut = cut_text(text, terms=terms)
    hidden = [" ".join((match[1] or match[3] or "").split()) for match in _COMMENT.finditer(text)]
    # Comments go, their line breaks stay: the addresses are those of the file.
    lines = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text).splitlines()
    grid = Grid()
    _add_lines(grid, lines)
    page = grid.page(
        number=1,
        source=Source.MARKUP,
        hidden=[Hidden(text=item, reason="comment") for item in hidden if item],
    )
    return Layout(media_type=media_type, pages=(page,), issues=issues + cut)


def is_ruler(line: str) -> bool:
    """Whether `line` is the one between header and rows of a table: `|---|:-:|`."""
    return "-" in line and "|" in line and not line.strip("|:- \t\r")


def _add_lines(grid: Grid, lines: Sequence[str]) -> None:
    at, is_code = 0, False
    while at < len(lines):
        line = lines[at]
        if _FENCE.match(line):
            is_code = not is_code
            at += 1
        elif not is_code and (end := _table_end(lines, at)):
            grid.add_table(_rows(lines[at:end], first=at + 1), header_rows=1)
            at = end
        else:
            grid.add_text(line if is_code else _plain(line), address=f"line {at + 1}")
            at += 1


def _table_end(lines: Sequence[str], at: int) -> int:
    """Where the table that starts at `at` ends; 0 if none starts there."""
    if "|" not in lines[at] or at + 1 >= len(lines) or not is_ruler(lines[at + 1]):
        return 0
    if len(_split(lines[at])) != len(_split(lines[at + 1])):
        return 0
    end = at + 2
    while end < len(lines) and "|" in lines[end] and lines[end].strip():
        end += 1
    return end


def _rows(lines: Sequence[str], *, first: int) -> list[list[GridCell]]:
    width = len(_split(lines[0]))
    return [
        [GridCell(text=_plain(cell), address=f"line {first + at}") for cell in _split(line)[:width]]
        for at, line in enumerate(lines)
        if at != 1
    ]


def _split(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(inner)]


def _plain(line: str) -> str:
    """The text that a person sees: no heading signs, no emphasis, links by their text."""
    heading = _HEADING.match(line)
    text = line[heading.end() :].rstrip().rstrip("#") if heading else line
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
