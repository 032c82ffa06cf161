"""The commands of docs/howto/see-what-docrail-sees.md run, and its picture is what they draw."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs/howto"
PAGE = (HOWTO / "see-what-docrail-sees.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the commands of the page were run; what they printed is in `printed`."""
    folder = tmp_path_factory.mktemp("see")
    (folder / "examples").symlink_to(ROOT / "examples")
    script = "set -euo pipefail\n" + "".join(re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    (folder / "printed").write_text(done.stdout)
    return folder


def drawn(path):
    """Every element of a drawing but its picture, whose bytes are the renderer's."""
    return [
        (each.tag, each.text, {name: value for name, value in each.attrib.items() if name != "href"})
        for each in ET.parse(path).iter()
    ]


def test_the_picture_of_the_page_is_what_the_command_draws(folder):
    assert drawn(HOWTO / "seen.svg") == drawn(folder / "seen.svg")


def test_the_commands_print_what_the_page_says(folder):
    printed = (folder / "printed").read_text()
    assert "page 1 · 612 × 792 points" in printed
    assert "Online Delivery (Livestream):" in " ".join(printed.split())
    assert json.loads((folder / "orlen.json").read_text())["media_type"] == "text/html"
    assert "| --- |" in (folder / "orlen.md").read_text()
