"""Reads one file as a program of its own and prints what became of it: `python -m tests.integration.read_alone`.

Arguments: the file, seconds, megabytes. The parent measures what this process and the reader under it cost.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from docrail.core.errors import DocumentError
from docrail.reading.sandbox import Limits, Reader

MAILS = (".eml", ".msg")


def main(path: Path, *, seconds: float, memory_mb: int) -> dict[str, object]:
    with Reader(limits=Limits(seconds=seconds, memory_mb=memory_mb)) as reader:
        try:
            layout = reader.read(path, filename=path.name)
            inside = read_inside(reader, path, Path.cwd()) if path.suffix in MAILS else ""
        except DocumentError as error:
            return {"outcome": "reject", "code": error.code, "message": error.message}
    return {
        "outcome": "process",
        "text": "\n".join((layout.text, inside)),
        "hidden": [hidden.text for page in layout.pages for hidden in page.hidden],
        "issues": [issue.code for issue in layout.issues],
        "pages": len(layout.pages),
        "rows": [max(cell.row for cell in table.cells) + 1 for page in layout.pages for table in page.tables],
    }


def read_inside(reader: Reader, path: Path, folder: Path) -> str:
    """The text of all files in a mail, at any depth: documents of their own in a run."""
    if path.suffix not in (*MAILS, ".zip"):
        return ""
    texts = []
    with TemporaryDirectory(dir=folder) as inner:
        for place in unpack(reader, path, Path(inner)):
            if place.suffix != ".zip":
                with suppress(DocumentError):  # a document of its own: its failure is its own, too
                    texts.append(reader.read(place, filename=place.name).text)
            texts.append(read_inside(reader, place, folder))
    return "\n".join(texts)


def unpack(reader: Reader, path: Path, folder: Path) -> list[Path]:
    places = []
    with reader.unpacking(path, filename=path.name, most=100, most_bytes=100_000_000) as container:
        for n, part in enumerate(container):
            place = folder / f"{n}{Path(part.name).suffix}"
            with suppress(DocumentError):  # named only, with why it is not taken
                place.write_bytes(b"".join(part.blocks()))
                places.append(place)
    return places


if __name__ == "__main__":
    answer = main(Path(sys.argv[1]), seconds=float(sys.argv[2]), memory_mb=int(sys.argv[3]))
    print(json.dumps(answer))
