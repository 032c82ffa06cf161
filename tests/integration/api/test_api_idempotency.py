"""The same request twice: done once, answered twice; also when the first was cut off."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from docrail.bootstrap import Program
from docrail.core.errors import Conflict
from docrail.store.keys import workspace_id
from docrail.usecases.idempotency import Answered, Once, OtherRequest, UnderWay

SPEC = "name: Notes\nfields: {number: {}}\nrail: [{type: schema}]\n"


def with_key(key):
    return {"Idempotency-Key": key}


def test_the_same_request_again_gets_the_first_answer(client, make_spec, make_document):
    body = {"schema_id": make_spec(), "document_ids": [make_document("one")]}
    first, again = (client.post("/v1/pipelines", json=body, headers=with_key("k1")) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert client.get("/v1/pipelines").json()["pagination"]["total"] == 1


def test_another_body_or_path_under_the_same_key_is_422(client):
    assert client.post("/v1/specs", content=SPEC, headers=with_key("k")).status_code == 201
    for path, body in (("/v1/specs", SPEC + " "), ("/v1/schemas", SPEC)):
        answer = client.post(path, content=body, headers=with_key("k") | {"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")


def test_an_upload_is_the_same_whatever_boundary_its_client_drew(client):
    content = b"Invoice No 7\n" * 20_000

    def upload(boundary, content=content):
        headers = with_key("up") | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        files = {"files": ("a.txt", content)}
        return client.post("/v1/documents", files=files, headers=headers)

    first, again, other = upload("aaaa"), upload("a-much-longer-boundary"), upload("bbbb", b"other")
    assert first.json()["data"][0]["status"] == "accepted"
    assert (again.status_code, again.content) == (201, first.content)
    assert other.status_code == 422


def test_a_refused_request_is_answered_the_same_again(client):
    answers = [client.post("/v1/specs", content="name: 7", headers=with_key("bad")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content


def test_the_key_has_a_form(client):
    for key in ("a b", "k" * 256, "ü"):
        answer = client.post("/v1/specs", content=SPEC, headers={"Idempotency-Key": key.encode()})
        assert answer.status_code == 400, key


def test_a_new_key_is_shown_again_and_stands_nowhere_in_the_database(api, client, program):
    body = {"scopes": ["read"], "name": "erp"}
    first, again = (client.post("/v1/account/keys", json=body, headers=with_key("k")) for _ in range(2))
    assert again.json() == first.json()
    assert first.json()["key"].startswith("dr_")
    program.database.close()
    dump = b"".join(each.read_bytes() for each in program.settings.home_path.glob("docrail.db*"))
    assert first.json()["id"].encode() in dump
    assert first.json()["key"].encode() not in dump
    with api.client(api.secret()) as other:
        assert other.post("/v1/account/keys", json=body, headers=with_key("k")).status_code == 409


@pytest.fixture
def make_once(databases, program):
    with databases() as database:
        with database.reading() as connection:
            workspace = workspace_id(connection)
        there: Program = replace(program, database=database, workspace=workspace)

        def make(key="k", **more):
            return Once(program=there, key=key, secret="dr_x", target="POST /v1/specs?", **more)

        yield make


ANSWER = Answered(status=201, headers=[(b"content-type", b"application/json")], body=b"{}")


def test_one_at_a_time_until_it_is_answered(make_once):
    one = make_once()
    assert one.begin() is None
    with pytest.raises(UnderWay):
        make_once().begin()
    one.keep("digest", ANSWER)
    before = make_once().begin()
    assert one.again(before, "digest") == ANSWER
    assert replace(one, secret="dr_other").again(before, "digest") is None
    with pytest.raises(OtherRequest):
        one.again(before, "another")


def test_what_failed_without_a_change_may_come_again(make_once):
    one = make_once()
    assert one.begin() is None
    one.forget()
    assert make_once().begin() is None


def test_what_failed_after_its_change_is_never_done_twice(make_once):
    one, upload = make_once(), make_once("upload", harmless=True)
    for each in (one, upload):
        assert each.begin() is None
        with each.marking(), each.program.database.writing():
            pass
        each.forget()
    with pytest.raises(Conflict, match="cut off after its change"):
        make_once().begin()
    assert make_once("upload", harmless=True).begin() is None


def test_a_change_that_is_rolled_back_leaves_no_mark(make_once):
    one = make_once()
    assert one.begin() is None
    with pytest.raises(ZeroDivisionError), one.marking(), one.program.database.writing():
        raise ZeroDivisionError
    one.forget()
    assert make_once().begin() is None


def test_the_request_of_a_dead_process_is_taken_over(make_once, monkeypatch):
    machine = uuid.uuid4()
    identity = "docrail.usecases.idempotency.process_identity"
    monkeypatch.setattr(identity, lambda: f"{machine}/0/5")
    assert make_once().begin() is None
    monkeypatch.setattr(identity, lambda: f"{machine}/7/8")
    assert make_once().begin() is None


def test_after_a_day_the_key_is_free(make_once, monkeypatch):
    one = make_once()
    assert one.begin() is None
    one.keep("digest", ANSWER)
    from docrail.usecases import idempotency

    later = idempotency.now_ms() + idempotency.KEPT_MS + 1
    monkeypatch.setattr(idempotency, "now_ms", lambda: later)
    assert make_once().begin() is None


def test_a_body_that_is_under_way_keeps_the_same_request_out(api, client):
    """Two at once: one is answered, the other is told to wait or gets the same answer."""
    import httpx

    async def both():
        headers = {"Authorization": client.headers["Authorization"], "Idempotency-Key": "two"}
        async with httpx.AsyncClient(base_url=api.url, headers=headers, timeout=30) as many:
            return await asyncio.gather(*(many.post("/v1/schemas", json=BODY) for _ in range(8)))

    answers = asyncio.run(both())
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert made and all(each == made[0] for each in made)
    assert client.get("/v1/schemas").json()["pagination"]["total"] == 1


BODY = {"name": "Notes", "fields": {"number": {"type": "string"}}}
