"""Progress over HTTP: polled, waited for and streamed."""

import json
import threading
import time

import pytest

from docrail.core.spec import Field
from docrail.core.state import State
from docrail.usecases.keys import list_keys, revoke_key


@pytest.fixture
def url(make_pipeline):
    return f"/v1/pipelines/{make_pipeline('one', 'two')}/progress"


def test_the_object_is_the_contracts_and_says_when_to_ask_again(client, url):
    answer = client.get(url)
    body = answer.json()
    assert (body["status"], body["totalDocuments"], body["phases"][0]["pending"]) == ("active", 2, 2)
    assert answer.headers["etag"] == f'"{body["pipelineId"]}.{body["revision"]}"'
    assert int(answer.headers["retry-after"]) >= 1


def test_what_is_known_is_304(client, url):
    known = client.get(url).headers["etag"]
    for tag in (known, f"W/{known}", f'"other", {known}', "*"):
        answer = client.get(url, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", known)
        assert "retry-after" in answer.headers
    assert client.get(url, headers={"If-None-Match": '"other.1"'}).status_code == 200


def test_waiting_ends_when_something_changes(api, client, url):
    known = client.get(url).headers["etag"]
    cancel = threading.Timer(0.3, client.post, [url.replace("progress", "cancel")])
    cancel.start()
    began = time.monotonic()
    with api.client(api.secret("read")) as other:
        answer = other.get(url, params={"wait": 30}, headers={"If-None-Match": known})
    cancel.join()
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert 0.25 < time.monotonic() - began < 5
    assert "retry-after" not in answer.headers


def test_waiting_ends_with_304_when_nothing_changes(client, url):
    known = client.get(url).headers["etag"]
    assert client.get(url, params={"wait": 0.3}, headers={"If-None-Match": known}).status_code == 304
    assert client.get(url, params={"wait": 30}).status_code == 200


@pytest.mark.parametrize("query", ["wait=61", "wait=x", "wait=-1", "errors_limit=0", "errors_limit=x"])
def test_a_query_that_makes_no_sense_is_422(client, url, query):
    answer = client.get(f"{url}?{query}")
    assert (answer.status_code, answer.json()["details"][0]["path"]) == (422, query.partition("=")[0])


def read_events(lines):
    event = {}
    for line in lines:
        if not line and "data" in event:
            yield event["id"], json.loads(event["data"])
            event = {}
        name, _, value = line.partition(": ")
        if name in ("id", "data"):
            event[name] = value


def test_a_stream_ends_with_the_terminal_event_and_can_be_resumed(client, api, url):
    headers = {"Accept": "text/event-stream"}
    with client.stream("GET", url, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = read_events(stream.iter_lines())
        revision, body = next(events)
        assert (int(revision), body["status"]) == (body["revision"], "active")
        with api.client(api.secret("write")) as other:
            other.post(url.replace("progress", "cancel"))
        rest = list(events)
    assert rest[-1][1]["status"] == "cancelled"
    assert rest[-1][1] == client.get(url).json()
    resumed = client.get(url, headers=headers | {"Last-Event-ID": revision}).text
    assert f"id: {rest[-1][0]}\n" in resumed and f"id: {revision}\n" not in resumed
    assert client.get(url, headers=headers | {"Last-Event-ID": rest[-1][0]}).status_code == 204


def test_errors_come_in_pages(client, add_run, finished):
    files = [finished(filename=f"{n}.txt", state=State.ERROR) for n in range(5)]
    url = f"/v1/pipelines/{add_run([Field(name='number')], files)}/progress"
    first = client.get(url, params={"errors_limit": 2}).json()
    assert (len(first["errors"]), first["errorsTotal"], first["status"]) == (2, 5, "failed")
    seen, cursor = first["errors"], first["errorsNextCursor"]
    while cursor:
        page = client.get(url, params={"errors_limit": 2, "errors_cursor": cursor}).json()
        seen, cursor = seen + page["errors"], page["errorsNextCursor"]
    assert len({entry["documentId"] for entry in seen}) == 5
    assert sum(group["count"] for group in first["errorGroups"]) == 5


def test_an_audit_finds_nothing(client, url):
    assert client.get(f"{url}/audit").json() == {"consistent": True, "drift": []}


def test_fifty_clients_wait_at_once_and_all_are_told(api, client, url):
    known = client.get(url).headers["etag"]
    secret, answers = api.secret("read"), []

    def wait():
        with api.client(secret) as other:
            answers.append(other.get(url, params={"wait": 20}, headers={"If-None-Match": known}))

    threads = [threading.Thread(target=wait) for _ in range(50)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert client.get("/health/live").elapsed.total_seconds() < 1
    client.post(url.replace("progress", "cancel"))
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}


def test_progress_as_it_was_before_it_was_cancelled(client, url):
    before = client.get(url).json()
    time.sleep(0.01)
    then = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{time.time_ns() // 1_000_000 % 1000:03d}Z"
    time.sleep(0.01)
    assert client.post(url.replace("progress", "cancel")).status_code == 202
    assert client.get(url).json()["status"] == "cancelled"
    assert client.get(url, params={"at": then}).json() == before


@pytest.mark.parametrize(
    ("at", "status"),
    [("2020-01-01T00:00:00Z", 400), ("yesterday", 422), ("2026-01-01T00:00:00", 422)],
)
def test_a_time_that_makes_no_sense_is_refused(client, url, at, status):
    answer = client.get(url, params={"at": at})
    assert (answer.status_code, answer.json()["details"][0]["path"]) == (status, "at")


def test_a_plain_poll_and_one_with_a_query_answer_the_same(client, url):
    plain, asked = client.get(url), client.get(url, params={"errors_limit": 1000})
    assert plain.json() == asked.json()
    for name in ("etag", "retry-after", "cache-control", "content-type"):
        assert plain.headers[name] == asked.headers[name]
    head = client.head(url)
    assert (head.status_code, head.content) == (200, b"")


def test_a_revoked_key_polls_no_more_at_once(api, url):
    secret = api.secret("read")
    with api.client(secret) as other:
        assert other.get(url).status_code == 200
        (key, *_) = list_keys(api.program)  # the newest
        revoke_key(api.program, key.id)
        assert other.get(url).status_code == 401
