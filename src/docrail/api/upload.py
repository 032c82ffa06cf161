"""The multipart body of an upload: files spooled to disk, never whole in memory."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.usecases.documents import BLOCK, as_metadata

MOST_FILES = 10_000

UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "metadata": {"type": "string", "description": "a JSON object of values already known"},
                    "batch_id": {"type": "string", "description": "any word that these files share"},
                },
            }
        }
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What was given: files in order, values already known of them, and the word they share."""

    files: tuple[UploadFile, ...]
    metadata: dict[str, Value]
    batch_id: str | None


async def read_upload(request: Request) -> AsyncIterator[Upload]:
    """The upload of a request; its spooled files go when the answer is made. Raises InvalidInput."""
    async with request.form(max_files=MOST_FILES) as form:
        given = form.getlist("files")
        files = tuple(each for each in given if isinstance(each, UploadFile))
        if not files:
            problem = Problem(path="files", message="no file given: send each as a part named `files`")
            raise InvalidInput("there is nothing to keep", (problem,))
        metadata, batch_id = form.get("metadata"), form.get("batch_id")
        yield Upload(
            files=files,
            metadata=as_metadata(metadata) if isinstance(metadata, str) else {},
            batch_id=batch_id if isinstance(batch_id, str) and batch_id else None,
        )


def read_blocks(file: UploadFile) -> Iterator[bytes]:
    """The bytes of one file, block by block."""
    return iter(lambda: file.file.read(BLOCK), b"")
