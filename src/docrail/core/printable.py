"""Text of documents made harmless to show: no control characters, no marks that turn the reading direction."""

import re

_HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    r"""`text` with every character that a terminal or a viewer would obey, not show, replaced by `\ufffd`. Tabs and
    line ends stay.

    >>> printable("a\x1b[31mb")
    'a\ufffd[31mb'
    """
    return _HARMFUL.sub("\ufffd", text)
