"""`docrail serve`: the page and the HTTP interface."""

from typing import Annotated

import typer

from docrail.api.serve import serve as serve_http
from docrail.cli.logs import configure_logs
from docrail.cli.opening import Home
from docrail.config import read_settings
from docrail.web.app import with_pages

app = typer.Typer()


@app.command("serve")
def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port (8000).")] = None,
    host: Annotated[str | None, typer.Option(help="The address (127.0.0.1).")] = None,
    home: Home = None,
    log_level: Annotated[
        str | None, typer.Option(help="What is logged: info has a line for every request (warning).")
    ] = None,
) -> None:
    """Serve the page and the HTTP interface, with a worker of its own in the embedded mode.

    Example: docrail serve --port 8000
    """
    settings = read_settings({"home": home, "port": port, "host": host, "log_level": log_level})
    configure_logs(settings.log_level)
    serve_http(settings, pages=with_pages)
