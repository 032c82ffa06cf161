"""Who may see the page, and what a browser may do with it."""

import threading
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from docrail.api.app import create_app
from docrail.bootstrap import open_program
from docrail.config import Settings
from docrail.usecases.keys import create_key, list_keys, revoke_key
from docrail.web.app import with_pages
from docrail.web.session import COOKIE, LASTS_SECONDS, Seal


@contextmanager
def running(program):
    app = create_app(program, pages=with_pages)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.005)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def program(tmp_path):
    with open_program(Settings(home=str(tmp_path / "home"))) as program:
        yield program


@pytest.fixture
def url(program):
    with running(program) as url:
        yield url


@pytest.fixture
def client(url):
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30) as client:
        yield client


def sign_in(client, secret, **more):
    return client.post("/session", data={"key": secret, **more})


def test_nobody_needs_a_key_on_the_machine_itself_while_there_is_none(client):
    assert client.get("/runs").status_code == 200
    assert client.get("/", follow_redirects=True).url.path == "/runs"


def test_the_name_of_another_site_that_leads_to_us_is_not_this_machine(client):
    answer = client.get("/runs", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/session?next=/runs")


def test_a_form_of_another_site_changes_nothing(client, program, url):
    form = {"name": "theirs", "scope": "admin"}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": url, "Sec-Fetch-Site": "cross-site"}):
        assert client.post("/settings/keys", data=form, headers=headers).status_code == 403
    assert httpx.post(f"{url}/settings/keys", data=form).status_code == 403
    assert list_keys(program) == []


def test_a_key_is_exchanged_for_a_session_that_only_the_server_can_read(client, program):
    secret = create_key(program, name="ada", scopes=("read",)).secret
    assert client.get("/runs").status_code == 303
    assert sign_in(client, "dr_wrong").status_code == 401
    answer = sign_in(client, secret, next="/specs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/specs")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and f"Max-Age={LASTS_SECONDS}" in cookie
    assert secret not in cookie
    assert client.get("/runs").status_code == 200
    client.post("/session/end")
    assert client.get("/runs").status_code == 303


def test_a_session_goes_on_to_pages_of_ours_only(client, program):
    secret = create_key(program, scopes=("read",)).secret
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert sign_in(client, secret, next=evil).headers["location"] == "/runs"


def test_a_session_may_what_its_key_may(client, program):
    sign_in(client, create_key(program, scopes=("read",)).secret)
    assert client.get("/specs/new").status_code == 200
    assert client.post("/specs", data={"text": "name: X"}).status_code == 403
    assert client.get("/settings").status_code == 403


def test_a_session_ends_with_its_key(client, program):
    made = create_key(program, scopes=("read",))
    sign_in(client, made.secret)
    revoke_key(program, made.key.id)
    create_key(program, scopes=("read",))
    assert client.get("/runs").status_code == 303


def test_a_session_ends_by_itself_and_cannot_be_made_up(tmp_path):
    seal = Seal(tmp_path)
    cookie = seal.make("hash", now=1000)
    assert seal.open(cookie, now=1000 + LASTS_SECONDS - 1) == "hash"
    assert seal.open(cookie, now=1000 + LASTS_SECONDS) is None
    hashed, until, signature = cookie.split(".")
    assert seal.open(f"{hashed}.{int(until) + 1}.{signature}", now=1000) is None
    assert seal.open(f"other.{until}.{signature}", now=1000) is None
    assert [seal.open(text, now=0) for text in ("", "..", "a.b", "ä.1.x")] == [None] * 4
    assert Seal(tmp_path).open(cookie, now=1000) == "hash"


def test_a_made_up_cookie_opens_nothing(client, program):
    create_key(program, scopes=("read",))
    client.cookies.set(COOKIE, "a.9999999999.00")
    assert client.get("/runs").status_code == 303


def test_every_answer_keeps_the_browser_on_a_short_leash(client):
    for path in ("/runs", "/session", "/nothing/here", "/runs/nothing", "/assets/page.css"):
        policy = client.get(path).headers.get("content-security-policy", "")
        assert ("default-src 'none'" in policy) == (path != "/nothing/here")
        assert "unsafe" not in policy


def test_the_page_takes_nothing_from_the_api(client):
    assert client.get("/v1/pipelines").status_code == 401
    assert client.get("/nothing/here").json()["code"] == "not_found"
    assert client.get("/health/ready").status_code == 200


def test_problems_are_said_in_place_and_nothing_is_lost(client):
    answer = client.post("/specs", data={"text": "name: Notes\nfields: {}\nrail: [{type: nonsense}]\n"})
    assert answer.status_code == 400
    assert 'data-line="3"' in answer.text
    assert "rail: [{type: nonsense}]" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/runs/x", "/runs/01a210de-6e27-7000-bdf0-976dd2f910b9", "/products/x", "/specs/x", "/runs/x/y/z"],
)
def test_what_is_not_there_is_said_so(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here." in answer.text


def test_a_webhook_is_made_and_its_secret_is_shown_once(client):
    form = {"url": "https://example.org/hook", "event": "pipeline.completed"}
    made = client.post("/settings/webhooks", data=form)
    assert made.status_code == 200
    assert "shown this once" in made.text
    shown = client.get("/settings").text
    assert "https://example.org/hook" in shown
    assert "shown this once" not in shown
    assert client.post("/settings/webhooks", data={"url": "ftp://x", "event": "nothing"}).status_code == 400


def test_a_share_link_that_nobody_made_opens_nothing(client, program):
    create_key(program, scopes=("read",))
    assert client.get("/shared/drs_nothing").status_code == 404
