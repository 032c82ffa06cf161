"""How a model is asked: what is sent, what is checked, and what each way to misbehave comes to."""

from typing import Any

import pytest
from tests.model_server import ModelServer, dripping, flooding, refused, said, serving

from docrail.core.errors import Busy, PhaseError
from docrail.models.client import Client
from docrail.models.protocol import Access, Usage

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number"}},
    "required": ["total"],
    "additionalProperties": False,
}


def access(server: ModelServer, **more: Any) -> Access:
    given = {
        "api": "openai",
        "url": server.url,
        "name": "tiny",
        "key": "secret",
        "timeout_seconds": 5.0,
        "max_output_tokens": 50,
        "input_price": 1.0,
        "output_price": 10.0,
    }
    return Access(**(given | more))


def ask(server: ModelServer, spent: list[Usage], **more: Any) -> Any:
    client = Client(access(server, **more))
    try:
        return client.ask("copy", "Total 7", schema=SCHEMA, images=(), spend=spent.append)
    finally:
        client.close()


def test_an_answer_that_fits_is_given_with_what_it_used():
    spent: list[Usage] = []
    with serving(lambda _: said({"total": 7})) as server:
        answer = ask(server, spent)
    assert answer.value == {"total": 7}
    assert answer.usage == Usage(calls=1, input_tokens=100, output_tokens=10, cost=0.0002)
    assert spent == [answer.usage]
    sent = server.seen[0]
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == "Bearer secret"
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert "tools" not in sent


def test_anthropic_is_spoken_to_in_its_own_words():
    body = (
        b'{"content":[{"type":"text","text":"{\\"total\\":7}"}],"stop_reason":"end_turn",'
        b'"usage":{"input_tokens":3,"output_tokens":2}}'
    )
    with serving(lambda _: (200, {}, body)) as server:
        client = Client(access(server, api="anthropic"))
        answer = client.ask("copy", "Total 7", schema=SCHEMA, images=[b"png"], spend=lambda _: None)
        client.close()
    assert answer.value == {"total": 7}
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 2)
    assert server.paths == ["/v1/messages"]
    assert server.headers[0]["x-api-key"] == "secret"
    assert server.seen[0]["system"] == "copy"
    assert [part["type"] for part in server.seen[0]["messages"][0]["content"]] == ["image", "text"]


@pytest.mark.parametrize(
    "bad",
    ["{not json", '{"total": "seven"}', '{"total": 7, "more": 1}', '{"total": NaN}', "", "[]"],
)
def test_what_does_not_fit_is_asked_again_and_then_fails(bad: str):
    spent: list[Usage] = []
    with serving(lambda _: said(bad)) as server, pytest.raises(PhaseError) as failed:
        ask(server, spent)
    assert failed.value.code == "invalid_output"
    assert len(server.seen) == len(spent) == 3
    assert server.seen[2]["messages"][-1]["content"].startswith("That answer cannot be used")


def test_a_better_second_answer_is_taken_and_both_are_paid_for():
    answers = iter([said('{"total": "seven"}'), said('```json\n{"total": 7}\n```')])
    spent: list[Usage] = []
    with serving(lambda _: next(answers)) as server:
        answer = ask(server, spent)
    assert (answer.value, answer.usage.calls, len(spent)) == ({"total": 7}, 2, 2)


def test_an_answer_cut_off_is_not_believed():
    with (
        serving(lambda _: said({"total": 7}, finish="length")) as server,
        pytest.raises(PhaseError, match="cut off"),
    ):
        ask(server, [])


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_broken_service_is_unavailable_and_its_calls_are_counted(status: int):
    spent: list[Usage] = []
    with serving(lambda _: refused(status)) as server, pytest.raises(PhaseError) as failed:
        ask(server, spent)
    assert (failed.value.code, failed.value.retryable) == ("model_unavailable", True)
    assert [(usage.calls, usage.failed) for usage in spent] == [(1, 1)]
    assert spent[0].input_tokens > 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302])
def test_a_refusal_is_not_tried_again_and_no_redirect_is_followed(status: int):
    reply = refused(status, Location="http://127.0.0.1:1/elsewhere")
    with serving(lambda _: reply) as server, pytest.raises(PhaseError) as failed:
        ask(server, [])
    assert (failed.value.code, failed.value.retryable, len(server.seen)) == ("model_unavailable", False, 1)


def test_options_that_a_model_does_not_take_are_left_out():
    def reply(body: dict[str, Any]) -> Any:
        for option in ("max_tokens", "temperature"):
            if option in body:
                return 400, {}, f"Unsupported parameter: '{option}'".encode()
        return said({"total": body["max_completion_tokens"]})

    with serving(reply) as server:
        assert ask(server, []).value == {"total": 50}


def test_after_a_429_nobody_calls_until_the_time_is_over():
    with serving(lambda _: refused(429, Retry_After="30")) as server:
        client = Client(access(server))
        with pytest.raises(Busy) as first:
            client.ask("copy", "", schema=SCHEMA, spend=lambda _: None)
        with pytest.raises(Busy) as second:
            client.ask("copy", "", schema=SCHEMA, spend=lambda _: None)
        client.close()
    assert (first.value.sent, first.value.seconds, first.value.code) == (True, 30.0, "rate_limited")
    assert (second.value.sent, len(server.seen)) == (False, 1)
    assert 29 < second.value.seconds <= 30


def test_a_service_that_does_not_answer_in_time_is_unavailable():
    with (
        serving(lambda _: dripping(3)) as server,
        pytest.raises(PhaseError, match="did not answer within") as failed,
    ):
        ask(server, [], timeout_seconds=0.3)
    assert (failed.value.code, failed.value.retryable) == ("model_unavailable", True)


def test_output_without_an_end_is_cut():
    with serving(lambda _: flooding(1_000)) as server, pytest.raises(PhaseError, match="4 MB") as failed:
        ask(server, [])
    assert failed.value.code == "invalid_output"


def test_a_service_that_is_not_there_says_what_to_do():
    with serving(lambda _: said("")) as server:
        gone = server
    with pytest.raises(PhaseError, match="start it") as failed:
        ask(gone, [])
    assert (failed.value.code, failed.value.retryable) == ("model_unavailable", True)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"choices": []}'])
def test_what_is_no_answer_of_the_api_says_to_check_the_settings(body: bytes):
    spent: list[Usage] = []
    with serving(lambda _: (200, {}, body)) as server, pytest.raises(PhaseError, match="model_api") as failed:
        ask(server, spent)
    assert (failed.value.code, spent[0].failed) == ("invalid_output", 1)
