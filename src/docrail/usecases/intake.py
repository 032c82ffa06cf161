"""What a person can do with files: give them. Each becomes a document or is refused, and the ledger says so."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docrail.bootstrap import Program
from docrail.core.errors import DocumentError
from docrail.core.model import Value
from docrail.reading.parts import IGNORED
from docrail.store.admissions import Entry, add_entries, list_entries
from docrail.store.documents import NewDocument, StoredDocument, add_documents
from docrail.store.ids import now_ms
from docrail.store.incoming import Incoming
from docrail.usecases.opening import Arrived, arrive, open_file
from docrail.usecases.sidecars import read_sidecar

BLOCK = 1 << 20
FILES_TOGETHER = 256
BYTES_TOGETHER = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of one file: `accepted`, `duplicate` (of `document`) or `refused` because of `code` and `reason`.

    `parent_id` is the document it was unpacked from, `origin` where it came from, in words for people.
    """

    filename: str
    origin: str
    status: str
    document: StoredDocument | None = None
    parent_id: str | None = None
    digest: str | None = None
    size_bytes: int | None = None
    media_type: str | None = None
    code: str | None = None
    reason: str | None = None

    @property
    def is_loss(self) -> bool:
        """Whether somebody may miss it: a logo or what a system left is refused and missed by nobody."""
        return self.status == "refused" and self.code != IGNORED


def add_file(
    program: Program,
    blocks: Iterable[bytes],
    *,
    filename: str,
    metadata: Mapping[str, Value] | None = None,
    batch_id: str | None = None,
) -> list[Admission]:
    """Keep one file and all that is in it; the first admission is that of the file itself."""
    arrived = receive(program, filename, blocks, metadata=metadata)
    return list(add_arrived(program, [arrived], batch_id=batch_id))


def add_paths(program: Program, paths: Iterable[Path], *, batch_id: str | None = None) -> Iterator[Admission]:
    """Keep files of the disk, each with the metadata of a `.json` file of the same name beside it.

    Admissions come in the order of `paths`, what is in a file behind it. A file that cannot be opened is refused.
    """
    return add_arrived(program, (_receive_path(program, path) for path in paths), batch_id=batch_id)


def receive(
    program: Program,
    filename: str,
    blocks: Iterable[bytes],
    *,
    origin: str | None = None,
    metadata: Mapping[str, Value] | None = None,
) -> Arrived:
    """The file as it came, block by block: kept by `add_arrived`. One over the limit is refused on the way."""
    limit = program.settings.max_file_mb * 1_000_000
    place = filename if origin is None else origin
    try:
        spooled = program.blobs.receive(_up_to(blocks, limit))
    except DocumentError as error:
        return arrive(filename, origin=place, refusal=error)
    return arrive(filename, origin=place, spooled=spooled, metadata=metadata)


def add_arrived(
    program: Program, files: Iterable[Arrived], *, batch_id: str | None = None
) -> Iterator[Admission]:
    """Make documents of files that have come, many in one transaction, and write down what became of each."""
    group: list[Arrived] = []
    size = 0
    try:
        for file in files:
            group.append(file)
            opened = open_file(program, file)
            group[-1:] = opened
            size += sum(each.spooled.size_bytes for each in opened if each.spooled)
            if len(group) >= FILES_TOGETHER or size >= BYTES_TOGETHER:
                yield from _admit(program, group, batch_id=batch_id)
                group, size = [], 0
        yield from _admit(program, group, batch_id=batch_id)
    finally:
        discard(group)


def discard(files: Iterable[Arrived]) -> None:
    """Leave nothing behind of files that were not kept; those kept have moved on already."""
    for file in files:
        if file.spooled:
            file.spooled.discard()


def too_large(limit: int) -> DocumentError:
    """The refusal of a file over the limit of bytes."""
    message = f"The file is larger than {limit // 1_000_000} MB: split it, or raise `max_file_mb`."
    return DocumentError(message, code="too_large")


def incoming(program: Program) -> Incoming:
    """A file that is pushed to us block by block."""
    return program.blobs.incoming()


def list_admissions(
    program: Program,
    *,
    limit: int = 20,
    after: str | None = None,
    batch_id: str | None = None,
    status: str | None = None,
) -> tuple[list[Entry], int]:
    """One page of the ledger of admissions, newest first, and how many rows match."""
    with program.database.reading() as connection:
        return list_entries(
            connection,
            workspace_id=program.workspace,
            limit=limit,
            before=after,
            batch_id=batch_id,
            status=status,
        )


def _admit(program: Program, files: Sequence[Arrived], *, batch_id: str | None) -> list[Admission]:
    """Keep the bytes first, then the rows: whoever sees a document finds its bytes."""
    if not files:
        return []
    kept = [file for file in files if file.spooled and not file.code]
    program.blobs.settle([file.spooled for file in kept if file.spooled])
    places = {file.key: n for n, file in enumerate(kept)}
    at = now_ms()
    with program.database.writing() as connection:
        added = add_documents(
            connection,
            [_new_document(file, places) for file in kept],
            workspace_id=program.workspace,
            batch_id=batch_id,
            at=at,
        )
        found = dict(zip(places, added, strict=True))
        admissions = [_admission(file, found) for file in files]
        entries = (_entry(each, batch_id=batch_id, at=at) for each in admissions)
        add_entries(connection, entries, workspace_id=program.workspace)
    return admissions


def _new_document(file: Arrived, places: Mapping[int, int]) -> NewDocument:
    assert file.spooled is not None  # kept files have bytes
    return NewDocument(
        digest=file.spooled.digest,
        filename=file.label,
        media_type=file.media_type,
        size_bytes=file.spooled.size_bytes,
        metadata=file.metadata,
        parent=None if file.parent is None else places.get(file.parent),
    )


def _admission(file: Arrived, found: Mapping[int, tuple[StoredDocument, bool]]) -> Admission:
    document, is_new = found.get(file.key, (None, False))
    parent = found.get(file.parent) if file.parent is not None else None
    return Admission(
        filename=file.label,
        origin=file.origin,
        status="refused" if document is None else "accepted" if is_new else "duplicate",
        document=document,
        parent_id=parent[0].id if parent else None,
        digest=file.spooled.digest if file.spooled else None,
        size_bytes=file.spooled.size_bytes if file.spooled else None,
        media_type=file.media_type or None,
        code=file.code,
        reason=file.reason,
    )


def _entry(admission: Admission, *, batch_id: str | None, at: int) -> Entry:
    return Entry(
        filename=admission.filename,
        status=admission.status,
        code=admission.code,
        reason=admission.reason,
        document_id=admission.document.id if admission.document else None,
        parent_id=admission.parent_id,
        digest=admission.digest,
        size_bytes=admission.size_bytes,
        batch_id=batch_id,
        created_at=at,
    )


def _receive_path(program: Program, path: Path) -> Arrived:
    metadata = read_sidecar(path)
    try:
        with path.open("rb") as file:
            blocks = iter(lambda: file.read(BLOCK), b"")
            return receive(program, path.name, blocks, origin=str(path), metadata=metadata)
    except OSError as error:
        refusal = DocumentError(f"The file cannot be opened: {error.strerror}.", code="unreadable")
        return arrive(path.name, origin=str(path), refusal=refusal)


def _up_to(blocks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > limit:
            raise too_large(limit)
        yield block
