"""Nothing held leaves by any door: every route of the OpenAPI, export, command and log is looked through.

A new route or command without an entry here fails: say how to call it, or why it may show the document.
"""

import io
import json
import re
import zipfile
from dataclasses import replace
from itertools import product

import duckdb
import httpx
import pytest
import structlog
from tests.integration.api.conftest import running
from tests.integration.review_runs import Worker, queue, say
from tests.integration.small_runs import Handed
from typer.testing import CliRunner

from docrail import workflow
from docrail.cli.app import COMMANDS, app
from docrail.core.errors import InvalidInput, NotFound, PhaseError
from docrail.phases.registry import make_phases
from docrail.usecases import pipelines, products
from docrail.usecases.exports import FORMATS, KINDS
from docrail.web.app import ROUTES, with_pages

SPEC = """
name: Held
fields:
  contract: {type: string, synonyms: [Contract]}
  secret: {type: string, synonyms: [Secret]}
  amount: {type: number, synonyms: [Amount], format: money}
  code: {type: string, synonyms: [Code]}
policies:
  - {name: copy, rules: [{compute: "secret", field: copied}, {format: upper, field: secret}]}
gates:
  - name: first
    fields: [secret, amount, code]
    checks:
      - {pattern: "^never$", fields: [secret]}
      - {range: {max: 1}, fields: [amount]}
      - {pattern: "^X", fields: [code]}
  - {name: second, fields: [code], checks: [{pattern: "^Y"}]}
rail:
  - {type: schema}
  - {type: valid, gates: [first]}
  - {type: resolve, policies: [copy]}
  - {type: valid, gates: [second]}
  - {type: assembly, json: {grouping_field: secret}}
""".replace("  code: {type", "  copied: {type: string}\n  code: {type")
TEXT = "Contract: C-{n}\nSecret: kronos-{n}77\nAmount: 8765432{n}.50\nCode: quasar-{n}88\n"
MARKERS = re.compile(r"kronos-\d77|8[.,]?765[.,]?432\d|quasar-\d88", re.IGNORECASE)
DOCUMENT = "the document itself, as it was sent"
SHOWS_THE_DOCUMENT = {
    "/v1/documents/{document_id}/content": DOCUMENT,
    "/v1/documents/{document_id}/layout": DOCUMENT,
    "/v1/documents/{document_id}/markdown": DOCUMENT,
    "/v1/documents/{document_id}/pages/{number}.png": DOCUMENT,
}
"""The whole list of what may show a held value to a key with scope `read`."""
PAGES_OF_THE_DOCUMENT = frozenset(
    {
        "/documents/{document_id}/words/{number}",
        "/documents/{document_id}/pages/{number}.png",
        "/documents/{document_id}/content",
    }
)
"""The same on the web page."""
VARIANTS = {
    "/v1/pipelines/{pipeline_id}/results": ["?view=composed", "?include=cells,provenance", "?status=partial"],
    "/v1/field-reviews/decisions": ["?format=csv"],
    "/v1/field-reviews": ["?available=true"],
    "/v1/pipelines/{pipeline_id}/progress": ["?errors_limit=1"],
}
GATE = {"name": "third", "checks": ["required"]}
POLICY = {"name": "tidy", "rules": [{"format": "trim", "field": "secret"}]}
HOOK = {"url": "http://127.0.0.1:9/", "events": ["document.completed", "document.failed", "field.held"]}
CHANGES = {
    "POST /v1/documents": {"files": {"files": ("new.txt", b"Contract: C-9\n")}},
    "POST /v1/specs": {"content": SPEC.replace("Held", "Other")},
    "POST /v1/pipelines": {"json": {"schema_id": "{spec_id}", "document_ids": ["{document_id}"]}},
    "POST /v1/pipelines/{pipeline_id}/replay": {"json": {"gate": "first"}},
    "POST /v1/data-policies": {"json": POLICY},
    "POST /v1/data-policies/{policy_id}/rules": {"json": {"rules": POLICY["rules"]}},
    "PUT /v1/data-policies/{policy_id}/rules": {"json": {"rules": POLICY["rules"]}},
    "POST /v1/run": {"files": {"files": ("new.txt", b"Contract: C-8\n")}, "data": {"schema": SPEC}},
    "POST /v1/extract": {"json": {"document_id": "{document_id}", "schema_id": "{spec_id}"}},
    "POST /v1/pipelines/{pipeline_id}/documents": {"json": {"document_ids": ["{document_id}"]}},
    "POST /v1/pipelines/{pipeline_id}/retry": {"json": {"dry_run": True}},
    "POST /v1/pipelines/{pipeline_id}/cancel": {},
    "POST /v1/pipelines/{pipeline_id}/data-product": {},
    "POST /v1/data-products/{product_id}/share": {},
    "DELETE /v1/data-products/{product_id}/share": {},
    "POST /v1/field-reviews/claims": {"json": {"limit": 1}},
    "POST /v1/field-reviews/claims/release": {
        "json": {"items": [{"pipeline_document_id": "{pipeline_document_id}", "field": "secret"}]}
    },
    "POST /v1/field-reviews/bulk-resolve": {
        "json": {"items": [{"pipeline_document_id": "{run_id}", "field": "secret", "action": "approve"}]}
    },
    "POST /v1/field-reviews/{pipeline_document_id}/{field}/resolve": {
        "json": {"action": "correct", "value": 1, "version": 0}
    },
    "POST /v1/schemas": {"json": {"name": "New", "fields": {"secret": {"type": "string"}}}},
    "PUT /v1/schemas/{schema_id}": {"json": {"fields": {"secret": {"type": "string"}}}},
    "DELETE /v1/schemas/{schema_id}": {},
    "PUT /v1/schemas/{schema_id}/rail": {"json": {"stages": [{"type": "schema"}]}},
    "POST /v1/schemas/{schema_id}/validation-stages": {"json": GATE},
    "PUT /v1/schemas/{schema_id}/validation-stages/{stage_id}": {"json": GATE},
    "DELETE /v1/schemas/{schema_id}/validation-stages/{stage_id}": {},
    "DELETE /v1/documents/{document_id}": {},
    "POST /v1/documents/bulk-delete": {"json": {"document_ids": ["{document_id}"]}},
    "POST /v1/webhooks": {"json": HOOK},
    "PUT /v1/webhooks/{webhook_id}": {"json": HOOK},
    "DELETE /v1/webhooks/{webhook_id}": {},
    "POST /v1/webhooks/{webhook_id}/ping": {},
    "POST /v1/webhooks/{webhook_id}/redeliver": {},
    "POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": {},
    "POST /v1/account/keys": {"json": {"scopes": ["read"]}},
    "POST /v1/account/keys/{key_id}/rotate": {},
    "DELETE /v1/account/keys/{key_id}": {},
}
"""How to call every operation that changes something, so that nothing is decided by it."""
OUT = "{out}"
CALLS = {
    "results": [["{pipeline_id}"], ["{pipeline_id}", "--json"]],
    "export": [
        ["{pipeline_id}", "--out", f"{OUT}.{name}", *more]
        for name, more in product(FORMATS, ([], ["--audit"]))
    ],
    "progress": [["{pipeline_id}"], ["{pipeline_id}", "--json"]],
    "pipelines": [[], ["--json"]],
    "documents": [[], ["--json"], ["admissions"], ["admissions", "--json"]],
    "review": [
        ["list"],
        ["list", "--json"],
        ["decisions"],
        ["decisions", "--json"],
        ["decisions", "--out", f"{OUT}.csv"],
    ],
    "keys": [["list"]],
    "replay": [["{pipeline_id}", "--gate", "first"]],
    "fields": [[], ["--json"], ["{field_id}", "--json"]],
    "audit": [["list"], ["list", "--json"], ["verify"]],
    "retry": [["{pipeline_id}", "--dry-run"]],
    "resume": [["{pipeline_id}"]],
    "cancel": [["{pipeline_id}"]],
}
NOT_CALLED = {
    "read": DOCUMENT,
    "spec": "knows no document",
    "learn": "says how many values were confirmed",
    "evaluate": "runs a spec over files beside what is true of them; it looks at no run",
    "serve": "its answers are the routes",
    "worker": "prints logs only, which are looked through by themselves",
    "run": "prints what `results` does, in a test of its own",
}


