"""What is remembered of fields, over HTTP: contract, part 3."""

import pytest
from tests.integration.test_registry import SPEC as ORDERS
from tests.integration.test_registry import teach

from docrail.usecases.registry import learn_anchors
from docrail.usecases.spec_versions import save_spec


@pytest.fixture
def spec_id(program):
    spec_id = save_spec(program, ORDERS).id
    teach(program, spec_id, 3)
    learn_anchors(program, spec_id)
    return spec_id


def test_a_field_says_what_is_remembered_and_how_often_it_was_right(client, spec_id):
    (field,) = client.get("/v1/fields").json()["data"]
    assert (field["name"], field["spec"], field["confirmed"]) == (
        "spots",
        {"id": spec_id, "name": "orders"},
        3,
    )
    assert field["precision"] == 1.0
    assert field["seen"] == field["right"] >= 3

    whole = client.get(field["links"]["self"]).json()

    assert {key: whole[key] for key in field} == field
    assert {"anchor": "right of: zeta", "seen": 3, "right": 3, "precision": 1.0, "trusted": True} in whole[
        "known"
    ]
    assert len([anchor for anchor in whole["known"] if anchor["trusted"]]) == field["trusted"]


def test_fields_are_asked_for_by_spec_and_unknown_ones_are_404(client, spec_id):
    assert client.get("/v1/fields", params={"schema_id": spec_id}).json()["pagination"]["total"] == 1
    assert client.get("/v1/fields", params={"schema_id": "none"}).json()["data"] == []
    assert client.get("/v1/fields?schema_id=a%00b").status_code == 422
    assert client.get("/v1/fields/none").status_code == 404
    assert client.get(f"/v1/fields/{spec_id}").json()["code"] == "not_found"
