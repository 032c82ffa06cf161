"""What the command line says of a run at its end, and later."""

import csv
import json

import pytest

HELD = 7777


@pytest.fixture(scope="module")
def folder(tmp_path_factory, write_invoice):
    """Two good invoices, one that does not add up, one given twice, and an empty file."""
    folder = tmp_path_factory.mktemp("documents")
    write_invoice(folder / "a.txt", n=1)
    write_invoice(folder / "b.txt", n=2)
    write_invoice(folder / "c.txt", n=3, total=HELD)
    write_invoice(folder / "d.txt", n=1)
    (folder / "empty.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first(docrail, home, folder, spec_file):
    """The first run of the home, of the whole folder."""
    return docrail(home, "run", folder, "--spec", spec_file, "--out", home / "table.jsonl")


def test_a_run_with_a_failed_document_exits_with_3(first):
    assert first.returncode == 3, first.stderr


def test_a_run_prints_its_progress_and_its_table(first):
    assert "completed · 3 of 4 documents completed (1 partial) · 1 error · 1 field held" in first.stdout
    rows = [line.split() for line in first.stdout.splitlines()]
    assert ["a.txt", "R-0001", "101.0", "19.0", "120.0"] in rows
    assert ["c.txt", "R-0003", "103.0", "19.0", "held"] in rows


def test_a_run_says_what_is_held_and_why_but_never_the_value(first):
    assert "Held for review: 1 field of 1 document" in first.stdout
    assert "c.txt: total: failed check at gate 'sums'" in first.stdout
    assert str(HELD) not in first.stdout + first.stderr


def test_a_run_says_what_failed_and_why(first):
    assert "empty.txt (before any phase, empty): The file is empty" in first.stdout


def test_a_run_says_which_files_are_the_same(first, folder):
    assert f"{folder}/d.txt is {folder}/a.txt" in first.stderr


def test_a_run_writes_the_table_where_it_says_and_always_into_the_home(first, home):
    rows = [json.loads(line) for line in (home / "table.jsonl").read_text().splitlines()]
    assert [row["number"] for row in rows] == ["R-0001", "R-0002", "R-0003"]
    assert f"3 rows in {home}/table.jsonl" in first.stdout
    (product,) = (home / "products").glob("Invoices-*.csv")
    assert f"3 rows in {product}" in first.stdout
    with product.open(newline="") as file:
        assert [row["total"] for row in csv.DictReader(file)] == ["120.0", "121.0", ""]


def test_progress_results_and_export_say_the_same_later(docrail, first, home):
    listed = json.loads(docrail(home, "pipelines", "--json").stdout)
    short = listed[-1]["id"][-8:]
    progress = json.loads(docrail(home, "progress", short, "--json").stdout)
    assert (progress["totalDocuments"], progress["errorDocuments"], progress["heldFields"]) == (4, 1, 1)
    rows = json.loads(docrail(home, "results", short, "--json").stdout)
    assert [row["record"]["total"] for row in rows] == [120, 121, None]
    done = docrail(home, "export", short, "--out", home / "later.csv", "--audit")
    assert done.returncode == 0, done.stderr
    assert "PENDING_REVIEW" in (home / "later.csv").read_text()
    assert str(HELD) not in (home / "later.csv").read_text()


def test_retry_tries_the_failed_documents_again(docrail, first, home):
    oldest = json.loads(docrail(home, "pipelines", "--json").stdout)[-1]["id"]
    assert "1 document would run again" in docrail(home, "retry", oldest, "--dry-run").stdout
    again = docrail(home, "retry", oldest)
    assert again.returncode == 3, again.stderr
    assert "1 document again, generation 2" in again.stdout
    assert "The file is empty" in again.stdout


def test_a_file_known_by_another_name_is_said_to_be(docrail, first, home, spec_file, tmp_path, write_invoice):
    write_invoice(tmp_path / "renamed.txt", n=1)
    done = docrail(home, "run", tmp_path / "renamed.txt", "--spec", spec_file)
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/renamed.txt is a.txt" in done.stderr


def test_a_run_of_refused_files_only_exits_with_1(docrail, home, spec_file, tmp_path):
    (tmp_path / "gone.txt").symlink_to("/proc/self/mem")
    done = docrail(home, "run", tmp_path / "gone.txt", "--spec", spec_file)
    assert done.returncode == 1, done.stderr
    assert "every file was refused" in done.stderr


def test_a_spec_used_before_is_shown_by_its_name(docrail, first, home):
    assert "validation" in docrail(home, "spec", "show", "Invoices").stdout
    unknown = docrail(home, "spec", "show", "Orders")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "no spec 'Orders'" in unknown.stderr
