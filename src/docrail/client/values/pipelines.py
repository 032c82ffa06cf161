"""Pipelines (runs) and their documents."""

from docrail.client.values.documents import Admission
from docrail.client.values.value import Json, Links, Value


class SpecName(Value, frozen=True, kw_only=True):
    """A spec, by its id and name."""

    id: str
    name: str


class Pipeline(Value, frozen=True, kw_only=True):
    """A run."""

    id: str
    name: str
    status: str
    schema: SpecName
    document_count: int
    phase_count: int
    generation: int
    created_at: str
    finished_at: str | None
    links: Links


class Phase(Value, frozen=True, kw_only=True):
    """A phase as it was frozen with the run."""

    id: str
    name: str
    type: str
    scope: str
    attempts: int
    config: Json


class Usage(Value, frozen=True, kw_only=True):
    """What was used of a model."""

    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost: float


class RunUsage(Usage, frozen=True, kw_only=True):
    """What a run used of a model, and each of its phases that used any."""

    phases: dict[str, Usage]


class WholePipeline(Pipeline, frozen=True, kw_only=True):
    """A run with its frozen phases."""

    schema_version: int
    metadata: Json
    phases: tuple[Phase, ...]
    usage: RunUsage | None = None


class StartedPipeline(Pipeline, frozen=True, kw_only=True):
    """A run that was started over files, and what became of each file."""

    admissions: tuple[Admission, ...]


class DocumentError(Value, frozen=True, kw_only=True):
    """Why a document stopped."""

    code: str
    message: str


class PipelineDocument(Value, frozen=True, kw_only=True):
    """A document in a run; `phase` is where it stands, `timings` the seconds of each phase."""

    id: str
    document_id: str
    filename: str
    status: str
    phase: str | None
    attempts: int
    held_fields: int
    error: DocumentError | None
    started_at: str | None
    completed_at: str | None
    timings: dict[str, float]
    cost: float | None = None
    usage: Usage | None = None


class Retried(Value, frozen=True, kw_only=True):
    """How many documents run again (or would), and in which generation."""

    retried: int
    generation: int


class ReplayChange(Value, frozen=True, kw_only=True):
    """A document that the gate would treat otherwise: fields it would hold, with the reasons, or let go."""

    pipeline_document_id: str
    filename: str
    held: dict[str, str]
    released: tuple[str, ...]


class Replay(Value, frozen=True, kw_only=True):
    """What another severity of a gate changes: documents by field; `examples` are the first hundred."""

    gate: str
    severity: str
    documents: int
    held: dict[str, int]
    released: dict[str, int]
    examples: tuple[ReplayChange, ...]
    applied: bool
