"""Who may do what: every operation of the OpenAPI description with every kind of key."""

import pytest

from docrail.usecases.keys import list_keys, revoke_key

NOBODY = "01900000-0000-7000-8000-000000000000"
BODIES = {
    "/v1/pipelines": {"schema_id": NOBODY, "document_ids": [NOBODY]},
    "/v1/pipelines/{pipeline_id}/documents": {"document_ids": [NOBODY]},
    "/v1/account/keys": {"scopes": ["read"]},
    "/v1/data-policies/{policy_id}/rules": {"rules": [{"format": "trim", "field": "a"}]},
    "/v1/pipelines/{pipeline_id}/replay": {"gate": "a"},
    "/v1/field-reviews/{pipeline_document_id}/{field}/resolve": {"action": "approve"},
    "/v1/webhooks/{webhook_id}": {"url": "https://example.org", "events": ["field.held"]},
    "/v1/schemas/{schema_id}": {"fields": {"a": {}}},
    "/v1/schemas/{schema_id}/rail": {"stages": [{"type": "schema"}]},
    "/v1/schemas/{schema_id}/validation-stages": {"name": "a", "checks": ["a"]},
    "/v1/schemas/{schema_id}/validation-stages/{stage_id}": {"name": "a", "checks": ["a"]},
}


@pytest.fixture
def operations(client):
    """(method, path, scope) of everything that needs a key."""
    found = [
        (method.upper(), path, operation["security"][0]["key"][0])
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if operation["security"]
    ]
    assert len(found) > 25
    return found


def ask(client, method, path, an_id=NOBODY):
    url = path
    while "{" in url:
        start, end = url.index("{"), url.index("}")
        known = {"kind": "plain", "format": "csv"}
        url = url[:start] + known.get(url[start + 1 : end], an_id) + url[end + 1 :]
    body = BODIES.get(path)
    return client.request(method, url, json=body)


def comparable(answer):
    body = answer.json()
    return {key: body[key] for key in body if key not in ("request_id", "timestamp", "path")}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer dr_unknown", "Bearer nonsense", "Basic ZHI6eA==", "dr_x"]
)
def test_without_a_valid_key_everything_is_401(api, operations, header):
    with api.client() as client:
        if header:
            client.headers["Authorization"] = header
        answers = {(method, path): ask(client, method, path) for method, path, _ in operations}
    assert {answer.status_code for answer in answers.values()} == {401}
    assert {answer.json()["code"] for answer in answers.values()} == {"unauthorized"}
    assert all(answer.headers["www-authenticate"] == "Bearer" for answer in answers.values())


def test_revoked_and_expired_keys_are_401(api):
    secret = api.secret("read")
    revoke_key(api.program, list_keys(api.program)[0].id)
    for each in (secret, api.secret("read", expires_at=1)):
        with api.client(each) as client:
            assert client.get("/v1/pipelines").status_code == 401


def test_without_the_scope_everything_is_403_naming_it(api, operations):
    for method, path, scope in operations:
        others = [each for each in ("read", "write", "admin") if each != scope]
        with api.client(api.secret(*others)) as client:
            answer = ask(client, method, path)
        assert (method, path, answer.status_code) == (method, path, 403)
        assert answer.json()["code"] == "insufficient_scope"
        assert f"`{scope}`" in answer.json()["message"]


def test_a_body_is_not_read_before_the_key_is_checked(api):
    with api.client() as client:
        assert client.post("/v1/pipelines", content=b"{not json").status_code == 401
        assert client.post("/v1/documents", content=b"nonsense").status_code == 401


def test_unknown_malformed_and_foreign_ids_are_the_same_404(api, client, operations, make_pipeline):
    theirs = make_pipeline()
    with api.client(api.secret(workspace="another")) as stranger:
        foreign = stranger.get(f"/v1/pipelines/{theirs}")
        for method, path, _ in operations:
            if "{" not in path:
                continue
            answers = [
                ask(stranger, method, path, an_id) for an_id in (NOBODY, "x", "%00", theirs, "a" * 999)
            ]
            assert {answer.status_code for answer in answers} == {404}, (method, path)
            assert all(comparable(answer) == comparable(foreign) for answer in answers), (method, path)
    assert client.get(f"/v1/pipelines/{theirs}").status_code == 200


def test_another_workspace_sees_nothing(api, client, make_pipeline, make_document, make_spec):
    make_pipeline("one")
    document, spec = make_document("two"), make_spec()
    with api.client(api.secret(workspace="another")) as stranger:
        for noun in ("documents", "specs", "pipelines", "data-products"):
            assert stranger.get(f"/v1/{noun}").json()["pagination"]["total"] == 0
        answer = stranger.post("/v1/pipelines", json={"schema_id": spec, "document_ids": [document]})
    assert [detail["path"] for detail in answer.json()["details"]] == ["schema_id", "document_ids"]


def test_keys_are_made_shown_once_and_revoked(api, client):
    made = client.post("/v1/account/keys", json={"name": "poller", "scopes": ["read"]})
    assert made.status_code == 201
    secret = made.json()["key"]
    listed = client.get("/v1/account/keys")
    assert secret not in listed.text
    assert made.json()["id"] in {key["id"] for key in listed.json()["data"]}
    with api.client(secret) as poller:
        assert poller.get("/v1/pipelines").status_code == 200
        assert client.delete(f"/v1/account/keys/{made.json()['id']}").status_code == 204
        assert poller.get("/v1/pipelines").status_code == 401


def test_health_docs_and_description_need_no_key(api):
    with api.client() as client:
        for path in ("/health/live", "/health/ready", "/openapi.json", "/docs"):
            assert client.get(path).status_code == 200
        assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
        assert "http://" not in client.get("/docs").text and "https://" not in client.get("/docs").text
