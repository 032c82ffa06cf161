"""Reads one file as a program of its own and prints what became of it: `python -m tests.integration.read_alone`.

Arguments: the file, seconds, megabytes. The parent measures what this process and the reader under it cost.
"""

import json
import sys
from pathlib import Path

from docrail.core.errors import DocumentError
from docrail.reading.sandbox import Limits, Reader


def main(path: Path, *, seconds: float, memory_mb: int) -> dict[str, object]:
    with Reader(limits=Limits(seconds=seconds, memory_mb=memory_mb)) as reader:
        try:
            layout = reader.read(path, filename=path.name)
        except DocumentError as error:
            return {"outcome": "reject", "code": error.code, "message": error.message}
    return {
        "outcome": "process",
        "text": layout.text,
        "hidden": [hidden.text for page in layout.pages for hidden in page.hidden],
        "issues": [issue.code for issue in layout.issues],
        "pages": len(layout.pages),
        "rows": [max(cell.row for cell in table.cells) + 1 for page in layout.pages for table in page.tables],
    }


if __name__ == "__main__":
    answer = main(Path(sys.argv[1]), seconds=float(sys.argv[2]), memory_mb=int(sys.argv[3]))
    print(json.dumps(answer))
