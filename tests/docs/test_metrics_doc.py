"""The page of metrics says what `/metrics` answers."""

import re
from pathlib import Path

from docrail.api.measures import Measures
from docrail.api.routes.metrics import _show
from docrail.store.gauges import Gauges
from docrail.usecases.health import Watched

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def test_the_page_lists_every_metric_with_its_type_and_labels():
    totals = {"model_calls", "model_failed_calls", "model_input_tokens", "model_output_tokens", "model_cost"}
    gauges = Gauges(
        pipelines={"active": 1},
        documents={("extraction", "running"): 1},
        errors={"crashed": 1},
        deliveries={"dead": 1},
        held_fields=1,
        workers=1,
        totals={name: {"some": 1.0} for name in totals | {"reader_ends"}}
        | {"phase_seconds": {"extraction": 0.5}, "phase_ends": {"extraction|3": 1.0}},
    )
    measures = Measures()
    measures.add("GET", "/v1/pipelines", 200, 0.1)
    lines = [*_show(Watched(gauges=gauges, tasks=1, oldest_seconds=2.0)), *measures.show()]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert rows == described(lines)


def described(lines):
    """Name, type, labels and help of every metric of an answer, as rows of the page."""
    helps = dict(line.removeprefix("# HELP ").split(" ", 1) for line in lines if line.startswith("# HELP"))
    kinds = dict(line.removeprefix("# TYPE ").split(" ", 1) for line in lines if line.startswith("# TYPE"))
    found = []
    for name, text in helps.items():
        sample = next(each for each in lines if re.match(rf"{name}(_bucket)?[ {{]", each))
        labels = [each for each in re.findall(r'(\w+)="', sample) if each != "le"]
        found.append((name, kinds[name], ", ".join(f"`{each}`" for each in labels), text))
    return found
