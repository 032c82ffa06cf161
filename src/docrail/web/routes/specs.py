"""Specs: what they say as text, what is wrong with it, what it finds in a sample; versions and what changed."""

import difflib
from collections.abc import Sequence

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.api.routes.document_views import Window
from docrail.core.errors import InvalidInput, NotFound, Problem
from docrail.core.plan_json import spec_from_json
from docrail.core.spec_build import spec_to_document
from docrail.store.specs import StoredSpec
from docrail.usecases import documents, registry, spec_versions
from docrail.usecases.spec_text import save_spec_text
from docrail.usecases.trial import try_spec
from docrail.web.forms import position, read_form
from docrail.web.render import show

SAMPLES, FIELDS = 30, 100
NEW = """\
name: Invoices
fields:
  invoice_number:
    title: Invoice number
    required: true
    synonyms: [Invoice no, Rechnungsnummer]
  issue_date:
    title: Invoice date
    format: date
  total:
    title: Total
    type: number
    format: money
    required: true
gates:
  - name: complete
    checks:
      - {required: true, fields: [invoice_number, total]}
rail:
  - {type: registry}
  - {type: schema}
  - {type: valid, gates: [complete]}
"""


def list_specs(request: Request) -> Response:
    """Specs in their newest version."""
    where = position(request)
    rows, total = spec_versions.list_specs(request.state.program, limit=where.limit + 1, after=where.after)
    kept = rows[: where.limit]
    following = where.next_link(len(rows), kept[-1].id if kept else None)
    return show(request, "specs.html", specs=kept, total=total, following=following)


def write_spec(request: Request) -> Response:
    """The editor with a spec to begin with."""
    return _edit(request, NEW)


def show_spec(request: Request) -> Response:
    """The editor with the newest version of a spec."""
    stored = spec_versions.get_spec(request.state.program, _id(request))
    return _edit(request, as_text(stored), stored=stored)


def _edit(
    request: Request,
    text: str,
    *,
    stored: StoredSpec | None = None,
    problems: Sequence[Problem] = (),
    code: int = 200,
) -> Response:
    program = request.state.program
    versions = spec_versions.list_spec_versions(program, stored.id) if stored else []
    samples, _ = documents.list_documents(program, limit=SAMPLES)
    remembered = registry.list_fields(program, limit=FIELDS, spec_id=stored.id)[0] if stored else []
    return show(
        request,
        "spec.html",
        code=code,
        text=text,
        stored=stored,
        versions=versions,
        problems=problems,
        samples=samples,
        remembered=remembered,
    )


def as_text(stored: StoredSpec) -> str:
    """A spec as the YAML that a person would write."""
    document = spec_to_document(spec_from_json(stored.content))
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


async def save(request: Request) -> Response:
    """Keep the text as a spec; with problems, show them beside it."""
    text, program = await _text(request), request.state.program
    try:
        stored = await run_in_threadpool(save_spec_text, program, text)
    except InvalidInput as error:
        problems = error.problems or (Problem(path="", message=error.message),)
        return await run_in_threadpool(_edit, request, text, problems=problems, code=400)
    return RedirectResponse(f"/specs/{stored.id}", 303)


async def try_text(request: Request) -> Response:
    """What the text finds in a sample document, without keeping anything."""
    form, program = await read_form(request), request.state.program
    window: Window = request.app.state.window
    document_id, text = known_form(str(form.get("sample", ""))), str(form.get("text", ""))
    try:
        tried = await window.see(lambda reader: try_spec(program, reader, text, document_id))
    except InvalidInput as error:
        problems = error.problems or (Problem(path="", message=error.message),)
        return show(request, "trial.html", problems=problems, tried=None)
    return show(request, "trial.html", problems=(), tried=tried)


def compare(request: Request) -> Response:
    """What changed between a version and the one before it."""
    versions = spec_versions.list_spec_versions(request.state.program, _id(request))
    number = request.path_params["version"]
    new = next((each for each in versions if each.version == number), None)
    if new is None:
        raise NotFound(f"no version {number}")
    old = next((each for each in versions if each.version == number - 1), None)
    return show(request, "spec_changes.html", new=new, old=old, lines=_changes(old, new))


def _changes(old: StoredSpec | None, new: StoredSpec) -> list[tuple[str, str]]:
    """Lines, each with `added`, `removed`, `place` or `same`."""
    before = as_text(old).splitlines() if old else []
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = list(difflib.unified_diff(before, as_text(new).splitlines(), lineterm="", n=3))[2:]
    return [(kinds.get(line[:1], "same"), line) for line in lines]


async def _text(request: Request) -> str:
    return str((await read_form(request)).get("text", "")).replace("\r\n", "\n")


def _id(request: Request) -> str:
    return known_form(request.path_params["spec_id"])


ROUTES = (
    Route("/specs", list_specs),
    Route("/specs", save, methods=["POST"]),
    Route("/specs/new", write_spec),
    Route("/specs/try", try_text, methods=["POST"]),
    Route("/specs/{spec_id}", show_spec),
    Route("/specs/{spec_id}/versions/{version:int}", compare),
)
