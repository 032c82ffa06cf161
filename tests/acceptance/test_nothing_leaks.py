"""A whole story over HTTP at the most talkative log level: what the server leaves behind holds no secret.

Looked through are the logs, every file of the home folder (the database with its WAL on SQLite) and every column of
every table, for each secret as it is, URL-encoded, in base64 and in JSON. Held values may stand in the tables that
store and review them, and nowhere else.
"""

import base64
import json
import os
import subprocess
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import MetaData, create_engine, make_url, select

from docrail.store.signing import NAME
from tests.integration.conftest import empty_url, postgres_url  # noqa: F401 - fixtures

from .test_serve import DOCRAIL, free_port, is_ready, wait_for

MODEL_KEY = "sk-model/k3y+of the=service"
PASSWORD = 'share "pass/word" ü+1'
HELD = "HELD-4711-VALUE"
HOLDERS = {
    "cells",
    "verdicts",
    "issues",
    "composed",
    "decisions",
    "confirmations",
    "knowledge",
    "anchors",
    "sightings",
    "registry_fields",
}
"""The tables that may hold what a gate holds back: the store of values, and what people confirmed of them."""
SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No]}
  total: {type: number, synonyms: [Total due]}
gates:
  - {name: form, fields: [number], checks: [{check: pattern, pattern: "R-[0-9]+"}]}
rail:
  - {type: registry}
  - {type: schema, extractor: local-then-model, without_model: local}
  - {type: valid, gates: [form]}
