"""200 good documents in one run with every hostile file: each good one has the same values as without them."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.small_job import QUERIES, SPEC
from tests.made.hostile import BIG_FILES, hostile_links

ROBUSTNESS = Path(__file__).parents[1] / "data/robustness/documents"
TERMINAL = {"completed", "partial", "error"}
# Opened at ingest: their files are documents, they are none themselves.
ARCHIVE = b"PK"


def write_good(folder: Path) -> Path:
    """200 invoices: text, tables, web pages and PDFs; one in seven does not add up and is held."""
    folder.mkdir()
    pdf = (ROBUSTNESS / "control_invoice.pdf").read_bytes()
    for n in range(200):
        net, tax = 100 + n, 19
        total = net + tax + (n % 7 == 3)
        values = {
            "Invoice No": f"R-{n:04}",
            "Net": f"{net}.00",
            "Tax": f"{tax}.00",
            "Total due": f"{total}.00",
        }
        name = f"good-{n:04}"
        if n % 4 == 0:
            lines = "".join(f"{key}: {value}\n" for key, value in values.items())
            (folder / f"{name}.txt").write_text(lines)
        elif n % 4 == 1:
            (folder / f"{name}.csv").write_text(f"{';'.join(values)}\n{';'.join(values.values())}\n")
        elif n % 4 == 2:
            rows = "".join(f"<tr><td>{key}<td>{value}</tr>" for key, value in values.items())
            (folder / f"{name}.html").write_text(f"<html><table>{rows}</table></html>")
        else:
            (folder / f"{name}.pdf").write_bytes(pdf.replace(b"NW-2601", f"NW-{n:04}".encode()))
    return folder


def hostile_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in ROBUSTNESS.rglob("*") if path.is_file()):
        yield path.name, path.read_bytes()
    for name, make in BIG_FILES.items():
        yield name, make()
    yield from hostile_links(9)


@pytest.fixture(scope="module")
def done(start, tmp_path_factory):
    """(the folder, what `docrail run` printed alone, what it printed among the hostile, digests of these)."""
    folder = tmp_path_factory.mktemp("neighbours")
    spec = folder / "spec.yaml"
    spec.write_text(SPEC)
    good = write_good(folder / "good")
    mixed = shutil.copytree(good, folder / "mixed")
    digests = {}
    for n, (name, data) in enumerate(hostile_files()):
        (mixed / f"evil-{n:03}-{name}"[:250]).write_bytes(data)
        if not data.startswith(ARCHIVE) or name.endswith((".docx", ".xlsx", ".xlsm", ".pptx", ".odt")):
            digests[hashlib.sha256(data).hexdigest()] = name
    alone, among = (
        run(start(folder / home, "run", files, "--spec", spec, "--json"))
        for home, files in (("alone", good), ("among", mixed))
    )
    return folder, alone, among, digests


def run(process):
    """What the process printed, at its end; a busy machine may take minutes for it."""
    with process:
        out, err = process.communicate(timeout=600)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_the_good_ones_have_the_same_values_as_alone(done):
    folder, alone, among, _ = done
    assert json.loads(alone.stdout)["completedDocuments"] == 200, alone.stderr
    expected = rows_of_good(folder / "alone")
    assert len({row[1] for row in expected if row[0] == "cell"}) == 200
    assert rows_of_good(folder / "among") == expected, among.stderr


def test_every_hostile_one_is_completed_or_listed_in_errors(done):
    folder, _, among, digests = done
    progress = json.loads(among.stdout)
    assert progress["status"] == "completed"
    assert progress["totalDocuments"] == progress["completedDocuments"] + progress["errorDocuments"]
    assert len(progress["errors"]) == progress["errorsTotal"] == progress["errorDocuments"]
    listed = {error["documentId"] for error in progress["errors"]}
    states = read_states(folder / "among")
    missing = [name for digest, name in digests.items() if digest not in states]
    assert [name for name in missing if name not in read_refused(folder / "among")] == []
    for document, state in states.values():
        assert state in TERMINAL
        assert (document in listed) == (state == "error")


def test_no_error_is_a_crash_and_nothing_is_left_outside(done):
    folder, _, among, _ = done
    codes = {error["code"] for error in json.loads(among.stdout)["errors"]}
    assert codes <= {"unreadable", "encrypted", "empty", "unsupported", "too_large", "out_of_memory"}
    assert sorted(path.name for path in folder.iterdir()) == ["alone", "among", "good", "mixed", "spec.yaml"]
    assert list(Path("/tmp").glob("*canary*")) == []


def rows_of_good(home: Path) -> list[tuple[object, ...]]:
    """States, cells, verdicts and errors of the good documents."""
    connection = sqlite3.connect(home / "docrail.db")
    try:
        joined = " JOIN documents d ON d.id = r.document_id"
        rows = [row for query in QUERIES for row in connection.execute(query + joined)]
    finally:
        connection.close()
    return sorted((row for row in rows if str(row[1]).startswith("good-")), key=repr)


def read_refused(home: Path) -> set[str]:
    """What the ledger says was refused, and why, without the mark that `done` put before the names."""
    connection = sqlite3.connect(home / "docrail.db")
    try:
        query = "SELECT filename FROM admissions WHERE status = 'refused' AND code != '' AND reason != ''"
        return {name.split("-", 2)[-1] for (name,) in connection.execute(query)}
    finally:
        connection.close()


def read_states(home: Path) -> dict[str, tuple[str, str]]:
    """Digest -> (document, state) of every document of the run."""
    connection = sqlite3.connect(home / "docrail.db")
    try:
        query = "SELECT d.digest, d.id, r.state FROM run_documents r JOIN documents d ON d.id = r.document_id"
        return {digest: (document, state) for digest, document, state in connection.execute(query)}
    finally:
        connection.close()
