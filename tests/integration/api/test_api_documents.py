"""Documents over HTTP."""

import hashlib
import json


def upload(client, *files, **data):
    parts = [("files", (name, content)) for name, content in files]
    return client.post("/v1/documents", files=parts, data=data)


def test_many_files_are_answered_in_order_and_one_refused_file_refuses_only_itself(client):
    answer = upload(
        client, ("a.txt", b"one"), ("big.txt", b"x" * 1_000_001), ("b.txt", b"one"), ("c.txt", b"2")
    )
    assert answer.status_code == 201
    first, refused, twin, last = answer.json()["data"]
    assert [each["status"] for each in (first, refused, twin, last)] == [
        "accepted",
        "refused",
        "duplicate",
        "accepted",
    ]
    assert first["digest"] == hashlib.sha256(b"one").hexdigest()
    assert (first["filename"], first["media_type"], first["size_bytes"]) == ("a.txt", "text/plain", 3)
    assert (twin["id"], twin["duplicate_of"]) == (first["id"], first["id"])
    assert (refused["id"], refused["digest"]) == (None, None)
    assert "larger than 1 MB" in refused["reason"]
    assert client.get("/v1/documents").json()["pagination"]["total"] == 2


def test_the_keys_of_an_admission_are_those_of_the_contract(client):
    entry = upload(client, ("a.txt", b"keys")).json()["data"][0]
    assert set(entry) == {
        "id",
        "filename",
        "digest",
        "media_type",
        "size_bytes",
        "status",
        "duplicate_of",
        "reason",
        "parent_id",
        "links",
    }


def test_metadata_and_batch_are_kept_with_the_document(client):
    answer = upload(client, ("a.txt", b"meta"), metadata=json.dumps({"total": 7}), batch_id="monday")
    document = client.get(answer.json()["data"][0]["links"]["self"]).json()
    assert (document["metadata"], document["batch_id"]) == ({"total": 7}, "monday")
    assert client.get("/v1/documents", params={"batch_id": "monday"}).json()["pagination"]["total"] == 1
    assert client.get("/v1/documents", params={"batch_id": "tuesday"}).json()["pagination"]["total"] == 0


def test_a_name_is_a_label_never_a_path(client):
    assert upload(client, ("../../etc/passwd", b"p")).json()["data"][0]["filename"] == "passwd"


def test_content_comes_back_as_it_was_given_and_never_runs_in_a_browser(client):
    page = b"<script>alert(1)</script>"
    links = upload(client, ("seite ü.html", page)).json()["data"][0]["links"]
    answer = client.get(links["content"])
    assert answer.content == page
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_pages_follow_one_another_and_stay_valid_while_rows_are_added(client):
    upload(client, *((f"{n}.txt", str(n).encode()) for n in range(5)))
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/documents", params=params).json()
        seen += [row["filename"] for row in page["data"]]
        upload(client, (f"late-{len(seen)}.txt", f"late {len(seen)}".encode()))
        cursor = page["pagination"]["next_cursor"]
        assert page["pagination"]["has_more"] is (cursor is not None)
        if cursor is None:
            break
    assert seen == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
