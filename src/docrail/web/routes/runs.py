"""Runs: the list, one run as it happens, its documents, its history; retry and cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.api.routes.progress import get_progress as answer_progress
from docrail.core.errors import InvalidInput, Problem
from docrail.core.progress import Progress
from docrail.store.run_documents import RunDocument
from docrail.store.runs import Run
from docrail.usecases import pipelines, products
from docrail.usecases.run_history import read_run_history
from docrail.web.chart import draw_history
from docrail.web.forms import position, read_form
from docrail.web.render import show

MOVING = 12
SAMPLE = 200
STATES = ("queued", "running", "completed", "partial", "error", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A run with how far it is."""

    run: Run
    progress: Progress


def list_runs(request: Request) -> Response:
    """Runs, newest first, each with how far it is."""
    program, where = request.state.program, position(request, limit=20)
    rows, total = pipelines.list_pipelines(program, limit=where.limit + 1, after=where.after)
    listed = [
        Listed(run=run, progress=pipelines.get_progress(program, run.id, errors_limit=1))
        for run in rows[: where.limit]
    ]
    following = where.next_link(len(rows), listed[-1].run.id if listed else None)
    return show(request, "runs.html", listed=listed, total=total, following=following)


def show_run(request: Request) -> Response:
    """One run; its numbers fill while it runs."""
    return show(request, "run.html", **_run(request))


def show_live(request: Request) -> Response:
    """What changes of a run while it runs."""
    return show(request, "run_live.html", **_run(request))


def _run(request: Request) -> dict[str, Any]:
    program, run_id = request.state.program, _id(request)
    run = pipelines.get_pipeline(program, run_id)
    progress = pipelines.get_progress(program, run_id, errors_limit=20)
    moving: list[RunDocument] = []
    if not progress.status.terminal:
        moving = pipelines.list_moving_documents(program, run_id, limit=MOVING)
    seen, _ = pipelines.list_pipeline_documents(program, run_id, limit=SAMPLE)
    return {
        "run": run,
        "progress": progress,
        "moving": moving,
        "names": {phase.id: phase.name for phase in run.plan.phases},
        "took": _phase_seconds(seen),
        "has_held": progress.held_fields > 0,
    }


def _phase_seconds(seen: Sequence[RunDocument]) -> dict[str, float]:
    """The median time of each phase over these documents, in seconds."""
    taken: dict[str, list[float]] = {}
    for document in seen:
        for phase, seconds in document.timings.items():
            taken.setdefault(phase, []).append(seconds)
    return {phase: median(times) for phase, times in taken.items()}


def list_documents(request: Request) -> Response:
    """The documents of a run, narrowed to a state, page by page."""
    program, run_id, where = request.state.program, _id(request), position(request, limit=25)
    status = request.query_params.get("status") or None
    if status is not None and status not in STATES:
        problem = Problem(path="status", message=f"there are {', '.join(STATES)}")
        raise InvalidInput(f"no status '{status}'", (problem,))
    rows, total = pipelines.list_pipeline_documents(
        program, run_id, limit=where.limit + 1, after=where.after, status=status
    )
    kept = rows[: where.limit]
    run = pipelines.get_pipeline(program, run_id)
    return show(
        request,
        "run_documents.html",
        run=run,
        names={phase.id: phase.name for phase in run.plan.phases},
        documents=kept,
        total=total,
        states=STATES,
        status=status,
        following=where.next_link(len(rows), kept[-1].id if kept else None),
    )


def show_history(request: Request) -> Response:
    """The run over time, as a chart."""
    program, run_id = request.state.program, _id(request)
    moments = read_run_history(program, run_id)
    total = pipelines.get_pipeline(program, run_id).total
    return show(request, "run_history.html", chart=draw_history(moments, total=total))


async def retry(request: Request) -> Response:
    """Run documents in error again: all of them, or those of one phase and cause."""
    run_id, form = _id(request), await read_form(request)
    phase, code = (str(form.get(name) or "") or None for name in ("phase", "code"))
    await run_in_threadpool(pipelines.retry_pipeline, request.state.program, run_id, phase=phase, code=code)
    return RedirectResponse(f"/runs/{run_id}", 303)


def cancel(request: Request) -> Response:
    """End what is not finished."""
    run_id = _id(request)
    pipelines.cancel_pipeline(request.state.program, run_id)
    return RedirectResponse(f"/runs/{run_id}", 303)


def make_product(request: Request) -> Response:
    """The data product of the run, made now unless it was before."""
    made = products.make_product(request.state.program, _id(request))
    return RedirectResponse(f"/products/{made.product.id}", 303)


def _id(request: Request) -> str:
    return known_form(request.path_params["pipeline_id"])


ROUTES = (
    Route("/runs", list_runs),
    Route("/runs/{pipeline_id}", show_run),
    Route("/runs/{pipeline_id}/live", show_live),
    Route("/runs/{pipeline_id}/progress", answer_progress),
    Route("/runs/{pipeline_id}/history", show_history),
    Route("/runs/{pipeline_id}/documents", list_documents),
    Route("/runs/{pipeline_id}/retry", retry, methods=["POST"]),
    Route("/runs/{pipeline_id}/cancel", cancel, methods=["POST"]),
    Route("/runs/{pipeline_id}/product", make_product, methods=["POST"]),
)
