"""`client.documents`: give files, look at them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from docrail.client.download import Target, download
from docrail.client.effects import Items, Steps
from docrail.client.files import File, in_batches, open_uploads
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.documents import Admission, AdmissionEntry, Deletion, Document
from docrail.client.values.pages import Everything, Page
from docrail.client.values.value import Json

PATH = "/v1/documents"
UPLOAD = Route("POST", PATH, Everything[Admission])
LIST = Route("GET", PATH, Page[Document])
ADMISSIONS = Route("GET", f"{PATH}/admissions", Page[AdmissionEntry])
GET = Route("GET", f"{PATH}/{{document_id}}", Document)
DELETE = Route("DELETE", f"{PATH}/{{document_id}}", type(None))
DELETE_MANY = Route("POST", f"{PATH}/bulk-delete", Everything[Deletion])
CONTENT = Route("GET", f"{PATH}/{{document_id}}/content", bytes)
MARKDOWN = Route("GET", f"{PATH}/{{document_id}}/markdown", str)
LAYOUT = Route("GET", f"{PATH}/{{document_id}}/layout", Json)
PICTURE = Route("GET", f"{PATH}/{{document_id}}/pages/{{number}}.png", bytes)
DELETED_AT_ONCE = 500


class Documents(Resource[Link]):
    """What is given to be read."""

    @OneResult
    def upload(
        self, *files: File, metadata: Mapping[str, Any] | None = None, batch_id: str | None = None
    ) -> Steps[list[Admission]]:
        """Give files: paths, or names with bytes; what became of each, in order. What is in archives and mails follows
        them.

        Many files go in several requests, each streamed from the disk. `metadata` holds values already known of these
        documents; a pipeline can take all that share a `batch_id`. Raises OSError before anything is sent if a file
        is not there.
        """
        form = {"metadata": msgspec.json.encode(metadata).decode()} if metadata else {}
        form |= given(batch_id=batch_id)
        admitted: list[Admission] = []
        for batch in in_batches(open_uploads(files)):
            try:
                answer = yield from UPLOAD.ask(form=form, files=batch)
            finally:
                for upload in batch:
                    upload.close()
            admitted += answer.data
        return admitted

    @ManyResults
    def list(self, *, batch_id: str | None = None) -> Items[Document]:
        """Documents, newest first."""
        return list_all(LIST, batch_id=batch_id)

    @ManyResults
    def admissions(self, *, batch_id: str | None = None, status: str | None = None) -> Items[AdmissionEntry]:
        """Every file that was given and what became of it, newest first."""
        return list_all(ADMISSIONS, batch_id=batch_id, status=status)

    @OneResult
    def get(self, document_id: str) -> Steps[Document]:
        """One document."""
        return GET.ask(document_id)

    @OneResult
    def content(self, document_id: str) -> Steps[bytes]:
        """The bytes as they were given."""
        return CONTENT.ask(document_id)

    @OneResult
    def download(self, document_id: str, target: Target) -> Steps[int]:
        """Write the bytes as they were given to a path or an open file; how many there are."""
        return download(CONTENT.request(document_id), target)

    @OneResult
    def markdown(self, document_id: str) -> Steps[str]:
        """Its visible text as Markdown."""
        return MARKDOWN.ask(document_id)

    @OneResult
    def layout(self, document_id: str) -> Steps[Json]:
        """What docrail sees: pages, lines and words with boxes in points from the top left, tables, hidden text."""
        return LAYOUT.ask(document_id)

    @OneResult
    def picture(self, document_id: str, page: int, *, width: int | None = None) -> Steps[bytes]:
        """A page of a PDF or of a picture as PNG, upright; `width` in pixels. Pages count from 1."""
        return PICTURE.ask(document_id, str(page), params={"width": width})

    @OneResult
    def delete(self, document_id: str) -> Steps[None]:
        """Remove a document. Raises Conflict once a pipeline ran it."""
        return DELETE.ask(document_id)

    @OneResult
    def delete_many(self, document_ids: Sequence[str]) -> Steps[tuple[Deletion, ...]]:
        """Remove documents; what became of each. What goes wrong with one stops none."""
        deleted: tuple[Deletion, ...] = ()
        for first in range(0, len(document_ids), DELETED_AT_ONCE):
            some = document_ids[first : first + DELETED_AT_ONCE]
            answer = yield from DELETE_MANY.ask(json={"document_ids": some})
            deleted += answer.data
        return deleted
