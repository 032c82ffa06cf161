"""Numbers for Prometheus: no names of people or documents, no values, so no key is needed."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from docrail.api.auth import Acting
from docrail.api.measures import histogram
from docrail.store.totals import SECONDS
from docrail.usecases.health import Watched, read_metrics

router = APIRouter(tags=["health"])
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
TOTALS = (
    ("model_calls", "docrail_model_calls_total", "model", "calls of the model"),
    ("model_failed_calls", "docrail_model_failed_calls_total", "model", "calls of the model that failed"),
    ("model_input_tokens", "docrail_model_input_tokens_total", "model", "tokens given to the model"),
    ("model_output_tokens", "docrail_model_output_tokens_total", "model", "tokens that the model made"),
    ("model_cost", "docrail_model_cost_total", "model", "what the model cost, in the currency of the prices"),
    ("reader_ends", "docrail_reader_ends_total", "reason", "reading processes that a document broke"),
)


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request, program: Acting) -> PlainTextResponse:
    """What operators watch, in Prometheus' text format."""
    lines = [*_show(read_metrics(program)), *request.app.state.measures.show()]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _show(watched: Watched) -> Iterator[str]:
    gauges = watched.gauges
    yield from _many("docrail_pipelines", "gauge", "pipelines by status", "status", gauges.pipelines)
    yield from _head("docrail_documents", "gauge", "documents of pipelines under way by phase and state")
    for (phase, state), n in sorted(gauges.documents.items()):
        yield f'docrail_documents{{phase="{phase}",state="{state}"}} {n}'
    yield from _many("docrail_document_errors", "gauge", "documents in error by code", "code", gauges.errors)
    yield from _phases(gauges.totals)
    yield from _one("docrail_queue_tasks", "tasks that no worker has taken yet", watched.tasks)
    yield from _one("docrail_queue_oldest_seconds", "age of the oldest of them", watched.oldest_seconds)
    yield from _one("docrail_held_fields", "fields that wait for a review", gauges.held_fields)
    yield from _many(
        "docrail_webhook_deliveries", "gauge", "deliveries that wait or are dead", "state", gauges.deliveries
    )
    yield from _one("docrail_workers", "workers of this database", gauges.workers)
    for key, name, label, text in TOTALS:
        yield from _many(name, "counter", text, label, gauges.totals.get(key, {}))


def _phases(totals: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield from _head("docrail_phase_seconds", "histogram", "how long a phase took for a document")
    counts = {phase: [0] * (len(SECONDS) + 1) for phase in totals.get("phase_seconds", {})}
    for label, n in totals.get("phase_ends", {}).items():
        phase, _, bucket = label.partition("|")
        counts[phase][int(bucket)] += int(n)
    for phase, found in sorted(counts.items()):
        seconds = totals["phase_seconds"][phase]
        yield from histogram("docrail_phase_seconds", f'phase="{phase}"', SECONDS, found, seconds)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _one(name: str, text: str, n: float) -> Iterator[str]:
    yield from _head(name, "gauge", text)
    yield f"{name} {n:.15g}"


def _many(name: str, kind: str, text: str, label: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(name, kind, text)
    yield from (f'{name}{{{label}="{_escape(key)}"}} {n:.15g}' for key, n in sorted(values.items()))


def _escape(text: str) -> str:
    """As the text format wants it in a label; a model is named by whoever sets it up."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