@pytest.fixture
def logged():
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def held(program, client, logged, monkeypatch):
    """The ids of everything there is of a run that holds values, one of them again after a decision, and an error."""
    spec_id = client.post("/v1/specs", content=SPEC).json()["id"]
    webhook_id = client.post("/v1/webhooks", json=HOOK).json()["id"]
    files = [("files", (f"{n}.txt", TEXT.format(n=n).encode())) for n in range(4)]
    documents = [each["id"] for each in client.post("/v1/documents", files=files).json()["data"]]
    handed = replace(program, engine=Handed())
    monkeypatch.setattr(workflow, "make_phases", phases_of_which_one_quotes(documents[3]))
    run = pipelines.create_pipeline(handed, spec_id=spec_id, document_ids=documents)
    worker = Worker(handed, reader=program.reader)
    worker.work()
    code = next(each for each in queue(handed) if each.field == "code" and each.document_id == documents[0])
    say(handed, code, "approve")
    worker.work()
    worker.close()
    made = products.make_product(program, run.id)
    rows = queue(program)
    assert {row.field for row in rows} == {"secret", "amount", "code"}
    assert next(
        row for row in rows if row.id != code.id and row.document_id == documents[0] and row.field == "code"
    )
    return {
        "pipeline_id": run.id,
        "run_id": run.id,
        "document_id": documents[0],
        "spec_id": spec_id,
        "schema_id": spec_id,
        "stage_id": client.get(f"/v1/schemas/{spec_id}/validation-stages").json()["data"][0]["id"],
        "webhook_id": webhook_id,
        "delivery_id": client.get(f"/v1/webhooks/{webhook_id}/deliveries").json()["data"][0]["id"],
        "product_id": made.product.id,
        "token": made.token,
        "pipeline_document_id": code.run_document_id,
        "key_id": client.get("/v1/account/keys").json()["data"][0]["id"],
        "field_id": learned_field(client, spec_id, documents[0]),
        "policy_id": client.get("/v1/data-policies").json()["data"][0]["id"],
        "number": "1",
    }


