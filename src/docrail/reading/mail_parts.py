"""Mail: the files sent with it, each to become a document of its own. Runs inside the child process."""

import re
from collections.abc import Iterator, Sequence
from email.message import Message
from urllib.parse import unquote

from docrail.reading.mail_tree import is_body, leaves, name, parse, payload
from docrail.reading.parts import BLOCK, IGNORED, PartInside, refused

LARGEST_SIGNATURE = 64 * 1024
"""A picture shown inside the text is taken for a logo up to here; a larger one for a pasted scan."""

_CID = re.compile(rb"cid:([^\"'\s>)]+)", re.IGNORECASE)
_NOT_DOCUMENTS = {
    "application/pkcs7-signature": "a signature",
    "application/x-pkcs7-signature": "a signature",
    "application/pgp-signature": "a signature",
    "application/pgp-keys": "a key",
    "message/delivery-status": "a report of the mail system",
    "message/disposition-notification": "a report of the mail system",
    "text/rfc822-headers": "a report of the mail system",
    "text/calendar": "an invitation, said in the text too",
    "text/x-amp-html": "another form of the text",
}


def parts(data: bytes) -> Iterator[PartInside]:
    """What is sent with the mail, in order; what is no document of its own is named with the reason."""
    every = list(leaves(parse(data)))
    html = [payload(leaf) for leaf in every if is_body(leaf) and leaf.get_content_type() == "text/html"]
    shown = _shown_inside(html)
    for number, leaf in enumerate(every, start=1):
        if is_body(leaf):
            continue
        label = name(leaf, number)
        reason = _why_no_document(leaf, shown)
        if reason:
            yield refused(label, f"It is no document of its own: {reason}.", code=IGNORED)
        else:
            yield PartInside(name=label, blocks=_blocks(leaf))


def _shown_inside(html: Sequence[bytes]) -> frozenset[str]:
    """The ids of the pictures that the text shows in place."""
    found = (match.group(1) for each in html for match in _CID.finditer(each))
    return frozenset(unquote(each.decode("latin-1")).lower() for each in found)


def _why_no_document(leaf: Message, shown: frozenset[str]) -> str | None:
    kind = leaf.get_content_type()
    is_attached = leaf.get_content_disposition() == "attachment"
    if kind in _NOT_DOCUMENTS and not (is_attached and kind.startswith("text/")):
        return _NOT_DOCUMENTS[kind]
    content_id = str(leaf.get("Content-ID") or "").strip().strip("<>").lower()
    is_shown = content_id in shown and leaf.get_content_maintype() == "image"
    if is_shown and len(payload(leaf)) <= LARGEST_SIGNATURE:
        return "a small picture shown inside the text, such as a logo"
    return None


def _blocks(leaf: Message) -> Iterator[bytes]:
    data = payload(leaf)
    for start in range(0, len(data), BLOCK):
        yield data[start : start + BLOCK]
