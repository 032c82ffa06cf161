"""Clients that are slow, and a server that is told to stop while clients are at it: against the real process."""

import json
import signal
import socket
import time

import httpx
import pytest

from .test_serve import TEXT, make_key, serving, start_run

SLOW = 200


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def connect(url, text):
    port = int(url.rpartition(":")[2])
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(text.encode())
    return connection


def head(method, path, key, *lines):
    said = (f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", *lines)
    return "\r\n".join(said) + "\r\n\r\n"


def test_two_hundred_slow_clients_keep_nobody_waiting(home):
    key = make_key(home)
    headers = {"Authorization": f"Bearer {key}"}
    with serving(home) as (_, url), httpx.Client(base_url=url, timeout=30, headers=headers) as client:
        run = start_run(client, [("1.txt", TEXT.format(n=1).encode())])
        upload = ("Content-Type: multipart/form-data; boundary=b", "Content-Length: 90000")
        starts = [
            "GET /v1/pipelines HTTP/1.1\r\nHost:",
            head("POST", "/v1/documents", key, *upload) + "--b\r\n",
            head("POST", "/v1/specs", key, "Content-Length: 4000") + "name",
            head("GET", "/v1/pipelines", key)[:-2],
        ]
        slow = [connect(url, starts[n % len(starts)]) for n in range(SLOW)]
        times = []
        for n in range(100):
            began = time.perf_counter()
            path = run["links"]["progress"] if n % 2 else "/v1/pipelines"
            client.get(path).raise_for_status()
            times.append(time.perf_counter() - began)
        assert sorted(times)[90] < 0.5
        ends = [each for each in slow[::4] if ends_within(each, 25)]
        assert len(ends) == SLOW // 4
        for each in slow:
            each.close()
        client.get("/health/ready").raise_for_status()


def ends_within(connection, seconds):
    """Whether the server closes a connection that never sends its whole request."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_a_server_told_to_stop_finishes_what_it_holds_and_lets_waiters_go(home, monkeypatch):
    monkeypatch.setenv("DOCRAIL_LIMITS", '{"extraction": {"per_second": 0.02}}')
    key = make_key(home)
    headers = {"Authorization": f"Bearer {key}"}
    with serving(home) as (process, url):
        with httpx.Client(base_url=url, timeout=30, headers=headers) as client:
            run = start_run(client, [("1.txt", TEXT.format(n=1).encode())])
            while client.get(run["links"]["progress"]).json()["status"] != "completed":
                time.sleep(0.1)
            product = client.post(run["links"]["self"] + "/data-product").json()["dataProduct"]
            going = start_run(client, [("3.txt", TEXT.format(n=3).encode())])
            etag = client.get(run["links"]["progress"]).headers["etag"]
        waiting = connect(
            url, head("GET", run["links"]["progress"] + "?wait=60", key, f"If-None-Match: {etag}")
        )
        stream = connect(url, head("GET", going["links"]["progress"], key, "Accept: text/event-stream"))
        body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="2.txt"\r\n\r\n'
        rest = b"x" * 300_000 + b"\r\n--b--\r\n"
        length = f"Content-Length: {len(body) + len(rest)}"
        form = "Content-Type: multipart/form-data; boundary=b"
        upload = connect(url, head("POST", "/v1/documents", key, form, length))
        upload.sendall(body + rest[:1000])
        export = connect(url, head("GET", product["links"]["plain.csv"], key))
        time.sleep(0.5)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert receive_all(waiting).startswith(b"HTTP/1.1 304")
        events = receive_all(stream)
        assert b"data: {" in events and events.endswith(b"0\r\n\r\n")
        assert time.monotonic() - began < 5
        assert process.poll() is None
        upload.sendall(rest[1000:])
        answer = receive_all(upload)
        assert answer.startswith(b"HTTP/1.1 201"), answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["data"][0]["status"] == "accepted"
        assert b"R-1" in receive_all(export)
        assert process.wait(25) == 0
        assert process.stderr.read() == b""


def receive_all(connection):
    """Everything up to the end of the connection."""
    parts = []
    with connection:
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)
