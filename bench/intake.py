"""How many files of a folder are taken in a second, and with how much memory: `python bench/intake.py [--files 10000]`.

The files are PDFs of 20 KB, one in a hundred the same as another. Beside it, the same bytes written and synced one
file after another: what an intake costs that keeps each file for itself. Also one ZIP of as many files as are allowed.
"""

import argparse
import os
import resource
import tempfile
import time
import zipfile
from pathlib import Path

from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.usecases.intake import add_paths

SIZE = 20_000


def make_files(folder: Path, count: int) -> list[Path]:
    """PDFs by their first bytes, random otherwise."""
    folder.mkdir()
    paths = [folder / f"{n:06}.pdf" for n in range(count)]
    same = os.urandom(SIZE)
    for n, path in enumerate(paths):
        path.write_bytes(b"%PDF-1.7\n" + (os.urandom(SIZE) if n % 100 else same))
    return paths


def make_zip(path: Path, count: int) -> Path:
    """An archive of so many files."""
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(count):
            archive.writestr(f"{n}.pdf", b"%PDF-1.7\n" + os.urandom(SIZE))
    return path


def write_one_by_one(paths: list[Path], folder: Path) -> None:
    """The least that keeping each file for itself costs."""
    folder.mkdir()
    for path in paths:
        with (folder / path.name).open("wb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    count = parser.parse_args().files
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = make_files(folder / "files", count)
        with open_program(Settings(home=str(folder / "home"))) as program:
            started = time.monotonic()
            taken = sum(1 for _ in add_paths(program, paths))
            show("docrail, a folder", taken, started)
            archive = make_zip(folder / "many.zip", program.reader.limits.entries)
            started = time.monotonic()
            show("docrail, one archive", sum(1 for _ in add_paths(program, [archive])), started)
        some = paths[: max(1, count // 10)]
        started = time.monotonic()
        write_one_by_one(some, folder / "copies")
        show("write and fsync, one by one", len(some), started)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def show(what: str, count: int, started: float) -> None:
    """One figure."""
    seconds = time.monotonic() - started
    print(f"{what:30} {count:7,} files in {seconds:6.1f} s: {count / seconds:7.0f} files/s")


if __name__ == "__main__":
    main()
