"""Black out what must not be read: all of a value, or the digits, mail addresses or account numbers in it."""

import re
from collections.abc import Mapping, Sequence

from docrail.core.model import Value

MARK = "*"
REDACTIONS = ("all", "digits", "emails", "ibans")

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")


def redact(value: Value, *, what: str, keep_last: int = 0) -> Value:
    """`value` blacked out; a number or truth value is taken away when all of it must go.

    Once more makes no difference.

    >>> redact("DE89 3704 0044", what="all", keep_last=4), redact("call 0171-22", what="digits")
    ('**** **** 0044', 'call ****-**')
    >>> redact(["a@b.de", {"n": 3}], what="emails"), redact(7, what="all") is None
    (['****', {'n': 3}], True)
    """
    if isinstance(value, str):
        return _text(value, what, keep_last)
    if isinstance(value, Mapping):
        return {name: redact(each, what=what, keep_last=keep_last) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [redact(each, what=what, keep_last=keep_last) for each in value]
    return None if what in {"all", "digits"} and not isinstance(value, bool) else value


def _text(text: str, what: str, keep_last: int) -> str:
    if what == "digits":
        return re.sub(r"\d", MARK, text)
    if what == "emails":
        return _EMAIL.sub(MARK * 4, text)
    if what == "ibans":
        return _IBAN.sub(MARK * 4, text)
    visible = [place for place, letter in enumerate(text) if not letter.isspace()]
    shown = set(visible[len(visible) - keep_last :]) if keep_last < len(visible) else set()
    return "".join(
        letter if letter.isspace() or place in shown else MARK for place, letter in enumerate(text)
    )
