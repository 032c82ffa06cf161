"""JSON Lines: one object a row, keys are the columns, values as JSON has them, nothing is null."""

from pathlib import Path

import msgspec

from docrail.usecases.export_table import Table


def write_jsonl(table: Table, target: Path) -> int:
    """Write the table; the number of its rows."""
    names = [column.name for column in table.columns]
    encode = msgspec.json.Encoder().encode
    count = 0
    with target.open("wb") as file:
        for row in table.rows:
            file.write(encode(dict(zip(names, row, strict=True))))
            file.write(b"\n")
            count += 1
    return count
