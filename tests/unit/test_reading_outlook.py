"""Outlook messages, made here stream by stream."""

import email

import pytest
from tests.made.ole import make_msg, make_ole

from docrail.core.errors import DocumentError
from docrail.reading.detect import MSG, detect
from docrail.reading.limits import Limits
from docrail.reading.outlook import to_mail
from docrail.reading.read import read_bytes


def test_a_message_is_read_as_the_mail_it_stands_for() -> None:
    data = make_ole(make_msg(subject="Rechnung für März", body="Total: 120.00\r\nBye"))
    layout = read_bytes(data, filename="a", limits=Limits(), threads=1)
    assert (detect(data), layout.media_type) == (MSG, MSG)
    assert layout.text.splitlines() == [
        "From: Nord & Söhne <office@example.org>",
        "To: you@example.org",
        "Date: Wed, 04 Mar 2026 12:00:00 +0000",
        "Subject: Rechnung für März",
        "Total: 120.00",
        "Bye",
    ]


def test_a_message_with_html_alone_has_its_text() -> None:
    data = make_ole(make_msg(html=b"<html><p>Total due: 5.00</p><p hidden>secret</p></html>"))
    text = read_bytes(data, filename="a", limits=Limits(), threads=1).text
    assert "Total due: 5.00" in text
    assert "secret" not in text


def test_attachments_and_messages_inside_are_parts_of_the_mail() -> None:
    inner = make_msg(subject="Inside", body="inner text", is_inner=True)
    data = make_ole(make_msg(body="see", attached={"a.csv": b"x" * 5000, "b.txt": b"y"}, inner=inner))
    mail = email.message_from_bytes(to_mail(data, limits=Limits()))
    parts = [part for part in mail.walk() if part.get_filename()]
    assert [(part.get_filename(), len(part.get_payload(decode=True) or b"")) for part in parts] == [
        ("a.csv", 5000),
        ("b.txt", 1),
    ]
    nested = next(part for part in mail.walk() if part.get_content_type() == "message/rfc822")
    assert nested.get_payload(0)["Subject"] == "=?utf-8?q?Inside?="


def test_messages_nested_beyond_the_limit_are_refused() -> None:
    inner = None
    for _ in range(4):
        inner = make_msg(inner=inner, is_inner=True)
    with pytest.raises(DocumentError) as caught:
        to_mail(make_ole(make_msg(inner=inner)), limits=Limits(nesting=2))
    assert (caught.value.code, "max_nested_mails" in caught.value.message) == ("too_large", True)


@pytest.mark.parametrize("end", [8, 100, 512, 1000, 2000])
def test_a_cut_message_is_unreadable(end: int) -> None:
    data = make_ole(make_msg(body="text"))[:end]
    with pytest.raises(DocumentError) as caught:
        to_mail(data, limits=Limits())
    assert caught.value.code == "unreadable"


@pytest.mark.parametrize("claim", ["__substg1.0_0037001F", "Root Entry", 0x40])
def test_a_stream_that_claims_to_be_larger_than_the_file_is_damage_at_once(claim: str | int) -> None:
    data = bytearray(make_ole(make_msg(body="text")))
    at = data.index(claim.encode("utf-16-le")) + 120 if isinstance(claim, str) else claim
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    with pytest.raises(DocumentError, match="claim") as caught:
        to_mail(bytes(data), limits=Limits())
    assert caught.value.code == "unreadable"
