"""Hostile files that are too big for the project or come in many variants, made when a test wants them."""

import io
import zipfile
from collections.abc import Callable


def make_many_files() -> bytes:
    """5,000 tiny files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for n in range(5000):
            archive.writestr(zipfile.ZipInfo(f"d{n // 100}/f{n}.txt"), "x")
    return target.getvalue()


BIG_FILES: dict[str, Callable[[], bytes]] = {
    "many_files.zip": make_many_files,
    "one_long_line.csv": lambda: b"x" * 2_000_000 + b"\n",
}
