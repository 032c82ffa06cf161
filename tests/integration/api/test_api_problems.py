"""Every error has the one shape."""

import re

import pytest
from structlog.testing import capture_logs

KEYS = {"statusCode", "code", "error", "message", "retryable", "request_id", "timestamp", "path"}
FORM = "application/x-www-form-urlencoded"
CASES = [
    ("GET", "/nowhere", {}, 404, "not_found"),
    ("GET", "/v1/nowhere", {}, 404, "not_found"),
    ("GET", "/v1/pipelines/", {}, 404, "not_found"),
    ("PUT", "/v1/pipelines", {"json": {}}, 405, "bad_request"),
    (
        "POST",
        "/v1/pipelines",
        {"content": "{", "headers": {"Content-Type": "application/json"}},
        400,
        "bad_request",
    ),
    (
        "POST",
        "/v1/pipelines",
        {"content": "a=1", "headers": {"Content-Type": FORM}},
        415,
        "unsupported_media_type",
    ),
    ("POST", "/v1/documents", {"json": {}}, 415, "unsupported_media_type"),
    ("POST", "/v1/documents", {"files": {"other": b"x"}}, 400, "bad_request"),
    ("POST", "/v1/documents", {"files": {"files": b"x"}, "data": {"metadata": "["}}, 400, "bad_request"),
    ("POST", "/v1/pipelines", {"json": {}}, 422, "validation_error"),
    ("POST", "/v1/pipelines", {"json": {"schema_id": "a\0b"}}, 422, "validation_error"),
    ("POST", "/v1/pipelines", {"json": {"schema_id": "a"}}, 400, "bad_request"),
    ("POST", "/v1/pipelines", {"json": {"schema_id": "a" * 20_000_000}}, 413, "payload_too_large"),
    ("GET", "/v1/pipelines?limit=0", {}, 422, "validation_error"),
    ("GET", "/v1/pipelines?limit=201", {}, 422, "validation_error"),
    ("GET", "/v1/pipelines?cursor=zzz", {}, 400, "bad_request"),
    ("GET", "/v1/pipelines?cursor=%00", {}, 400, "bad_request"),
    ("GET", "/v1/pipelines?status=lost", {}, 422, "validation_error"),
    ("POST", "/v1/specs", {"content": b"\xff\xfe"}, 400, "bad_request"),
    ("POST", "/v1/specs", {"content": b""}, 400, "bad_request"),
    ("POST", "/v1/account/keys", {"json": {"scopes": []}}, 422, "validation_error"),
    ("GET", "/share/drs_unknown", {}, 404, "not_found"),
]


@pytest.mark.parametrize(("method", "path", "more", "status", "code"), CASES)
def test_every_error_has_the_one_shape(client, method, path, more, status, code):
    answer = client.request(method, path, **more)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code)
    assert set(body) - {"details"} == KEYS
    assert body["statusCode"] == status
    assert body["path"] == path.partition("?")[0]
    assert body["request_id"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])
    assert all(set(detail) == {"path", "message"} for detail in body.get("details", []))


def test_a_chunked_body_that_grows_too_large_is_413(client):
    headers = {"Content-Type": "application/json"}
    body = (b" " * 1_000_000 for _ in range(12))
    assert client.post("/v1/pipelines", content=body, headers=headers).status_code == 413


def test_what_nobody_caught_is_500_without_what_happened(api, client, monkeypatch):
    def fail(*_args, **_more):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("docrail.usecases.pipelines.list_pipelines", fail)
    with capture_logs() as logs:
        answer = client.get("/v1/pipelines")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert [(each["event"], each["request_id"]) for each in logs] == [
        ("request_failed", answer.headers["x-request-id"])
    ]


def test_a_method_that_is_not_there_names_those_that_are(client):
    answer = client.put("/v1/pipelines", json={})
    assert answer.headers["allow"] == "GET, POST"


def test_a_spec_with_problems_says_all_of_them_with_their_lines(client):
    text = "name: x\nfields:\n  a: {type: strin}\nrail:\n  - {type: schema}\n  - {type: valid, gates: [no]}\n"
    details = client.post("/v1/specs", content=text).json()["details"]
    assert [(each["path"], each["message"].partition(":")[0]) for each in details] == [
        ("fields.a.type", "line 3"),
        ("rail[1].json.gates[0]", "line 6"),
    ]


def test_a_pipeline_names_everything_unknown_at_once(client, make_document):
    known = make_document("here")
    body = {"schema_id": "s", "document_ids": ["a", known, "b"]}
    details = client.post("/v1/pipelines", json=body).json()["details"]
    assert [(each["path"], each["message"]) for each in details] == [
        ("schema_id", "unknown: s"),
        ("document_ids", "unknown: a"),
        ("document_ids", "unknown: b"),
    ]
