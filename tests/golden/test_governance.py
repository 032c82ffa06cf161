"""Golden runs of the governed parts, by the real program: the table is compared byte for byte, ids apart.

A contract with two amendments and an unsigned draft; a three-way match that holds and one that does not; invoices whose
totals do not add up; invoices in other currencies. The expected tables were checked against the documents by eye.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCRAIL = str(Path(sys.executable).parent / "docrail")
CASES = Path(__file__).parent / "governance"
ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.mark.parametrize("case", ["amendments", "three-way", "totals", "currency"])
def test_a_governed_run_gives_the_expected_table(case, tmp_path):
    table, folder = tmp_path / "table.csv", CASES / case
    command = [DOCRAIL, "--home", str(tmp_path / "home"), "run", str(folder / "documents")]
    command += ["--spec", str(folder / "spec.yaml"), "--out", str(table), "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert ID.sub(b"<id>", table.read_bytes()) == (folder / "expected.csv").read_bytes()
