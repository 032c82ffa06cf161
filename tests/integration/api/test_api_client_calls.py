"""Every operation of the client, asked of the real server at least once."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.api.test_api_client_contract import routes
from tests.integration.review_runs import LOW, Worker, spec_of, start
from tests.integration.small_runs import Handed

from docrail.client import ApiError, Client, NotFound, Resolution

SPEC = "name: Notes\nfields:\n  number: {type: string, synonyms: [Invoice No]}\nrail:\n  - {type: schema}\n"
PDF = Path(__file__).parents[3] / "examples/invoices/documents"
RULE = {"format": "upper", "field": "number"}
GATE = {"name": "there", "checks": ["required"], "fields": ["number"]}


@pytest.fixture
def asked():
    """The method and path of every request that was answered well."""
    return set()


@pytest.fixture
def client(api, asked):
    def remember(response):
        if response.is_success:
            asked.add((response.request.method, response.request.url.path))

    with Client(api.url, api.secret()) as client:
        client._link._http.event_hooks = {"response": [remember]}
        yield client


@pytest.fixture
def run(program):
    """A run of three documents whose net is held by gate `low`."""
    handed = replace(program, engine=Handed())
    run_id = start(handed, spec_of(LOW), [{"contract": f"C-{n}", "net": 70 + n} for n in range(3)])
    worker = Worker(handed)
    worker.work()
    worker.close()
    return run_id


def test_every_operation_can_be_asked_for(client, asked, run, tmp_path, monkeypatch):
    monkeypatch.setattr("docrail.client.api.WAIT", 0.0)
    for part in (documents, specs_and_schemas, policies, pipelines, reviews, products, account):
        part(client, run, tmp_path)
    missed = [
        operation
        for operation in routes()
        if not any(operation[0] == method and fits(operation[1], path) for method, path in asked)
    ]
    assert missed == [("GET", "/v1/fields/{field_id}")]  # nothing is remembered yet


def fits(template, path):
    return re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)


def documents(client, _run, _folder):
    one, two = client.documents.upload(*sorted(PDF.glob("*.pdf"))[:2])
    assert client.documents.get(one.id).digest == one.digest
    assert client.documents.content(one.id).startswith(b"%PDF")
    assert client.documents.markdown(one.id).strip()
    assert client.documents.layout(one.id)["pages"][0]["number"] == 1
    assert client.documents.picture(one.id, 1, width=200).startswith(b"\x89PNG")
    assert one.id in {each.id for each in client.documents.list()}
    assert {each.status for each in client.documents.admissions(status="accepted")} == {"accepted"}
    client.documents.delete(one.id)
    assert [each.status for each in client.documents.delete_many([two.id, one.id])] == [
        "deleted",
        "not_found",
    ]


def specs_and_schemas(client, _run, folder):
    path = folder / "spec.yaml"
    path.write_text(SPEC)
    spec = client.specs.save(path)
    assert client.specs.save(client.specs.get(spec.id).content).id == spec.id
    assert spec in client.specs.versions(spec.id) and "Notes" in {each.name for each in client.specs.list()}
    schema = client.schemas.create("Bills", {"number": {"type": "string"}}, description="bills")
    assert client.schemas.change(schema.id, {**schema.fields, "total": {"type": "number"}}).version == 2
    gate = client.schemas.add_gate(schema.id, GATE)
    assert client.schemas.gate(schema.id, gate.id).name == "there"
    assert client.schemas.change_gate(schema.id, gate.id, {**GATE, "severity": "info"}).severity == "info"
    assert [each.name for each in client.schemas.gates(schema.id)] == ["there"]
    client.schemas.delete_gate(schema.id, gate.id)
    assert client.schemas.rail(schema.id).stages
    assert client.schemas.change_rail(schema.id, [{"type": "schema"}]).stages == ({"type": "schema"},)
    assert client.schemas.get(schema.id).version > 2
    assert "Bills" in {each.name for each in client.schemas.list()}
    client.schemas.delete(schema.id)


def policies(client, _run, _folder):
    policy = client.policies.save("tidy", [RULE])
    assert client.policies.add_rules(policy.id, [{"format": "trim", "field": "number"}]).version == 2
    assert client.policies.replace_rules(policy.id, [{**RULE, "format": "lower"}]).version == 3
    assert client.policies.rules(policy.id)[0]["format"] == "lower"
    assert client.policies.get(policy.id, version=1).version == 1
    assert len(client.policies.versions(policy.id)) == 3
    assert "tidy" in {each.name for each in client.policies.list()}


def pipelines(client, run, _folder):
    started = client.run([("note.txt", b"Invoice No: 1\n")], SPEC, name="mine")
    assert started.admissions[0].status == "accepted"
    more = client.documents.upload(("more.txt", b"Invoice No: 2\n"))
    assert client.pipelines.append(started.id, [more[0].id]).document_count == 2
    assert (
        client.pipelines.create(started.schema.id, [more[0].id], metadata={"number": "3"}).document_count == 1
    )
    with pytest.raises(TimeoutError):
        client.extract(("note.txt", b"Invoice No: 9\n"), schema_id=started.schema.id, timeout=0.3)
    assert client.pipelines.cancel(started.id).id == started.id
    last = list(client.pipelines.watch(started.id))[-1]
    assert last.status == "cancelled"
    assert client.pipelines.progress(started.id, at=datetime.now(UTC)).revision == last.revision
    assert client.pipelines.retry(started.id, dry_run=True).retried == 0
    assert client.pipelines.audit_progress(run).consistent
    assert started.id in {each.id for each in client.pipelines.list(status="cancelled")}
    assert len(client.pipelines.get(run).phases) == client.pipelines.progress(run).phases.__len__()
    assert {each.status for each in client.pipelines.documents(run, status="partial")} == {"partial"}
    assert list(client.pipelines.errors(run)) == []
    assert [row.record["net"] for row in client.pipelines.results(run)] == [None] * 3
    assert list(client.pipelines.composed(run)) == []
    assert client.pipelines.replay(run, "low", severity="info").released == {"net": 3}


def reviews(client, run, folder):
    waiting = list(client.reviews.list(pipeline_id=run, available=True))
    assert len(waiting) == client.reviews.summary(pipeline_id=run).total == 3
    one, two, three = ((each.pipeline_document_id, each.field) for each in waiting)
    assert client.reviews.get(*one).review.gate == "low"
    assert len(client.reviews.claim(limit=2, pipeline_id=run).claimed) == 2
    assert client.reviews.release([one, two]) == 2
    assert client.reviews.resolve(*one, "correct", value=140).value == 140
    with pytest.raises(ApiError):
        client.reviews.resolve(*two, "correct")  # a value that is not given is not null
    answers = [
        Resolution(pipeline_document_id=id_, field=field, action="approve")
        for id_, field in (two, three, one)
    ]
    outcome = client.reviews.bulk_resolve(answers)
    assert (outcome.decided, outcome.refused, outcome.data[2].status) == (2, 1, "refused")
    assert len(list(client.reviews.decisions(pipeline_id=run))) == 3
    assert client.reviews.export_decisions(folder / "decisions.csv") > 0
    assert len((folder / "decisions.csv").read_text().splitlines()) == 4


def products(client, run, _folder):
    made = client.products.make(run, min_confidence=0.1)
    product = client.products.get(made.product.id)
    assert client.products.make(run).share_token is None and made.share_token.token not in repr(made)
    assert product.id in {each.id for each in client.products.list()}
    assert len(list(client.products.results(product.id))) == 3
    assert client.products.schema(product.id) and client.products.quality(product.id)
    table = io.BytesIO()
    assert client.products.export(product.id, table, kind="audit") == len(table.getvalue()) > 0
    until = datetime.now(UTC) + timedelta(days=1)
    assert client.products.share(product.id, expires_at=until, password="long enough").token
    assert client.products.get(product.id).share_has_password
    client.products.revoke_share(product.id)


def account(client, _run, _folder):
    key = client.keys.create(["read"], name="reader", expires_at=datetime.now(UTC) + timedelta(days=1))
    rotated = client.keys.rotate(key.id, overlap_seconds=60)
    assert rotated.key != key.key and key.key not in repr(key)
    client.keys.revoke(rotated.id)
    assert [each.id for each in client.keys.list() if each.revoked_at] == [rotated.id]
    hook = client.webhooks.create("https://docrail.example/hook", ["pipeline.completed"])
    assert hook.secret.startswith("whsec_") and hook.secret not in repr(hook)
    sent = client.webhooks.ping(hook.id)
    assert client.webhooks.delivery(hook.id, sent.id).log == ()
    assert [each.id for each in client.webhooks.deliveries(hook.id, state="pending")] == [sent.id]
    assert client.webhooks.redeliver(hook.id, sent.id) in (0, 1) and client.webhooks.redeliver(hook.id) == 0
    assert not client.webhooks.change(hook.id, hook.url, hook.events, active=False).active
    assert client.webhooks.get(hook.id) in list(client.webhooks.list())
    client.webhooks.delete(hook.id)
    assert list(client.fields.list()) == []
    with pytest.raises(NotFound):
        client.fields.get("none")
    chain = client.audit.verify()
    entries = list(client.audit.list())
    assert chain.whole and chain.head == entries[0].hash
