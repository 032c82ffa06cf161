"""The plain poll of progress, answered before the router: it comes more often than everything else together."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from docrail.api.answers import Answer, Answers, ProgressQuery
from docrail.api.ids import known_form
from docrail.api.newest import Newest
from docrail.bootstrap import Program
from docrail.core.errors import NotFound

POLLED = re.compile("/v1/pipelines/([^/]+)/progress")


class Polls:
    """Answers a poll without a query; whatever else it is asked, and every error, is the route's."""

    def __init__(self, app: ASGIApp, newest: Newest, answers: Answers) -> None:
        self._app, self._newest, self._answers = app, newest, answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope)
        if answer is None:
            await self._app(scope, receive, send)
            return
        is_known = any(
            name == b"if-none-match" and is_among(value.decode("latin-1"), answer)
            for name, value in scope["headers"]
        )
        status, body = (304, b"") if is_known else (200, answer.body)
        await send({"type": "http.response.start", "status": status, "headers": answer.raw_headers(body)})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope) -> Answer | None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            return None
        found = POLLED.fullmatch(scope["path"])
        if found is None or any(
            name == b"accept" and b"event-stream" in value for name, value in scope["headers"]
        ):
            return None
        program: Program = scope["state"]["program"]
        try:
            known_form(found[1])
            return await newest_answer(
                self._newest, self._answers, program, ProgressQuery(pipeline_id=found[1])
            )
        except NotFound:
            return None


async def newest_answer(newest: Newest, answers: Answers, program: Program, query: ProgressQuery) -> Answer:
    """The answer as of now, shared by all who ask the same at once. Raises NotFound and InvalidInput."""
    return await newest.get((program.workspace, query), lambda: answers.get(program, query))


def is_among(tags: str, answer: Answer) -> bool:
    """Whether the tags of an `If-None-Match` name this answer."""
    return any(tag.strip().removeprefix("W/") in (answer.etag, "*") for tag in tags.split(","))
