"""What this process answered: requests by route and status, and how long they took."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets, in seconds."""


class Measures:
    """Counted on the event loop alone, so that no lock is needed."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, int]] = Counter()
        self.buckets: defaultdict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self.seconds: Counter[str] = Counter()

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered (499: its client left first)."""
        self.answers[method, route, status] += 1
        self.buckets[route][bisect_left(BOUNDS, seconds)] += 1
        self.seconds[route] += seconds  # type: ignore[assignment]  # a Counter adds up floats as well

    def show(self) -> Iterator[str]:
        """The lines for Prometheus."""
        yield "# HELP docrail_http_requests_total requests answered by this process"
        yield "# TYPE docrail_http_requests_total counter"
        for (method, route, status), n in sorted(self.answers.items()):
            labels = f'method="{method}",route="{route}",status="{status}"'
            yield f"docrail_http_requests_total{{{labels}}} {n}"
        yield "# HELP docrail_http_request_seconds how long requests took, waiting included"
        yield "# TYPE docrail_http_request_seconds histogram"
        for route, counts in sorted(self.buckets.items()):
            yield from histogram(
                "docrail_http_request_seconds", f'route="{route}"', BOUNDS, counts, self.seconds[route]
            )


def histogram(
    name: str, labels: str, bounds: tuple[float, ...], counts: list[int], seconds: float
) -> Iterator[str]:
    """The lines of one histogram; `counts` has one more than `bounds`: what is above them all."""
    n = 0
    for bound, count in zip((*bounds, float("inf")), counts, strict=True):
        n += count
        le = "+Inf" if bound == float("inf") else f"{bound:g}"
        yield f'{name}_bucket{{{labels},le="{le}"}} {n}'
    yield f"{name}_sum{{{labels}}} {seconds:.6f}"
    yield f"{name}_count{{{labels}}} {n}"
