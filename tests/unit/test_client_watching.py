"""Following a run: each state once, over broken streams, proxies that eat them, and long polls."""

import json

import httpx
import pytest
from tests.client_faces import Async, Script, Sync, problem, without_pauses

from docrail.client import NotFound, Unavailable

STREAM = {"Content-Type": "text/event-stream"}


@pytest.fixture(params=[Sync, Async])
def face(request):
    return request.param


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    return without_pauses(monkeypatch)


def state(revision, status="active"):
    return {
        "pipelineId": "p",
        "status": status,
        "totalDocuments": 2,
        "completedDocuments": 0,
        "errorDocuments": 0,
        "phases": [],
        "errors": [],
        "errorsTotal": 0,
        "errorsNextCursor": None,
        "errorGroups": [],
        "partialDocuments": 0,
        "cancelledDocuments": 0,
        "heldFields": 0,
        "finalizationPending": [],
        "generation": 1,
        "revision": revision,
        "startedAt": "-",
        "updatedAt": "-",
        "finishedAt": None,
        "documentsPerSecond": None,
        "etaSeconds": {"low": 1, "high": 2},
        "addedLater": "ignored",
    }


class Blocks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in these blocks, which then ends or breaks."""

    def __init__(self, *blocks, breaks=False):
        self._blocks, self._breaks = blocks, breaks
        self.closed = False

    def __iter__(self):
        yield from self._blocks
        if self._breaks:
            raise httpx.ReadTimeout("silence")

    async def __aiter__(self):
        for block in self:
            yield block

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


def event(revision, status="active"):
    return b"id: %d\ndata: %s\n\n" % (revision, json.dumps(state(revision, status)).encode())


def stream(*blocks, breaks=False):
    return httpx.Response(200, headers=STREAM, stream=Blocks(*blocks, breaks=breaks))


def polled(revision, status="active"):
    return httpx.Response(200, json=state(revision, status), headers={"Retry-After": "1"})


def watch(face, script, first=None, **more):
    seen = face(script).many(lambda client: client.pipelines.watch("p", **more), first=first)
    return [(each.revision, each.status) for each in seen]


def test_every_state_comes_once_wherever_the_blocks_are_cut(face):
    whole = b": waiting\n\n" + event(1) + event(2) + event(3, "completed")
    blocks = [whole[at : at + 7] for at in range(0, len(whole), 7)]
    script = Script(stream(*blocks))
    assert watch(face, script) == [(1, "active"), (2, "active"), (3, "completed")]
    assert script.asked[0].headers["accept"] == "text/event-stream"


@pytest.mark.parametrize("breaks", [True, False])
def test_a_broken_stream_is_taken_up_where_it_was(face, breaks):
    half = event(3)[:40]
    script = Script(
        stream(event(1), event(2), half, breaks=breaks),
        stream(event(2), event(3), event(4, "failed")),
    )
    assert watch(face, script) == [(1, "active"), (2, "active"), (3, "active"), (4, "failed")]
    assert "last-event-id" not in script.asked[0].headers
    assert script.asked[1].headers["last-event-id"] == "2"


def test_a_server_that_is_away_for_a_moment_ends_nothing(face):
    script = Script(
        stream(event(1), breaks=True),
        httpx.ConnectError("refused"),
        problem(503, "unavailable"),
        stream(event(2, "completed")),
    )
    assert watch(face, script) == [(1, "active"), (2, "completed")]


def test_a_stream_that_never_says_anything_becomes_long_polls(face):
    script = Script(
        stream(breaks=True), polled(1), httpx.Response(304), polled(2), polled(2), polled(3, "completed")
    )
    assert watch(face, script) == [(1, "active"), (2, "active"), (3, "completed")]
    first, second = script.asked[1], script.asked[2]
    assert "if-none-match" not in first.headers and "wait" not in first.url.params
    assert second.headers["if-none-match"] == '"p.1"' and float(second.url.params["wait"]) > 1


def test_a_stream_of_which_not_even_the_head_comes_through_becomes_long_polls(face, pauses):
    script = Script(httpx.ReadTimeout("silence"), polled(1), polled(2, "completed"))
    assert watch(face, script) == [(1, "active"), (2, "completed")]
    assert pauses == []


def test_a_proxy_that_answers_without_a_stream_becomes_long_polls(face):
    assert watch(face, Script(polled(1), polled(1), polled(2, "completed"))) == [
        (1, "active"),
        (2, "completed"),
    ]


def test_streams_that_bring_no_news_five_times_become_long_polls(face):
    barren = [stream(b": waiting\n\n", breaks=True) for _ in range(5)]
    script = Script(stream(event(1)), *barren[1:], polled(2, "completed"))
    assert watch(face, script) == [(1, "active"), (2, "completed")]


def test_polls_that_come_back_at_once_are_not_sent_one_after_the_other(face, pauses):
    known = httpx.Response(304, headers={"Retry-After": "4"})
    script = Script(polled(1), known, known, polled(2, "completed"))
    assert watch(face, script, stream=False) == [(1, "active"), (2, "completed")]
    assert pauses == [4, 4]


def test_a_run_that_has_ended_gives_its_last_state(face):
    assert watch(face, Script(stream(event(9, "cancelled")))) == [(9, "cancelled")]


def test_a_stream_is_closed_when_nobody_watches_any_more(face):
    answer = stream(event(1), event(2), event(3))
    assert watch(face, Script(answer), first=1) == [(1, "active")]
    assert answer.is_closed


def test_what_cannot_be_watched_raises(face):
    with pytest.raises(NotFound):
        watch(face, Script(problem(404, "not_found")))
    with pytest.raises(Unavailable):
        watch(face, Script(*[httpx.ConnectError("refused")] * 10))


def test_waiting_gives_the_terminal_state_or_says_that_it_took_too_long(face):
    script = Script(polled(1), httpx.Response(304), polled(2, "completed"))
    assert face(script).one(lambda client: client.pipelines.wait("p", timeout=60)).revision == 2
    with pytest.raises(TimeoutError, match="it goes on"):
        face(Script(polled(1))).one(lambda client: client.pipelines.wait("p", timeout=1e-9))