def learned_field(client, spec_id, document_id):
    """The id of a field that the registry learned of since: a new run makes it learn from what was approved."""
    client.post("/v1/pipelines", json={"schema_id": spec_id, "document_ids": [document_id]})
    (field,) = client.get("/v1/fields").json()["data"]
    return field["id"]


def phases_of_which_one_quotes(document_id):
    """The real phases; at one document the last but one fails and quotes every value it has."""

    def make(plan):
        phases = list(make_phases(plan))
        inner = phases[-2].run

        def run(record):
            if record.document.id == document_id:
                raise PhaseError(f"no use of {json.dumps(record.values)}", code="rule_error")
            return inner(record)

        phases[-2].run = run
        return phases

    return make


def look_through(what, *bodies):
    """Fails where a marker stands in any of these bytes, as they are or unpacked."""
    for body in bodies:
        for text in texts(body):
            found = MARKERS.search(text)
            assert found is None, (
                f"{what} shows {found.group()}: …{text[max(0, found.start() - 200) : found.end()]}"
            )


def texts(body):
    yield body.decode("utf-8", "replace")
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def parquet_text(path):
    return str(duckdb.sql(f"SELECT * FROM '{path}'").fetchall()).encode()


def operations(client):
    document = client.get("/openapi.json").json()
    return [(path, method.upper()) for path, each in document["paths"].items() for method in each]


def filled(template, ids):
    if isinstance(template, str):
        return re.sub(r"\{(\w+)\}", lambda found: ids[found.group(1)], template)
    if isinstance(template, dict):
        return {key: filled(value, ids) for key, value in template.items()}
    return [filled(each, ids) for each in template] if isinstance(template, list) else template


def places(path, ids):
    """Every URL of a path: all fields, all kinds and formats of exports."""
    some = {"field": ["secret", "amount", "code"], "kind": KINDS, "format": FORMATS}
    names = [name for name in re.findall(r"\{(\w+)\}", path) if name in some]
    for values in product(*(some[name] for name in names)):
        url = filled(path, ids | dict(zip(names, values, strict=True)))
        yield from (url + more for more in ("", *VARIANTS.get(path, [])))


def test_no_route_shows_a_held_value(api, client, held, tmp_path):
    with api.client(api.secret("read")) as reader:
        for path, method in operations(client):
            if method != "GET" or path in SHOWS_THE_DOCUMENT or path == "/v1/account/keys":
                continue
            for url in places(path, held):
                answer = reader.get(url)
                assert answer.status_code == 200, (url, answer.text)
                look_through(f"GET {url}", answer.content, str(answer.headers).encode())
                if url.endswith(".parquet"):
                    (tmp_path / "it.parquet").write_bytes(answer.content)
                    look_through(url, parquet_text(tmp_path / "it.parquet"))


