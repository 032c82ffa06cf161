"""The clients: what is tried again and what is not, which error comes of which answer, and that no key is shown."""

import logging
import pickle
import traceback

import httpx
import pytest
from tests.client_faces import KEY, Async, Script, Sync, problem, without_pauses

from docrail.client import (
    AsyncClient,
    Client,
    Conflict,
    InsufficientScope,
    InvalidInput,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    Unavailable,
)
from docrail.client.files import in_batches, open_uploads
from docrail.client.values.account import NewKey

SCHEMA = {
    "id": "s",
    "name": "Notes",
    "description": None,
    "version": 1,
    "fields": {},
    "created_at": "-",
    "links": {},
}


@pytest.fixture(params=[Sync, Async])
def face(request):
    return request.param


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    return without_pauses(monkeypatch)


def good(**more):
    return httpx.Response(200, json={**SCHEMA, **more})


def get(client):
    return client.schemas.get("s")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "bad_request", InvalidInput),
        (401, "unauthorized", Unauthorized),
        (403, "insufficient_scope", InsufficientScope),
        (404, "not_found", NotFound),
        (409, "conflict", Conflict),
        (413, "payload_too_large", InvalidInput),
        (422, "encrypted", InvalidInput),
        (500, "internal_error", ServerError),
    ],
)
def test_each_family_of_codes_is_a_class_and_none_of_these_is_tried_again(face, status, code, kind):
    script = Script(problem(status, code, "Because."))
    with pytest.raises(kind) as caught:
        face(script).one(get)
    error = caught.value
    assert (error.status, error.code, error.message) == (status, code, "Because.")
    assert (error.request_id, error.retryable, len(script.asked)) == ("r-1", False, 1)


def test_invalid_input_has_every_detail_also_in_its_text(face):
    details = [{"path": "rail[1]", "message": "no policy 'dates2'"}]
    with pytest.raises(InvalidInput, match=r"rail\[1\]: no policy 'dates2'") as caught:
        face(Script(problem(400, "bad_request", details=details))).one(get)
    assert caught.value.details[0].path == "rail[1]"
    assert pickle.loads(pickle.dumps(caught.value)).details == caught.value.details


@pytest.mark.parametrize(
    "trouble",
    [problem(503, "unavailable"), problem(429, "rate_limited"), httpx.ConnectError("refused")],
)
def test_a_busy_or_lost_server_is_asked_again(face, pauses, trouble):
    script = Script(trouble, trouble, good())
    assert face(script).one(get).name == "Notes"
    assert len(script.asked) == 3 and len(pauses) == 2


def test_it_waits_at_least_as_long_as_the_server_asks(face, pauses):
    face(Script(problem(429, "rate_limited", headers={"Retry-After": "7"}), good())).one(get)
    assert 7 < pauses[0] < 9


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for(face, pauses):
    script = Script(problem(429, "rate_limited", headers={"Retry-After": "3600"}))
    with pytest.raises(RateLimited) as caught:
        face(script).one(get)
    assert (caught.value.retry_after, pauses) == (3600, [])


def test_it_gives_up_after_five_attempts(face, pauses):
    script = Script(*[httpx.ReadTimeout("silent")] * 5)
    with pytest.raises(Unavailable) as caught:
        face(script).one(get)
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (None, "unreachable", True)
    assert len(script.asked) == 5 and sum(pauses) < 20


@pytest.mark.parametrize(
    "change", [lambda client: client.schemas.change("s", {}), lambda client: client.schemas.delete("s")]
)
def test_put_and_delete_are_sent_once(face, change):
    script = Script(httpx.ConnectError("refused"))
    with pytest.raises(Unavailable):
        face(script).one(change)
    assert len(script.asked) == 1


def create(client):
    return client.schemas.create("Notes", {})


def test_a_repeated_post_has_the_same_idempotency_key_and_the_next_one_another(face):
    script = Script(httpx.ReadError("cut"), good(), good())
    asking = face(script)
    asking.one(create)
    first, again = (request.headers["idempotency-key"] for request in script.asked)
    assert first == again
    asking.one(create)
    assert script.asked[2].headers["idempotency-key"] != first


def test_a_repeated_post_waits_for_its_first_attempt_that_is_still_under_way(face):
    under_way = problem(409, "conflict", headers={"Retry-After": "1"}, retryable=True)
    script = Script(httpx.ReadError("cut"), under_way, good())
    assert face(script).one(create).id == "s"
    with pytest.raises(Conflict):
        face(Script(under_way)).one(create)


def test_an_upload_that_is_repeated_sends_its_files_from_their_beginning(face, tmp_path):
    bodies = []

    def keep(request):
        bodies.append(request.content)
        if len(bodies) == 1:
            raise httpx.WriteError("cut")
        return httpx.Response(201, json={"data": []})

    (tmp_path / "one.txt").write_bytes(b"one" * 50_000)
    face(Script(keep, keep)).one(
        lambda client: client.documents.upload(tmp_path / "one.txt", ("two.txt", b"two"))
    )
    assert all(body.count(b"one") >= 50_000 and b"two" in body for body in bodies)


def test_files_go_in_requests_of_at_most_so_many_and_so_much(monkeypatch):
    monkeypatch.setattr("docrail.client.files.FILES_AT_ONCE", 3)
    monkeypatch.setattr("docrail.client.files.BYTES_AT_ONCE", 10)
    uploads = open_uploads([(f"{n}", b"x" * size) for n, size in enumerate([4, 6, 1, 25, 1, 1, 1, 1])])
    batches = [[each.size for each in batch] for batch in in_batches(uploads)]
    assert batches == [[4, 6], [1], [25], [1, 1, 1], [1]]
    with pytest.raises(TypeError, match="list of files"):
        open_uploads("one.pdf")


