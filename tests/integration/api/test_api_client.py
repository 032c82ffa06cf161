"""The clients against the real server."""

import asyncio
import logging
import threading
from pathlib import Path

import pytest
from tests.client_faces import Async, Sync
from tests.integration.api.relay import Relay

from docrail.bootstrap import working
from docrail.client import AsyncClient, Client, InvalidInput, NotFound, Unauthorized

SPEC = "name: Notes\nfields:\n  number: {type: string, synonyms: [Invoice No]}\nrail:\n  - {type: schema}\n"
PDF = Path(__file__).parents[3] / "examples/invoices/documents/password-protected.pdf"


@pytest.fixture
def docrail(api):
    with Client(api.url, api.secret()) as client:
        yield client


@pytest.fixture(params=[Sync, Async])
def face(request, api):
    return request.param(url=api.url, key=api.secret())


def later(do):
    thread = threading.Timer(0.5, do)
    thread.start()
    return thread


def test_the_main_job(face, program, api, tmp_path):
    files = [tmp_path / f"{n}.txt" for n in range(3)]
    for n, file in enumerate(files):
        file.write_text(f"Invoice No: R-{n}\n")
    spec = face.one(lambda docrail: docrail.specs.save(SPEC))
    given = face.one(lambda docrail: docrail.documents.upload(*files, PDF, batch_id="b"))
    assert [each.status for each in given] == ["accepted"] * 4
    run = face.one(lambda docrail: docrail.pipelines.create(spec.id, batch_id="b"))
    with working(program):
        states = face.many(lambda docrail: docrail.pipelines.watch(run.id))
    revisions = [each.revision for each in states]
    assert revisions == sorted(set(revisions))
    assert [each.terminal for each in states] == [False] * (len(states) - 1) + [True]
    last = face.one(lambda docrail: docrail.pipelines.progress(run.id))
    assert last == states[-1] == face.one(lambda docrail: docrail.pipelines.wait(run.id))
    assert (last.completed_documents, last.error_documents, last.errors[0].code) == (3, 1, "encrypted")
    rows = face.many(lambda docrail: docrail.pipelines.results(run.id, cells=True, provenance=True))
    assert {row.record["number"] for row in rows} == {"R-0", "R-1", "R-2"}
    assert rows[0].cells["number"].provenance["page"] == 1
    made = face.one(lambda docrail: docrail.products.make(run.id, name="table"))
    for kind, suffix in (("plain", "csv"), ("audit", "jsonl"), ("plain", "parquet")):
        target = tmp_path / f"{kind}.{suffix}"
        wanted = {"target": target, "kind": kind, "format": suffix}
        size = face.one(lambda docrail, wanted=wanted: docrail.products.export(made.product.id, **wanted))
        with api.client(api.secret("read")) as http:
            exported = http.get(f"/v1/data-products/{made.product.id}/export/{kind}.{suffix}").content
        assert target.read_bytes() == exported and size == len(exported) > 0


def test_many_files_go_in_several_requests_and_come_back_in_order(face, caplog, tmp_path):
    caplog.set_level(logging.INFO, "httpx")
    files = [(f"{n}.txt", b"note %d" % (n % 200)) for n in range(250)]
    given = face.one(lambda docrail: docrail.documents.upload(*files, metadata={"customer": "Ada"}))
    assert [each.filename for each in given] == [name for name, _ in files]
    assert [each.status for each in given] == ["accepted"] * 200 + ["duplicate"] * 50
    assert sum("POST" in each.getMessage() for each in caplog.records) == 3
    kept = face.many(lambda docrail: docrail.documents.list())
    assert len({each.id for each in kept}) == 200 and kept[0].metadata == {"customer": "Ada"}


def test_a_file_of_many_blocks_arrives_whole(face, tmp_path):
    content = b"0123456789abcdef" * 50_000
    (tmp_path / "large.txt").write_bytes(content)
    [given] = face.one(lambda docrail: docrail.documents.upload(tmp_path / "large.txt"))
    assert face.one(lambda docrail: docrail.documents.content(given.id)) == content
    size = face.one(lambda docrail: docrail.documents.download(given.id, tmp_path / "back.txt"))
    assert size == len(content) and (tmp_path / "back.txt").read_bytes() == content


