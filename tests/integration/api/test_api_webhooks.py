"""Webhooks over HTTP, delivered by the courier of a worker."""

HOOK = {"url": "https://example.org/hook", "events": ["pipeline.completed", "field.held"]}


def test_a_webhook_is_made_shown_once_changed_and_removed(client):
    made = client.post("/v1/webhooks", json=HOOK)
    assert made.status_code == 201 and made.json()["secret"].startswith("whsec_")
    path = made.json()["links"]["self"]
    known = {key: value for key, value in made.json().items() if key != "secret"}
    assert client.get(path).json() == known
    assert client.get("/v1/webhooks").json()["data"] == [known]
    paused = client.put(path, json=HOOK | {"active": False}).json()
    assert paused == known | {"active": False}
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_what_was_sent_is_looked_at_and_sent_again(client):
    path = client.post("/v1/webhooks", json=HOOK).json()["links"]["self"]
    ping = client.post(f"{path}/ping").json()
    assert (ping["event"], ping["state"], ping["attempts"]) == ("ping", "pending", 0)
    assert client.get(ping["links"]["self"]).json() == ping | {"log": []}
    assert client.get(f"{path}/deliveries?state=dead").json()["data"] == []
    assert client.get(f"{path}/deliveries").json()["data"] == [ping]
    assert client.post(f"{ping['links']['self']}/redeliver").json() == {"redelivered": 1}
    assert client.post(f"{path}/redeliver").json() == {"redelivered": 0}


def test_every_problem_of_a_webhook_comes_at_once(client):
    answer = client.post("/v1/webhooks", json={"url": "ftp://x", "events": ["a", "b"]})
    assert answer.status_code == 400
    assert [each["path"] for each in answer.json()["details"]] == ["events[0]", "events[1]", "url"]
