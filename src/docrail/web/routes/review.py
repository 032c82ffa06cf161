"""Review: what waits and of what kind, the next field with its evidence, decisions."""

import json
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.core.errors import Conflict, InvalidInput, NotFound
from docrail.core.spec import FieldType
from docrail.store.reviews import HeldField, Wanted
from docrail.usecases import document_views as views
from docrail.usecases import pipelines, reviews
from docrail.usecases.decide import UNSAID, Answer, check_answer, list_equal_reviews, resolve, resolve_equal
from docrail.usecases.documents import get_document
from docrail.web.forms import read_form
from docrail.web.render import show
from docrail.web.routes.documents import see_layout

NARROWED = ("run", "field", "reason", "gate")
RUNS = 100


def show_queue(request: Request) -> Response:
    """What waits, by kind, and who may begin where."""
    program, asked = request.state.program, _asked(request.query_params)
    summary = reviews.summarise_reviews(program, _wanted(asked))
    waiting, _ = reviews.list_reviews(program, _wanted(asked), limit=RUNS)
    runs, _ = pipelines.list_pipelines(program, limit=RUNS)
    decided, total = reviews.list_decisions(program, limit=10)
    return show(
        request,
        "review.html",
        asked=asked,
        summary=summary,
        waiting=waiting,
        runs={run.id: run.name for run in runs},
        decisions=decided,
        decided=total,
    )


async def go_on(request: Request) -> Response:
    """Claim the next field that is free, after the one that was looked at, and show it."""
    form, program = await read_form(request), request.state.program
    asked, name = _asked(form), request.state.visit.name
    after, skipped = str(form.get("after", "")), str(form.get("skip", ""))

    def claim() -> HeldField | None:
        for start in dict.fromkeys((after, "")):
            rows, _ = reviews.list_reviews(program, _wanted(asked), limit=3, after=start, free_for=name)
            for row in rows:
                if row.id == skipped:
                    continue
                if reviews.claim_reviews(program, name, items=[(row.run_document_id, row.field)]).fields:
                    return row
        return None

    found = await run_in_threadpool(claim)
    query = f"?{urlencode(asked)}" if asked else ""
    place = f"/{found.run_document_id}/{found.field}" if found else ""
    return RedirectResponse(f"/review{place}{query}", 303)


async def show_item(request: Request) -> Response:
    """One field with its evidence. Its value is shown to those who may decide."""
    program, visit, asked = request.state.program, request.state.visit, _asked(request.query_params)
    id_, field = _place(request)
    may = visit.may("write")
    item = await run_in_threadpool(reviews.get_review, program, id_, field, withheld=not may)
    document = await run_in_threadpool(get_document, program, item.document_id)
    layout, trouble = await see_layout(request, program, document)

    def render() -> Response:
        _, left = reviews.list_reviews(program, _wanted(asked), limit=1)
        equal = list_equal_reviews(program, id_, field, reviewer=visit.name) if may else []
        return show(
            request,
            "review_item.html",
            item=item,
            current=item.versions[-1][1],
            version=item.versions[-1][0],
            document=document,
            layout=layout,
            trouble=trouble,
            has_pictures=layout is not None and views.has_pictures(layout),
            asked=asked,
            left=left,
            equal=len(equal),
            may=may,
            names={
                phase.id: phase.name
                for phase in pipelines.get_pipeline(program, item.pipeline_id).plan.phases
            },
        )

    return await run_in_threadpool(render)


async def check(request: Request) -> Response:
    """Whether a decision could be made; so that it may wait a moment before it is final."""
    answer = await _answer(request, await read_form(request))
    return await _said(lambda: check_answer(request.state.program, answer, reviewer=request.state.visit.name))


async def decide(request: Request) -> Response:
    """Decide on a field, and alike on its equals if asked to."""
    form = await read_form(request)
    answer = await _answer(request, form)
    do = resolve_equal if form.get("equal") else resolve
    said = await _said(lambda: do(request.state.program, answer, reviewer=request.state.visit.name))
    if "application/json" in request.headers.get("accept", ""):
        return said
    if said.status_code != 200:
        raise Conflict(json.loads(bytes(said.body))["message"])
    return RedirectResponse(f"/review?{urlencode(_asked(form))}", 303)


async def _said(do: Any) -> Response:
    """What a script is told: done, or why not."""
    try:
        done = await run_in_threadpool(do)
    except (InvalidInput, Conflict, NotFound) as error:
        problems = error.problems if isinstance(error, InvalidInput) else ()
        message = problems[0].message if problems else error.message
        return JSONResponse({"message": message}, 409 if isinstance(error, Conflict) else 400)
    return JSONResponse({"decided": len(done) if isinstance(done, list) else 1})


async def _answer(request: Request, form: FormData) -> Answer:
    """The answer that a form gives. Raises InvalidInput, NotFound."""
    id_, field = _place(request)
    action, version = str(form.get("action", "")), str(form.get("version", ""))
    value: Any = UNSAID
    if "value" in form and action != "approve":
        item = await run_in_threadpool(reviews.get_review, request.state.program, id_, field)
        value = _typed(str(form["value"]).strip(), item.field.type)
    return Answer(
        pipeline_document_id=id_,
        field=field,
        action=action,
        value=value,
        reason=str(form.get("reason", "")).strip() or None,
        version=int(version) if version.isdecimal() else None,
        supersedes=str(form.get("supersedes", "")) or None,
    )


def _typed(text: str, kind: FieldType) -> Any:
    """What a person typed: nothing is no value; lists and objects are JSON.

    >>> _typed("1.234,50", FieldType.NUMBER), _typed("", FieldType.STRING), _typed("[1]", FieldType.ARRAY)
    ('1.234,50', None, [1])
    """
    if not text:
        return None
    if kind not in (FieldType.ARRAY, FieldType.OBJECT):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"this is not JSON: {error}") from error


def _asked(given: Any) -> dict[str, str]:
    """What the queue is narrowed to."""
    return {name: str(given[name]) for name in NARROWED if given.get(name)}


def _wanted(asked: dict[str, str]) -> Wanted:
    return Wanted(
        run_id=asked.get("run"), field=asked.get("field"), reason=asked.get("reason"), gate=asked.get("gate")
    )


def _place(request: Request) -> tuple[str, str]:
    params = request.path_params
    return known_form(params["run_document_id"]), params["field"]


ROUTES = (
    Route("/review", show_queue),
    Route("/review/next", go_on, methods=["POST"]),
    Route("/review/{run_document_id}/{field:path}/check", check, methods=["POST"]),
    Route("/review/{run_document_id}/{field:path}/decide", decide, methods=["POST"]),
    Route("/review/{run_document_id}/{field:path}", show_item),
)
