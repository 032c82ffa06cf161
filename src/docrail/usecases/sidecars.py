"""Files of a disk: which ones are meant, and what stands beside them."""

import json
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value


def find_files(paths: Sequence[str]) -> list[Path]:
    """The files that paths, folders (all below) and globs name, in order, each once; sidecars are no documents.

    Raises InvalidInput naming every path that leads nowhere.
    """
    found: dict[Path, None] = {}
    problems = []
    for text in paths:
        here = _expand(text)
        if not here and not Path(text).is_dir():
            problems.append(Problem(path=text, message="no such file or folder"))
        found.update(dict.fromkeys(here))
    if problems:
        raise InvalidInput("some paths lead nowhere", tuple(problems))
    beside = Counter((path.parent, path.stem) for path in found)
    return [path for path in found if not _is_sidecar(path, found, beside)]


def _expand(text: str) -> list[Path]:
    path = Path(text)
    if path.is_file():
        return [path]
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
    root = Path(path.anchor) if path.is_absolute() else Path()
    pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else text
    return sorted(each for each in root.glob(pattern) if each.is_file()) if pattern else []


def _is_sidecar(path: Path, named: Container[Path], beside: Mapping[tuple[Path, str], int]) -> bool:
    """Whether a `.json` file only describes another: `a.pdf.json`, or `a.json` beside exactly `a.<other>`.

    `beside` says how many files of a folder have one stem.
    """
    if path.suffix != ".json":
        return False
    return path.with_suffix("") in named or beside[path.parent, path.stem] > 1


def read_sidecar(path: Path) -> dict[str, Value]:
    """The values known of a file from the JSON beside it. Raises InvalidInput unless it is an object."""
    for place in (path.with_name(path.name + ".json"), path.with_suffix(".json")):
        if place != path and place.is_file():
            try:
                content = json.loads(place.read_text(encoding="utf-8"))
            except ValueError as error:
                raise InvalidInput(f"{place} is not JSON: {error}") from error
            if not isinstance(content, dict):
                raise InvalidInput(f"{place} must hold a JSON object of field values")
            return content
    return {}
