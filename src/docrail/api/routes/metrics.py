"""Numbers for Prometheus: no names, no values, so no key is needed."""

from collections.abc import Iterator, Mapping

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse

from docrail.api.auth import Acting
from docrail.usecases.health import read_metrics

router = APIRouter(tags=["health"])
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request, program: Acting) -> PlainTextResponse:
    """Pipelines, documents of those under way, webhook deliveries and workers, in Prometheus' text format."""
    gauges = read_metrics(program)
    lines = [
        *_gauge("docrail_pipelines", "pipelines by status", "status", gauges.pipelines),
        *_gauge("docrail_documents", "documents of pipelines under way by state", "state", gauges.documents),
        *_gauge("docrail_webhook_deliveries", "webhook deliveries by state", "state", gauges.deliveries),
        "# HELP docrail_workers workers of this database",
        "# TYPE docrail_workers gauge",
        f"docrail_workers {gauges.workers}",
        *request.app.state.measures.show(),
    ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=MEDIA_TYPE)


def _gauge(name: str, text: str, label: str, values: Mapping[str, int]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    yield from (f'{name}{{{label}="{key}"}} {n}' for key, n in sorted(values.items()))
