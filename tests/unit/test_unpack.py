"""Archives and mails taken apart: what is handed over, and what is only named with its reason."""

import io
import stat
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from docrail.core.errors import DocumentError
from docrail.reading.limits import Limits
from docrail.reading.mail_parts import LARGEST_SIGNATURE
from docrail.reading.unpack import unpack
from docrail.reading.wire import Opened, PartBytes, PartEnd, PartStart, Unpack

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Got:
    """One part as handed over: its name, its bytes, and the code it ended with (empty: whole)."""

    name: str
    data: bytes
    code: str
    message: str


def take_apart(
    path: Path, *, limits: Limits | None = None, most: int = 1000, most_bytes: int = 200_000_000
) -> tuple[str, list[Got]]:
    request = Unpack(path=str(path), filename=path.name, most=most, most_bytes=most_bytes)
    kind, parts, name, data = "", [], "", b""
    for said in unpack(request, limits=limits or Limits()):
        match said:
            case Opened(media_type):
                kind = media_type
            case PartStart(begun):
                name, data = begun, b""
            case PartBytes(block):
                data += block
            case PartEnd(code, message):
                parts.append(Got(name, data, code, message))
    return kind, parts


def make_zip(path: Path, files: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return path


def test_the_files_of_an_archive_come_in_its_order_and_folders_do_not(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("in/", b""), ("in/b.txt", b"two"), ("a.txt", b"one")])
    kind, parts = take_apart(path)
    assert kind == "application/zip"
    assert [(part.name, part.data, part.code) for part in parts] == [
        ("in/b.txt", b"two", ""),
        ("a.txt", b"one", ""),
    ]


def test_an_office_file_holds_nothing(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.bin", [("word/document.xml", b"<w/>")])
    kind, parts = take_apart(path)
    assert kind.endswith("wordprocessingml.document")
    assert parts == []


def test_a_link_is_named_and_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    _kind, parts = take_apart(make_zip(tmp_path / "a.zip", [(link, b"/etc/passwd"), ("b.txt", b"b")]))
    assert [(part.name, part.data, part.code) for part in parts] == [
        ("link.txt", b"", "unsupported"),
        ("b.txt", b"b", ""),
    ]


def test_a_file_under_a_password_harms_no_other(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("secret.txt", b"s"), ("open.txt", b"o")])
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert [(part.name, part.code) for part in take_apart(path)[1]] == [
        ("secret.txt", "encrypted"),
        ("open.txt", ""),
    ]


def test_entries_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """A bomb without nesting: many entries of the directory over one block of packed bytes."""
    path = make_zip(
        tmp_path / "a.zip", [("one.txt", b"x" * 1000), ("two.txt", b"y" * 1000), ("three.txt", b"3")]
    )
    data = path.read_bytes()
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    path.write_bytes(data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :])
    codes = {part.name: part.code for part in take_apart(path)[1]}
    assert codes == {"one.txt": "unreadable", "two.txt": "unreadable", "three.txt": ""}


def test_what_expands_out_of_proportion_is_refused_early(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("bomb.txt", bytes(40_000_000)), ("b.txt", b"b")])
    bomb, good = take_apart(path)[1]
    assert (bomb.code, good.code) == ("too_large", "")
    assert "200 times" in bomb.message
    assert len(bomb.data) < 11_000_000


def test_all_that_is_unpacked_counts_against_one_limit_and_what_still_fits_is_taken(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("a", b"a" * 60), ("b", b"b" * 60), ("c", b"c" * 30)])
    parts = take_apart(path, limits=Limits(expanded_bytes=100), most_bytes=100)[1]
    assert [part.code for part in parts] == ["", "too_large", "too_large"]
    assert "max_expanded_mb" in parts[1].message


def test_one_row_stands_for_all_files_over_their_number(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [(f"{n}.txt", b"x") for n in range(9)])
    parts = take_apart(path, most=3)[1]
    assert [part.name for part in parts] == ["0.txt", "1.txt", "2.txt", "a.zip"]
    assert parts[-1].code == "too_large"
    assert "6 more files" in parts[-1].message


