"""The plain poll of progress, answered on a short way of its own: it comes more often than everything else together."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from docrail.api.answers import Answer, Answers, ProgressQuery
from docrail.api.auth import Keys
from docrail.api.ids import known_form
from docrail.api.newest import Newest
from docrail.api.problems import NOTHING_HERE, Requests, problem
from docrail.bootstrap import Program
from docrail.core.errors import NotFound

PATH = "/v1/pipelines/{pipeline_id}/progress"
POLLED = re.compile("/v1/pipelines/([^/]+)/progress")


class Polls:
    """Answers a poll without a query as the route does; whatever else is asked is the application's."""

    def __init__(self, app: ASGIApp, *, program: Program, newest: Newest, answers: Answers) -> None:
        self._app, self._newest, self._answers = app, newest, answers
        self._short = Requests(Keys(self._answer, program=program, newest=newest))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._short if _is_plain_poll(scope) else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        pipeline_id = scope["path"].split("/")[3]
        scope["state"]["route"] = PATH
        program: Program = scope["state"]["program"]
        try:
            query = ProgressQuery(pipeline_id=known_form(pipeline_id))
            answer = await newest_answer(self._newest, self._answers, program, query)
        except NotFound:
            await problem(scope, 404, NOTHING_HERE)(scope, receive, send)
            return
        is_known = any(
            name == b"if-none-match" and is_among(value.decode("latin-1"), answer)
            for name, value in scope["headers"]
        )
        status, body = (304, b"") if is_known else (200, answer.body)
        await send({"type": "http.response.start", "status": status, "headers": answer.raw_headers(body)})
        await send({"type": "http.response.body", "body": body})


def _is_plain_poll(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["query_string"]
        and POLLED.fullmatch(scope["path"]) is not None
        and not any(name == b"accept" and b"event-stream" in value for name, value in scope["headers"])
    )


async def newest_answer(newest: Newest, answers: Answers, program: Program, query: ProgressQuery) -> Answer:
    """The answer as of now, shared by all who ask the same at once. Raises NotFound and InvalidInput."""
    return await newest.get((program.workspace, query), lambda: answers.get(program, query))


def is_among(tags: str, answer: Answer) -> bool:
    """Whether the tags of an `If-None-Match` name this answer."""
    return any(tag.strip().removeprefix("W/") in (answer.etag, "*") for tag in tags.split(","))
