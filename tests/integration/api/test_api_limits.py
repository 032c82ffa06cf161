"""What a key may ask in a minute, and what readiness says."""

import shutil
from collections import namedtuple
from dataclasses import replace

import pytest

from docrail.core.errors import Unavailable
from docrail.usecases import health

from .conftest import Api, running


@pytest.fixture
def limited(program):
    program = replace(program, settings=replace(program.settings, rate_per_minute=3))
    with running(program) as url:
        yield Api(program, url)


def test_a_key_that_asks_too_often_is_told_when_to_come_again(limited):
    with limited.client(limited.secret()) as client, limited.client(limited.secret()) as other:
        answers = [client.get("/v1/pipelines") for _ in range(4)]
        assert [each.headers["x-ratelimit-remaining"] for each in answers] == ["2", "1", "0", "0"]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        body = answers[-1].json()
        assert (body["code"], body["retryable"]) == ("rate_limited", True)
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert body["request_id"] == answers[-1].headers["x-request-id"]
        assert client.get("/v1/pipelines/0/progress").status_code == 404
        assert client.get("/health/live").status_code == 200
        assert other.get("/v1/pipelines").status_code == 200


def test_who_has_no_key_is_counted_by_address(limited):
    with limited.client() as client:
        assert [client.get("/share/guess").status_code for _ in range(4)] == [404, 404, 404, 429]
        assert client.get("/v1/pipelines").status_code == 429


def test_without_a_limit_nothing_is_said_of_one(client):
    assert not [name for name in client.get("/v1/pipelines").headers if name.startswith("x-ratelimit")]


def test_readiness_names_what_is_missing(api, monkeypatch):
    def away(_database):
        raise Unavailable("gone")

    with api.client() as client:
        assert client.get("/health/ready").json() == {"status": "ok"}
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10, 5, 5_000_000))
        monkeypatch.setattr(health, "is_current", lambda _database: False)
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert "another version" in answer.json()["message"] and "5 MB are free" in answer.json()["message"]
        monkeypatch.setattr(health, "is_current", away)
        assert client.get("/health/ready").json()["code"] == "unavailable"
        assert client.get("/health/live").json() == {"status": "ok"}


def test_the_trail_names_the_request_that_did_it(client):
    made = client.post("/v1/webhooks", json={"url": "https://example.com/", "events": ["pipeline.completed"]})
    entries = client.get("/v1/audit").json()["data"]
    assert made.headers["x-request-id"] in [each["details"].get("request_id") for each in entries]


def test_a_client_may_name_its_request(client):
    answer = client.get("/v1/nothing", headers={"X-Request-Id": "mine-0123456789"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "mine-0123456789"
