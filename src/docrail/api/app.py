"""The HTTP application over a program."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from docrail import __version__
from docrail.api import docs, openapi
from docrail.api.answers import Answers
from docrail.api.auth import Keys
from docrail.api.bodies import Bodies
from docrail.api.idempotency import Idempotency
from docrail.api.measures import Measures
from docrail.api.newest import Newest
from docrail.api.polls import PATH, Polls
from docrail.api.problems import Requests, add_problem_handlers
from docrail.api.rate import Rate
from docrail.api.routes import (
    admissions,
    audit,
    data_policies,
    document_views,
    documents,
    field_reviews,
    fields,
    health,
    keys,
    metrics,
    one_shot,
    pipelines,
    products,
    progress,
    replays,
    results,
    schemas,
    specs,
    webhooks,
)
from docrail.api.traffic import Traffic
from docrail.api.watch import Watcher
from docrail.bootstrap import Program

DESCRIPTION = "Turns a pile of documents into a governed table, and shows every step of the way."
Pages = Callable[[ASGIApp, Program, State], ASGIApp]
"""Puts pages for people before the API; they share what the application keeps in its state."""

ROUTERS = (
    admissions,
    audit,
    data_policies,
    documents,
    document_views,
    specs,
    schemas,
    pipelines,
    one_shot,
    replays,
    results,
    products,
    field_reviews,
    fields,
    keys,
    webhooks,
    health,
    metrics,
)


def create_app(program: Program, *, pages: Pages | None = None) -> Traffic:
    """The application; the program is opened and closed by whoever serves it."""
    answers, newest = Answers(), Newest(program.database.version)
    measures, rate = Measures(), Rate(program.settings.rate_per_minute)
    app = FastAPI(
        title="docrail",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(Requests),
            Middleware(Keys, program=program, newest=newest, rate=rate),
            Middleware(Bodies, largest_file=program.settings.max_file_mb * 1_000_000),
            Middleware(Idempotency),
        ],
    )
    app.state.answers, app.state.newest = answers, newest
    app.state.settings, app.state.measures = program.settings, measures
    add_problem_handlers(app)
    app.add_route(PATH, progress.get_progress, methods=["GET"], include_in_schema=False)
    app.add_route("/docs", docs.show_docs, methods=["GET"], include_in_schema=False)
    for each in ROUTERS:
        app.include_router(each.router)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's way to extend it
    served = Polls(app, program=program, newest=newest, answers=answers)
    whole = pages(served, program, app.state) if pages else served
    return Traffic(whole, settings=program.settings, measures=measures, state=app.state)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.watcher = Watcher()
    with document_views.Window(app.state.settings) as app.state.window:
        yield
    app.state.watcher.close()
    app.state.newest.close()
