"""Which first rows of a table name its columns, where the file does not mark them."""

import re
from collections.abc import Sequence

_FIGURE = re.compile(r"\d")


def count_header_rows(rows: Sequence[Sequence[str]]) -> int:
    """1 if the first row is all names (no empty cell, no figure) over rows with figures, else 0.

    >>> count_header_rows([["item", "price"], ["pump", "12.50"]])
    1
    """
    if len(rows) < 2 or len(rows[0]) < 2:
        return 0
    names = all(text.strip() and not _FIGURE.search(text) for text in rows[0])
    return int(names and any(_FIGURE.search(text) for row in rows[1:] for text in row))
