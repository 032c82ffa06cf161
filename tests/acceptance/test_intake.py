"""Intake by the real program: archives and mails in a run, the ledger, and an upload in constant memory."""

import io
import json
import os
import re
import subprocess
import zipfile
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.acceptance.test_serve import DOCRAIL, serving

MEGABYTE = 1_000_000
INVOICE = "Invoice No: R-{n:04}\n\nNet: {n}.00\nTax: 19.00\nTotal due: {total}.00 EUR\n"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def inbox(tmp_path):
    """A mail with an invoice and an archive, in which are another invoice, its twin and a program."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    first, second = (INVOICE.format(n=n, total=n + 19).encode() for n in (100, 200))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../second.txt", second)
        file.writestr("again.txt", second)
        file.writestr("setup.exe", b"MZ" + bytes(range(256)))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Two invoices"
    mail.set_content(INVOICE.format(n=300, total=319))
    mail.add_attachment(first, maintype="text", subtype="plain", filename="first.txt")
    mail.add_attachment(archive.getvalue(), maintype="application", subtype="zip", filename="more.zip")
    (folder / "mail.eml").write_bytes(mail.as_bytes())
    return folder


def test_a_run_takes_the_mail_and_what_is_in_it(docrail, home, inbox, spec_file, tmp_path):
    done = docrail(home, "run", inbox, "--spec", spec_file, "--out", tmp_path / "table.csv", "--json")
    assert done.returncode == 3, done.stderr
    progress = json.loads(done.stdout)
    assert (progress["totalDocuments"], progress["completedDocuments"]) == (3, 3)
    rows = (tmp_path / "table.csv").read_text()
    assert all(number in rows for number in ("R-0100", "R-0200", "R-0300"))
    assert "1 file refused" in done.stderr
    assert "mail.eml › more.zip › setup.exe" in done.stderr
    assert "again.txt is" in done.stderr
    assert not list(tmp_path.parent.glob("second.txt"))


def test_the_ledger_lists_what_became_of_each(docrail, home, inbox):
    added = docrail(home, "documents", "add", inbox, "--batch", "monday")
    assert (added.returncode, added.stdout.strip()) == (3, "6 files given: 4 documents")
    ledger = json.loads(docrail(home, "documents", "admissions", "--batch", "monday", "--json").stdout)
    assert [(row["filename"], row["status"]) for row in reversed(ledger)] == [
        ("mail.eml", "accepted"),
        ("first.txt", "accepted"),
        ("more.zip", "accepted"),
        ("second.txt", "accepted"),
        ("again.txt", "duplicate"),
        ("setup.exe", "refused"),
    ]
    assert {row["parent_id"] for row in ledger[:3]} == {ledger[3]["document_id"]}
    refused = docrail(home, "documents", "admissions", "--status", "refused").stdout
    assert "setup.exe" in refused
    assert "more.zip" not in refused


def test_documents_without_more_lists_them(docrail, home, inbox):
    docrail(home, "documents", "add", inbox)
    listed = docrail(home, "documents", "--limit", "2")
    assert listed.returncode == 0
    assert "… and 2 more" in listed.stdout


def megabytes(count):
    """A file of random bytes that is never whole in the memory of this process."""
    for _ in range(count):
        yield os.urandom(MEGABYTE)


def form(*files):
    for name, blocks in files:
        yield f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        yield from blocks
        yield b"\r\n"
    yield b"--x--\r\n"


def peak_memory(pid):
    """The most memory the process ever had resident, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks /proc")
def test_an_upload_of_any_size_needs_no_more_memory(home):
    made = subprocess.run(
        [DOCRAIL, "--home", home, "keys", "create", "--scope", "read", "--scope", "write", "--json"],
        capture_output=True,
        check=True,
        text=True,
    )
    headers = {"Authorization": f"Bearer {json.loads(made.stdout)['key']}"}
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    with serving(home) as (process, url), httpx.Client(base_url=url, headers=headers, timeout=120) as client:
        client.post("/v1/documents", content=form(("warm.bin", megabytes(1))), headers=kind)
        before = peak_memory(process.pid)
        one = client.post("/v1/documents", content=form(("large.bin", megabytes(90))), headers=kind)
        after_one = peak_memory(process.pid)
        files = [(f"{n}.bin", megabytes(1)) for n in range(120)]
        many = client.post("/v1/documents", content=form(*files), headers=kind)
        after_many = peak_memory(process.pid)
    assert [row["size_bytes"] for row in one.json()["data"]] == [90 * MEGABYTE]
    assert [row["status"] for row in many.json()["data"]] == ["accepted"] * 120
    assert after_one - before < 25 * MEGABYTE
    assert after_many - before < 40 * MEGABYTE
