"""The numbers that operators watch."""

import httpx

from docrail.core.state import Move, Position, State
from docrail.store.totals import add_totals, count_phases

from .conftest import running


def test_the_metrics_count_pipelines_and_their_documents_without_a_key(api, make_pipeline):
    make_pipeline("one", "two")
    with api.client() as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    found = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert 'docrail_pipelines{status="active"} 1' in found
    documents = [line for line in found if line.startswith("docrail_documents{")]
    assert sum(int(line.split()[-1]) for line in documents) == 2
    assert "docrail_workers 0" in found


def test_the_metrics_tell_what_waits_and_what_was_answered(api, client, make_pipeline):
    run = make_pipeline("one")
    client.get(f"/v1/pipelines/{run}/progress").raise_for_status()
    found = client.get("/metrics").text.splitlines()
    assert "docrail_queue_tasks 1" in found
    assert 'docrail_documents{phase="extraction",state="queued"} 1' in found
    route = 'route="/v1/pipelines/{pipeline_id}/progress"'
    assert f'docrail_http_requests_total{{method="GET",{route},status="200"}} 1' in found
    assert not [line for line in found if run in line]


def ended(seconds):
    """The move of a document whose phase ended after so many seconds."""
    before, after = Position(0, State.RUNNING), Position(1, State.COMPLETED)
    names = {"run_id": "r", "document": "d", "chunk_id": "c", "epoch": 1, "at": 0, "attempts": 0}
    timings = {"extraction": seconds}
    return Move(**names, before=before, after=after, phase_id="extraction", timings=timings)


def test_phases_that_ended_are_counted_by_how_long_they_took(program):
    with program.database.writing() as connection:
        add_totals(connection, count_phases([ended(0.02), ended(0.03), ended(9.0)]))
    with running(program) as url:
        found = httpx.get(f"{url}/metrics").text.splitlines()
    ends = 'docrail_phase_seconds_bucket{phase="extraction",le='
    assert {f'{ends}"0.01"}} 0', f'{ends}"0.05"}} 2', f'{ends}"+Inf"}} 3'} <= set(found)
    assert 'docrail_phase_seconds_sum{phase="extraction"} 9.050000' in found
