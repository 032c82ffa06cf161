"""One request instead of four: files and a spec start a run; one document is answered with its record."""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool

from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pipeline_bodies import PipelineBody, show_pipeline
from docrail.api.result_bodies import PARTS, ResultBody, show_result
from docrail.api.routes.documents import AdmissionBody, show_admission
from docrail.api.upload import received
from docrail.api.watch import Watcher
from docrail.bootstrap import Program
from docrail.core.errors import InvalidInput
from docrail.usecases import one_shot
from docrail.usecases.one_shot import Wanted
from docrail.usecases.pipelines import get_progress

router = APIRouter(tags=["one request"])
POLL_SECONDS = 1


class ExtractRequest(BaseModel):
    """A document that is kept, and a spec (or JSON Schema) or the id of one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    document_id: Text
    schema_id: Text | None = None
    schema_: dict[str, Any] | str | None = None


class StartedBody(PipelineBody):
    """The pipeline that was started, and what became of each file."""

    admissions: list[AdmissionBody]


class ExtractedBody(ResultBody):
    """The record, with the confidence and the place of each value."""

    pipeline_id: str


class NotReadyBody(BaseModel):
    """The record is not ready: ask `poll_url` for it."""

    status: Literal["running"]
    pipeline_id: str
    poll_url: str


FIELDS = {
    "schema": {"type": "string", "description": "a spec or a JSON Schema, as JSON or YAML"},
    "schema_id": {"type": "string", "description": "instead: the id of a spec that is kept"},
}
FILES = {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}}
NAMES = {"name": {"type": "string"}, "batch_id": {"type": "string"}}
RUN_FORM: dict[str, Any] = {
    "schema": {"type": "object", "required": ["files"], "properties": {**FILES, **FIELDS, **NAMES}}
}
EXTRACT_FORM: dict[str, Any] = {
    "schema": {"type": "object", "required": ["files"], "properties": {**FILES, **FIELDS}}
}
EXTRACT_JSON: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["document_id"],
        "properties": {
            "document_id": {"type": "string"},
            "schema_id": {"type": "string"},
            "schema": {"type": ["object", "string"], "description": "a spec or a JSON Schema"},
        },
        "additionalProperties": False,
    }
}


async def _given(request: Request, program: Acting) -> AsyncIterator[Wanted]:
    """What a form or a JSON body asks for; files that are not kept by the end of the request are gone."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with received(request, program) as form:
            yield Wanted(
                spec=form.fields.get("schema"),
                spec_id=form.fields.get("schema_id"),
                files=tuple(form.files),
                document_id=form.fields.get("document_id"),
                name=form.fields.get("name"),
                batch_id=form.fields.get("batch_id"),
            )
        return
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise InvalidInput(f"the body is no JSON: {error}") from error
    if isinstance(body, dict) and "schema" in body:
        body["schema_"] = body.pop("schema")
    try:
        asked = ExtractRequest.model_validate(body)
    except ValidationError as error:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        ) from error
    text = asked.schema_ if isinstance(asked.schema_, str | None) else json.dumps(asked.schema_)
    yield Wanted(spec=text, spec_id=asked.schema_id, document_id=asked.document_id)


Given = Annotated[Wanted, Depends(_given)]


@router.post(
    "/v1/run",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": RUN_FORM}}},
)
def run(program: Acting, wanted: Given) -> StartedBody:
    """Keep files and a spec, and start a pipeline over them. A file that is refused refuses only itself."""
    started, admissions = one_shot.begin(program, wanted)
    return StartedBody(
        **show_pipeline(started).model_dump(), admissions=[show_admission(each) for each in admissions]
    )


@router.post(
    "/v1/extract",
    response_model=ExtractedBody,
    responses={202: {"model": NotReadyBody, "description": "Not ready within `wait` seconds."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": EXTRACT_FORM, "application/json": EXTRACT_JSON},
        }
    },
)
async def extract(
    request: Request,
    program: Acting,
    wanted: Given,
    wait: Annotated[float, Query(ge=0, le=60, description="seconds to wait for the record")] = 5,
) -> Response:
    """The record of one document at once if it is ready in a few seconds, else `202` with a `poll_url`."""
    until = time.monotonic() + wait
    started, _ = await run_in_threadpool(one_shot.begin, program, wanted, alone=True)
    await _wait(request.app.state.watcher, program, started.id, until=until)
    return await run_in_threadpool(_answer, program, started.id)


@router.get(
    "/v1/extract/{pipeline_id}",
    response_model=ExtractedBody,
    responses={202: {"model": NotReadyBody, "description": "Not ready yet."}},
)
def get_extracted(program: Acting, pipeline_id: PathId) -> Response:
    """The record that `POST /v1/extract` had not ready."""
    return _answer(program, pipeline_id)


async def _wait(watcher: Watcher, program: Program, run_id: str, *, until: float) -> None:
    while (left := until - time.monotonic()) > 0:
        progress = await run_in_threadpool(get_progress, program, run_id)
        if progress.status.terminal:
            return
        await watcher.changed(program, run_id, known=progress.revision, seconds=left)


def _answer(program: Program, run_id: str) -> Response:
    row = one_shot.outcome(program, run_id)
    if row is not None:
        body = ExtractedBody(pipeline_id=run_id, **show_result(row, PARTS).model_dump())
        return Response(body.model_dump_json(), media_type="application/json")
    url = f"/v1/extract/{run_id}"
    later = NotReadyBody(status="running", pipeline_id=run_id, poll_url=url)
    headers = {"Location": url, "Retry-After": str(POLL_SECONDS)}
    return Response(later.model_dump_json(), status_code=202, headers=headers, media_type="application/json")
