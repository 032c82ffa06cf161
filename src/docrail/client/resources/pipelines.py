"""`client.pipelines`: start a run over documents, watch it, add to it, retry, cancel, take its results."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from docrail.client import watching
from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.pages import Page
from docrail.client.values.pipelines import Pipeline, PipelineDocument, Replay, Retried, WholePipeline
from docrail.client.values.progress import ErrorEntry, Progress, ProgressAudit
from docrail.client.values.results import Result, TableRow

PATH = "/v1/pipelines"
ONE = f"{PATH}/{{pipeline_id}}"
CREATE = Route("POST", PATH, Pipeline)
LIST = Route("GET", PATH, Page[Pipeline])
GET = Route("GET", ONE, WholePipeline)
PROGRESS = watching.PROGRESS
AUDIT = Route("GET", f"{ONE}/progress/audit", ProgressAudit)
DOCUMENTS = Route("GET", f"{ONE}/documents", Page[PipelineDocument])
APPEND = Route("POST", f"{ONE}/documents", Pipeline)
ERRORS = Route("GET", f"{ONE}/errors", Page[ErrorEntry])
RETRY = Route("POST", f"{ONE}/retry", Retried)
CANCEL = Route("POST", f"{ONE}/cancel", Pipeline)
REPLAY = Route("POST", f"{ONE}/replay", Replay)
RESULTS = Route("GET", f"{ONE}/results", Page[Result])
COMPOSED = Route("GET", f"{ONE}/results", Page[TableRow])


class Pipelines(Resource[Link]):
    """Pipelines: runs of a spec over documents."""

    @OneResult
    def create(
        self,
        schema_id: str,
        document_ids: Sequence[str] = (),
        *,
        batch_id: str | None = None,
        name: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Steps[Pipeline]:
        """Start a run of a spec over documents, given by their ids or by the batch they came in."""
        wanted = given(batch_id=batch_id, name=name, metadata=metadata)
        return CREATE.ask(json={"schema_id": schema_id, "document_ids": document_ids, **wanted})

    @ManyResults
    def list(
        self,
        *,
        status: str | None = None,
        schema_id: str | None = None,
        order: Literal["asc", "desc"] = "desc",
    ) -> Items[Pipeline]:
        """Pipelines, newest first unless `order="asc"`."""
        return list_all(LIST, status=status, schema_id=schema_id, order=order)

    @OneResult
    def get(self, pipeline_id: str) -> Steps[WholePipeline]:
        """One pipeline, with its frozen phases."""
        return GET.ask(pipeline_id)

    @OneResult
    def progress(
        self,
        pipeline_id: str,
        *,
        at: datetime | None = None,
        errors_limit: int | None = None,
        errors_cursor: str | None = None,
    ) -> Steps[Progress]:
        """Where it stands now, or stood `at` a time (which must have its time zone)."""
        then = at.isoformat() if at else None
        params = {"at": then, "errors_limit": errors_limit, "errors_cursor": errors_cursor}
        return PROGRESS.ask(pipeline_id, params=params)

    @ManyResults
    def watch(self, pipeline_id: str, *, stream: bool = True) -> Items[Progress]:
        """Each new state once, as it comes; the last one is terminal.

        A stream that breaks is taken up where it was. Where none comes through, or with `stream=False`, the server is
        asked with long polls. Raises ApiError.
        """
        return watching.watch(pipeline_id, stream=stream)

    @OneResult
    def wait(self, pipeline_id: str, *, timeout: float | None = None) -> Steps[Progress]:
        """The terminal state, once it has come. Raises TimeoutError after `timeout` seconds; the run goes on."""
        return watching.wait(pipeline_id, timeout=timeout)

    @OneResult
    def audit_progress(self, pipeline_id: str) -> Steps[ProgressAudit]:
        """Recount everything from the documents' own rows."""
        return AUDIT.ask(pipeline_id)

    @ManyResults
    def documents(
        self, pipeline_id: str, *, status: str | None = None, phase: str | None = None
    ) -> Items[PipelineDocument]:
        """The documents of a pipeline, in its order."""
        return list_all(DOCUMENTS, pipeline_id, status=status, phase=phase)

    @ManyResults
    def errors(self, pipeline_id: str) -> Items[ErrorEntry]:
        """Why documents, or pipeline-scoped phases, stopped; oldest first."""
        return list_all(ERRORS, pipeline_id)

    @OneResult
    def append(self, pipeline_id: str, document_ids: Sequence[str]) -> Steps[Pipeline]:
        """Add documents: a new generation."""
        return APPEND.ask(pipeline_id, json={"document_ids": document_ids})

    @OneResult
    def retry(
        self,
        pipeline_id: str,
        *,
        phase: str | None = None,
        code: str | None = None,
        document_ids: Sequence[str] | None = None,
        dry_run: bool = False,
    ) -> Steps[Retried]:
        """Run documents in error again, from the phase that failed; with `dry_run` only say how many."""
        which = given(phase=phase, code=code, document_ids=document_ids)
        return RETRY.ask(pipeline_id, json={**which, "dry_run": dry_run})

    @OneResult
    def cancel(self, pipeline_id: str) -> Steps[Pipeline]:
        """End what is not finished; phases that run stop at their next safe point."""
        return CANCEL.ask(pipeline_id)

    @OneResult
    def replay(
        self,
        pipeline_id: str,
        gate: str,
        *,
        severity: Literal["info", "warning", "blocking"] = "blocking",
        dry_run: bool = True,
    ) -> Steps[Replay]:
        """What a gate would hold with another severity; without `dry_run` it is held."""
        return REPLAY.ask(pipeline_id, json={"gate": gate, "severity": severity, "dry_run": dry_run})

    @ManyResults
    def results(
        self,
        pipeline_id: str,
        *,
        status: Literal["completed", "partial"] | None = None,
        cells: bool = False,
        provenance: bool = False,
    ) -> Items[Result]:
        """The documents' records, also while it runs; a held field is None. With `cells` and `provenance`: of each
        value its confidence and status, and where it stands."""
        parts = [name for name, wanted in (("cells", cells), ("provenance", provenance)) if wanted]
        return list_all(RESULTS, pipeline_id, status=status, include=",".join(parts) or None)

    @ManyResults
    def composed(self, pipeline_id: str) -> Items[TableRow]:
        """The composed records that assembly made."""
        return list_all(COMPOSED, pipeline_id, view="composed")
