"""Files taken in: archives and mails become documents of their own, and every file has its row in the ledger."""

import io
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.unit.test_unpack import make_zip

from docrail.bootstrap import Program
from docrail.reading.sandbox import Reader
from docrail.usecases import intake, sidecars
from docrail.usecases.intake import Admission, add_file, add_paths, list_admissions

DATA = Path(__file__).parents[1] / "data/robustness/documents"


def zipped(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return target.getvalue()


def give(program: Program, data: bytes, filename: str, **more: str) -> list[Admission]:
    return add_file(program, [data], filename=filename, **more)


def shown(admissions: list[Admission]) -> list[tuple[str, str, str | None]]:
    names = {each.document.id: each.filename for each in admissions if each.document}
    return [(each.filename, each.status, names.get(each.parent_id or "")) for each in admissions]


def left_behind(program: Program) -> list[Path]:
    return list((program.settings.home_path / "blobs/incoming").glob("*"))


def test_what_is_in_an_archive_follows_it_each_with_its_parent(program: Program) -> None:
    inner = zipped(("deep.txt", b"deep"))
    given = give(program, zipped(("../a.txt", b"a"), ("inner.zip", inner), ("b.txt", b"a")), "pile.zip")
    assert shown(given) == [
        ("pile.zip", "accepted", None),
        ("a.txt", "accepted", "pile.zip"),
        ("inner.zip", "accepted", "pile.zip"),
        ("deep.txt", "accepted", "inner.zip"),
        ("b.txt", "duplicate", "pile.zip"),
    ]
    assert given[3].document is not None
    assert program.blobs.path(given[3].document.digest).read_bytes() == b"deep"
    assert left_behind(program) == []


def test_a_mail_is_a_document_and_so_is_what_is_attached(program: Program) -> None:
    given = give(program, (DATA / "attachment_zip_pdf.eml").read_bytes(), "mail.eml")
    assert shown(given) == [
        ("mail.eml", "accepted", None),
        ("docs.zip", "accepted", "mail.eml"),
        ("invoice.pdf", "accepted", "docs.zip"),
    ]


def test_given_again_everything_is_a_duplicate_with_its_parent(program: Program) -> None:
    data = zipped(("a.txt", b"a"))
    first = give(program, data, "pile.zip")
    again = give(program, data, "pile.zip")
    assert shown(again) == [("pile.zip", "duplicate", None), ("a.txt", "duplicate", "pile.zip")]
    assert [each.document for each in again] == [each.document for each in first]


def test_one_that_cannot_be_taken_refuses_only_itself_and_the_ledger_says_why(program: Program) -> None:
    data = zipped(("a.txt", b"a"), ("empty.txt", b""), ("tool.exe", b"MZ" + bytes(range(256))))
    given = give(program, data, "pile.zip", batch_id="monday")
    assert [(each.status, each.code) for each in given] == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "empty"),
        ("refused", "unsupported"),
    ]
    rows, total = list_admissions(program, status="refused", batch_id="monday")
    assert total == 2
    assert [(row.filename, row.code, row.parent_id) for row in rows] == [
        ("tool.exe", "unsupported", given[0].document and given[0].document.id),
        ("empty.txt", "empty", given[0].document and given[0].document.id),
    ]
    assert left_behind(program) == []


def test_a_damaged_archive_is_refused_and_leaves_nothing(program: Program) -> None:
    (only,) = give(program, b"PK\x03\x04 broken", "pile.zip")
    assert (only.status, only.code, only.document) == ("refused", "unreadable", None)
    assert left_behind(program) == []
    assert list_admissions(program)[0][0].reason == only.reason


def test_archives_are_opened_as_deep_as_allowed(program: Program) -> None:
    given = give(program, (DATA / "nested.zip").read_bytes(), "nested.zip")
    assert [each.status for each in given] == ["accepted"] * program.reader.limits.archive_depth + ["refused"]
    assert (given[-1].code, "archives deep" in str(given[-1].reason)) == ("too_large", True)


def test_mails_are_opened_as_deep_as_allowed(program: Program) -> None:
    mail = EmailMessage()
    mail.set_content("innermost")
    for n in range(11):
        outer = EmailMessage()
        outer["Subject"] = f"level {n}"
        outer["From"] = "a@example.org"
        outer.set_content("outer")
        outer.add_attachment(mail)
        mail = outer
    given = give(program, mail.as_bytes(), "mail.eml")
    assert [each.status for each in given] == ["accepted"] * program.reader.limits.nesting + ["refused"]


def test_a_reader_that_dies_over_a_file_refuses_only_that_one(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_zip(tmp_path / "a.zip", [("a.txt", b"a")])
    (tmp_path / "b.txt").write_bytes(b"b")
    monkeypatch.setattr("docrail.reading.process._start", dying_child)
    first, second = add_paths(program, [tmp_path / "a.zip", tmp_path / "b.txt"])
    assert (first.status, first.code, second.status) == ("refused", "crashed", "accepted")
    assert left_behind(program) == []


def dying_child() -> object:
    import subprocess

    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(["false"], **pipes)


def test_what_stops_in_the_middle_leaves_nothing_behind(program: Program) -> None:
    def blocks() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        add_file(program, blocks(), filename="a.txt")
    assert left_behind(program) == []
    assert list_admissions(program) == ([], 0)


def test_a_full_disk_in_the_middle_of_an_archive_leaves_nothing_behind(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("docrail.store.incoming._sync", full)
    with pytest.raises(OSError, match="No space"):
        give(program, zipped(("a.txt", b"a"), ("b.txt", b"b")), "pile.zip")
    assert left_behind(program) == []
    monkeypatch.undo()
    assert [each.status for each in give(program, zipped(("a.txt", b"a")), "pile.zip")] == ["accepted"] * 2


def test_many_files_come_in_groups_in_their_order(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(intake, "FILES_TOGETHER", 10)
    folder = tmp_path / "given"
    folder.mkdir()
    for n in range(35):
        (folder / f"{n:02}.txt").write_text(str(n % 30))
    given = list(add_paths(program, sidecars.find_files([str(folder)])))
    assert [each.filename for each in given] == [f"{n:02}.txt" for n in range(35)]
    assert [each.status for each in given] == ["accepted"] * 30 + ["duplicate"] * 5


def test_a_file_that_cannot_be_opened_is_in_the_ledger(program: Program, tmp_path: Path) -> None:
    (only,) = add_paths(program, [tmp_path / "gone.txt"])
    rows, total = list_admissions(program)
    assert (only.status, total, rows[0].code, rows[0].digest) == ("refused", 1, "unreadable", None)


def test_values_given_with_an_archive_are_known_of_all_that_is_in_it(program: Program) -> None:
    given = add_file(program, [zipped(("a.txt", b"a"))], filename="p.zip", metadata={"customer": "Ada"})
    assert given[1].document is not None
    assert given[1].document.metadata == {"customer": "Ada"}


def test_a_reader_can_be_used_again_after_an_archive_was_left_in_the_middle(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", [(f"{n}.txt", b"x" * 100_000) for n in range(50)])
    with Reader() as reader:
        with reader.unpacking(path, filename="a.zip", most=100, most_bytes=10**8) as container:
            next(iter(container))
        with reader.unpacking(path, filename="a.zip", most=100, most_bytes=10**8) as container:
            assert [len(b"".join(part.blocks())) for part in container] == [100_000] * 50
