"""The line to a model's service: one bounded HTTP call, with every way it can go wrong told apart."""

import json
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from docrail.core.errors import Busy, PhaseError
from docrail.models.wire import Request

MOST_BYTES = 4_000_000
LONGEST_PAUSE = 3600.0
USUAL_PAUSE = 5.0


class Refused(PhaseError):  # noqa: N818 - what it is, not that it is an error
    """The service does not take the request as it is; `said` is what it answered."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message, code="model_unavailable", retryable=False)
        self.said = said


class Line:
    """Calls one service. Thread-safe; after a 429 nobody calls until the time that the service named is over.

    Nothing is followed elsewhere (no redirects), and proxies of the environment are not used.
    """

    def __init__(self, *, timeout_seconds: float) -> None:
        self._seconds = timeout_seconds
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds, connect=min(10.0, timeout_seconds)),
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=100, keepalive_expiry=30),
        )
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def call(self, request: Request) -> Any:
        """The JSON of the answer. Raises PhaseError, Refused, Busy, and ValueError for what is no JSON."""
        self._check_open(request.url)
        try:
            status, headers, content = self._post(request)
        except httpx.TimeoutException as error:
            raise self._too_slow(request.url) from error
        except httpx.HTTPError as error:
            message = (
                f"The model at {request.url} cannot be reached ({type(error).__name__}): start it, or check "
                "`model_url`."
            )
            raise PhaseError(message, code="model_unavailable", retryable=True) from error
        if status == 200:
            return json.loads(content)
        raise self._refusal(request.url, status, headers, content.decode("utf-8", "replace")[:300])

    def close(self) -> None:
        self._client.close()

    def _check_open(self, url: str) -> None:
        left = self._closed_until - time.monotonic()
        if left > 0:
            raise Busy(f"The model at {url} asked to wait {left:.0f} seconds.", seconds=left, sent=False)

    def _post(self, request: Request) -> tuple[int, httpx.Headers, bytes]:
        ends, content = time.monotonic() + self._seconds, bytearray()
        with self._client.stream(
            "POST", request.url, json=request.body, headers=dict(request.headers)
        ) as answer:
            for piece in answer.iter_bytes():
                content += piece
                if time.monotonic() > ends:
                    raise self._too_slow(request.url)
                if len(content) > MOST_BYTES:
                    message = f"The model at {request.url} sent more than {MOST_BYTES // 1_000_000} MB: no answer is."
                    raise PhaseError(message, code="invalid_output", retryable=False)
            return answer.status_code, answer.headers, bytes(content)

    def _too_slow(self, url: str) -> PhaseError:
        message = (
            f"The model at {url} did not answer within {self._seconds:g} seconds: raise `model_timeout_seconds` or "
            "use a faster model."
        )
        return PhaseError(message, code="model_unavailable", retryable=True)

    def _refusal(self, url: str, status: int, headers: httpx.Headers, said: str) -> PhaseError:
        if status in (429, 503, 529) and (status != 503 or "retry-after" in headers):
            seconds = _pause(headers.get("retry-after"))
            with self._lock:
                self._closed_until = max(self._closed_until, time.monotonic() + seconds)
            return Busy(
                f"The model at {url} is asked too often ({status}): it wants {seconds:.0f} seconds of rest. Lower "
                "`model_per_second` or `model_concurrency`.",
                seconds=seconds,
                sent=True,
            )
        if status >= 500 or status == 408:
            message = f"The model at {url} answered {status}: look at its log, then retry."
            return PhaseError(message, code="model_unavailable", retryable=True)
        todo = {401: "check the key", 403: "check the key", 404: "check `model_url` and `model_name`"}
        return Refused(
            f"The model at {url} refused the request ({status}): {todo.get(status, 'check the model settings')}.",
            said,
        )


def _pause(said: str | None) -> float:
    """The seconds of a Retry-After header: a number, or a date.

    >>> _pause("7"), _pause(None), _pause("soon"), _pause("1e9")
    (7.0, 5.0, 5.0, 3600.0)
    """
    try:
        seconds = float(said or USUAL_PAUSE)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said or "").timestamp() - time.time()
        except ValueError:
            seconds = USUAL_PAUSE
    return min(max(seconds, 0.05), LONGEST_PAUSE)
