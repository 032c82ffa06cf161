"""The real program as a process of its own, and a few small documents for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

DOCRAIL = str(Path(sys.executable).parent / "docrail")
SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No], required: true}
  net: {type: number, format: money, synonyms: [Net]}
  tax: {type: number, format: money, synonyms: [Tax]}
  total: {type: number, format: money, synonyms: [Total due], required: true}
gates:
  - {name: sums, fields: [total], checks: [{rule: "near(net + tax, total, 0.01)"}]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: valid, gates: [sums]}
"""


@pytest.fixture(scope="session")
def start():
    """Starts `docrail` on a home folder; text on its pipes, 120 columns wide."""

    def start_docrail(home, *arguments):
        return subprocess.Popen(
            [DOCRAIL, "--home", str(home), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "120"},
        )

    return start_docrail


@pytest.fixture(scope="session")
def docrail(start):
    """Runs `docrail` on a home folder to its end; the finished process."""

    def run_docrail(home, *arguments):
        with start(home, *arguments) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    return run_docrail


@pytest.fixture(scope="session")
def spec_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "invoice.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture(scope="session")
def write_invoice():
    """Writes the text of an invoice; `total` is what it says, which adds up unless given."""

    def write(path, *, n, total=None):
        net, tax = 100 + n, 19
        shown = net + tax if total is None else total
        path.write_text(f"Invoice No: R-{n:04}\n\nNet: {net}.00\nTax: {tax}.00\nTotal due: {shown}.00 EUR\n")

    return write
