"""What is asked of pipelines and what is shown of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from docrail.api.asked import Asked
from docrail.api.ids import Text
from docrail.core.plan import PlannedPhase, Scope
from docrail.core.progress import ErrorEntry
from docrail.models.protocol import Usage
from docrail.store.run_documents import RunDocument
from docrail.store.runs import Run
from docrail.usecases.progress_json import error_body
from docrail.usecases.times import iso_time, maybe_time

PARTS = ("progress", "documents", "errors", "results")


class PipelineRequest(Asked):
    """A run wanted: a spec by its id, and documents by their ids or by the batch they were given in."""

    schema_id: Text
    document_ids: list[Text] = Field(default_factory=list)
    batch_id: Text | None = None
    source_id: Text | None = None
    name: Text | None = None
    metadata: dict[str, Any] | None = None


class AppendRequest(Asked):
    """Documents to add to a run."""

    document_ids: list[Text] = Field(min_length=1)


class RetryRequest(Asked):
    """Which documents in error to run again; all of them if nothing is said."""

    phase: Text | None = None
    code: Text | None = None
    document_ids: list[Text] | None = None
    dry_run: bool = False


class RetriedBody(BaseModel):
    """How many documents run again (or would), and in which generation."""

    retried: int
    generation: int


class SchemaBody(BaseModel):
    """The spec that a run follows."""

    id: str
    name: str


class PipelineBody(BaseModel):
    """A run."""

    id: str
    name: str
    status: str
    schema_: SchemaBody = Field(serialization_alias="schema")
    document_count: int
    phase_count: int
    generation: int
    created_at: str
    finished_at: str | None
    links: dict[str, str]


class PhaseBody(BaseModel):
    """A phase as it was frozen with the run."""

    id: str
    name: str
    type: str
    scope: Scope
    attempts: int
    config: dict[str, Any]


class UsageBody(BaseModel):
    """What was used of a model; the calls that failed are counted in `calls`, and what they used too."""

    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost: float


class RunUsageBody(UsageBody):
    """What a run used of a model, and each of its phases that used any."""

    phases: dict[str, UsageBody]


class WholePipelineBody(PipelineBody):
    """A run with its frozen phases, and which version of the spec they come from."""

    schema_version: int
    metadata: dict[str, Any]
    phases: list[PhaseBody]
    usage: RunUsageBody | None = None


class DocumentErrorBody(BaseModel):
    """Why a document stopped."""

    code: str
    message: str


class RunDocumentBody(BaseModel):
    """A document in a run; `phase` is where it stands, `timings` the seconds each phase took,
    `cost` and `usage` what was used of a model (null: nothing)."""

    id: str
    document_id: str
    filename: str
    status: str
    phase: str | None
    attempts: int
    held_fields: int
    error: DocumentErrorBody | None
    started_at: str | None
    completed_at: str | None
    timings: dict[str, float]
    cost: float | None = None
    usage: UsageBody | None = None


class ErrorEntryBody(BaseModel):
    """Why one document (or, without a document, one pipeline-scoped phase) stopped; as progress shows it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    pipeline_document_id: str | None
    document_id: str | None
    phase: str | None
    message: str
    code: str
    attempts: int
    retryable: bool
    at: str


def show_pipeline(run: Run) -> PipelineBody:
    """A run as a list shows it."""
    return PipelineBody(**_pipeline(run))


def show_whole_pipeline(run: Run, usage: Mapping[str, Usage]) -> WholePipelineBody:
    """A run with its phases; `usage` of the model by phase id."""
    return WholePipelineBody(
        **_pipeline(run),
        schema_version=run.spec_version,
        metadata=run.metadata,
        phases=[_phase(phase) for phase in run.plan.phases],
        usage=_run_usage(usage),
    )


def _pipeline(run: Run) -> dict[str, Any]:
    here = f"/v1/pipelines/{run.id}"
    return {
        "id": run.id,
        "name": run.name,
        "status": run.status.value,
        "schema_": SchemaBody(id=run.spec_id, name=run.spec_name),
        "document_count": run.total,
        "phase_count": len(run.plan.phases),
        "generation": run.generation,
        "created_at": iso_time(run.created_at),
        "finished_at": maybe_time(run.finished_at),
        "links": {"self": here} | {part: f"{here}/{part}" for part in PARTS},
    }


def _phase(phase: PlannedPhase) -> PhaseBody:
    return PhaseBody(
        id=phase.id,
        name=phase.name,
        type=phase.type,
        scope=phase.scope,
        attempts=phase.retry.attempts,
        config=dict(phase.config),
    )


def show_usage(usage: Usage) -> UsageBody:
    """What was used of a model."""
    return UsageBody(**_usage(usage))


def _run_usage(usage: Mapping[str, Usage]) -> RunUsageBody | None:
    if not usage:
        return None
    phases = {phase: show_usage(used) for phase, used in usage.items()}
    return RunUsageBody(**_usage(sum(usage.values(), Usage())), phases=phases)


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "calls": usage.calls,
        "failed": usage.failed,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost": round(usage.cost, 8),
    }


def show_run_document(document: RunDocument) -> RunDocumentBody:
    """A document of a run."""
    error = None
    if document.error_code is not None:
        error = DocumentErrorBody(code=document.error_code, message=document.error_message or "")
    return RunDocumentBody(
        id=document.id,
        document_id=document.document_id,
        filename=document.filename,
        status=document.status,
        phase=document.phase,
        attempts=document.attempts,
        held_fields=document.held_fields,
        error=error,
        started_at=maybe_time(document.started_at),
        completed_at=maybe_time(document.completed_at),
        timings=document.timings,
        cost=document.usage.cost if document.usage.calls else None,
        usage=show_usage(document.usage) if document.usage.calls else None,
    )


def show_error(entry: ErrorEntry) -> ErrorEntryBody:
    """An error entry."""
    return ErrorEntryBody.model_validate(error_body(entry), from_attributes=True)