@pytest.mark.parametrize("kind", [Sync, Async])
def test_a_stream_that_is_cut_in_the_middle_is_taken_up(kind, api, docrail, make_pipeline):
    run = make_pipeline("one", "two")
    with Relay(api.url, cut=[1, 1]) as relay:
        thread = later(lambda: docrail.pipelines.cancel(run))
        seen = kind(url=relay.url, key=api.secret()).many(lambda client: client.pipelines.watch(run))
        thread.join()
    revisions = [each.revision for each in seen]
    assert revisions == sorted(set(revisions)) and seen[-1].status == "cancelled"
    assert len(relay.streams) >= 2
    assert b"last-event-id: %d\r\n" % revisions[0] in relay.streams[1].lower()


@pytest.mark.parametrize("kind", [Sync, Async])
def test_a_proxy_that_eats_streams_gets_long_polls(kind, api, docrail, make_pipeline, monkeypatch):
    monkeypatch.setattr("docrail.client.watching.SILENCE", 0.3)
    monkeypatch.setattr("docrail.client.watching.LONG_POLL", 0.2)
    run = make_pipeline("one")
    with Relay(api.url, eat=True) as relay:
        thread = threading.Timer(1.2, lambda: docrail.pipelines.cancel(run))
        thread.start()
        seen = kind(url=relay.url, key=api.secret()).many(lambda client: client.pipelines.watch(run))
        thread.join()
    assert [each.status for each in seen] == ["active", "cancelled"]
    assert len(relay.streams) == 1
    assert relay.statuses[0] == relay.statuses[-1] == 200 and 304 in relay.statuses


def test_waiting_for_what_does_not_end_is_a_time_out(face, make_pipeline):
    run = make_pipeline("one")
    with pytest.raises(TimeoutError, match="it goes on"):
        face.one(lambda docrail: docrail.pipelines.wait(run, timeout=0.4))


def test_one_document_is_answered_with_its_record(face, program, tmp_path):
    (tmp_path / "note.txt").write_text("Invoice No: 77-B\n")
    schema = {
        "title": "Bills",
        "type": "object",
        "properties": {"number": {"type": "string", "title": "Invoice No"}},
    }
    with working(program):
        found = face.one(lambda docrail: docrail.extract(tmp_path / "note.txt", schema))
        with pytest.raises(InvalidInput) as caught:
            face.one(lambda docrail: docrail.extract(PDF, SPEC))
    assert found.record == {"number": "77-B"} and found.cells["number"].confidence > 0
    assert caught.value.code == "encrypted"


def test_a_record_that_takes_longer_is_asked_for_again(face, program, monkeypatch):
    monkeypatch.setattr("docrail.client.api.WAIT", 0.0)
    note = ("note.txt", b"Invoice No: 78-C\n")
    with pytest.raises(TimeoutError, match="goes on"):
        face.one(lambda docrail: docrail.extract(note, SPEC, timeout=0.2))
    with working(program):
        assert face.one(lambda docrail: docrail.extract(note, SPEC)).record == {"number": "78-C"}


def test_one_client_serves_many_threads_and_tasks(api, docrail, make_pipeline):
    run = make_pipeline("one")
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(docrail.pipelines.wait(run))) for _ in range(8)]
    for thread in threads:
        thread.start()
    docrail.pipelines.cancel(run)
    for thread in threads:
        thread.join()
    assert {each.status for each in seen} == {"cancelled"} and len(seen) == 8

    async def all_at_once():
        async with AsyncClient(api.url, api.secret()) as client:
            return await asyncio.gather(*(client.pipelines.get(run) for _ in range(20)))

    assert {each.id for each in asyncio.run(all_at_once())} == {run}


def test_errors_are_those_of_the_server(api, docrail, face):
    with pytest.raises(NotFound) as caught:
        face.one(lambda client: client.pipelines.get("none"))
    assert (caught.value.code, caught.value.status) == ("not_found", 404) and caught.value.request_id
    with pytest.raises(InvalidInput) as caught:
        face.one(lambda client: client.specs.save("name: x\nfields: {a: {type: colour}}\nrail: []"))
    assert caught.value.details[0].path
    with pytest.raises(Unauthorized), Client(api.url, "dr_wrong") as other:
        other.pipelines.get("none")