def test_nothing_is_sent_if_a_file_is_not_there(face, tmp_path):
    script = Script()
    with pytest.raises(FileNotFoundError):
        face(script).one(lambda client: client.documents.upload(("a", b"a"), tmp_path / "none.pdf"))
    assert script.asked == []


def test_fields_that_the_client_does_not_know_are_ignored_and_missing_ones_are_an_error(face):
    assert face(Script(good(colour="red"))).one(get).version == 1
    with pytest.raises(ServerError, match="cannot be read"):
        face(Script(httpx.Response(200, json={"id": "s"}))).one(get)


def test_an_answer_of_something_between_is_an_error_too(face):
    with pytest.raises(ServerError, match="bad_gateway: the server answered 502 Bad Gateway"):
        face(Script(httpx.Response(502, html="<h1>Bad Gateway</h1>"))).one(get)
    with pytest.raises(Unauthorized, match="unauthorized"):
        face(Script(httpx.Response(401, content=b"\xff\x00"))).one(get)
    with pytest.raises(ServerError, match="elsewhere: https://there/"):
        face(Script(httpx.Response(308, headers={"Location": "https://there/"}))).one(get)


def test_an_id_stays_one_step_of_the_path(face):
    script = Script(good())
    face(script).one(lambda client: client.schemas.get("../keys?a=b"))
    assert script.asked[0].url.raw_path == b"/v1/schemas/..%2Fkeys%3Fa%3Db"
    for nothing in ("", ".", ".."):
        with pytest.raises(ValueError, match="schema_id"):
            face(Script()).one(lambda client, empty=nothing: client.schemas.delete(empty))


def test_a_list_goes_through_all_its_pages(face):
    def page(names, cursor):
        rows = [{**SCHEMA, "name": name} for name in names]
        where = {"total": 3, "limit": 2, "has_more": cursor is not None, "next_cursor": cursor}
        return httpx.Response(200, json={"data": rows, "pagination": where})

    script = Script(page("ab", "next"), page("c", None))
    assert [each.name for each in face(script).many(lambda client: client.schemas.list())] == ["a", "b", "c"]
    assert [dict(request.url.params).get("cursor") for request in script.asked] == [None, "next"]


def test_no_more_pages_are_asked_for_than_are_taken(face):
    rows = {
        "data": [SCHEMA] * 2,
        "pagination": {"total": 9, "limit": 2, "has_more": True, "next_cursor": "n"},
    }
    script = Script(httpx.Response(200, json=rows))
    assert len(face(script).many(lambda client: client.schemas.list(), first=2)) == 2


def test_an_export_that_breaks_is_begun_again_and_never_there_in_part(face, tmp_path):
    class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self):
            yield b"a,b\n"
            assert not (written / wanted[-1]).exists()
            raise httpx.ReadError("cut")

        async def __aiter__(self):
            for block in self:
                yield block

    written, wanted = tmp_path / "written", ["table.csv"]
    written.mkdir()
    script = Script(httpx.Response(200, stream=Cut()), httpx.Response(200, content=b"a,b\n1,2\n"))
    target = written / "table.csv"
    assert face(script).one(lambda client: client.products.export("p", target)) == 8
    assert target.read_bytes() == b"a,b\n1,2\n"
    wanted.append("other.csv")
    with pytest.raises(Unavailable):
        face(Script(*[httpx.Response(200, stream=Cut()) for _ in range(3)])).one(
            lambda client: client.products.export("p", written / "other.csv")
        )
    assert [each.name for each in written.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("made", [Client, AsyncClient])
def test_the_address_and_the_key_come_from_the_environment(made, monkeypatch):
    monkeypatch.setenv("DOCRAIL_URL", "https://user:password@docrail.example/base")
    monkeypatch.setenv("DOCRAIL_KEY", KEY)
    shown = repr(made())
    assert "docrail.example/base" in shown and KEY not in shown and "password" not in shown


def test_what_cannot_be_an_address_or_a_key_is_refused_without_showing_it():
    with pytest.raises(ValueError, match="http"):
        Client("docrail.example")
    with pytest.raises(ValueError, match="line break") as caught:
        Client(key=f"{KEY}\n")
    assert KEY not in str(caught.value)


def test_the_key_is_sent_and_shows_nowhere(face, caplog):
    caplog.set_level(logging.DEBUG)
    script = Script(httpx.ConnectError("refused"), problem(403, "insufficient_scope"))
    clients = []

    def remembered(client):
        clients.append(client)
        return get(client)

    with pytest.raises(InsufficientScope) as caught:
        face(script).one(remembered)
    [client] = clients
    assert script.asked[0].headers["authorization"] == f"Bearer {KEY}"
    said = [
        caplog.text,
        repr(client),
        repr(vars(client)),
        repr(vars(client._link)),
        repr(caught.value.__dict__),
        "".join(traceback.format_exception(caught.value)),
    ]
    assert not any(KEY in each for each in said)


def test_a_new_key_does_not_show_itself():
    key = NewKey(
        id="k",
        name="mine",
        scopes=("read",),
        created_at="-",
        expires_at=None,
        revoked_at=None,
        last_used_at=None,
        key=KEY,
    )
    assert KEY not in repr(key) and "mine" in repr(key) and key.key == KEY
