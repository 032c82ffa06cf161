"""The whole API over one link: its parts as attributes, and the calls that do the main job at once."""

from collections.abc import Sequence
from math import inf
from time import monotonic
from typing import Any, TypeAlias

from docrail.client.asking import ask
from docrail.client.effects import Answer, Pause, Request, Steps
from docrail.client.errors import read_retry_after
from docrail.client.files import File, open_uploads
from docrail.client.resource import Link, OneResult, Resource
from docrail.client.resources.account import Audit, Fields, Keys
from docrail.client.resources.documents import Documents
from docrail.client.resources.pipelines import Pipelines
from docrail.client.resources.policies import Policies
from docrail.client.resources.products import Products
from docrail.client.resources.reviews import Reviews
from docrail.client.resources.schemas import Schemas
from docrail.client.resources.specs import Specs, SpecText, read_text
from docrail.client.resources.webhooks import Webhooks
from docrail.client.route import Route, given
from docrail.client.values.pipelines import StartedPipeline
from docrail.client.values.results import Extracted, NotReady

RUN = Route("POST", "/v1/run", StartedPipeline)
EXTRACT = Route("POST", "/v1/extract", Extracted)
EXTRACTED = Route("GET", "/v1/extract/{pipeline_id}", Extracted)
NOT_READY = Route("GET", "/v1/extract/{pipeline_id}", NotReady)
ACCEPTED = 202
WAIT = 20.0
POLL = 1.0
SLOWNESS = 30.0
"""Seconds that an answer may take longer than it was asked to wait."""

Schema: TypeAlias = SpecText
"""A spec or a bare JSON Schema: its text, the Path of a file, or a dict."""


class Api(Resource[Link]):
    """Every part of the API."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.documents = Documents(link)
        self.specs = Specs(link)
        self.schemas = Schemas(link)
        self.policies = Policies(link)
        self.pipelines = Pipelines(link)
        self.products = Products(link)
        self.reviews = Reviews(link)
        self.fields = Fields(link)
        self.keys = Keys(link)
        self.webhooks = Webhooks(link)
        self.audit = Audit(link)

    @OneResult
    def run(
        self,
        files: Sequence[File],
        schema: Schema | None = None,
        *,
        schema_id: str | None = None,
        name: str | None = None,
        batch_id: str | None = None,
    ) -> Steps[StartedPipeline]:
        """Give files and start a pipeline over them, in one request; `admissions` says what became of each file.

        Raises OSError before anything is sent if a file is not there.
        """
        form = _form(schema, schema_id) | given(name=name, batch_id=batch_id)
        answer = yield from _send(RUN.request(form=form, files=open_uploads(files)))
        return RUN.read(answer)

    @OneResult
    def extract(
        self,
        file: File | None = None,
        schema: Schema | None = None,
        *,
        schema_id: str | None = None,
        document_id: str | None = None,
        timeout: float | None = None,
    ) -> Steps[Extracted]:
        """The record of one document, given as a file or by its id, with confidences and places; waits until it is
        ready.

        Raises InvalidInput with the document's own code if it cannot be read, TimeoutError after `timeout` seconds.
        """
        ends = inf if timeout is None else monotonic() + timeout
        wait = min(WAIT, ends - monotonic())
        answer = yield from _extract(file, schema, schema_id=schema_id, document_id=document_id, wait=wait)
        while answer.status == ACCEPTED:
            pipeline_id = NOT_READY.read(answer).pipeline_id
            if monotonic() >= ends:
                raise TimeoutError(f"no record after {timeout:g} seconds; pipeline {pipeline_id} goes on")
            yield Pause(min(read_retry_after(answer.headers) or POLL, ends - monotonic()))
            answer = yield from ask(EXTRACTED.request(pipeline_id))
        return EXTRACTED.read(answer)


def _extract(
    file: File | None, schema: Schema | None, *, schema_id: str | None, document_id: str | None, wait: float
) -> Steps[Answer]:
    if (file is None) == (document_id is None):
        raise ValueError("give either a file or a document_id")
    form = _form(schema, schema_id)
    more: dict[str, Any] = {"params": {"wait": f"{max(0.0, wait):.3f}"}, "patience": wait + SLOWNESS}
    if file is None:
        return (yield from ask(EXTRACT.request(json=form | given(document_id=document_id), **more)))
    return (yield from _send(EXTRACT.request(form=form, files=open_uploads([file]), **more)))


def _send(request: Request) -> Steps[Answer]:
    """The answer to an upload, whose files are let go."""
    try:
        return (yield from ask(request))
    finally:
        for upload in request.files:
            upload.close()


def _form(schema: Schema | None, schema_id: str | None) -> dict[str, str]:
    if (schema is None) == (schema_id is None):
        raise ValueError("give either a schema or a schema_id")
    return {"schema": read_text(schema)} if schema is not None else {"schema_id": str(schema_id)}
