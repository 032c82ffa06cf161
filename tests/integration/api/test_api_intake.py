"""Archives, mails and large bodies over HTTP, and the ledger of admissions."""

import io
import json
import socket
import time
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

DATA = Path(__file__).parents[2] / "data/robustness/documents"
KEYS = {
    *(
        "id",
        "filename",
        "digest",
        "media_type",
        "size_bytes",
        "status",
        "duplicate_of",
        "reason",
        "parent_id",
    ),
    "links",
}


def zipped(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(f"{name}.txt", data)
    return target.getvalue()


def upload(client, *files, **data):
    parts = [("files", (name, content)) for name, content in files]
    return client.post("/v1/documents", files=parts, data=data)


def left_behind(program):
    return list((program.settings.home_path / "blobs/incoming").glob("*"))


def test_unpacked_files_follow_their_archive_with_parent_id(client):
    answer = upload(client, ("one.txt", b"1"), ("p.zip", zipped(a=b"a", b=b"1", c=b"")), ("two.txt", b"2"))
    assert answer.status_code == 201
    rows = answer.json()["data"]
    assert {frozenset(row) for row in rows} == {frozenset(KEYS)}
    first, archive, a, b, c, last = rows
    assert [row["filename"] for row in rows] == ["one.txt", "p.zip", "a.txt", "b.txt", "c.txt", "two.txt"]
    assert [row["status"] for row in rows] == [
        *("accepted", "accepted", "accepted", "duplicate", "refused", "accepted")
    ]
    assert [row["parent_id"] for row in rows] == [None, None, *[archive["id"]] * 3, None]
    assert (b["duplicate_of"], b["id"]) == (first["id"], first["id"])
    assert (c["id"], c["links"]) == (None, {})
    assert "empty" in c["reason"]
    assert client.get(a["links"]["self"]).json()["parent_id"] == archive["id"]
    assert last["parent_id"] is None


@pytest.mark.parametrize("named_by", ["archive", "batch"])
def test_a_pipeline_of_an_archive_runs_what_is_in_it(client, make_spec, named_by):
    rows = upload(client, ("p.zip", zipped(a=b"Invoice No 1", b=b"Invoice No 2")), batch_id="m").json()[
        "data"
    ]
    chosen = {"batch_id": "m"} if named_by == "batch" else {"document_ids": [rows[0]["id"]]}
    made = client.post("/v1/pipelines", json={"schema_id": make_spec(), **chosen})
    assert (made.status_code, made.json()["document_count"]) == (201, 2)
    page = client.get(f"/v1/pipelines/{made.json()['id']}/documents").json()
    assert sorted(row["filename"] for row in page["data"]) == ["a.txt", "b.txt"]


def test_a_pipeline_of_an_archive_with_nothing_in_it_says_so(client, make_spec):
    rows = upload(client, ("p.zip", zipped(a=b""))).json()["data"]
    made = client.post("/v1/pipelines", json={"schema_id": make_spec(), "document_ids": [rows[0]["id"]]})
    assert made.status_code == 400
    assert "unpacked" in made.json()["message"]


def test_an_archive_is_appended_as_what_is_in_it(client, make_pipeline):
    run = make_pipeline()
    archive = upload(client, ("p.zip", zipped(a=b"a", b=b"b"))).json()["data"][0]
    answer = client.post(f"/v1/pipelines/{run}/documents", json={"document_ids": [archive["id"]]})
    assert answer.status_code < 300, answer.text
    assert client.get(f"/v1/pipelines/{run}").json()["document_count"] == 3


def test_the_ledger_has_every_file_given(client):
    upload(client, ("p.zip", zipped(a=b"a", c=b"")), ("big.txt", b"x" * 1_000_001), batch_id="monday")
    upload(client, ("other.txt", b"other"))
    page = client.get("/v1/documents/admissions", params={"batch_id": "monday", "limit": 3}).json()
    assert [row["filename"] for row in page["data"]] == ["big.txt", "c.txt", "a.txt"]
    assert page["pagination"]["total"] == 4
    cursor = page["pagination"]["next_cursor"]
    rest = client.get("/v1/documents/admissions", params={"batch_id": "monday", "cursor": cursor}).json()
    (archive,) = rest["data"]
    assert (archive["filename"], page["data"][2]["parent_id"]) == ("p.zip", archive["document_id"])
    refused = client.get("/v1/documents/admissions", params={"status": "refused"}).json()["data"]
    assert [(row["filename"], row["code"], row["document_id"]) for row in refused] == [
        ("big.txt", "too_large", None),
        ("c.txt", "empty", None),
    ]
    assert refused[0]["digest"] is None


def test_the_ledger_of_another_workspace_is_not_seen(api, client):
    upload(client, ("a.txt", b"a"))
    with api.client(api.secret(workspace="other")) as theirs:
        assert theirs.get("/v1/documents/admissions").json()["pagination"]["total"] == 0


def test_an_unknown_status_is_refused(client):
    answer = client.get("/v1/documents/admissions", params={"status": "lost"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


def test_metadata_may_come_behind_the_files(client):
    boundary, lines = "x", []
    for name, content in (('files"; filename="a.txt', "a"), ("metadata", json.dumps({"total": 7}))):
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', "", content]
    body = "\r\n".join([*lines, f"--{boundary}--", ""])
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    row = client.post("/v1/documents", content=body.encode(), headers=headers).json()["data"][0]
    assert client.get(row["links"]["self"]).json()["metadata"] == {"total": 7}


@pytest.mark.parametrize(
    "body",
    [
        b"no form at all",
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf of it',
        b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nno file name\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\na\r\n--x\r\n'
        b'Content-Disposition: form-data; name="metadata"\r\n\r\n[1]\r\n--x--\r\n',
        b"--x\r\nX: " + b"y" * 20_000 + b"\r\n\r\na\r\n--x--\r\n",
    ],
)
def test_a_body_that_cannot_be_taken_leaves_nothing_behind(client, program, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/v1/documents", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert left_behind(program) == []
    assert client.get("/v1/documents/admissions").json()["pagination"]["total"] == 0


def test_nothing_is_left_of_an_upload_whose_client_goes_away(api, client, program):
    key, place = api.secret(), urlsplit(api.url)
    head = (
        f"POST /v1/documents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 9000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    part = (
        '--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
        + "y" * 700_000
        + "\r\n"
    )
    with socket.create_connection((place.hostname, place.port)) as connection:
        connection.sendall((head + part * 3).encode())
        assert holds_soon(lambda: left_behind(program))
    assert holds_soon(lambda: not left_behind(program))
    assert client.get("/v1/documents").json()["pagination"]["total"] == 0


def holds_soon(is_true):
    until = time.monotonic() + 10
    while not is_true() and time.monotonic() < until:
        time.sleep(0.02)
    return is_true()
