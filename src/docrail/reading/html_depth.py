"""Refuses pages nested so deep that parsing takes minutes: its time grows with the square of the depth."""

import re

from docrail.core.errors import DocumentError

_DEEPEST = 30_000
# Elements that only their end tag closes.
_TAG = re.compile(
    r"<(/?)(?:div|span|section|article|main|aside|nav|ul|ol|dl|blockquote|center|form|fieldset|table|font|"
    r"[abiu]|em|strong|small|code|label|details)(?=[\s/>])",
    re.I,
)


def check_depth(text: str) -> None:
    """DocumentError (too_large) if more than 30,000 elements stand inside one another."""
    if text.count("<") <= _DEEPEST:
        return
    depth = 0
    for tag in _TAG.finditer(text):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > _DEEPEST:
            message = (
                f"The page has more than {_DEEPEST:,} elements inside one another: save it anew or as PDF."
            )
            raise DocumentError(message, code="too_large")
