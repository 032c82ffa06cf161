"""Settings: the keys of the workspace, and the webhooks that other programs are told by."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from docrail.api.ids import known_form
from docrail.core.webhook import EVENTS
from docrail.usecases import keys, webhooks
from docrail.usecases.keys import NewKey
from docrail.usecases.webhooks import NewWebhook
from docrail.web.forms import read_form
from docrail.web.render import show

HOOKS = 100


def show_settings(request: Request) -> Response:
    """Keys, and what else there is to set."""
    return _settings(request)


def _settings(request: Request, made: NewKey | None = None, told: NewWebhook | None = None) -> Response:
    hooks, _ = webhooks.list_webhooks(request.state.program, limit=HOOKS, after=None)
    return show(
        request,
        "settings.html",
        keys=keys.list_keys(request.state.program),
        made=made,
        scopes=keys.SCOPES,
        hooks=hooks,
        told=told,
        events=EVENTS,
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


async def make_webhook(request: Request) -> Response:
    """A new webhook; its secret is on this page and nowhere else."""
    form = await read_form(request)
    told = await run_in_threadpool(
        lambda: webhooks.create_webhook(
            request.state.program,
            url=str(form.get("url", "")).strip(),
            events=[str(each) for each in form.getlist("event")],
        )
    )
    return await run_in_threadpool(_settings, request, None, told)


def try_webhook(request: Request) -> Response:
    """Send a `ping`."""
    webhooks.try_webhook(request.state.program, known_form(request.path_params["webhook_id"]))
    return RedirectResponse("/settings", 303)


def delete_webhook(request: Request) -> Response:
    """Remove a webhook with its log."""
    webhooks.delete_webhook(request.state.program, known_form(request.path_params["webhook_id"]))
    return RedirectResponse("/settings", 303)


ROUTES = (
    Route("/settings", show_settings),
    Route("/settings/keys", make_key, methods=["POST"]),
    Route("/settings/keys/{key_id}/revoke", revoke_key, methods=["POST"]),
    Route("/settings/webhooks", make_webhook, methods=["POST"]),
    Route("/settings/webhooks/{webhook_id}/try", try_webhook, methods=["POST"]),
    Route("/settings/webhooks/{webhook_id}/delete", delete_webhook, methods=["POST"]),
)
