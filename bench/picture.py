"""Draw docs/progress.svg: the real live picture in the middle of a real run of examples/invoices.

    python bench/picture.py

A run in a temporary home, where no layout is cached, so that the scan is still being read while others are through.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from docrail.bootstrap import open_program
from docrail.cli.live import draw
from docrail.cli.screen import elapsed, file_names
from docrail.config import Settings
from docrail.core.progress import Progress
from docrail.usecases.pipelines import get_progress, list_pipelines

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "invoices"
TARGET = ROOT / "docs" / "progress.svg"
WIDTH = 104
FONTS = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)


def main() -> None:
    """Run, look as often as possible, draw the moment that shows most."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command = [str(Path(sys.executable).parent / "docrail"), "--home", str(home)]
        command += [
            "run",
            str(EXAMPLE / "documents"),
            "--spec",
            str(EXAMPLE / "spec.yaml"),
            "--name",
            "invoices",
        ]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "100"}
        ) as run:
            while not (home / "docrail.db").exists() and run.poll() is None:
                time.sleep(0.05)
            time.sleep(1.0)  # the tables are being made
            svg = best_picture(home, run)
    TARGET.write_text(svg, encoding="utf-8")
    print(f"{TARGET}: {len(svg):,} bytes")


def best_picture(home: Path, run: "subprocess.Popen[bytes]") -> str:
    """The picture of the moment with the most counters that are not zero."""
    best, picture = 0, ""
    with open_program(Settings(home=str(home))) as program:
        names = file_names(program)
        while run.poll() is None:
            runs, _ = list_pipelines(program)
            if runs:
                progress = get_progress(program, runs[0].id)
                if not progress.status.terminal and (seen := liveliness(progress)) > best:
                    drawn = draw(
                        progress, title="invoices", file_name=names, seconds=elapsed(progress), width=WIDTH
                    )
                    best, picture = seen, as_svg(drawn)
            time.sleep(0.05)
    assert picture, "the run was over before anybody looked"
    return picture


def liveliness(progress: Progress) -> int:
    """How much there is to see: phases at work, counters that are not zero, errors, a rate."""
    numbers = [
        n
        for row in progress.phases
        for n in (row.completed, row.running, row.pending, row.errors, row.skipped)
    ]
    working = sum(1 for row in progress.phases if row.running)
    return sum(1 for n in numbers if n) + 3 * working + 2 * (progress.eta is not None) + len(progress.errors)


def as_svg(picture: object) -> str:
    """The picture as SVG that asks nobody for a font."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(picture)
    svg = console.export_svg(title="docrail run", unique_id="docrail")
    svg = FONTS.sub("", svg).replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")
    svg = "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"
    assert "@import" not in svg and not re.search(r"url\((?!#|\"#|'#)", svg), "asks for something outside"
    return svg


if __name__ == "__main__":
    main()