def test_the_document_itself_is_shown_and_nothing_else_is_an_exception(client, held):
    """The exceptions are needed: else the list would hide a route that came to show no more than others."""
    for path in SHOWS_THE_DOCUMENT:
        answer = client.get(filled(path, held))
        assert path.endswith(".png") or MARKERS.search(answer.text), path


def test_only_who_may_decide_sees_the_value_that_is_decided_on(api, client, held):
    url = f"/v1/field-reviews/{held['pipeline_document_id']}/secret"
    assert client.get(url).json()["value"] == "KRONOS-077"
    with api.client(api.secret("read")) as reader:
        item = reader.get(url).json()
    assert (item["withheld"], item["value"], item["candidates"]) == (True, None, [])
    assert {each["value"] for each in item["versions"]} == {None}


def test_no_change_answers_with_a_held_value(client, held):
    missing = []
    late = sorted(operations(client), key=lambda each: ("/account/" in each[0], each[1] == "DELETE"))
    for path, method in late:
        if method == "GET":
            continue
        call = CHANGES.get(f"{method} {path}")
        if call is None:
            missing.append(f"{method} {path}")
            continue
        for url in places(path, held):
            answer = client.request(method, url, **filled(call, held))
            assert answer.status_code < 500 and answer.status_code != 401, (method, url, answer.text)
            look_through(f"{method} {url}", answer.content, str(answer.headers).encode())
    assert not missing, f"say in CHANGES how to call {', '.join(missing)}"


def test_no_event_and_no_log_has_a_held_value(client, held, logged):
    with client.stream(
        "GET", f"/v1/pipelines/{held['pipeline_id']}/progress", headers={"Accept": "text/event-stream"}
    ) as stream:
        look_through("the event stream", *(line.encode() for line in stream.iter_lines()))
    look_through("the log", *(str({**entry, "exc_info": None}).encode() for entry in logged))


def test_a_failure_that_quotes_a_held_value_is_told_without_it(client, held):
    (error,) = client.get(f"/v1/pipelines/{held['pipeline_id']}/errors").json()["data"]
    assert "no use of" in error["message"] and "[held]" in error["message"]


def test_no_page_shows_a_held_value_to_who_may_only_read(api, program, held):
    with (
        running(program, pages=with_pages) as url,
        httpx.Client(base_url=url, headers={"Origin": url}) as browser,
    ):
        browser.post("/session", data={"key": api.secret("read")})
        seen = 0
        for route in ROUTES:
            path = re.sub(r":\w+}", "}", route.path)
            if "GET" not in route.methods or path in PAGES_OF_THE_DOCUMENT:
                continue
            for place in places(
                path, held | {"run_document_id": held["pipeline_document_id"], "version": "1"}
            ):
                answer = browser.get(place, follow_redirects=True)
                seen += answer.status_code == 200
                assert answer.status_code in {200, 403, 404}, (place, answer.text)
                look_through(f"the page {place}", answer.content)
        assert seen > 10


def test_no_command_prints_or_writes_a_held_value(program, held, tmp_path):
    unknown = set(COMMANDS) - set(CALLS) - set(NOT_CALLED)
    assert not unknown, f"say in CALLS how to call {', '.join(unknown)}, or in NOT_CALLED why not"
    for command, calls in CALLS.items():
        for number, arguments in enumerate(calls):
            out = tmp_path / f"{command}-{number}"
            words = filled(arguments, held | {"out": str(out)})
            result = CliRunner().invoke(app, ["--home", program.settings.home, command, *words])
            assert not isinstance(result.exception, NotFound | InvalidInput), (words, result.exception)
            look_through(f"docrail {command} {' '.join(words)}", result.output.encode())
    written = [path for path in tmp_path.glob("*-*") if path.is_file()]
    assert len(written) == len(CALLS["export"]) + 1
    for path in written:
        look_through(path.name, path.read_bytes())
        if path.suffix == ".parquet":
            look_through(path.name, parquet_text(path))


def test_a_run_in_the_terminal_shows_no_held_value_on_either_stream(tmp_path, monkeypatch):
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "one.txt").write_text(TEXT.format(n=1))
    monkeypatch.setenv("COLUMNS", "200")
    words = [
        "run",
        str(tmp_path / "one.txt"),
        "--spec",
        str(tmp_path / "spec.yaml"),
        "--out",
        str(tmp_path / "t.csv"),
    ]

    result = CliRunner().invoke(app, ["--home", str(tmp_path / "home"), *words])

    assert "Held for review" in result.output, result.output
    look_through("docrail run", result.output.encode(), (tmp_path / "t.csv").read_bytes())
