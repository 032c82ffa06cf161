"""Progress: the exact truth about a run at one revision."""

from docrail.client.values.value import CamelValue, Value

ENDS = frozenset({"completed", "failed", "cancelled"})


class PhaseProgress(CamelValue, frozen=True, kw_only=True):
    """The row of a phase; `scope` and `status` only of one that works on the pipeline as a whole."""

    phase_id: str
    name: str
    type: str
    completed: int
    running: int
    pending: int
    errors: int
    skipped: int
    scope: str = "document"
    status: str | None = None


class ErrorEntry(CamelValue, frozen=True, kw_only=True):
    """Why one document, or one pipeline-scoped phase (without a document), stopped."""

    pipeline_document_id: str | None
    document_id: str | None
    phase: str | None
    message: str
    code: str
    attempts: int
    retryable: bool
    at: str


class ErrorGroup(CamelValue, frozen=True, kw_only=True):
    """How many documents stopped at one phase for one cause."""

    phase: str | None
    code: str
    count: int
    example: str


class Eta(Value, frozen=True, kw_only=True):
    """The seconds that are probably left, at best and at worst."""

    low: int
    high: int


class Progress(CamelValue, frozen=True, kw_only=True):
    """Where a run stands. `revision` grows with every visible change."""

    pipeline_id: str
    status: str
    total_documents: int
    completed_documents: int
    error_documents: int
    phases: tuple[PhaseProgress, ...]
    errors: tuple[ErrorEntry, ...]
    errors_total: int
    errors_next_cursor: str | None
    error_groups: tuple[ErrorGroup, ...]
    partial_documents: int
    cancelled_documents: int
    held_fields: int
    finalization_pending: tuple[str, ...]
    generation: int
    revision: int
    started_at: str
    updated_at: str
    finished_at: str | None
    documents_per_second: float | None
    eta_seconds: Eta | None

    @property
    def terminal(self) -> bool:
        """Whether no document will move again."""
        return self.status in ENDS

    @property
    def etag(self) -> str:
        """The ETag that the server gives this state."""
        return f'"{self.pipeline_id}.{self.revision}"'


class ProgressAudit(Value, frozen=True, kw_only=True):
    """Whether the counters agree with the documents' own rows, and where not."""

    consistent: bool
    drift: tuple[str, ...]
