"""The description of the API (OpenAPI 3.1): what the routes say, and what is true of all of them."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from docrail.api.auth import needed_scope
from docrail.api.polls import PATH
from docrail.api.routes.progress import EVENT_STREAM

BEARER = {"type": "http", "scheme": "bearer", "description": "A key: `docrail keys create`."}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "The one shape of every error.",
    "required": [
        "statusCode",
        "code",
        "error",
        "message",
        "retryable",
        "request_id",
        "timestamp",
        "path",
    ],
    "properties": {
        "statusCode": {"type": "integer"},
        "code": {"type": "string", "description": "a stable lower-case word"},
        "error": {"type": "string"},
        "message": {"type": "string"},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "retryable": {"type": "boolean"},
        "request_id": {"type": "string"},
        "timestamp": {"type": "string", "format": "date-time"},
        "path": {"type": "string"},
    },
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole description, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = PROBLEM
        document["components"]["securitySchemes"] = {"key": BEARER}
        document["paths"][PATH] = {"get": PROGRESS}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _complete(operation, needed_scope(method.upper(), path))
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: dict[str, Any], scope: str | None) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    responses["default"] = {
        "description": "What went wrong.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation["security"] = [{"key": [scope]}] if scope else []


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _header(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}, "description": description}


PROGRESS: dict[str, Any] = {
    "tags": ["progress"],
    "summary": "Get Progress",
    "operationId": "get_progress",
    "description": "The exact truth about a run: at once, when it is no longer what you know, or as a stream.",
    "parameters": [
        {"name": "pipeline_id", "in": "path", "required": True, "schema": {"type": "string"}},
        _query("wait", {"type": "number", "minimum": 0, "maximum": 60}, "seconds to wait for a change"),
        _query("errors_limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "entries in `errors`"),
        _query("at", {"type": "string", "format": "date-time"}, "as it was at this time, from the history"),
        _query("errors_cursor", {"type": "string"}, "`errorsNextCursor` of the answer before"),
        _header("If-None-Match", "the ETag you know; answered with 304 while it is true"),
        _header("Last-Event-ID", "the revision you know, for a stream that goes on"),
    ],
    "responses": {
        "200": {
            "description": "The progress object; as events (`id:` is the revision) if the stream is accepted.",
            "content": {
                "application/json": {"schema": {"type": "object"}},
                EVENT_STREAM: {"schema": {"type": "string"}},
            },
        },
        "204": {"description": "The stream has ended and you know its last event."},
        "304": {"description": "Nothing has changed."},
    },
}
