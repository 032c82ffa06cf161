"""The two wire formats that models are asked in: OpenAI's chat completions, and Anthropic's messages."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docrail.models.protocol import Access

URLS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com/v1"}
APIS = tuple(URLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing said so far: by the `user` (with pictures) or by the `assistant`."""

    role: str
    text: str
    images: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model said; `whole` is False if it was cut off. Tokens are None where the service did not say them."""

    text: str
    whole: bool
    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Where to send what."""

    url: str
    headers: Mapping[str, str]
    body: dict[str, Any]


def write_request(
    access: Access, instructions: str, turns: Sequence[Turn], *, schema: Mapping[str, Any]
) -> Request:
    """The request for the next answer. No tools are ever offered."""
    base = (access.url or URLS[access.api]).rstrip("/")
    if access.api == "anthropic":
        return _anthropic(access, base, instructions, turns, schema)
    return _openai(access, base, instructions, turns, schema)


def read_response(api: str, body: Any) -> Said:
    """What the model said. Raises ValueError if this is not an answer of such a service."""
    try:
        return _read_anthropic(body) if api == "anthropic" else _read_openai(body)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer in it: {type(error).__name__}") from error


def _openai(
    access: Access, base: str, instructions: str, turns: Sequence[Turn], schema: Mapping[str, Any]
) -> Request:
    messages: list[dict[str, Any]] = [{"role": "system", "content": instructions}]
    for turn in turns:
        pictures = [
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_text(png)}"}}
            for png in turn.images
        ]
        content = [{"type": "text", "text": turn.text}, *pictures] if pictures else turn.text
        messages.append({"role": turn.role, "content": content})
    body = {
        "model": access.name,
        "messages": messages,
        "temperature": 0,
        "max_tokens": access.max_output_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)},
        },
    }
    headers = {"Authorization": f"Bearer {access.key}"} if access.key else {}
    return Request(url=f"{base}/chat/completions", headers=headers, body=body)


def _anthropic(
    access: Access, base: str, instructions: str, turns: Sequence[Turn], schema: Mapping[str, Any]
) -> Request:
    messages: list[dict[str, Any]] = []
    for turn in turns:
        pictures = [
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _text(png)}}
            for png in turn.images
        ]
        messages.append({"role": turn.role, "content": [*pictures, {"type": "text", "text": turn.text}]})
    body = {
        "model": access.name,
        "system": instructions,
        "messages": messages,
        "max_tokens": access.max_output_tokens,
        "temperature": 0,
        "output_config": {"format": {"type": "json_schema", "schema": dict(schema)}},
    }
    headers = {"anthropic-version": "2023-06-01", **({"x-api-key": access.key} if access.key else {})}
    return Request(url=f"{base}/messages", headers=headers, body=body)


def _read_openai(body: Any) -> Said:
    choice, usage = body["choices"][0], body.get("usage") or {}
    return Said(
        text=choice["message"].get("content") or "",
        whole=choice.get("finish_reason") != "length",
        input_tokens=_count(usage.get("prompt_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
    )


def _read_anthropic(body: Any) -> Said:
    usage = body.get("usage") or {}
    return Said(
        text="".join(part["text"] for part in body["content"] if part.get("type") == "text"),
        whole=body.get("stop_reason") != "max_tokens",
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
    )


def _count(number: Any) -> int | None:
    return number if isinstance(number, int) and number >= 0 else None


def _text(png: bytes) -> str:
    return base64.b64encode(png).decode()
