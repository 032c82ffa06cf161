"""`/v1/field-reviews` over HTTP: contract, parts 3 and 4."""

import csv
import io
from dataclasses import replace

import pytest
from tests.integration.review_runs import LOW, Worker, spec_of, start
from tests.integration.small_runs import Handed

PATH = "/v1/field-reviews"


@pytest.fixture
def run_id(program):
    """Three documents whose net is held by gate `low`."""
    handed = replace(program, engine=Handed())
    run_id = start(handed, spec_of(LOW), [{"contract": f"C-{n}", "net": 70 + n} for n in range(3)])
    worker = Worker(handed)
    worker.work()
    worker.close()
    return run_id


@pytest.fixture
def rows(client, run_id):
    return client.get(PATH).json()["data"]


def test_the_queue_comes_in_pages_that_filters_narrow(client, run_id):
    first = client.get(PATH, params={"limit": 2, "pipeline_id": run_id}).json()
    rest = client.get(PATH, params={"cursor": first["pagination"]["next_cursor"]}).json()

    assert [row["filename"] for row in first["data"] + rest["data"]] == sorted(
        (row["filename"] for row in first["data"] + rest["data"]), key=lambda name: int(name.split(".")[0])
    )
    assert (first["pagination"]["total"], first["pagination"]["has_more"]) == (3, True)
    assert rest["pagination"]["has_more"] is False
    row = first["data"][0]
    assert (row["field"], row["gate"], row["reason"], row["claimed_by"]) == (
        "net",
        "low",
        "failed_check",
        None,
    )
    assert "value" not in row
    assert client.get(row["links"]["self"]).json()["field"] == "net"
    for nothing in ({"field": "gross"}, {"gate": "none"}, {"reason": "disagreement"}, {"schema_id": "x"}):
        assert client.get(PATH, params=nothing).json()["data"] == []
    assert client.get(PATH, params={"reason": "because"}).json()["code"] == "validation_error"
    assert client.get(PATH, params={"cursor": "§"}).json()["code"] == "bad_request"


def test_the_summary_counts_by_everything_one_can_ask_for(client, run_id):
    summary = client.get(f"{PATH}/summary").json()
    assert (summary["total"], summary["by_pipeline"], summary["by_gate"]) == (3, {run_id: 3}, {"low": 3})
    assert (summary["by_reason"], summary["by_field"]) == ({"failed_check": 3}, {"net": 3})


def test_the_item_has_the_evidence_and_the_decision_is_answered_with_what_runs_again(client, rows):
    item = client.get(rows[0]["links"]["self"]).json()
    assert (item["value"], item["withheld"], item["type"]) == (70, False, "number")
    assert [each["status"] for each in item["versions"]] == ["filled", "held"]
    assert item["span"]["method"] == "given"
    assert item["verdicts"][0]["message"] == "'net' is above 50"
    assert item["record"]["contract"] == "C-0"

    answer = client.post(rows[0]["links"]["resolve"], json={"action": "correct", "value": "12,5"})

    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["value"], body["held_fields"], body["runs_again"]) == (
        "corrected",
        12.5,
        0,
        [],
    )
    after = client.get(rows[0]["links"]["self"]).json()
    assert (after["review"], after["decisions"][0]["reviewer"]) == (None, "key")
    results = client.get(f"/v1/pipelines/{rows[0]['pipeline_id']}/results").json()["data"]
    assert [row["record"]["net"] for row in results] == [12.5, None, None]


