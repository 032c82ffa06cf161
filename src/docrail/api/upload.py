"""The multipart body of an upload: every file goes to disk as it comes, never whole to memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from docrail.api.auth import Acting
from docrail.api.multipart import Form
from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput, Problem
from docrail.core.model import Value
from docrail.usecases.documents import as_metadata
from docrail.usecases.intake import BLOCK, discard
from docrail.usecases.opening import Arrived

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

    files: tuple[Arrived, ...]
    metadata: dict[str, Value]
    batch_id: str | None


async def read_upload(request: Request, program: Acting) -> AsyncIterator[Upload]:
    """The upload of a request. Files that are not kept by the end of it are gone, also if the client goes away."""
    async with received(request, program) as form:
        yield _upload(form)


@asynccontextmanager
async def received(request: Request, program: Program) -> AsyncIterator[Form]:
    """The form of a request, whole; its files that are not kept by the end of the block are gone."""
    form = Form(program, _boundary(request))
    try:
        await _receive(request, form)
        yield form
    except ClientDisconnect:
        raise HTTPException(400, "The body ended in the middle.") from None
    finally:
        await run_in_threadpool(_discard, form)


async def _receive(request: Request, form: Form) -> None:
    """Feed the form in large blocks, beside the loop that serves others."""
    block = bytearray()
    async for chunk in request.stream():
        block += chunk
        if len(block) >= BLOCK:
            await run_in_threadpool(form.write, bytes(block))
            block.clear()
    await run_in_threadpool(form.write, bytes(block))
    form.finish()


def _discard(form: Form) -> None:
    form.abandon()
    discard(form.files)


def _upload(form: Form) -> Upload:
    if not form.files:
        problem = Problem(path="files", message="no file given: send each as a part named `files`")
        raise InvalidInput("there is nothing to keep", (problem,))
    metadata, batch_id = form.fields.get("metadata"), form.fields.get("batch_id")
    if batch_id and (len(batch_id) > 500 or "\0" in batch_id):
        problem = Problem(path="batch_id", message="a word of at most 500 characters")
        raise InvalidInput("`batch_id` cannot be kept", (problem,))
    return Upload(
        files=tuple(form.files), metadata=as_metadata(metadata) if metadata else {}, batch_id=batch_id or None
    )


def _boundary(request: Request) -> bytes:
    _kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidInput("the Content-Type of the body has no `boundary`")
    return boundary
