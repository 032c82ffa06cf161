"""Taught tables: which words of a header mean which column, learned from rows that people confirmed.

The registry keeps `column quantity: menge` like any anchor; a run's columns get the trusted words as synonyms, so the
extractor finds the header by them.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from docrail.core.model import Box
from docrail.core.spec import Field
from docrail.phases.extraction.candidates import Reading
from docrail.phases.extraction.figures import find_figures
from docrail.phases.extraction.labels import normal_label
from docrail.phases.extraction.segments import Segment, Sheet
from docrail.phases.extraction.wanted import understand_column
from docrail.phases.transfer.anchors import is_same

_HEADER_WITHIN = 8
_COLUMNS_AT_LEAST = 2
_SURE = 0.95
_WORDS = re.compile(r"[^\W\d_]{4}")


def teach_columns(field: Field, trusted: Collection[str]) -> Field:
    """`field` with the trusted header words (keys of the registry) as synonyms of its columns.

    Words that say another of the columns by themselves are left out: another sender means that one by them.
    """
    words: dict[str, list[str]] = defaultdict(list)
    for key in sorted(trusted):
        column, _, label = key.removeprefix("column ").partition(": ")
        if not any(_says_column(other, label) for other in field.items if other.name != column):
            words[column].append(label)
    items = (
        replace(item, synonyms=tuple(dict.fromkeys((*item.synonyms, *words[item.name]))))
        for item in field.items
    )
    return replace(field, items=tuple(items))


def _says_column(item: Field, label: str) -> bool:
    return understand_column(item).own(label) >= _SURE


def sight_columns(reading: Reading, field: Field, confirmed: Any) -> dict[str, bool]:
    """The header words over the confirmed rows, each with every column: whether they mean it (`column name: words`)."""
    rows = [row for row in confirmed if isinstance(row, Mapping)] if isinstance(confirmed, list) else []
    for sheet in reading.sheets:
        over = _header_over(sheet, _places(reading, sheet, field, rows))
        if len(over) >= _COLUMNS_AT_LEAST:
            return {
                f"column {item.name}: {label}": column == item.name
                for column, label in over.items()
                for item in field.items
            }
    return {}


def _places(
    reading: Reading, sheet: Sheet, field: Field, rows: Sequence[Mapping[str, Any]]
) -> dict[str, list[tuple[int, Box]]]:
    """Where the confirmed values of each column stand on a page, as (row, box)."""
    places: dict[str, list[tuple[int, Box]]] = defaultdict(list)
    for item in field.items:
        values = [row[item.name] for row in rows if row.get(item.name) not in (None, "")]
        for segment in sheet.segments if values else ():
            if any(_says(segment.text, value, item, reading.hints.decimals) for value in values):
                places[item.name].append((segment.row, segment.box))
    return places


def _says(text: str, value: Any, item: Field, decimals: str | None) -> bool:
    if is_same(text, value, replace(item, locale=item.locale or decimals)):
        return True
    figures = [] if _WORDS.search(text) else list(find_figures(text, locale=item.locale or decimals))
    return len(figures) == 1 and is_same(figures[0].value, value, item)


def _header_over(sheet: Sheet, places: Mapping[str, Sequence[tuple[int, Box]]]) -> dict[str, str]:
    """The words over each column in the row above the first item that names most of them."""
    columns_in = defaultdict(set)
    for column, found in places.items():
        for row, _ in found:
            columns_in[row].add(column)
    items = sorted(row for row, columns in columns_in.items() if len(columns) >= _COLUMNS_AT_LEAST)
    best: dict[str, str] = {}
    for at in range(items[0] - 1, max(items[0] - 1 - _HEADER_WITHIN, -1), -1) if items else ():
        named = _named(sheet.rows[at], places, after=at)
        if len(named) > len(best):
            best = named
    return best


def _named(
    row: Sequence[Segment], places: Mapping[str, Sequence[tuple[int, Box]]], *, after: int
) -> dict[str, str]:
    """Column → words of the one cell of a row that stands over most of its values; a cell is over one column only."""
    votes: dict[tuple[str, int], int] = defaultdict(int)
    for column, found in places.items():
        for at, box in found:
            for number, cell in enumerate(row):
                if at > after and _is_title(cell) and min(cell.box.x1, box.x1) > max(cell.box.x0, box.x0):
                    votes[column, number] += 1
    named: dict[str, str] = {}
    taken: set[int] = set()
    for (column, number), n in sorted(votes.items(), key=lambda one: -one[1]):
        if column not in named and number not in taken and 2 * n >= len(places[column]):
            named[column] = normal_label(row[number].text)
            taken.add(number)
    return named


def _is_title(segment: Segment) -> bool:
    return re.search(r"[^\W\d_]", segment.text) is not None and len(segment.text.split()) <= 6