"""
TEXT = f"Invoice No: {HELD}\nTotal due: 100.50 EUR\n"


@pytest.fixture
def server(tmp_path, empty_url):  # noqa: F811
    """A server at its most talkative; ends by itself. Its URL, its home, its logs and its database."""
    home, logs, port = tmp_path / "home", tmp_path / "logs", free_port()
    postgres = {"DOCRAIL_DATABASE_URL": empty_url} if empty_url.startswith("postgresql") else {}
    environment = {
        **os.environ,
        **postgres,
        "DOCRAIL_HOME": str(home),
        "DOCRAIL_LOG_LEVEL": "debug",
        "DOCRAIL_MODEL_NAME": "some-model",
        "DOCRAIL_MODEL_URL": "http://127.0.0.1:9/v1",
        "DOCRAIL_MODEL_KEY": MODEL_KEY,
    }
    command = [DOCRAIL, "keys", "create", "--scope", "admin", "--scope", "read", "--scope", "write", "--json"]
    made = subprocess.run(command, env=environment, check=True, capture_output=True)
    started = [[DOCRAIL, "serve", "--port", str(port)], *([[DOCRAIL, "worker"]] if postgres else [])]
    url = empty_url if postgres else f"sqlite:///{home / 'docrail.db'}"
    with logs.open("wb") as file:
        processes = [subprocess.Popen(each, env=environment, stdout=file, stderr=file) for each in started]
        try:
            wait_for(lambda: is_ready(port), seconds=30)
            yield f"http://127.0.0.1:{port}", json.loads(made.stdout)["key"], home, logs, url
        finally:
            for each in processes:
                each.terminate()
            for each in processes:
                each.wait(30)


def test_nothing_that_is_left_behind_holds_a_secret(server):
    url, admin, home, logs, database = server
    secrets = tell_the_story(url, admin)
    said = logs.read_bytes()
    assert said.count(b"request_finished") > 25 and b"document_finished" in said and b"run_id" in said
    tables = read_tables(database)
    left = {"logs": said} | {str(path.relative_to(home)): path.read_bytes() for path in files_of(home)}
    left |= {f"table {name}": content for name, content in tables.items()}
    assert leaks(secrets, left) == []
    assert leaks([HELD], {"logs": said}) == []
    holders = {name for name, content in tables.items() if HELD.encode() in content}
    assert {"cells"} <= holders <= HOLDERS


def tell_the_story(url, admin):
    """What people and programs do, with some of it wrong; every secret that was about."""
    headers = {"Authorization": f"Bearer {admin}"}
    with httpx.Client(base_url=url, timeout=30, headers=headers) as client:
        secrets = [admin, MODEL_KEY, PASSWORD, *change_keys(client)]
        hook = {"url": "https://hooks.example/", "events": ["pipeline.completed", "field.held"]}
        secrets.append(client.post("/v1/webhooks", json=hook).raise_for_status().json()["secret"])
        run = run_documents(client)
        secrets += share(client, run)
        for secret in secrets:
            ask_wrongly(client, secret)
        item = client.get("/v1/field-reviews").json()["data"][0]
        path = f"/v1/field-reviews/{item['pipeline_document_id']}/{item['field']}"
        client.get(path).raise_for_status()
        assert client.post(path + "/resolve", json={"action": "correct", "value": {}}).status_code >= 400
    return secrets


def change_keys(client):
    body = {"name": "other", "scopes": ["read"]}
    other = client.post("/v1/account/keys", json=body).raise_for_status().json()
    path = f"/v1/account/keys/{other['id']}"
    rotated = client.post(path + "/rotate", json={"overlap_seconds": 60}).raise_for_status().json()
    for secret in (other["key"], rotated["key"]):
        client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}"}).raise_for_status()
    client.delete(path).raise_for_status()
    return [other["key"], rotated["key"]]


def run_documents(client):
    again = {"Idempotency-Key": "the-same-request-twice"}
    for _ in range(2):
        given = client.post("/v1/documents", files={"files": ("1.txt", TEXT.encode())}, headers=again)
    spec = client.post("/v1/specs", content=SPEC).raise_for_status().json()["id"]
    body = {"schema_id": spec, "document_ids": [given.json()["data"][0]["id"]]}
    run = client.post("/v1/pipelines", json=body).raise_for_status().json()
    progress = run["links"]["progress"]
    wait_for(lambda: client.get(progress).json()["status"] == "completed", seconds=60)
    assert client.get(progress).json()["heldFields"] == 1
    return run


def share(client, run):
    made = client.post(run["links"]["self"] + "/data-product").json()
    path = f"/v1/data-products/{made['dataProduct']['id']}/share"
    token = client.post(path, json={"password": PASSWORD}).raise_for_status().json()["token"]
    basic = {"Authorization": "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()}
    assert client.get(f"/share/{token}", headers=basic).status_code == 200
    assert client.get(f"/share/{token}").status_code == 401
    return [made["shareToken"]["token"], token]


def ask_wrongly(client, secret):
    """Secrets where they do not belong: in paths, queries, bodies, names and headers."""
    safe = quote(secret, safe="")
    client.get(f"/v1/pipelines/{safe}")
    client.get(f"/{safe}/no/such/path")
    client.get("/v1/documents", params={"cursor": secret, "limit": secret, "key": secret})
    client.get("/v1/pipelines", params={"status": secret})
    client.post("/v1/pipelines", json={"schema_id": secret, secret: secret})
    client.post("/v1/specs", content=f"name: [{secret}")
    client.post("/v1/specs", content=json.dumps({"name": "x", "fields": {"a": {"type": secret}}}))
    client.post("/v1/extract", content=secret, headers={"Content-Type": "application/json"})
    client.post("/v1/documents", files={"files": ("a.txt", b"x")}, data={"metadata": secret})
    client.put(f"/v1/schemas/{safe}", json=secret)
    for name in ("Authorization", "X-Request-Id", "Idempotency-Key", "If-None-Match", "Cookie"):
        client.post("/v1/specs", content="{", headers={name: secret.encode()})


def files_of(home):
    return [path for path in home.rglob("*") if path.is_file() and path.name != NAME]


def read_tables(url):
    """Every column of every row of every table of every schema, as text."""
    url = make_url(url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine, found = create_engine(url), {}
    with engine.connect() as connection:
        schemas = ["public", "dbos"] if url.get_backend_name() != "sqlite" else [None]
        for schema in schemas:
            metadata = MetaData()
            metadata.reflect(connection, schema=schema)
            for table in metadata.sorted_tables:
                rows = connection.execute(select(table)).all()
                found[table.name] = b"\n".join(as_bytes(value) for row in rows for value in row)
    engine.dispose()
    return found


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def leaks(secrets, places):
    return [
        (secret, form, name)
        for secret in secrets
        for form in forms(secret)
        for name, content in places.items()
        if form in content
    ]


def forms(secret):
    """A secret as it may be written down. Of base64 the part that does not depend on what stands around it."""
    plain = secret.encode()
    encoded = {base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)}
    urlsafe = {each.translate(bytes.maketrans(b"+/", b"-_")) for each in encoded}
    written = {quote(secret, safe="").encode(), quote(secret).encode(), json.dumps(secret)[1:-1].encode()}
    return {plain, plain.hex().encode(), *written, *encoded, *urlsafe}
