"""What a person can do with a pipeline: create, look at, append to, retry, cancel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from docrail.bootstrap import Program
from docrail.core.errors import Conflict, InvalidInput, NotFound, Problem
from docrail.core.plan import compile_rail
from docrail.core.plan_json import spec_from_json
from docrail.core.progress import ErrorEntry, Progress, RunStatus, count_ends, summarise
from docrail.learning import freeze_model
from docrail.models.protocol import Usage
from docrail.store import progress as progress_store
from docrail.store import rerun, runs
from docrail.store.admissions import replace_archives
from docrail.store.clock import read_clock
from docrail.store.counters import read_tally
from docrail.store.documents import batch_documents, existing
from docrail.store.errors import read_errors
from docrail.store.locks import own_run
from docrail.store.models import catch_up
from docrail.store.run_documents import RunDocument, list_moving, list_run_documents
from docrail.store.runs import Run
from docrail.store.specs import StoredSpec, read_spec
from docrail.store.usage import read_run_usage
from docrail.usecases.audit import note
from docrail.usecases.registry import SECONDS_BEFORE_RUN, freeze_registry, learn_anchors


def create_pipeline(
    program: Program,
    *,
    spec_id: str,
    document_ids: Sequence[str] = (),
    batch_id: str | None = None,
    name: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Run:
    """Compile the spec's rail, freeze it with a new run over the documents, and start.

    Raises InvalidInput for an unknown spec, no or unknown documents (all of them listed) or a rail with problems.
    """
    learn_anchors(program, spec_id, seconds=SECONDS_BEFORE_RUN)
    with program.database.writing() as connection:
        wanted = list(dict.fromkeys(document_ids))
        if batch_id is not None:
            wanted += batch_documents(connection, batch_id, workspace_id=program.workspace)
        wanted = replace_archives(connection, wanted, workspace_id=program.workspace)
        spec = _find_spec(connection, spec_id, program.workspace)
        problems = _document_problems(connection, wanted, program.workspace)
        if spec is None:
            problems = (Problem(path="schema_id", message=f"unknown: {spec_id}"), *problems)
        if spec is None or problems:
            raise InvalidInput(_summary(problems), problems)
        at = read_clock(connection)
        plan = compile_rail(spec_from_json(spec.content), retry=program.settings.retry)
        plan = freeze_registry(connection, plan, workspace_id=program.workspace, spec_id=spec.id, at=at)
        plan = freeze_model(connection, plan, spec_id=spec.id)
        catch_up(connection, spec.id, enqueue=program.engine.enqueue)
        run_id = runs.create_run(
            connection,
            workspace_id=program.workspace,
            name=name or spec.name,
            spec_id=spec.id,
            spec_version=spec.version,
            plan=plan,
            document_ids=list(dict.fromkeys(wanted)),
            metadata=dict(metadata or {}),
            at=at,
            enqueue=program.engine.enqueue,
        )
        run = runs.read_run(connection, run_id)
        said: dict[str, Any] = {"spec": spec.id, "spec_version": spec.version, "documents": run.total}
        note(program, connection, "run.started", run_id, **said)
        return run


def _find_spec(connection: Connection, spec_id: str, workspace: str) -> StoredSpec | None:
    try:
        return read_spec(connection, spec_id, workspace_id=workspace)
    except NotFound:
        return None


def _document_problems(connection: Connection, wanted: Sequence[str], workspace: str) -> tuple[Problem, ...]:
    if not wanted:
        message = (
            "a pipeline needs documents: give `document_ids` or a `batch_id` that has any; an archive stands for the "
            "files that were unpacked from it"
        )
        return (Problem(path="document_ids", message=message),)
    known = existing(connection, wanted, workspace_id=workspace)
    unknown = [each for each in wanted if each not in known]
    return tuple(Problem(path="document_ids", message=f"unknown: {each}") for each in unknown)


def _summary(problems: Sequence[Problem]) -> str:
    rest = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"the pipeline cannot start: {problems[0]}{rest}"


def get_pipeline(program: Program, pipeline_id: str) -> Run:
    """One run. Raises NotFound."""
    with program.database.reading() as connection:
        return runs.read_run(connection, pipeline_id, workspace_id=program.workspace)


def get_usage(program: Program, pipeline_id: str) -> dict[str, Usage]:
    """What a run used of the model, by the id of the phase."""
    with program.database.reading() as connection:
        return read_run_usage(connection, pipeline_id)


def list_pipelines(
    program: Program,
    *,
    limit: int = 20,
    after: str | None = None,
    status: str | None = None,
    spec_id: str | None = None,
    oldest_first: bool = False,
) -> tuple[list[Run], int]:
    """One page of runs, newest first unless asked otherwise, and how many there are."""
    with program.database.reading() as connection:
        return runs.list_runs(
            connection,
            workspace_id=program.workspace,
            limit=limit,
            before=after,
            status=status,
            spec_id=spec_id,
            oldest_first=oldest_first,
        )


def unfinished_pipelines(program: Program) -> list[str]:
    """The ids of runs that are not terminal, oldest first."""
    with program.database.reading() as connection:
        return runs.unfinished_runs(connection)


def get_progress(
    program: Program,
    pipeline_id: str,
    *,
    errors_limit: int = 1000,
    errors_after: str | None = None,
    at: int | None = None,
) -> Progress:
    """The exact truth about a run, from one consistent read: now, or as it was `at` a time (ms since 1970).

    Raises NotFound, and InvalidInput for a time before the run.
    """
    page: dict[str, Any] = {"errors_limit": errors_limit, "errors_after": errors_after}
    page["workspace_id"] = program.workspace
    with program.database.reading() as connection:
        if at is None:
            snapshot = progress_store.read_progress(connection, pipeline_id, **page)
        else:
            snapshot = progress_store.read_progress_then(connection, pipeline_id, then=at, **page)
    return summarise(snapshot)


def get_revision(program: Program, pipeline_id: str) -> int:
    """The revision alone: cheaper than the progress, for those who wait. Raises NotFound."""
    with program.database.reading() as connection:
        return progress_store.read_revision(connection, pipeline_id, workspace_id=program.workspace)


def audit_progress(program: Program, pipeline_id: str) -> list[str]:
    """Recount everything; what differs from the counters, in words. Raises NotFound."""
    with program.database.reading() as connection:
        runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        return progress_store.audit(connection, pipeline_id)


def list_errors(
    program: Program, pipeline_id: str, *, limit: int = 20, after: str | None = None
) -> tuple[tuple[ErrorEntry, ...], str | None, int]:
    """One page of error entries, the cursor to the next, and how many there are. Raises NotFound."""
    with program.database.reading() as connection:
        runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        entries, cursor = read_errors(connection, pipeline_id, limit=limit, after=after)
        return entries, cursor, count_ends(read_tally(connection, pipeline_id)).error


def list_pipeline_documents(
    program: Program,
    pipeline_id: str,
    *,
    limit: int = 20,
    after: str | None = None,
    status: str | None = None,
    phase: str | None = None,
) -> tuple[list[RunDocument], int]:
    """One page of the run's documents, in its order, and how many match. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        return list_run_documents(connection, run, limit=limit, after=after, status=status, phase=phase)


