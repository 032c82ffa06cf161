"""The examples of docs/howto/use-the-client.md, run against a real server, and its table against the client."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.api.conftest import running

import docrail.client
from docrail.bootstrap import open_program, working
from docrail.client import Client
from docrail.client.resource import ManyResults, OneResult
from docrail.config import Settings
from docrail.usecases.keys import create_key

PAGE = (Path(__file__).parents[2] / "docs/howto/use-the-client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
SPEC = """
name: Letters
fields:
  number: {type: string, synonyms: [Invoice No], requires_review: true}
gates: [{name: seen, checks: [required]}]
rail: [{type: schema}, {type: valid, gates: [seen]}]
"""


@pytest.fixture
def environment(tmp_path):
    """A folder with letters and a spec, and a server that works."""
    (tmp_path / "letters").mkdir()
    for n, name in enumerate(("one", "two"), 1):
        (tmp_path / f"letters/{name}.txt").write_text(f"Invoice No: R-{n}\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    with (
        open_program(Settings(home=str(tmp_path / "home"))) as program,
        running(program) as url,
        working(program),
    ):
        yield {"DOCRAIL_URL": url, "DOCRAIL_KEY": create_key(program, scopes=("read", "write")).secret}


def test_every_example_runs(environment, tmp_path, monkeypatch):
    done = run("\n\n".join(EXAMPLES), environment, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "completed 2 of 2" in lines and "completed 2 0" in lines
    assert (tmp_path / "table.csv").read_text().splitlines()[0].split(",")[0]
    assert any(re.match(r"one.txt number \w+ \[", line) for line in lines)


def test_the_examples_are_typed(tmp_path):
    for n, example in enumerate(EXAMPLES):
        (tmp_path / f"example_{n}.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", *tmp_path.glob("*.py")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_table_names_every_call():
    table = PAGE.partition("## Parts")[2].partition("\nWhat they do")[0]
    with Client("http://docrail.example", "dr_x") as client:
        parts = [value for name, value in vars(client).items() if not name.startswith("_")]
    calls = {
        name
        for part in [*map(type, parts), Client]
        for kind in part.__mro__
        for name, value in vars(kind).items()
        if isinstance(value, OneResult | ManyResults)
    }
    names = {name for name, value in vars(client).items() if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)`", table)) == calls | names | {"close"}


def test_the_client_imports_httpx_and_msgspec_and_nothing_else():
    imported = set()
    for file in Path(docrail.client.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    others = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in others if not name.startswith("docrail.client")} == {"httpx", "msgspec"}


def test_a_call_shows_its_signature_and_what_it_does():
    with Client("http://docrail.example", "dr_x") as client:
        watch = client.pipelines.watch
    assert list(inspect.signature(watch).parameters) == ["pipeline_id", "stream"]
    assert watch.__doc__.startswith("Each new state once")


def test_importing_the_client_loads_nothing_of_the_server():
    code = (
        "import sys, httpx, httpcore, msgspec.json, time; began = time.process_time(); import docrail.client;"
        "took = time.process_time() - began;"
        "names = {name.partition('.')[0] for name in sys.modules};"
        "ours = [n for n in sys.modules if n.startswith('docrail.') and not n.startswith('docrail.client')];"
        "assert not ours, ours;"
        "assert not names & {'pydantic', 'fastapi', 'sqlalchemy', 'numpy', 'dbos', 'typer'}, names;"
        "assert took < 0.3, took"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def run(code, environment, folder):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(Path(docrail.client.__file__).parents[2]), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
