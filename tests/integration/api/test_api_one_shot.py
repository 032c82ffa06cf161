"""Files and a spec in one request, and the record of one document as its answer."""

import json
from pathlib import Path

import pytest

from docrail.bootstrap import working

SPEC = "name: Notes\nfields:\n  number: {type: string, synonyms: [Invoice No]}\nrail:\n  - {type: schema}\n"
SCHEMA = {
    "title": "Bills",
    "type": "object",
    "properties": {"number": {"type": "string", "title": "Invoice No"}},
}
LARGE = ("large.txt", b"x" * 1_100_000)
NOTE = ("note.txt", b"Invoice No: 77-B\n")
LOCKED = Path(__file__).parents[3] / "examples/invoices/documents/password-protected.pdf"


def details(answer):
    return [(each["path"], each["message"]) for each in answer.json()["details"]]


def test_a_run_is_started_with_one_request_and_says_what_became_of_each_file(client):
    files = [("files", NOTE), ("files", LARGE)]
    answer = client.post("/v1/run", files=files, data={"schema": SPEC, "name": "mine", "batch_id": "b1"})
    body = answer.json()
    assert answer.status_code == 201
    assert (body["name"], body["document_count"], body["schema"]["name"]) == ("mine", 1, "Notes")
    assert [each["status"] for each in body["admissions"]] == ["accepted", "refused"]
    assert client.get(f"/v1/pipelines/{body['id']}").status_code == 200
    assert client.get("/v1/documents", params={"batch_id": "b1"}).json()["pagination"]["total"] == 1


def test_a_kept_spec_may_be_named_instead(client, make_spec):
    spec_id = make_spec()
    body = client.post("/v1/run", files={"files": NOTE}, data={"schema_id": spec_id}).json()
    assert body["schema"]["id"] == spec_id


def test_the_same_request_starts_one_run(client):
    ask = {"files": {"files": NOTE}, "data": {"schema": SPEC}, "headers": {"Idempotency-Key": "k1"}}
    first, again = client.post("/v1/run", **ask), client.post("/v1/run", **ask)
    assert first.json()["id"] == again.json()["id"]
    assert client.get("/v1/pipelines").json()["pagination"]["total"] == 1


def test_the_record_is_the_answer_when_it_is_ready_in_time(program, client):
    with working(program):
        answer = client.post(
            "/v1/extract", files={"files": NOTE}, data={"schema": json.dumps(SCHEMA)}, params={"wait": 25}
        )
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["record"] == {"number": "77-B"}
    assert body["cells"]["number"]["provenance"]["page"] == 1
    assert 0 < body["cells"]["number"]["confidence"] <= 1


def test_a_record_that_is_not_ready_is_asked_for_later(program, client, make_document):
    wanted = {"document_id": make_document("Invoice No: 78-C"), "schema": SCHEMA}
    answer = client.post("/v1/extract", json=wanted, params={"wait": 0})
    url = answer.json()["poll_url"]
    assert answer.status_code == 202
    assert answer.headers["location"] == url
    assert client.get(url).status_code == 202
    with working(program):
        client.get(f"/v1/pipelines/{answer.json()['pipeline_id']}/progress")
        for _ in range(100):
            later = client.get(url)
            if later.status_code == 200:
                break
            client.get(
                f"/v1/pipelines/{answer.json()['pipeline_id']}/progress",
                params={"wait": 1},
                headers={"If-None-Match": "*"},
            )
    assert later.json()["record"] == {"number": "78-C"}


def test_a_document_that_ends_in_error_says_why(program, client):
    with working(program):
        answer = client.post(
            "/v1/extract",
            files={"files": ("locked.pdf", LOCKED.read_bytes())},
            data={"schema": SPEC},
            params={"wait": 25},
        )
    assert (answer.status_code, answer.json()["code"]) == (422, "encrypted")
    assert "password" in answer.json()["message"]


@pytest.mark.parametrize(
    ("files", "data", "problem"),
    [
        ([("files", NOTE)], {}, ("schema", "give `schema` (a spec or JSON Schema) or `schema_id`")),
        ([], {"schema": SPEC}, ("files", "give a file or a `document_id`")),
        ([("files", NOTE), ("files", ("b.txt", b"b"))], {"schema": SPEC}, None),
        ([("files", LARGE)], {"schema": SPEC}, None),
        ([("files", NOTE)], {"schema": "name: x\nfields: 3"}, None),
    ],
)
def test_what_cannot_be_run_is_refused_and_starts_nothing(client, files, data, problem):
    form = files or [("other", (None, "x"))]
    answer = client.post("/v1/extract", files=form, data=data)
    assert answer.status_code == 400, answer.text
    assert problem is None or problem in details(answer)
    assert client.get("/v1/pipelines").json()["pagination"]["total"] == 0


@pytest.mark.parametrize("body", [{"document_id": "a", "more": 1}, {"schema_id": "a"}, [], "text"])
def test_a_json_body_of_another_shape_is_422(client, body):
    assert client.post("/v1/extract", json=body).status_code == 422
