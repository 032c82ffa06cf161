"""Asks a model until its answer fits the schema: checked, and asked again with what was wrong, so many times."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import jsonschema_rs

from docrail.core.errors import PhaseError, WorkError
from docrail.models.line import Line, Refused
from docrail.models.protocol import Access, Answer, Permit, Spend, Usage
from docrail.models.wire import Said, Turn, read_response, write_request

CHARACTERS_A_TOKEN = 4
IMAGE_TOKENS = 1500
SHOWN = 5


class Client:
    """One configured model. Thread-safe. `spend` of `ask` is told of every call as soon as it ended, however it did."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._line = Line(timeout_seconds=access.timeout_seconds)
        self._without: set[str] = set()

    def ask(
        self,
        instructions: str,
        data: str,
        *,
        schema: Mapping[str, Any],
        images: Sequence[bytes] = (),
        spend: Spend,
        permit: Permit = nullcontext,
    ) -> Answer:
        """An answer that fits `schema`; every call for it has a permit. Raises PhaseError and Busy (see Model)."""
        validator = jsonschema_rs.Draft202012Validator(dict(schema))
        turns = [Turn(role="user", text=data, images=tuple(images))]
        total, wrong = Usage(), ""
        for _ in range(1 + self.access.reasks):
            with permit():
                said, usage = self._call(instructions, turns, schema, spend)
            total += usage
            value, wrong = _check(said, validator)
            if not wrong:
                return Answer(value=value, usage=total)
            turns = [turns[0], Turn(role="assistant", text=said.text or "(nothing)"), _reask(wrong)]
        tries = 1 + self.access.reasks
        raise PhaseError(
            f"The model {self.access.name} gave no usable answer in {tries} tries: {wrong}. Use another model, or "
            "raise `model_output_tokens` if answers are cut off.",
            code="invalid_output",
        )

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _call(
        self, instructions: str, turns: Sequence[Turn], schema: Mapping[str, Any], spend: Spend
    ) -> tuple[Said, Usage]:
        """One answer, whatever it says, and what it used. What a failed call used is spent too."""
        asked = instructions + "".join(turn.text for turn in turns)
        pictures = sum(len(turn.images) for turn in turns)
        try:
            body = self._send(instructions, turns, schema)
            said = read_response(self.access.api, body)
        except ValueError as error:
            said = Said(text="", whole=False, input_tokens=None, output_tokens=None)
            usage = self._usage(said, asked, pictures, failed=1)
            spend(usage)
            raise PhaseError(
                f"What {self.access.name} is served by answered is no answer of the {self.access.api} API ({error}): "
                "check `model_url` and `model_api`.",
                code="invalid_output",
                retryable=True,
            ) from error
        except WorkError as error:
            if getattr(error, "sent", True) and not isinstance(error, Refused):
                lost = Said(text="", whole=False, input_tokens=None, output_tokens=0)
                spend(self._usage(lost, asked, pictures, failed=1))
            raise
        usage = self._usage(said, asked, pictures, failed=0)
        spend(usage)
        return said, usage

    def _send(self, instructions: str, turns: Sequence[Turn], schema: Mapping[str, Any]) -> Any:
        """Send, without what the service does not take: newer models refuse some options by name."""
        request = write_request(self.access, instructions, turns, schema=schema)
        while True:
            for option in self._without:
                if request.body.pop(option, None) is not None and option == "max_tokens":
                    request.body["max_completion_tokens"] = self.access.max_output_tokens
            try:
                return self._line.call(request)
            except Refused as error:
                refused = {
                    each
                    for each in ("max_tokens", "temperature")
                    if f"'{each}'" in error.said or f"`{each}`" in error.said
                } - self._without
                if not refused:
                    raise
                self._without |= refused

    def _usage(self, said: Said, asked: str, pictures: int, *, failed: int) -> Usage:
        guess = len(asked) // CHARACTERS_A_TOKEN + IMAGE_TOKENS * pictures
        given = guess if said.input_tokens is None else said.input_tokens
        made = len(said.text) // CHARACTERS_A_TOKEN if said.output_tokens is None else said.output_tokens
        cost = self.access.price(input_tokens=given, output_tokens=made)
        return Usage(calls=1, failed=failed, input_tokens=given, output_tokens=made, cost=cost)


def _check(said: Said, validator: jsonschema_rs.Draft202012Validator) -> tuple[Any, str]:
    """The value said and "", or what is wrong with it; never with a value of the document in it."""
    if not said.whole:
        return None, "it was cut off"
    try:
        value = json.loads(_bare(said.text), parse_constant=_refuse)
    except ValueError:
        return None, "it is not JSON"
    places = ["/".join(map(str, error.instance_path)) or "the top" for error in validator.iter_errors(value)]
    return value, f"it does not fit the schema at {', '.join(places[:SHOWN])}" if places else ""


def _refuse(name: str) -> None:
    raise ValueError(name)


def _bare(text: str) -> str:
    """The JSON of an answer that stands in a fence of Markdown, as some models cannot but write it.

    >>> _bare('```json\\n{"a": 1}\\n```')
    '{"a": 1}'
    """
    stripped = text.strip()
    if stripped.startswith("```") and stripped.endswith("```"):
        return stripped.strip("`").removeprefix("json").strip()
    return stripped


def _reask(wrong: str) -> Turn:
    return Turn(
        role="user",
        text=f"That answer cannot be used: {wrong}. Answer again, with JSON that fits the schema and nothing else.",
    )
