"""Results and data products over HTTP: what is held is shown to nobody."""

import csv
import io

import pytest

from docrail.core.compose import Composed
from docrail.core.model import Box, Cell, CellStatus, HoldReason, Provenance
from docrail.core.spec import Field

FIELDS = [Field(name="number"), Field(name="total")]
SECRET = "SECRET-77"


def cell(name, value, **more):
    where = Provenance(method="zero_shot", text=str(value), page=1, box=Box(x0=1, y0=2, x1=3, y1=4))
    return Cell(field=name, value=value, confidence=0.9, phase="extraction", provenance=where, **more)


@pytest.fixture
def run(add_run, finished):
    held = cell("total", SECRET, status=CellStatus.HELD, hold_reason=HoldReason.LOW_CONFIDENCE)
    return add_run(
        FIELDS,
        [
            finished(filename="a.txt", cells=[cell("number", "A1"), cell("total", 5)]),
            finished(filename="b.txt", cells=[cell("number", "B1"), held]),
        ],
    )


def test_a_row_has_the_record_and_what_is_held(client, run):
    page = client.get(f"/v1/pipelines/{run}/results").json()
    first, second = page["data"]
    assert page["pagination"]["total"] == 2
    assert set(first) == {"id", "document_id", "filename", "digest", "status", "record", "held_fields"}
    assert (first["status"], first["record"]) == ("completed", {"number": "A1", "total": 5})
    assert (second["status"], second["record"]) == ("partial", {"number": "B1", "total": None})
    assert second["held_fields"] == [{"field": "total", "reason": "low_confidence"}]


def test_cells_and_provenance_come_when_asked_for(client, run):
    rows = client.get(f"/v1/pipelines/{run}/results?include=cells").json()["data"]
    assert rows[0]["cells"]["total"].keys() == {"value", "confidence", "status", "phase"}
    rows = client.get(f"/v1/pipelines/{run}/results?include=cells,provenance").json()["data"]
    assert rows[0]["cells"]["total"]["provenance"]["box"] == {"x0": 1.0, "y0": 2.0, "x1": 3.0, "y1": 4.0}
    assert (rows[1]["cells"]["total"]["status"], rows[1]["cells"]["total"]["value"]) == ("held", None)
    assert client.get(f"/v1/pipelines/{run}/results?include=secrets").status_code == 400


def test_rows_are_found_by_status_and_paged(client, run):
    page = client.get(f"/v1/pipelines/{run}/results?status=partial").json()
    assert [row["filename"] for row in page["data"]] == ["b.txt"]
    assert page["pagination"]["total"] == 1
    first = client.get(f"/v1/pipelines/{run}/results?limit=1").json()
    cursor = first["pagination"]["next_cursor"]
    second = client.get(f"/v1/pipelines/{run}/results", params={"limit": 1, "cursor": cursor}).json()
    assert [row["filename"] for row in first["data"] + second["data"]] == ["a.txt", "b.txt"]
    assert second["pagination"]["next_cursor"] is None


def test_a_product_is_made_once_exported_and_shared(api, client, run):
    made = client.post(f"/v1/pipelines/{run}/data-product", json={"name": "März"})
    assert made.status_code == 201
    product, token = made.json()["dataProduct"], made.json()["shareToken"]["token"]
    assert (product["name"], product["pipeline_id"]) == ("März", run)
    again = client.post(f"/v1/pipelines/{run}/data-product")
    assert (again.status_code, again.json()["dataProduct"]["id"]) == (200, product["id"])
    assert again.json()["shareToken"] is None
    rows = client.get(product["links"]["results"]).json()
    assert rows["pagination"]["total"] == 2
    assert rows["data"][1]["statuses"] == {"number": "filled", "total": "held"}
    answer = client.get(product["links"]["plain.csv"])
    assert answer.headers["content-type"].startswith("text/csv")
    assert [row["number"] for row in csv.DictReader(io.StringIO(answer.text))] == ["A1", "B1"]
    with api.client() as public:
        shown = public.get(f"/share/{token}").json()
        assert (shown["name"], shown["data"]) == ("März", rows["data"])
        fresh = client.post(f"/v1/data-products/{product['id']}/share").json()["token"]
        assert public.get(f"/share/{token}").status_code == 404
        assert public.get(f"/share/{fresh}").status_code == 200
        assert client.delete(f"/v1/data-products/{product['id']}/share").status_code == 204
        assert public.get(f"/share/{fresh}").status_code == 404


def test_an_unknown_export_is_404(client, run):
    product = client.post(f"/v1/pipelines/{run}/data-product").json()["dataProduct"]
    for name in ("plain.doc", "secret.csv", "plain"):
        assert client.get(f"/v1/data-products/{product['id']}/export/{name}").status_code == 404


def test_what_is_held_is_in_no_answer(api, client, run, add_run, finished):
    made = client.post(f"/v1/pipelines/{run}/data-product").json()
    product = made["dataProduct"]
    paths = [
        *product["links"].values(),
        f"/v1/pipelines/{run}/progress",
        f"/share/{made['shareToken']['token']}",
    ]
    paths += [f"/v1/pipelines/{run}/{rest}" for rest in ("documents", "results?include=cells,provenance")]
    for path in paths:
        assert SECRET not in client.get(path).text, path


def test_composed_records_are_a_view_of_the_results(client, add_run, finished):
    def compose(ids):
        first = Composed(
            group="G1",
            anchor_document=ids[0],
            document_ids=tuple(ids),
            values={"number": "A1"},
            sources={"number": ids[0]},
        )
        second = Composed(
            group="G2",
            anchor_document=None,
            document_ids=(ids[1],),
            values={},
            sources={},
            conflicts=("a and b disagree",),
        )
        return [first, second]

    files = [finished(filename=f"{name}.txt", cells=[cell("number", name)]) for name in "ab"]
    run = add_run(FIELDS, files, composed=compose, assembly_config={"grouping_field": "number"})
    page = client.get(f"/v1/pipelines/{run}/results?view=composed&limit=1").json()
    assert page["pagination"]["total"] == 2
    assert (page["data"][0]["group"], page["data"][0]["record"]["number"]) == ("G1", "A1")
    params = {"view": "composed", "cursor": page["pagination"]["next_cursor"]}
    rest = client.get(f"/v1/pipelines/{run}/results", params=params).json()["data"]
    assert [row["conflicts"] for row in rest] == [["a and b disagree"]]


def test_a_link_with_a_password_asks_for_it_and_the_facts_stand_beside_the_table(api, client, run):
    asked = {"min_confidence": 0.5, "require_validation_pass": True}
    product = client.post(f"/v1/pipelines/{run}/data-product", json=asked).json()["dataProduct"]
    assert (product["min_confidence"], product["require_validation_pass"]) == (0.5, True)
    assert client.get(product["links"]["schema"]).json()["properties"]["number"]["type"] == ["string", "null"]
    assert client.get(product["links"]["quality"]).json()["documents"]["total"] == 2
    share = {"password": "correct horse", "expires_at": "2999-01-01T00:00:00Z"}
    token = client.post(f"/v1/data-products/{product['id']}/share", json=share).json()["token"]
    with api.client() as public:
        closed = public.get(f"/share/{token}")
        assert (closed.status_code, closed.headers["www-authenticate"]) == (401, 'Basic realm="share"')
        assert public.get(f"/share/{token}", auth=("", "wrong horse")).status_code == 401
        assert public.get(f"/share/{token}", auth=("", "correct horse")).status_code == 200
