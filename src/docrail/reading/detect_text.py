"""What kind of text it is: markup, JSON, a mail, a table, Markdown or plain text."""

import re

from docrail.reading.decode import decode
from docrail.reading.dialect import find_delimiter
from docrail.reading.markdown import is_ruler

_SAMPLE = 65_536
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|table|div|p|h[1-6]|span|meta|title|form|ul|ol|center|style)\b", re.I
)
_COMMENTS = re.compile(r"^\s*(<!--.*?-->\s*|<\?.*?\?>\s*|<!doctype[^>\[]*(\[.*?\])?\s*>\s*)*", re.I | re.S)
_SVG = re.compile(r"<(\w+:)?svg\b", re.I)
_JSON = re.compile(r'[{\[]\s*(["{\[\]}]|-?\d|true\b|false\b|null\b)')
_MAIL_HEADER = re.compile(
    r"^(From|To|Cc|Subject|Date|Received|Return-Path|MIME-Version|Message-ID|Content-Type|Delivered-To"
    r"|Reply-To|X-[\w-]+|Content-Transfer-Encoding|Sender|DKIM-Signature):",
    re.I | re.M,
)
_MARKDOWN_SIGNS = (
    re.compile(r"^#{1,6} \S", re.M),
    re.compile(r"^(```|~~~)", re.M),
    re.compile(r"^\s{0,3}[-*+] \S", re.M),
    re.compile(r"\[[^\]\n]+\]\([^)\s]+\)"),
    re.compile(r"(\*\*|__)\S[^*_\n]*\1"),
    re.compile(r"^> \S", re.M),
)


def detect_text(data: bytes) -> str:
    """The media type of text in any encoding.

    >>> detect_text("Größe;Preis\\n1;2,50\\n".encode("utf-16"))
    'text/csv'
    """
    head = _decode_start(data).lstrip("\ufeff").lstrip()
    if head.startswith("<"):
        return _detect_markup(head)
    if _JSON.match(head):
        return "application/json"
    if _is_mail(head):
        return "message/rfc822"
    if any(is_ruler(line) and "--" in line for line in head.splitlines()):
        return "text/markdown"
    if delimiter := find_delimiter(head):
        return "text/tab-separated-values" if delimiter == "\t" else "text/csv"
    return "text/markdown" if _is_markdown(head) else "text/plain"


def _decode_start(data: bytes) -> str:
    """The first 64 KB, up to the last whole line."""
    if len(data) <= _SAMPLE:
        return decode(data)[0]
    end = data.rfind(b"\n", 0, _SAMPLE)
    # An even number of bytes, or UTF-16 falls apart.
    return decode(data[: (end + 1) // 2 * 2 if end > 0 else _SAMPLE])[0]


def _detect_markup(head: str) -> str:
    rest = _COMMENTS.sub("", head, count=1)
    if re.match(r"\s*<!doctype\s+html", head, re.I) or _HTML.match(rest):
        return "text/html"
    return "image/svg+xml" if _SVG.match(rest) else "application/xml"


def _is_mail(head: str) -> bool:
    start = re.split(r"\r?\n\r?\n", head, maxsplit=1)[0][:16384]
    if not re.match(r"^(From .*\r?\n)?[\w-]+:", start):
        return False
    return len({match.group(1).lower() for match in _MAIL_HEADER.finditer(start)}) >= 2


def _is_markdown(head: str) -> bool:
    """Headings, or two other signs: one alone also stands in plain text."""
    found = [bool(sign.search(head)) for sign in _MARKDOWN_SIGNS]
    headings = len(_MARKDOWN_SIGNS[0].findall(head))
    return headings >= 2 or sum(found) >= 2 or (headings == 1 and head.startswith("#"))
