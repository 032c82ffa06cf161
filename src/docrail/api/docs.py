"""The page at `/docs`: every operation of the OpenAPI description, without anything from outside."""

from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; } summary { cursor: pointer; padding: .3rem 0; }
code { font: 14px ui-monospace, monospace; } td, th { text-align: left; padding: .1rem 1rem .1rem 0; }
.method { display: inline-block; width: 4.5rem; font-weight: 600; } .scope { opacity: .65; }
"""


async def show_docs(request: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(_page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


def _page(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(_entry(path, method, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in by_tag.items())
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1><p>{escape(document['info']['description'])} For programs: "
        f'<a href="/openapi.json">openapi.json</a>.</p>{sections}</html>'
    )


def _entry(path: str, method: str, operation: dict[str, Any]) -> str:
    security = operation.get("security")
    scope = f' <span class="scope">scope {escape(security[0]["key"][0])}</span>' if security else ""
    return (
        f'<details><summary><code><span class="method">{method.upper()}</span>{escape(path)}</code>{scope}'
        f"</summary><p>{escape(operation.get('description', ''))}</p>{_parameters(operation)}</details>"
    )


def _parameters(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code><td>{escape(each['in'])}"
        f"<td>{escape(each.get('description', ''))}"
        for each in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {})
    rows += "".join(f"<tr><td><code>{escape(media_type)}</code><td>body<td>" for media_type in body)
    return f"<table>{rows}</table>" if rows else ""
