"""The program `docrail` as a process: what it prints, what it leaves behind and the codes it ends with."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import pytest

from docrail.cli.app import COMMANDS

DOCRAIL = str(Path(sys.executable).parent / "docrail")
SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No], required: true}
  total: {type: number, synonyms: [Total due]}
  customer: {type: string}
gates:
  - {name: complete, fields: [number], checks: [{check: required}]}
  - {name: small, fields: [total], checks: [{range: {max: 450}}]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: valid, gates: [complete, small]}
"""
TEXT = "Invoice No: R-{n}\nDate: 2026-03-0{n}\n\nTotal due: {n}00.25 EUR\n"
SECRET = "987654.25"
HTML = (
    "<html><body><table><tr><td>Invoice No</td><td>R-5</td></tr>"
    f"<tr><td>Total due</td><td>{SECRET}</td></tr></table></body></html>"
)


def command(home, *arguments):
    return [DOCRAIL, "--home", str(home), *map(str, arguments)]


def environment():
    others = {name: value for name, value in os.environ.items() if not name.startswith("DOCRAIL_")}
    return {**others, "COLUMNS": "100", "NO_COLOR": "1"}


def docrail(home, *arguments, cwd=None):
    return subprocess.run(
        command(home, *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=cwd,
        env=environment(),
    )


def start(home, *arguments):
    return subprocess.Popen(
        command(home, *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )


def write_documents(folder, count):
    folder.mkdir()
    for n in range(count):
        (folder / f"{n:03}.txt").write_text(f"Invoice No: R-{n:03}\n\nTotal due: {n}.50 EUR\n")
    return folder


def wait_for_progress(home):
    """Until a run has moved and has not ended."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if (home / "docrail.db").exists():
            connection = sqlite3.connect(home / "docrail.db")
            try:
                if connection.execute("SELECT 1 FROM shards WHERE revision > 1").fetchone():
                    return
            except sqlite3.OperationalError:
                pass  # not migrated yet
            finally:
                connection.close()
        time.sleep(0.02)
    raise AssertionError("no run moved")


def last_progress(home, name="last"):
    return json.loads(docrail(home, "progress", name, "--json").stdout)


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    file = tmp_path_factory.mktemp("spec") / "spec.yaml"
    file.write_text(SPEC)
    return file


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """Documents of three kinds; the first has a sidecar, the last a total that is held."""
    folder = tmp_path_factory.mktemp("good")
    for n in range(1, 4):
        (folder / f"{n}.txt").write_text(TEXT.format(n=n))
    (folder / "1.json").write_text('{"customer": "Ada"}')
    (folder / "4.csv").write_text("Invoice No,Date,Total due\nR-4,2026-03-04,400.25\n")
    (folder / "5.html").write_text(HTML)
    return folder


@pytest.fixture(scope="module")
def done(good, spec, tmp_path_factory):
    """A home with one completed run, and what `docrail run --json` said of it."""
    folder = tmp_path_factory.mktemp("done")
    ended = docrail(folder / "home", "run", good, "--spec", spec, "--json", "--out", folder / "table.jsonl")
    return folder, ended


def test_all_completed_is_zero_and_json_is_the_progress_and_nothing_else(done):
    folder, ended = done
    assert ended.returncode == 0, ended.stderr
    progress = json.loads(ended.stdout)
    assert (progress["totalDocuments"], progress["completedDocuments"], progress["heldFields"]) == (5, 5, 1)
    again = docrail(folder / "home", "progress", progress["pipelineId"], "--json")
    assert again.stdout == ended.stdout


def test_the_table_holds_what_the_documents_and_the_sidecar_say(done):
    folder, _ = done
    rows = json.loads(docrail(folder / "home", "results", "--json").stdout)
    assert {row["filenames"][0]: row["record"] for row in rows} == {
        "1.txt": {"number": "R-1", "total": 100.25, "customer": "Ada"},
        "2.txt": {"number": "R-2", "total": 200.25, "customer": None},
        "3.txt": {"number": "R-3", "total": 300.25, "customer": None},
        "4.csv": {"number": "R-4", "total": 400.25, "customer": None},
        "5.html": {"number": "R-5", "total": None, "customer": None},
    }


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
def test_every_export_exists_and_a_held_value_is_in_none(done, suffix, tmp_path):
    for kind in ((), ("--audit",)):
        out = tmp_path / f"table{len(kind)}.{suffix}"
        assert docrail(done[0] / "home", "export", "last", "--out", out, *kind).returncode == 0
        content = unpacked(out)
        assert b"R-3" in content
        assert SECRET.encode() not in content


def unpacked(out):
    """The content of an export without its compression."""
    if out.suffix == ".parquet":
        return repr(duckdb.sql(f"SELECT * FROM read_parquet('{out}')").fetchall()).encode()
    if out.suffix == ".xlsx":
        with zipfile.ZipFile(out) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return out.read_bytes()


def test_the_audit_says_how_a_sidecar_value_came(done, tmp_path):
    out = tmp_path / "audit.jsonl"
    docrail(done[0] / "home", "export", "--out", out, "--audit")
    cells = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(c["value"], c["method"]) for c in cells if c["field"] == "customer" and c["value"]] == [
        ("Ada", "given")
    ]


def test_a_held_value_is_in_no_output(done):
    folder, ended = done
    texts = [ended.stdout, ended.stderr, (folder / "table.jsonl").read_text()]
    for arguments in (["results"], ["results", "--json"], ["progress"], ["pipelines"], ["documents"]):
        ran = docrail(folder / "home", *arguments)
        assert ran.returncode == 0, ran.stderr
        texts += [ran.stdout, ran.stderr]
    assert not [text for text in texts if SECRET in text or "987654" in text]
    assert "5.html: total: failed check at gate 'small'" in ended.stderr


def test_lists_show_the_run_and_its_documents(done):
    home = done[0] / "home"
    (run,) = json.loads(docrail(home, "pipelines", "--json").stdout)
    assert (run["name"], run["status"], run["documents"]) == ("Invoices", "completed", 5)
    assert run["id"][-8:] in docrail(home, "pipelines").stdout
    assert "4.csv" in docrail(home, "documents", "--limit", "5").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retry", "last"], "nothing to retry"),
        (["cancel", "last"], "ended already"),
        (["results", "ffffffffffff"], "no pipeline"),
        (["results", "abc"], "too short"),
        (["export", "--out", "table.doc"], ".doc"),
        (["run", "nowhere", "--spec", "spec.yaml"], "spec.yaml"),
        (["pipelines", "--bogus"], "No such option"),
        (["bogus"], "No such command"),
    ],
)
def test_wrong_usage_is_two_and_says_why(done, arguments, said, tmp_path):
    ended = docrail(done[0] / "home", *arguments, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_nothing_to_resume_or_retry_is_said(done):
    resumed = docrail(done[0] / "home", "resume")
    assert resumed.returncode == 0
    assert "nothing to resume" in resumed.stderr
    tried = docrail(done[0] / "home", "retry", "last", "--dry-run")
    assert (tried.returncode, tried.stdout) == (0, "0 documents would run again\n")


def test_a_run_that_cannot_start_is_two(good, spec, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.yaml").write_text("name: X\nfields: {a: {type: strin}}\n")
    for arguments in (
        ["run", "empty", "--spec", spec],
        ["run", good, "nowhere", "--spec", spec],
        ["run", good, "--spec", "bad.yaml"],
        ["run", good, "--spec", spec, "--out", "table.doc"],
        ["run", good, "--spec", spec, "--bogus"],
    ):
        ended = docrail("home", *arguments, cwd=tmp_path)
        assert (ended.returncode, ended.stdout) == (2, ""), arguments
        assert "Traceback" not in ended.stderr


def test_one_bad_file_is_three_and_only_bad_ones_are_one(spec, tmp_path):
    (tmp_path / "good.txt").write_text(TEXT.format(n=1))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nbroken")
    some = docrail("home", "run", "good.txt", "empty.txt", "broken.pdf", "--spec", spec, cwd=tmp_path)
    assert some.returncode == 3, some.stderr
    assert "Failed: 2 documents" in some.stdout
    assert "empty.txt (before any phase, empty)" in some.stdout
    none = docrail("home", "run", "empty.txt", "--spec", spec, cwd=tmp_path)
    assert none.returncode == 1
    assert "no document was completed" in none.stdout


def test_globs_and_twins(spec, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TEXT.format(n=1))
    (tmp_path / "c.md").write_text("left out")
    ended = docrail("home", "run", "*.txt", "--spec", spec, "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["totalDocuments"] == 1
    assert "the same as" in ended.stderr
    assert "taken once" in ended.stderr


@pytest.mark.parametrize("how", [signal.SIGINT])
def test_an_interrupted_run_goes_on(how, spec, tmp_path):
    home, files = tmp_path / "home", write_documents(tmp_path / "files", 150)
    with start(home, "run", files, "--spec", spec) as process:
        wait_for_progress(home)
        process.send_signal(how)
        _, errors = process.communicate(timeout=30)
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert f"docrail resume {last_progress(home)['pipelineId']}" in errors
    resumed = docrail(home, "resume", "last", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["completedDocuments"] == 150


def test_a_cancelled_run_is_one_when_resumed(spec, tmp_path):
    home, files = tmp_path / "home", write_documents(tmp_path / "files", 150)
    with start(home, "run", files, "--spec", spec) as process:
        wait_for_progress(home)
        process.kill()
        process.communicate(timeout=30)
    assert docrail(home, "cancel", "last").returncode == 0
    assert docrail(home, "resume", "last").returncode == 1
    assert last_progress(home)["status"] == "cancelled"


def test_spec_check_names_every_problem_with_its_line(spec, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: X\nfields:\n  a: {type: strin}\n  b: {type: numbr}\n")
    ended = docrail(tmp_path / "home", "spec", "check", bad)
    assert ended.returncode == 2
    assert f"{bad}:3:" in ended.stderr
    assert f"{bad}:4:" in ended.stderr
    assert docrail(tmp_path / "home", "spec", "check", spec).returncode == 0
    shown = docrail(tmp_path / "home", "spec", "show", spec).stdout
    assert all(word in shown for word in ("number", "Total due", "validation-2"))


def test_keys_are_made_listed_and_revoked(tmp_path):
    home = tmp_path / "home"
    made = json.loads(docrail(home, "keys", "create", "--name", "erp", "--json").stdout)
    assert made["key"].startswith("dr_")
    listed = docrail(home, "keys", "list").stdout
    assert "erp" in listed
    assert made["key"] not in listed
    assert docrail(home, "keys", "revoke", made["id"][-8:]).returncode == 0
    assert docrail(home, "keys", "revoke", "ffffffff").returncode == 2


def test_help_imports_nothing_heavy():
    heavy = {"sqlalchemy", "dbos", "pydantic", "fastapi", "liteparse", "duckdb", "numpy"}
    code = (
        "import sys\nfrom docrail.cli.app import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stderr == "[]\n"
    assert all(name in ran.stdout for name in COMMANDS)


def test_every_help_has_an_example():
    from typer.testing import CliRunner

    from docrail.cli.app import app, load_command

    paths = [[]]
    for name in COMMANDS:
        paths += [[name], *([name, each] for each in getattr(load_command(name), "commands", {}))]
    assert len(paths) > len(COMMANDS) + 4
    for path in paths:
        shown = CliRunner().invoke(app, [*path, "--help"])
        assert shown.exit_code == 0, path
        assert "Example:" in shown.output, path