def test_what_cannot_be_decided_says_why(api, client, rows):
    resolve, key = rows[0]["links"]["resolve"], api.secret("read", "write", name="ada")
    with api.client(key) as ada:
        assert ada.post(resolve, json={"action": "override"}).json()["details"][0]["path"] == "reason"
        assert ada.post(resolve, json={"action": "correct", "value": "x"}).status_code == 400
        assert ada.post(resolve, json={"action": "approve", "more": 1}).status_code == 422
        assert ada.post(resolve, json={"action": "approve"}).status_code == 200
    again = client.post(resolve, json={"action": "approve"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert "was approved by ada at" in again.json()["message"]
    with api.client(api.secret("read")) as reader:
        assert reader.post(resolve, json={"action": "approve"}).json()["code"] == "insufficient_scope"
    with api.client(api.secret("read", "write", workspace="other")) as stranger:
        assert stranger.get(rows[1]["links"]["self"]).status_code == 404
        assert stranger.post(rows[1]["links"]["resolve"], json={"action": "approve"}).status_code == 404
        assert stranger.get(PATH).json()["data"] == []
    assert client.get(f"{PATH}/{rows[1]['pipeline_document_id']}/none").status_code == 404
    assert client.get(f"{PATH}/no-id/net").status_code == 404


def test_many_at_once_have_each_their_outcome(client, rows):
    items = [
        {"pipelineDocumentId": rows[0]["pipeline_document_id"], "field": "net", "action": "approve"},
        {"pipeline_document_id": rows[1]["pipeline_document_id"], "field": "net", "action": "what"},
        {"pipeline_document_id": "nobody", "field": "net", "action": "approve"},
        {
            "pipeline_document_id": rows[2]["pipeline_document_id"],
            "field": "net",
            "action": "correct",
            "value": None,
        },
    ]

    body = client.post(f"{PATH}/bulk-resolve", json={"items": items}).json()

    assert (body["decided"], body["refused"]) == (2, 2)
    assert [(each["status"], each["code"]) for each in body["data"]] == [
        ("decided", None),
        ("refused", "bad_request"),
        ("refused", "not_found"),
        ("decided", None),
    ]
    assert client.post(f"{PATH}/bulk-resolve", json={"items": items * 126}).status_code == 422
    assert client.get(PATH).json()["pagination"]["total"] == 1


def test_claims_keep_two_reviewers_apart(api, client, rows):
    with api.client(api.secret("read", "write", name="bob")) as bob:
        mine = client.post(f"{PATH}/claims", json={"limit": 2}).json()
        theirs = bob.post(f"{PATH}/claims", json={"limit": 2, "minutes": 5}).json()
        assert [len(mine["claimed"]), len(theirs["claimed"])] == [2, 1]
        ref = {"pipeline_document_id": mine["claimed"][0]["pipeline_document_id"], "field": "net"}
        refused = bob.post(f"{PATH}/claims", json={"items": [ref]}).json()
        assert refused["refused"][0]["message"] == "claimed by key"
        assert bob.post(mine["claimed"][0]["links"]["resolve"], json={"action": "approve"}).status_code == 409
        assert client.post(f"{PATH}/claims/release", json={"items": [ref]}).json() == {"released": 1}
        assert bob.post(mine["claimed"][0]["links"]["resolve"], json={"action": "approve"}).status_code == 200
        assert bob.get(PATH, params={"available": True}).json()["data"][0]["claimed_by"] == "bob"
        assert bob.post(f"{PATH}/claims", json={"minutes": 500}).status_code == 422


def test_the_log_is_a_page_and_a_csv_that_no_spreadsheet_runs(client, rows):
    reason = "=HYPERLINK(1)"
    client.post(rows[0]["links"]["resolve"], json={"action": "override", "reason": reason})
    client.post(rows[1]["links"]["resolve"], json={"action": "approve"})

    page = client.get(f"{PATH}/decisions", params={"limit": 1}).json()
    assert (page["data"][0]["action"], page["pagination"]["total"]) == ("approve", 2)
    older = client.get(f"{PATH}/decisions", params={"cursor": page["pagination"]["next_cursor"]}).json()
    assert [each["reason"] for each in older["data"]] == [reason]
    for answer in (
        client.get(f"{PATH}/decisions", params={"format": "csv"}),
        client.get(f"{PATH}/decisions", headers={"Accept": "text/csv"}),
    ):
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        table = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row["action"], row["before"], row["reason"]) for row in table] == [
            ("override", "70", f"'{reason}"),
            ("approve", "71", ""),
        ]
    some = client.get(f"{PATH}/decisions", params={"action": "override", "field": "net"}).json()
    assert len(some["data"]) == 1
