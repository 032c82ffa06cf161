"""The commands of docs/howto/review.md run, and do what the page says."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs/howto/review.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not shutil.which("jq"), reason="the page uses jq")
def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "DOCRAIL_HOME": str(tmp_path / "home"), "PATH": path, "COLUMNS": "120"}
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL))

    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr + done.stdout
    before, _, after = done.stdout.partition("total: corrected")
    assert "failed check" in before and "911" in before.partition("because")[0]
    assert "119" in after and "small" in after
    with (tmp_path / "decisions.csv").open() as file:
        assert [(row["action"], row["before"], row["after"]) for row in csv.DictReader(file)] == [
            ("correct", "911.0", "119.0")
        ]
