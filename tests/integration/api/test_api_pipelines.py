"""Specs and pipelines over HTTP; nothing works on what is queued."""

import json

ASSEMBLY = {"type": "assembly", "json": {"grouping_field": "number"}}
SPEC = {"name": "Orders", "fields": {"number": {}}, "rail": [{"type": "schema"}, ASSEMBLY]}


def test_the_same_spec_is_the_same_version_as_json_and_as_yaml(client):
    first = client.post("/v1/specs", json=SPEC)
    assert first.status_code == 201
    assert {"id", "name", "version", "digest", "links"} <= set(first.json())
    text = "name: Orders\nfields: {number: {}}\nrail: [{type: schema}, {type: assembly, grouping_field: number}]\n"
    headers = {"Content-Type": "application/yaml"}
    again = client.post("/v1/specs", content=text, headers=headers).json()
    assert (again["id"], again["version"]) == (first.json()["id"], 1)
    changed = SPEC | {"fields": {"number": {}, "total": {}}}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/v1/specs", content=json.dumps(changed), headers=form).json()["version"] == 2
    versions = client.get(first.json()["links"]["versions"]).json()["data"]
    assert [each["version"] for each in versions] == [2, 1]
    assert list(client.get(first.json()["links"]["self"]).json()["content"]["fields"]) == ["number", "total"]


def test_a_pipeline_starts_at_once_and_shows_its_frozen_phases(client, make_document):
    spec = client.post("/v1/specs", json=SPEC).json()
    made = client.post(
        "/v1/pipelines", json={"schema_id": spec["id"], "document_ids": [make_document("a")], "name": "mine"}
    )
    body = made.json()
    assert made.status_code == 201
    assert {key: body[key] for key in ("name", "status", "schema", "document_count", "phase_count")} == {
        "name": "mine",
        "status": "active",
        "schema": {"id": spec["id"], "name": "Orders"},
        "document_count": 1,
        "phase_count": 2,
    }
    whole = client.get(body["links"]["self"]).json()
    assert [(phase["id"], phase["scope"]) for phase in whole["phases"]] == [
        ("extraction", "document"),
        ("assembly", "pipeline"),
    ]
    for link in body["links"].values():
        assert client.get(link).status_code == 200


def test_a_batch_becomes_a_pipeline(client, make_spec):
    files = [("files", (f"{n}.txt", f"batch {n}".encode())) for n in range(3)]
    client.post("/v1/documents", files=files, data={"batch_id": "b1"})
    made = client.post("/v1/pipelines", json={"schema_id": make_spec(), "batch_id": "b1"}).json()
    assert made["document_count"] == 3


def test_pipelines_are_listed_by_status_and_spec_in_either_order(client, make_pipeline):
    ids = [make_pipeline("1"), make_pipeline("2")]
    spec = client.get(f"/v1/pipelines/{ids[0]}").json()["schema"]["id"]
    list_ids = lambda **params: [  # noqa: E731
        row["id"] for row in client.get("/v1/pipelines", params=params).json()["data"]
    ]
    assert list_ids() == ids[::-1]
    assert list_ids(order="asc", status="active", schema_id=spec) == ids
    assert list_ids(status="completed") == list_ids(schema_id="other") == []


def test_documents_are_added_once(client, make_pipeline, make_document):
    pipeline = make_pipeline("first")
    body = {"document_ids": [make_document("second")]}
    assert client.post(f"/v1/pipelines/{pipeline}/documents", json=body).json()["generation"] == 2
    answer = client.post(f"/v1/pipelines/{pipeline}/documents", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    rows = client.get(f"/v1/pipelines/{pipeline}/documents", params={"status": "queued"}).json()
    assert rows["pagination"]["total"] == 2


def test_cancel_ends_everything_once(client, make_pipeline):
    pipeline = make_pipeline("a", "b")
    answer = client.post(f"/v1/pipelines/{pipeline}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    progress = client.get(f"/v1/pipelines/{pipeline}/progress").json()
    assert (progress["status"], progress["cancelledDocuments"]) == ("cancelled", 2)
    assert client.post(f"/v1/pipelines/{pipeline}/cancel").json()["code"] == "conflict"


def test_retry_says_what_it_runs_again(client, add_run, finished):
    from docrail.core.spec import Field
    from docrail.core.state import State

    run = add_run([Field(name="number")], [finished(filename="bad.txt", state=State.ERROR)])
    entry = client.get(f"/v1/pipelines/{run}/errors").json()["data"][0]
    assert (entry["code"], entry["pipelineDocumentId"] is not None) == ("unreadable", True)
    url = f"/v1/pipelines/{run}/retry"
    assert client.post(url, json={"code": "other"}).json()["code"] == "conflict"
    assert client.post(url, json={"dry_run": True}).json() == {"retried": 1, "generation": 1}
    assert client.post(url).json() == {"retried": 1, "generation": 2}


def test_a_table_beside_the_spec_cannot_be_read_and_the_answer_says_what_to_do(client):
    rule = {"rule": "lookup", "from": "number", "field": "total", "table": "t.csv", "key": "a", "column": "b"}
    policies = [{"name": "p", "rules": [rule]}]
    rail = [{"type": "schema"}, {"type": "resolve", "policies": ["p"]}]
    spec = {"name": "T", "fields": {"number": {}, "total": {}}, "policies": policies, "rail": rail}
    details = client.post("/v1/specs", json=spec).json()["details"]
    assert [(each["path"], "`csv`" in each["message"]) for each in details] == [
        ("policies[0].rules[0].table", True)
    ]
    rule |= {"csv": "a,b\n1,2\n"}
    assert client.post("/v1/specs", json=spec).status_code == 201
