"""Settings: the keys of the workspace."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.usecases import keys
from docrail.usecases.keys import NewKey
from docrail.web.forms import read_form
from docrail.web.render import show


def show_settings(request: Request) -> Response:
    """Keys, and what else there is to set."""
    return _settings(request, None)


def _settings(request: Request, made: NewKey | None) -> Response:
    return show(
        request,
        "settings.html",
        keys=keys.list_keys(request.state.program),
        made=made,
        scopes=keys.SCOPES,
        settings=request.state.program.settings,
    )


async def make_key(request: Request) -> Response:
    """A new key; its secret is on this page and nowhere else."""
    form = await read_form(request)
    made = await run_in_threadpool(
        lambda: keys.create_key(
            request.state.program,
            name=str(form.get("name", "")).strip(),
            scopes=[str(each) for each in form.getlist("scope")],
        )
    )
    return await run_in_threadpool(_settings, request, made)


def revoke_key(request: Request) -> Response:
    """End a key."""
    keys.revoke_key(request.state.program, known_form(request.path_params["key_id"]))
    return RedirectResponse("/settings", 303)


ROUTES = (
    Route("/settings", show_settings),
    Route("/settings/keys", make_key, methods=["POST"]),
    Route("/settings/keys/{key_id}/revoke", revoke_key, methods=["POST"]),
)
