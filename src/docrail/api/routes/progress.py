"""Progress: polled, waited for or streamed; always the same object, from one consistent read."""

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from docrail.api.answers import Answer, ProgressQuery, get_answer_then
from docrail.api.ids import known_form
from docrail.api.polls import PATH, is_among, newest_answer
from docrail.api.watch import Watcher
from docrail.bootstrap import Program

EVENT_STREAM = "text/event-stream"
PAUSE_SECONDS = 0.25
"""Between two events of one stream: at most four a second."""
KEEP_ALIVE_SECONDS = 15.0


async def get_progress(request: Request) -> Response:
    """The exact truth about a run: at once, when it is no longer what you know, or as a stream of events."""
    request.state.route = PATH
    query = ProgressQuery.read(request.path_params["pipeline_id"], request.query_params)
    known_form(query.pipeline_id)
    program: Program = request.state.program
    if query.at is not None:
        body = await run_in_threadpool(get_answer_then, program, query)
        return Response(body, headers={"Cache-Control": "private, no-cache"}, media_type="application/json")
    answer = await _newest(request, query)
    if EVENT_STREAM in request.headers.get("accept", ""):
        return _stream(request, query, answer)
    if query.wait and _is_known(request, answer):
        watcher: Watcher = request.app.state.watcher
        if await watcher.changed(program, query.pipeline_id, known=answer.revision, seconds=query.wait):
            answer = await _newest(request, query)
    if _is_known(request, answer):
        return Response(status_code=304, headers=answer.headers)
    return Response(answer.body, headers=answer.headers, media_type="application/json")


async def _newest(request: Request, query: ProgressQuery) -> Answer:
    state = request.app.state
    return await newest_answer(state.newest, state.answers, request.state.program, query)


def _is_known(request: Request, answer: Answer) -> bool:
    return is_among(request.headers.get("if-none-match", ""), answer)


def _stream(request: Request, query: ProgressQuery, answer: Answer) -> Response:
    """The events from here to the terminal one; 204, which ends a browser's reconnecting, if that is known."""
    known = request.headers.get("last-event-id") == str(answer.revision)
    if known and answer.terminal:
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = _events(request, query, None if known else answer, known=answer.revision)
    return StreamingResponse(events, headers=headers, media_type=EVENT_STREAM)


async def _events(
    request: Request, query: ProgressQuery, answer: Answer | None, *, known: int
) -> AsyncIterator[bytes]:
    watcher, program = request.app.state.watcher, request.state.program
    while True:
        if answer is None:
            yield b": waiting\n\n"
        else:
            yield b"id: %d\ndata: %s\n\n" % (answer.revision, answer.body)
            if answer.terminal:
                return
            known = answer.revision
            await asyncio.sleep(PAUSE_SECONDS)
        if watcher.stopping:
            return
        changed = await watcher.changed(program, query.pipeline_id, known=known, seconds=KEEP_ALIVE_SECONDS)
        answer = await _newest(request, query) if changed else None
