"""Truth files: JSON lines of documents with the values that are true of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.core.spec import Field
from docrail.core.spec_path import suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthLine:
    """What is true of one document: its path as written, and field → value (None: it has none)."""

    document: str
    fields: Mapping[str, Value]
    line: int


def read_truth(path: Path, fields: Sequence[Field]) -> list[TruthLine]:
    """The lines of a truth file: `{"document": "a.pdf", "fields": {"total": 12.0}}`. Values of fields that the spec
    does not have are left out, unless no field is the spec's.

    Raises InvalidInput with every line that cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
    known = [field.name for field in fields]
    found: list[TruthLine] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(_read_line(line, number, known))
            except InvalidInput as error:
                problems.append(Problem(path=f"line {number}", message=error.message, line=number))
    if not found and not problems:
        problems.append(Problem(path=str(path), message="it is empty: give a line for each document"))
    if problems:
        raise InvalidInput(f"{path} cannot be used as truth", tuple(problems))
    return found


def _read_line(line: str, number: int, known: Sequence[str]) -> TruthLine:
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise InvalidInput(f"not JSON: {error}") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("document"), str):
        raise InvalidInput('needs "document" (the path of the file) and "fields" (field → value)')
    fields = entry.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise InvalidInput('needs "fields": an object of field → value')
    ours = {name: value for name, value in fields.items() if name in known}
    if not ours:
        strange = next(iter(fields))
        raise InvalidInput(f"the spec has none of its fields, as '{strange}'{suggest(strange, known)}")
    return TruthLine(document=entry["document"], fields=ours, line=number)


def match_files(lines: Iterable[TruthLine], files: Sequence[Path]) -> list[tuple[TruthLine, Path]]:
    """The lines with the file that each names: its path, or the end of it. Raises InvalidInput if one names several."""
    matched, problems = [], []
    for line in lines:
        parts = Path(line.document).parts
        found = [file for file in files if file.resolve().parts[-len(parts) :] == parts]
        found = found or [file for file in files if file.name == parts[-1]]
        if len(found) > 1:
            message = (
                f"'{line.document}' may be any of {', '.join(map(str, found[:3]))}: write more of its path"
            )
            problems.append(Problem(path=f"line {line.line}", message=message, line=line.line))
        matched += [(line, found[0])] if found else []
    if problems:
        raise InvalidInput("the truth names files that cannot be told apart", tuple(problems))
    return matched


def files_beside(lines: Iterable[TruthLine], truth: Path) -> list[tuple[TruthLine, Path]]:
    """The lines with their files, from its folder. Raises InvalidInput naming all that are missing."""
    matched = [(line, truth.parent / line.document) for line in lines]
    missing = [
        Problem(path=f"line {line.line}", message=f"no file '{file}'", line=line.line)
        for line, file in matched
        if not file.is_file()
    ]
    if missing:
        raise InvalidInput(f"{truth} names files that are not there", tuple(missing))
    return matched
