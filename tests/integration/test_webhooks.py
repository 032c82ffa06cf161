"""Webhooks: told in the transaction of what happened, signed, tried again on a ladder, never sent inside."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from contextlib import contextmanager

import pytest
from tests.integration.small_runs import make_program

from docrail.core.errors import InvalidInput, NotFound
from docrail.core.model import Cell, CellStatus, HoldReason
from docrail.core.spec import Field
from docrail.core.state import State
from docrail.core.webhook import EVENTS, LADDER
from docrail.delivery.courier import Courier
from docrail.delivery.send import send
from docrail.store.signing import signing_key
from docrail.store.webhooks import claim_due
from docrail.usecases import webhooks

LOOPBACK = "127.0.0.0/8"


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        if self.server.silent:
            self.server.silent.wait()
            return
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_arguments):
        """Nothing on the terminal."""


@contextmanager
def receiving(*answers, silent=None):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.got, server.answers, server.silent = [], list(answers), silent
        server.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            if silent:
                silent.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def courier(program):
    return make_courier(program)


def make_courier(program, allowed=LOOPBACK):
    key = signing_key(program.settings.home_path, "")
    return Courier(database=program.database, signing_key=key, allowed=allowed)


def log_of(program, hook, state=None):
    rows, _ = webhooks.list_deliveries(program, hook.id, state=state, limit=100, after=None)
    return [webhooks.get_delivery(program, hook.id, row.id) for row in rows]


def make_hook(program, url, events=EVENTS):
    return webhooks.create_webhook(program, url=url, events=events)


HELD = Cell(
    field="total",
    value="secret value",
    confidence=0.2,
    status=CellStatus.HELD,
    phase="extraction",
    hold_reason=HoldReason.LOW_CONFIDENCE,
)


def test_what_happens_in_a_run_is_told_without_any_value(program, courier, add_run, finished):
    with receiving() as server:
        made = make_hook(program, server.url)
        ends = [
            finished(filename="a"),
            finished(filename="b", cells=[HELD]),
            finished(filename="c", state=State.ERROR),
        ]
        run = add_run([Field(name="total")], ends)
        while courier.deliver_due():
            pass
    told = [json.loads(body) for _, body in server.got]
    kinds = sorted(each["type"] for each in told)
    assert kinds == [
        "document.completed",
        "document.completed",
        "document.failed",
        "field.held",
        "pipeline.completed",
    ]
    assert {each["data"]["pipelineId"] for each in told} == {run}
    held = next(each["data"] for each in told if each["type"] == "field.held")
    assert (held["field"], held["reason"]) == ("total", "low_confidence")
    assert b"secret value" not in b"".join(body for _, body in server.got)
    for headers, body in server.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(made.secret.removeprefix("whsec_"))
        mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mine}"
        assert headers["webhook-id"] == json.loads(body)["id"]


def test_nobody_is_told_what_they_did_not_ask_for(program, courier, add_run, finished):
    with receiving() as server:
        made = make_hook(program, server.url, ["pipeline.completed"])
        paused = make_hook(program, server.url)
        webhooks.change_webhook(program, paused.webhook.id, url=server.url, events=EVENTS, active=False)
        add_run([Field(name="total")], [finished(filename="a")])
        while courier.deliver_due():
            pass
    assert [json.loads(body)["type"] for _, body in server.got] == ["pipeline.completed"]
    assert [each.state for each, _ in log_of(program, made.webhook)] == ["delivered"]


def test_it_is_tried_again_under_the_same_id_until_it_is_dead_and_sent_again(program, courier, monkeypatch):
    clock = [1_000_000]
    for module in ("docrail.delivery.courier", "docrail.usecases.webhooks"):
        monkeypatch.setattr(f"{module}.read_clock", lambda _connection: clock[0])
    with receiving(*[500] * (len(LADDER) + 1)) as server:
        hook = make_hook(program, server.url).webhook
        delivery = webhooks.try_webhook(program, hook.id)
        for wait in LADDER:
            assert courier.deliver_due() == 1
            clock[0] += wait * 1000 - 1
            assert courier.deliver_due() == 0
            clock[0] += 1
        assert courier.deliver_due() == 1
        (dead, log), *_ = log_of(program, hook, state="dead")
        assert (dead.id, dead.attempts, len(log)) == (delivery.id, len(LADDER) + 1, len(LADDER) + 1)
        assert {(each.status, each.error) for each in log} == {(500, "answered 500")}
        clock[0] += 10**9
        assert courier.deliver_due() == 0
        assert webhooks.redeliver(program, hook.id) == 1
        assert courier.deliver_due() == 1
    assert {headers["webhook-id"] for headers, _ in server.got} == {delivery.id}
    assert log_of(program, hook)[0][0].state == "delivered"


def test_a_redirect_is_not_followed(program, courier):
    with receiving(302) as server:
        hook = make_hook(program, server.url).webhook
        webhooks.try_webhook(program, hook.id)
        courier.deliver_due()
    assert len(server.got) == 1
    assert log_of(program, hook)[0][1][0].error == "redirects are not followed"


def test_nothing_is_sent_inside_unless_it_is_allowed(program):
    with receiving() as server:
        hook = make_hook(program, server.url.replace("127.0.0.1", "localhost")).webhook
        webhooks.try_webhook(program, hook.id)
        make_courier(program, allowed="10.0.0.0/8").deliver_due()
        assert server.got == []
    assert "not public" in log_of(program, hook)[0][1][0].error


def test_a_name_is_looked_up_once_and_that_address_is_called(program, monkeypatch):
    """A name server that answers otherwise a moment later changes nothing."""
    asked = []

    def rebind(host, port, **_more):
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", port))]

    with receiving() as server:
        monkeypatch.setattr("docrail.delivery.address.socket.getaddrinfo", rebind)
        url = f"http://127.0.0.1:{server.server_port}/".replace("127.0.0.1", "example.test")
        monkeypatch.setattr("docrail.delivery.send.socket.create_connection", Direct(server))
        sent = send(url, b"{}", {"webhook-id": "1"}, allowed=LOOPBACK)
    assert (sent.status, asked) == (204, ["example.test"])
    assert server.got[0][0]["Host"].startswith("example.test")


class Direct:
    """Connects to an address without asking any name server; refuses a name."""

    def __init__(self, server):
        self.server = server

    def __call__(self, address, timeout):
        import socket

        assert address == ("127.0.0.1", self.server.server_port)
        connection = socket.socket()
        connection.settimeout(timeout)
        connection.connect(address)
        return connection


def test_a_silent_other_side_costs_its_time_and_no_more():
    with receiving(silent=threading.Event()) as server:
        sent = send(server.url, b"{}", {}, allowed=LOOPBACK, seconds=0.2)
    assert (sent.status, sent.error) == (None, "no answer within 0.2 seconds")
    assert sent.milliseconds < 2000


def test_what_cannot_be_an_address_is_refused_at_once(program):
    for url in (
        "ftp://example.org",
        "file:///etc/passwd",
        "http://",
        "http://u:p@example.org",
        "http://[::1",
        "x",
    ):
        with pytest.raises(InvalidInput):
            make_hook(program, url)
    with pytest.raises(InvalidInput, match="cannot be used"):
        make_hook(program, "https://example.org", ["nope"])


def test_the_secret_stands_in_no_table_and_the_key_is_its_owners_alone(program):
    made = make_hook(program, "https://example.org")
    home = program.settings.home_path
    program.database.close()
    dump = b"".join(each.read_bytes() for each in home.glob("docrail.db*"))
    assert made.webhook.id.encode() in dump
    assert made.secret.removeprefix("whsec_").encode() not in dump
    assert (home / "signing.key").stat().st_mode & 0o077 == 0


def test_one_delivery_is_in_one_hand_and_in_anothers_when_that_one_died(databases, tmp_path):
    with databases() as database:
        program = make_program(database, tmp_path)
        hook = make_hook(program, "https://example.org").webhook
        webhooks.try_webhook(program, hook.id)
        now = hook.created_at + 1000

        def claim(at):
            with database.writing() as connection:
                return [each.id for each, _ in claim_due(connection, at=at, until=at + 500, limit=8)]

        assert (len(claim(now)), claim(now), len(claim(now + 500))) == (1, [], 1)
        webhooks.delete_webhook(program, hook.id)
        assert claim(now + 5000) == []
        with pytest.raises(NotFound):
            webhooks.get_webhook(program, hook.id)
