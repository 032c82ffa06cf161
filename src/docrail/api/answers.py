"""Answers about progress: encoded once for each revision, however many clients ask."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from docrail.bootstrap import Program
from docrail.core.progress import Progress
from docrail.usecases.cursors import read_cursor
from docrail.usecases.pipelines import get_progress, get_revision
from docrail.usecases.progress_json import progress_to_json

KEPT = 512
SHORTEST, LONGEST = 1, 10
"""The poll intervals that `Retry-After` asks for, in seconds."""


class ProgressQuery(BaseModel):
    """What is asked of progress: up to `errors_limit` entries after a cursor; seconds to wait for a change;
    `at`: as it was at a time in the past."""

    model_config = ConfigDict(frozen=True)

    pipeline_id: str
    errors_limit: int = Field(default=1000, ge=1, le=1000)
    errors_cursor: str | None = None
    wait: float = Field(default=0, ge=0, le=60, allow_inf_nan=False)
    at: AwareDatetime | None = None

    @classmethod
    def read(cls, pipeline_id: str, query: Mapping[str, Any]) -> "ProgressQuery":
        """The query of a request. Raises RequestValidationError."""
        try:
            return cls.model_validate({**query, "pipeline_id": pipeline_id})
        except ValidationError as error:
            found = [{**each, "loc": ("query", *each["loc"])} for each in error.errors(include_url=False)]
            raise RequestValidationError(found) from error


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The progress object at one revision, ready to send."""

    revision: int
    etag: str
    body: bytes
    terminal: bool
    headers: Mapping[str, str]

    def raw_headers(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """The headers as they are sent with this much of a body (empty: 304)."""
        return self._raw + self._raw_body if body else self._raw

    @cached_property
    def _raw(self) -> list[tuple[bytes, bytes]]:
        return [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]

    @cached_property
    def _raw_body(self) -> list[tuple[bytes, bytes]]:
        return [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self.body))]


@dataclass(slots=True)
class Answers:
    """The last answer for each run and page of errors; used again exactly while the revision is the same."""

    _kept: "OrderedDict[tuple[str, int, str | None], Answer]" = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, program: Program, query: ProgressQuery) -> Answer:
        """The answer for the newest revision. Raises NotFound, InvalidInput for a cursor that is none."""
        after = read_cursor(query.errors_cursor)
        revision = get_revision(program, query.pipeline_id)
        key = (query.pipeline_id, query.errors_limit, after)
        with self._lock:
            answer = self._kept.get(key)
            if answer is not None and answer.revision == revision:
                self._kept.move_to_end(key)
                return answer
        progress = get_progress(
            program, query.pipeline_id, errors_limit=query.errors_limit, errors_after=after
        )
        answer = make_answer(progress)
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return answer


def get_answer_then(program: Program, query: ProgressQuery) -> bytes:
    """The progress object as it was at a time. Raises NotFound, InvalidInput if the run was not there yet."""
    assert query.at is not None
    progress = get_progress(
        program,
        query.pipeline_id,
        errors_limit=query.errors_limit,
        errors_after=read_cursor(query.errors_cursor),
        at=int(query.at.timestamp() * 1000),
    )
    return progress_to_json(progress)


def make_answer(progress: Progress) -> Answer:
    """The answer that a progress object makes."""
    etag = f'"{progress.pipeline_id}.{progress.revision}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if not progress.status.terminal:
        headers["Retry-After"] = str(_poll_seconds(progress))
    return Answer(
        revision=progress.revision,
        etag=etag,
        body=progress_to_json(progress),
        terminal=progress.status.terminal,
        headers=headers,
    )


def _poll_seconds(progress: Progress) -> int:
    """A twentieth of the time that is probably left."""
    left = progress.eta[0] if progress.eta else 0
    return max(SHORTEST, min(LONGEST, left // 20))
