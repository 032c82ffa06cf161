"""Suggest a spec from sample documents: the fields that recur in them, ready to be kept or edited."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml

from docrail.core.errors import DocumentError, InvalidInput, Problem
from docrail.core.model import Layout
from docrail.core.spec import Spec, Stage
from docrail.core.spec_build import spec_to_document
from docrail.phases.extraction.suggest_fields import suggest_fields
from docrail.reading.sandbox import Reader

DOCUMENTS_AT_MOST = 100


def suggest_spec(layouts: Sequence[Layout], *, name: str) -> Spec:
    """A spec for documents like these. Raises InvalidInput when nothing recurs in them."""
    fields = suggest_fields(layouts)
    if not fields:
        raise InvalidInput(
            "no label with a value recurs in these documents: give more of one kind, or write the fields by hand"
        )
    return Spec(name=name, fields=fields, rail=(Stage(type="registry"), Stage(type="schema")))


def spec_to_yaml(spec: Spec) -> str:
    """The spec as a spec file."""
    return yaml.safe_dump(spec_to_document(spec), sort_keys=False, allow_unicode=True, width=100)


def read_samples(reader: Reader, paths: Iterable[Path]) -> tuple[list[Layout], list[Problem]]:
    """The layouts of the files, those in folders too, and what could not be read. Raises InvalidInput if none could."""
    layouts: list[Layout] = []
    problems: list[Problem] = []
    files = list(_files(paths))
    if len(files) > DOCUMENTS_AT_MOST:
        raise InvalidInput(f"{len(files)} files: give {DOCUMENTS_AT_MOST} samples at most")
    for path in files:
        try:
            layouts.append(reader.read(path, filename=path.name))
        except DocumentError as error:
            problems.append(Problem(path=str(path), message=error.message))
    if not layouts:
        raise InvalidInput("none of the samples could be read", tuple(problems))
    return layouts, problems


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
        elif path.is_file():
            yield path
        else:
            raise InvalidInput(f"{path}: no such file or folder")