def test_what_a_system_left_in_an_archive_is_ignored(tmp_path: Path) -> None:
    names = ["__MACOSX/._a.pdf", ".DS_Store", "in/Thumbs.db", "in/._b.pdf"]
    parts = take_apart(make_zip(tmp_path / "a.zip", [(name, b"x") for name in names]))[1]
    assert [part.code for part in parts] == ["ignored"] * 4


@pytest.mark.parametrize("data", [b"PK\x03\x04 and then nothing", b"PK\x05\x06"])
def test_a_damaged_archive_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        take_apart(path)
    assert caught.value.code == "unreadable"


def test_an_office_file_without_its_main_part_is_no_archive(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.docx", [("[Content_Types].xml", b"<Types/>")])
    with pytest.raises(DocumentError, match="lacks its main part"):
        take_apart(path)


def make_mail(html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "hello"
    mail.set_content("see attached")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def write(path: Path, mail: EmailMessage) -> Path:
    path.write_bytes(mail.as_bytes())
    return path


def test_what_is_attached_to_a_mail_is_handed_over_and_its_text_is_not(tmp_path: Path) -> None:
    mail = make_mail("<p>see attached</p>")
    mail.add_attachment(b"total;12\n", maintype="text", subtype="csv", filename="../../a.csv")
    kind, parts = take_apart(write(tmp_path / "m.eml", mail))
    assert kind == "message/rfc822"
    assert [(part.name, part.data.strip(), part.code) for part in parts] == [("a.csv", b"total;12", "")]


def test_a_small_picture_inside_the_text_is_a_logo_and_a_large_one_a_scan(tmp_path: Path) -> None:
    mail = make_mail('<p>hi</p><img src="cid:logo"><img src="cid:scan">')
    html = mail.get_payload()[1]
    html.add_related(PNG, maintype="image", subtype="png", cid="<logo>", filename="logo.png")
    html.add_related(
        PNG + bytes(LARGEST_SIGNATURE), maintype="image", subtype="png", cid="<scan>", filename="scan.png"
    )
    mail.add_attachment(PNG, maintype="image", subtype="png", filename="photo.png")
    parts = take_apart(write(tmp_path / "m.eml", mail))[1]
    assert {part.name: part.code for part in parts} == {
        "logo.png": "ignored",
        "scan.png": "",
        "photo.png": "",
    }


def test_a_signature_is_no_document(tmp_path: Path) -> None:
    mail = make_mail()
    mail.add_attachment(b"sig", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    assert [part.code for part in take_apart(write(tmp_path / "m.eml", mail))[1]] == ["ignored"]


def test_a_forwarded_mail_is_a_file_named_after_its_subject(tmp_path: Path) -> None:
    outer = make_mail()
    outer.add_attachment(make_mail())
    (part,) = take_apart(write(tmp_path / "m.eml", outer))[1]
    assert part.name == "hello.eml"
    assert b"Subject: hello" in part.data


def test_a_file_in_an_archive_over_the_limit_of_files_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [("big.bin", io.BytesIO(bytes(range(256)) * 40).read())])
    (part,) = take_apart(path, limits=Limits(bytes=9000))[1]
    assert part.code == "too_large"


def test_mails_inside_one_another_beyond_what_the_parser_bears_are_too_large(tmp_path: Path) -> None:
    data = b"Subject: innermost\nFrom: a@example.org\n\ntext\n"
    for _ in range(500):
        data = b"Subject: outer\nFrom: a@example.org\nContent-Type: message/rfc822\n\n" + data
    path = tmp_path / "deep.eml"
    path.write_bytes(data)
    kind, parts = take_apart(path)
    assert (kind, [(part.data, part.code) for part in parts]) == ("message/rfc822", [(b"", "too_large")])


def test_an_entry_without_a_name_is_a_file_like_others(tmp_path: Path) -> None:
    data = make_zip(tmp_path / "a.zip", [("~", b"one"), ("b.txt", b"two")]).read_bytes()
    path = tmp_path / "b.zip"
    path.write_bytes(data.replace(b"~", b"\0"))
    assert [(part.name, part.data) for part in take_apart(path)[1]] == [("", b"one"), ("b.txt", b"two")]
