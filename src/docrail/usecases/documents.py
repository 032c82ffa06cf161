"""What a person can do with documents: give them, look at them."""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError, InvalidInput, Problem
from docrail.core.model import Value
from docrail.reading.detect import detect
from docrail.store import documents
from docrail.store.documents import StoredDocument
from docrail.store.ids import now_ms

BLOCK = 1 << 20
SNIFFED = 1 << 16
TOGETHER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of one file given: `accepted`, `duplicate` (of `document`) or `refused` because of `reason`."""

    filename: str
    status: str
    document: StoredDocument | None = None
    reason: str | None = None


def add_file(
    program: Program,
    chunks: Iterable[bytes],
    *,
    filename: str,
    metadata: Mapping[str, Value] | None = None,
    batch_id: str | None = None,
) -> Admission:
    """Keep the bytes of one file, streamed; a file over the limit is refused and leaves nothing behind."""
    kept = _keep(program, chunks, filename=filename, metadata=metadata or {})
    return _admit(program, [kept], batch_id=batch_id)[0]


def add_paths(program: Program, paths: Sequence[Path]) -> Iterator[Admission]:
    """Keep files of the disk, each with the metadata of a `.json` file of the same name beside it.

    Admissions come in the order of `paths`, some at a time. A file that cannot be opened is refused.
    """
    for start in range(0, len(paths), TOGETHER):
        kept = [_keep_path(program, path) for path in paths[start : start + TOGETHER]]
        yield from _admit(program, kept, batch_id=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A file whose bytes are in the blob store; without a digest it was refused because of `reason`."""

    filename: str
    digest: str = ""
    size_bytes: int = 0
    media_type: str = ""
    metadata: Mapping[str, Value] = field(default_factory=dict)
    reason: str | None = None


def _keep_path(program: Program, path: Path) -> _Kept:
    metadata = _sidecar(path)
    try:
        with path.open("rb") as file:
            blocks = iter(lambda: file.read(BLOCK), b"")
            return _keep(program, blocks, filename=path.name, metadata=metadata)
    except OSError as error:
        return _Kept(filename=path.name, reason=f"The file cannot be opened: {error.strerror}.")


def _keep(
    program: Program, chunks: Iterable[bytes], *, filename: str, metadata: Mapping[str, Value]
) -> _Kept:
    label = filename.replace("\\", "/").rsplit("/", 1)[-1] or "unnamed"
    try:
        digest, size = program.blobs.put(_up_to(chunks, program.settings.max_file_mb * 1_000_000))
    except DocumentError as error:
        return _Kept(filename=label, reason=error.message)
    with program.blobs.path(digest).open("rb") as file:
        media_type = detect(file.read(SNIFFED), filename=label)
    return _Kept(filename=label, digest=digest, size_bytes=size, media_type=media_type, metadata=metadata)


def _admit(program: Program, files: Sequence[_Kept], *, batch_id: str | None) -> list[Admission]:
    """Make documents of kept files, in one transaction."""
    with program.database.writing() as connection:
        return [_admit_one(connection, program.workspace, file, batch_id) for file in files]


def _admit_one(connection: Connection, workspace: str, file: _Kept, batch_id: str | None) -> Admission:
    if not file.digest:
        return Admission(filename=file.filename, status="refused", reason=file.reason)
    document, new = documents.add_document(
        connection,
        workspace_id=workspace,
        digest=file.digest,
        filename=file.filename,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        metadata=file.metadata,
        batch_id=batch_id,
        at=now_ms(),
    )
    return Admission(filename=file.filename, status="accepted" if new else "duplicate", document=document)


def _up_to(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            message = f"The file is larger than {limit // 1_000_000} MB: split it, or raise `max_file_mb`."
            raise DocumentError(message, code="too_large")
        yield chunk


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


def _sidecar(path: Path) -> dict[str, Value]:
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


def get_document(program: Program, document_id: str) -> StoredDocument:
    """One document. Raises NotFound."""
    with program.database.reading() as connection:
        return documents.read_document(connection, document_id, workspace_id=program.workspace)


def list_documents(
    program: Program, *, limit: int = 20, after: str | None = None, batch_id: str | None = None
) -> tuple[list[StoredDocument], int]:
    """One page of documents, newest first, and how many there are."""
    with program.database.reading() as connection:
        return documents.list_documents(
            connection, workspace_id=program.workspace, limit=limit, before=after, batch_id=batch_id
        )


def document_ids(program: Program) -> Iterator[str]:
    """The id of every document, newest first, page by page."""
    after: str | None = None
    while page := list_documents(program, limit=TOGETHER, after=after)[0]:
        yield from (document.id for document in page)
        after = page[-1].id


def content_path(program: Program, document_id: str) -> Path:
    """Where the bytes of a document stand. Raises NotFound."""
    return program.blobs.path(get_document(program, document_id).digest)


def as_metadata(text: str) -> dict[str, Any]:
    """Metadata given as JSON text. Raises InvalidInput unless it is an object."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"`metadata` is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidInput("`metadata` must be a JSON object of field values")
    return content