def list_moving_documents(program: Program, pipeline_id: str, *, limit: int = 12) -> list[RunDocument]:
    """Some of the documents that are being worked on now. Raises NotFound."""
    with program.database.reading() as connection:
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        return list_moving(connection, run, limit=limit)


def cancel_pipeline(program: Program, pipeline_id: str) -> None:
    """End what is not finished; phases that run stop at their next move. Raises NotFound, Conflict."""
    with program.database.writing() as connection:
        runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        rerun.cancel_run(connection, pipeline_id, at=read_clock(connection), enqueue=program.engine.enqueue)
        note(program, connection, "run.cancelled", pipeline_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retried:
    """What a retry ran again (or would), and the generation it started."""

    documents: int
    generation: int


def retry_pipeline(
    program: Program,
    pipeline_id: str,
    *,
    phase: str | None = None,
    code: str | None = None,
    document_ids: Sequence[str] | None = None,
    dry_run: bool = False,
) -> Retried:
    """Run errored documents again from the phase that failed; a failed assembly runs again too.

    Raises NotFound, and Conflict if nothing matches.
    """
    with program.database.writing() as connection:
        own_run(connection, pipeline_id)
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        failed = rerun.find_failed(connection, pipeline_id, phase=phase, code=code, document_ids=document_ids)
        if dry_run:
            return Retried(documents=len(failed), generation=run.generation)
        if failed:
            generation = rerun.retry_documents(
                connection, pipeline_id, failed, at=read_clock(connection), enqueue=program.engine.enqueue
            )
            note(
                program, connection, "run.retried", pipeline_id, documents=len(failed), generation=generation
            )
            return Retried(documents=len(failed), generation=generation)
        if document_ids is None and code is None and rerun.failed_phases(connection, pipeline_id):
            generation = rerun.retry_phases(
                connection, pipeline_id, at=read_clock(connection), enqueue=program.engine.enqueue
            )
            note(program, connection, "run.retried", pipeline_id, documents=0, generation=generation)
            return Retried(documents=0, generation=generation)
        raise Conflict("nothing to retry: no document in error matches")


def append_documents(program: Program, pipeline_id: str, document_ids: Sequence[str]) -> Run:
    """Add documents to a run, as a new generation. Raises NotFound, InvalidInput (unknown or already there),
    Conflict (cancelled)."""
    with program.database.writing() as connection:
        own_run(connection, pipeline_id)
        run = runs.read_run(connection, pipeline_id, workspace_id=program.workspace)
        if run.status is RunStatus.CANCELLED:
            raise Conflict("the pipeline was cancelled: start a new one with these documents")
        wanted = replace_archives(connection, document_ids, workspace_id=program.workspace)
        problems = _document_problems(connection, wanted, program.workspace)
        if problems:
            raise InvalidInput(_summary(problems), problems)
        there = runs.attached(connection, pipeline_id, wanted)
        if there:
            problems = tuple(
                Problem(path="document_ids", message=f"already in the run: {each}") for each in sorted(there)
            )
            raise InvalidInput(f"{len(there)} of the documents are in the run already", problems)
        settled = count_ends(read_tally(connection, pipeline_id)).terminal
        runs.add_documents(
            connection, pipeline_id, wanted, at=read_clock(connection), enqueue=program.engine.enqueue
        )
        runs.new_generation(connection, pipeline_id, settled=settled, at=read_clock(connection))
        note(program, connection, "run.appended", pipeline_id, documents=len(wanted))
        return runs.read_run(connection, pipeline_id)
