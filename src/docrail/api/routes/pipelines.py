"""Pipelines: start one over documents, look at it, add to it, retry, cancel."""

from typing import Literal

from fastapi import APIRouter

from docrail.api.auth import Acting
from docrail.api.ids import PathId, Text
from docrail.api.pages import Page, PageQuery
from docrail.api.pipeline_bodies import (
    AppendRequest,
    ErrorEntryBody,
    PipelineBody,
    PipelineRequest,
    RetriedBody,
    RetryRequest,
    RunDocumentBody,
    WholePipelineBody,
    show_error,
    show_pipeline,
    show_run_document,
    show_whole_pipeline,
)
from docrail.core.errors import InvalidInput, Problem
from docrail.core.progress import RunStatus
from docrail.usecases import pipelines

router = APIRouter(prefix="/v1/pipelines", tags=["pipelines"])
DocumentStatus = Literal["queued", "running", "completed", "partial", "error", "cancelled"]


@router.post("", status_code=201)
def create_pipeline(program: Acting, wanted: PipelineRequest) -> PipelineBody:
    """Freeze the rail of a spec with a new run over documents, and start it."""
    if wanted.source_id is not None:
        problem = Problem(path="source_id", message="no such source: give `document_ids` or a `batch_id`")
        raise InvalidInput("the pipeline has no documents", (problem,))
    run = pipelines.create_pipeline(
        program,
        spec_id=wanted.schema_id,
        document_ids=wanted.document_ids,
        batch_id=wanted.batch_id,
        name=wanted.name,
        metadata=wanted.metadata,
    )
    return show_pipeline(run)


@router.get("")
def list_pipelines(
    program: Acting,
    wanted: PageQuery,
    status: RunStatus | None = None,
    schema_id: Text | None = None,
    order: Literal["asc", "desc"] = "desc",
) -> Page[PipelineBody]:
    """Pipelines, newest first unless `order=asc`."""
    rows, total = pipelines.list_pipelines(
        program,
        limit=wanted.fetch,
        after=wanted.after,
        status=status,
        spec_id=schema_id,
        oldest_first=order == "asc",
    )
    return wanted.page(rows, total=total, show=show_pipeline, key=lambda row: row.id)


@router.get("/{pipeline_id}")
def get_pipeline(program: Acting, pipeline_id: PathId) -> WholePipelineBody:
    """One pipeline, with its frozen phases."""
    return show_whole_pipeline(
        pipelines.get_pipeline(program, pipeline_id), pipelines.get_usage(program, pipeline_id)
    )


@router.get("/{pipeline_id}/progress/audit", tags=["progress"])
def audit_progress(program: Acting, pipeline_id: PathId) -> dict[str, bool | list[str]]:
    """Recount everything from the documents' own rows, and say what differs from the counters."""
    drift = pipelines.audit_progress(program, pipeline_id)
    return {"consistent": not drift, "drift": drift}


@router.get("/{pipeline_id}/documents")
def list_pipeline_documents(
    program: Acting,
    pipeline_id: PathId,
    wanted: PageQuery,
    status: DocumentStatus | None = None,
    phase: Text | None = None,
) -> Page[RunDocumentBody]:
    """The documents of a pipeline, in its order."""
    rows, total = pipelines.list_pipeline_documents(
        program, pipeline_id, limit=wanted.fetch, after=wanted.after, status=status, phase=phase
    )
    return wanted.page(rows, total=total, show=show_run_document, key=lambda row: row.id)


@router.get("/{pipeline_id}/errors")
def list_errors(program: Acting, pipeline_id: PathId, wanted: PageQuery) -> Page[ErrorEntryBody]:
    """Why documents, or pipeline-scoped phases, stopped; oldest first."""
    entries, following, total = pipelines.list_errors(
        program, pipeline_id, limit=wanted.limit, after=wanted.after
    )
    return wanted.page_until(entries, total=total, show=show_error, following=following)


@router.post("/{pipeline_id}/documents")
def append_documents(program: Acting, pipeline_id: PathId, wanted: AppendRequest) -> PipelineBody:
    """Add documents to a pipeline: a new generation."""
    return show_pipeline(pipelines.append_documents(program, pipeline_id, wanted.document_ids))


@router.post("/{pipeline_id}/retry")
def retry_pipeline(program: Acting, pipeline_id: PathId, wanted: RetryRequest | None = None) -> RetriedBody:
    """Run documents in error again, from the phase that failed; with `dry_run` only say how many."""
    which = wanted or RetryRequest()
    retried = pipelines.retry_pipeline(
        program,
        pipeline_id,
        phase=which.phase,
        code=which.code,
        document_ids=which.document_ids,
        dry_run=which.dry_run,
    )
    return RetriedBody(retried=retried.documents, generation=retried.generation)


@router.post("/{pipeline_id}/cancel", status_code=202)
def cancel_pipeline(program: Acting, pipeline_id: PathId) -> PipelineBody:
    """End what is not finished; phases that run stop at their next safe point."""
    pipelines.cancel_pipeline(program, pipeline_id)
    return show_pipeline(pipelines.get_pipeline(program, pipeline_id))
