"""The parts of a spec one by one: each change is a new version, what runs keeps its own."""

NOTES = {"name": "Notes", "fields": {"number": {"type": "string"}, "total": {"type": "number"}}}
SUMS = {"name": "sums", "severity": "blocking", "fields": ["total"], "checks": [{"rule": "total > 0"}]}


def make_schema(client, **more):
    answer = client.post("/v1/schemas", json=NOTES | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_schema_is_made_changed_and_listed(client):
    made = make_schema(client, description="of all kinds")
    assert (made["version"], made["description"]) == (1, "of all kinds")
    changed = client.put(made["links"]["self"], json={"fields": {"number": {"type": "integer"}}}).json()
    assert (changed["version"], changed["fields"]) == (2, {"number": {"type": "integer"}})
    assert client.get("/v1/schemas").json()["data"] == [changed]
    assert client.get(made["links"]["self"]).json() == changed
    assert [each["version"] for each in client.get(f"/v1/specs/{made['id']}/versions").json()["data"]] == [
        2,
        1,
    ]


def test_the_same_again_is_no_new_version_but_going_back_is_one(client):
    made = make_schema(client)
    path = made["links"]["self"]
    assert client.put(path, json={"fields": NOTES["fields"]}).json()["version"] == 1
    assert client.put(path, json={"fields": {"number": {"type": "string"}}}).json()["version"] == 2
    assert client.put(path, json={"fields": NOTES["fields"]}).json()["version"] == 3


def test_a_schema_starts_a_pipeline_and_is_kept_from_then_on(client, make_document):
    made = make_schema(client)
    body = {"schema_id": made["id"], "document_ids": [make_document("one")]}
    run = client.post("/v1/pipelines", json=body).json()
    assert client.put(made["links"]["self"], json={"fields": {"other": {}}}).json()["version"] == 2
    assert client.get(f"/v1/pipelines/{run['id']}").json()["schema"]["id"] == made["id"]
    refused = client.delete(made["links"]["self"])
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_an_unused_schema_is_removed(client):
    made = make_schema(client)
    assert client.delete(made["links"]["self"]).status_code == 204
    assert client.get(made["links"]["self"]).status_code == 404
    assert client.delete(made["links"]["self"]).status_code == 404


def test_what_is_wrong_with_fields_comes_all_at_once(client):
    answer = client.post(
        "/v1/schemas", json={"name": "N", "fields": {"a": {"type": "nope"}, "b": {"minimum": "x"}}}
    )
    assert answer.status_code == 400
    assert {detail["path"].split(".")[1] for detail in answer.json()["details"]} == {"a", "b"}


def test_a_name_is_taken_once_and_stays(client):
    made = make_schema(client)
    assert client.post("/v1/schemas", json=NOTES).status_code == 409
    answer = client.put(made["links"]["self"], json={"name": "Else", "fields": NOTES["fields"]})
    assert (answer.status_code, answer.json()["details"][0]["path"]) == (400, "name")


def test_gates_come_one_by_one_and_the_rail_names_them_by_id(client):
    made = make_schema(client)
    gates, rail = made["links"]["validation_stages"], made["links"]["rail"]
    gate = client.post(gates, json=SUMS).json()
    assert gate["name"] == "sums" and gate["checks"] == SUMS["checks"]
    assert client.post(gates, json=SUMS).status_code == 409
    stages = [{"type": "schema"}, {"type": "valid", "json": {"stage_ids": [gate["id"]]}}]
    changed = client.put(rail, json={"stages": stages}).json()
    assert (changed["version"], changed["stages"][1]["json"]) == (3, {"stage_ids": ["sums"]})
    assert client.get(rail).json() == changed
    quieter = SUMS | {"severity": "warning"}
    assert client.put(gate["links"]["self"], json=quieter).json()["severity"] == "warning"
    assert client.get(gate["links"]["self"]).json()["id"] == gate["id"]
    assert client.delete(gate["links"]["self"]).status_code == 400
    client.put(rail, json={"stages": [{"type": "schema"}]})
    assert client.delete(gate["links"]["self"]).status_code == 204
    assert client.get(gates).json() == {"data": []}


def test_a_rail_that_does_not_compile_changes_nothing(client):
    made = make_schema(client)
    stages = [{"type": "schema"}, {"type": "valid", "json": {"stage_ids": ["nope"]}}, {"type": "what"}]
    answer = client.put(made["links"]["rail"], json={"stages": stages})
    assert answer.status_code == 400 and answer.json()["details"]
    assert client.get(made["links"]["rail"]).json()["version"] == 1


def test_a_document_is_removed_with_its_bytes_unless_a_pipeline_ran_it(client, make_document, program):
    free, used = make_document("free"), make_document("used")
    body = {"schema_id": make_schema(client)["id"], "document_ids": [used]}
    run = client.post("/v1/pipelines", json=body).json()["id"]
    digest = client.get(f"/v1/documents/{free}").json()["digest"]
    assert program.blobs.path(digest).exists()
    refused = client.delete(f"/v1/documents/{used}")
    assert refused.status_code == 409 and run in refused.json()["message"]
    assert client.delete(f"/v1/documents/{free}").status_code == 204
    assert client.get(f"/v1/documents/{free}").status_code == 404
    assert not program.blobs.path(digest).exists()
    again = client.post("/v1/documents", files={"files": ("free.txt", b"free")}).json()["data"][0]
    assert (again["status"], program.blobs.path(digest).exists()) == ("accepted", True)
    many = client.post("/v1/documents/bulk-delete", json={"document_ids": [again["id"], used, free]}).json()
    assert [each["status"] for each in many["data"]] == ["deleted", "conflict", "not_found"]


def test_bytes_that_another_workspace_has_stay(api, client, make_document, program):
    ours = make_document("same")
    digest = client.get(f"/v1/documents/{ours}").json()["digest"]
    with api.client(api.secret(workspace="another")) as stranger:
        theirs = stranger.post("/v1/documents", files={"files": ("n.txt", b"same")}).json()["data"][0]["id"]
        client.delete(f"/v1/documents/{ours}")
        assert stranger.get(f"/v1/documents/{theirs}/content").content == b"same"
        stranger.delete(f"/v1/documents/{theirs}")
    assert not program.blobs.path(digest).exists()


def test_two_keys_live_while_one_takes_the_others_place(api, client):
    old = client.post("/v1/account/keys", json={"name": "erp", "scopes": ["read"]}).json()
    path = f"/v1/account/keys/{old['id']}/rotate"
    new = client.post(path, json={"overlap_seconds": 3600}).json()
    assert (new["name"], new["scopes"]) == ("erp", ["read"])
    assert [answers_to(api, each) for each in (old, new)] == [200, 200]
    at_once = client.post(f"/v1/account/keys/{new['id']}/rotate", json={"overlap_seconds": 0}).json()
    assert [answers_to(api, each) for each in (new, at_once)] == [401, 200]
    assert client.post(f"/v1/account/keys/{new['id']}/rotate").status_code == 409


def answers_to(api, key):
    with api.client(key["key"]) as client:
        return client.get("/v1/specs").status_code
