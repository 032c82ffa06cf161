"""Who may do what: every operation of the OpenAPI description with every kind of key and every kind of id."""

import pytest

from docrail.bootstrap import working
from docrail.usecases.keys import list_keys, revoke_key

NOBODY = "01900000-0000-7000-8000-000000000000"
MALFORMED = ("x", "%00", "..%2F..", "a" * 999, NOBODY.upper())
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
SPEC = """
name: Notes
fields:
  number: {type: string, synonyms: [Invoice No], requires_review: true}
gates:
  - {name: complete, fields: [number], checks: [required]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: valid, gates: [complete]}
"""
HOOK = {"url": "http://127.0.0.1:9/", "events": ["document.completed", "field.held"]}
POLICY = {"name": "tidy", "rules": [{"format": "trim", "field": "number"}]}
NO_SUCH_PART = ("/v1/documents/{document_id}/pages/{number}.png",)
"""What this document, a text file, has none of."""
NO_IDS = {"kind": "plain", "format": "csv", "number": "1"}
"""The parts of paths that are no ids."""


@pytest.fixture
def operations(client):
    """(method, path, scope) of everything that needs a key."""
    found = [
        (method.upper(), path, operation["security"][0]["key"][0])
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
        if operation["security"]
    ]
    assert len(found) > 80
    return found


@pytest.fixture
def owned(program, client):
    """An id of each kind that is really there, in the workspace of `client`, by the name that paths have for it."""

    def post(path, **body):
        return client.post(path, **body).raise_for_status().json()

    hook = post("/v1/webhooks", json=HOOK)
    with working(program):
        run = post("/v1/run", files={"files": ("a.txt", b"Invoice No: 7\n")}, data={"schema": SPEC})
        wait_for_end(client, run)
        held = client.get("/v1/field-reviews").json()["data"][0]
        place = f"/v1/field-reviews/{held['pipeline_document_id']}/{held['field']}"
        post(f"{place}/resolve", json={"action": "approve"})
        wait_for_end(client, run)
    spec_id, document_id = run["schema"]["id"], run["admissions"][0]["id"]
    post("/v1/pipelines", json={"schema_id": spec_id, "document_ids": [document_id]})
    stages = client.get(f"/v1/schemas/{spec_id}/validation-stages").json()["data"]
    return NO_IDS | {
        "pipeline_id": run["id"],
        "document_id": document_id,
        "spec_id": spec_id,
        "schema_id": spec_id,
        "stage_id": stages[0]["id"],
        "policy_id": post("/v1/data-policies", json=POLICY)["id"],
        "product_id": post(f"/v1/pipelines/{run['id']}/data-product")["dataProduct"]["id"],
        "pipeline_document_id": held["pipeline_document_id"],
        "field": held["field"],
        "field_id": client.get("/v1/fields").json()["data"][0]["id"],
        "key_id": client.get("/v1/account/keys").json()["data"][0]["id"],
        "webhook_id": hook["id"],
        "delivery_id": client.get(f"/v1/webhooks/{hook['id']}/deliveries").json()["data"][0]["id"],
    }


def wait_for_end(client, run):
    for _ in range(100):
        progress = client.get(run["links"]["progress"], params={"wait": 1})
        if progress.json()["status"] not in ("active", "finalizing"):
            return
        client.get(
            run["links"]["progress"], params={"wait": 1}, headers={"If-None-Match": progress.headers["etag"]}
        )
    raise AssertionError(progress.text)


def ask(client, method, path, ids):
    """One operation with these ids; a kind of id that `ids` does not know fails the test."""
    return client.request(method, path.format_map(ids), json=BODIES.get(path))


def all_alike(an_id):
    """Every id of a path is this one."""

    class Alike(dict):
        def __missing__(self, _name):
            return an_id

    return Alike(NO_IDS)


def comparable(answer):
    body = answer.json()
    return {key: body[key] for key in body if key not in ("request_id", "timestamp", "path")}


@pytest.fixture
def headers(api):
    """What no key stands in, by what is wrong with it."""
    revoked = api.secret("read", "write", "admin")
    revoke_key(api.program, list_keys(api.program)[0].id)
    return {
        "none": {},
        "empty": {"Authorization": "Bearer"},
        "malformed": {"Authorization": "Bearer nonsense"},
        "cut": {"Authorization": "Bearer dr_x"},
        "of another kind": {"Authorization": "Basic ZHI6eA=="},
        "unknown": {"Authorization": "Bearer dr_unknown"},
        "expired": {"Authorization": f"Bearer {api.secret('read', 'write', 'admin', expires_at=1)}"},
        "revoked": {"Authorization": f"Bearer {revoked}"},
    }


def test_without_a_valid_key_everything_is_401(api, operations, headers, owned):
    bodies = set()
    with api.client() as client:
        for wrong, header in headers.items():
            client.headers.pop("Authorization", None)
            client.headers.update(header)
            for method, path, _ in operations:
                answer = ask(client, method, path, owned)
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (
                    wrong,
                    method,
                    path,
                )
                assert answer.headers["www-authenticate"] == "Bearer"
                bodies.add(str(comparable(answer)))
    assert len(bodies) == 1


def test_without_the_scope_everything_is_403_naming_it(api, operations, owned):
    secrets = {
        scope: api.secret(*({"read", "write", "admin"} - {scope})) for scope in ("read", "write", "admin")
    }
    for method, path, scope in operations:
        with api.client(secrets[scope]) as client:
            answer = ask(client, method, path, owned)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), (method, path)
        assert f"`{scope}`" in answer.json()["message"]


def test_unknown_malformed_and_foreign_ids_are_the_same_404(api, client, operations, owned):
    kinds = [owned, *(all_alike(each) for each in (NOBODY, *MALFORMED))]
    with api.client(api.secret(workspace="another")) as stranger:
        for method, path, _ in operations:
            if "{" not in path:
                continue
            answers = [ask(stranger, method, path, ids) for ids in kinds]
            assert {answer.status_code for answer in answers} == {404}, (method, path)
            assert len({str(comparable(answer)) for answer in answers}) == 1, (method, path)
    there = {
        path: ask(client, method, path, owned).status_code
        for method, path, _ in operations
        if method == "GET"
    }
    assert {path for path, status in there.items() if status != 200} == set(NO_SUCH_PART)


def test_a_body_is_not_read_before_the_key_is_checked(api):
    with api.client() as client:
        assert client.post("/v1/pipelines", content=b"{not json").status_code == 401
        assert client.post("/v1/documents", content=b"nonsense").status_code == 401


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
