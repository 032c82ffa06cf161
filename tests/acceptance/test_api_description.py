"""Every operation that the OpenAPI describes, asked by Schemathesis of a real server: it answers as it says.

`DOCRAIL_SCHEMATHESIS_SECONDS=900 pytest tests/acceptance/test_api_description.py` asks for longer.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from .test_serve import DOCRAIL, TEXT, serving, wait_for

SECONDS = int(os.environ.get("DOCRAIL_SCHEMATHESIS_SECONDS", "30"))
SPEC = """
name: Invoices
fields:
  number: {type: string, synonyms: [Invoice No], required: true}
  total: {type: number, synonyms: [Total due]}
policies:
  - {name: tidy, rules: [{format: trim, field: number}]}
gates:
  - {name: complete, fields: [number], checks: [{check: required}]}
rail:
  - {type: schema}
  - {type: resolve, policies: [tidy]}
  - {type: valid, gates: [complete]}
"""
POLICY = {"name": "tidy", "rules": [{"field": "number", "format": "trim"}]}
GATE = {"name": "other", "checks": ["required"]}
HOOK = {"url": "https://example.org/hook", "events": ["pipeline.completed"]}
# What JSON Schema cannot say (a cursor that nobody gave out, a rule of no kind, a form without a file) is 400, and 422
# is also what a document's own error is told with.
REFUSALS = ["2xx", "3xx", "400", "401", "403", "404", "409", "422", "429"]


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def key_of_everything(home):
    scopes = [word for scope in ("read", "write", "admin") for word in ("--scope", scope)]
    environment = {**os.environ, "DOCRAIL_HOME": str(home)}
    command = [DOCRAIL, "keys", "create", *scopes, "--json"]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)["key"]


def story(client):
    """Something of every kind, by the name that a path has for its id."""

    def post(path, **body):
        return client.post(path, **body).raise_for_status().json()

    files = [("files", (f"{n}.txt", TEXT.format(n=n).encode())) for n in (1, 2)]
    files.append(("files", ("3.txt", b"Total due: 3.00 EUR\n")))
    run = post("/v1/run", files=files, data={"schema": SPEC})
    progress = f"/v1/pipelines/{run['id']}/progress"
    wait_for(lambda: client.get(progress).json()["status"] == "completed", seconds=60)
    product = post(f"/v1/pipelines/{run['id']}/data-product")
    spec_id = run["schema"]["id"]
    held = client.get("/v1/field-reviews").json()["data"][0]
    hook = post("/v1/webhooks", json=HOOK)
    return {
        "pipeline_id": run["id"],
        "document_id": run["admissions"][0]["id"],
        "spec_id": spec_id,
        "schema_id": spec_id,
        "stage_id": client.get(f"/v1/schemas/{spec_id}/validation-stages").json()["data"][0]["id"],
        "policy_id": post("/v1/data-policies", json=POLICY)["id"],
        "product_id": product["dataProduct"]["id"],
        "token": product["shareToken"]["token"],
        "pipeline_document_id": held["pipeline_document_id"],
        "field": held["field"],
        "key_id": post("/v1/account/keys", json={"scopes": ["read"]})["id"],
        "webhook_id": hook["id"],
        "number": "1",
    }


def configured(ids):
    """Three of four requests name what is there, the others what the generator makes up."""
    lines = []
    for name, value in ids.items():
        lines += [f"[dictionaries.{name}]", f"values = [{json.dumps(value)}]"]
    lines.append("[parameters]")
    lines += [f'"path.{name}" = {{dictionary = "{name}", probability = 0.75}}' for name in ids]
    lines += ["[checks]", f"positive_data_acceptance.expected-statuses = {json.dumps(REFUSALS)}"]
    return "\n".join(lines)


def test_every_operation_answers_as_it_says(home, tmp_path):
    key = key_of_everything(home)
    with serving(home) as (process, url):
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            (tmp_path / "schemathesis.toml").write_text(configured(story(client)))
        command = [
            *(
                Path(sys.executable).parent / "schemathesis",
                "--no-color",
                "--config-file",
                "schemathesis.toml",
            ),
            *("run", f"{url}/openapi.json", "--header", f"Authorization: Bearer {key}"),
            *("--max-time", str(SECONDS), "--seed", "7", "--max-examples", "5", "--no-shrink"),
            *("--continue-on-failure", "--request-timeout", "30", "--warnings", "off"),
        ]
        began = time.monotonic()
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS + 120)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        assert "Stateful" in done.stdout
        assert time.monotonic() - began < SECONDS + 60
        assert process.poll() is None
