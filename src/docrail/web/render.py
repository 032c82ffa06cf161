"""From a template and plain values to a page."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from docrail import __version__
from docrail.usecases.times import iso_time

STATIC = Path(__file__).parent / "static"
NOTHING = "—"
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def show(request: Request, template: str, *, code: int = 200, **values: Any) -> Response:
    """The page of a template; every one knows who looks."""
    values |= {"visit": request.state.visit, "path": request.url.path}
    body = _environment().get_template(template).render(values)
    return HTMLResponse(body, code, {"Cache-Control": "no-store", "Vary": "HX-Request"})


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("docrail.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": show_number,
        "moment": show_moment,
        "seconds": show_seconds,
        "value": show_value,
        "typed": show_typed,
        "percent": lambda part: f"{100 * part:.0f} %",
        "size": show_size,
    }
    environment.globals |= {"asset": asset, "version": __version__}
    return environment


@lru_cache
def asset(name: str) -> str:
    """The address of a static file, which changes when the file does."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/assets/{name}?{digest[:12]}"


def show_number(number: float | None) -> str:
    """A count as people write it.

    >>> show_number(1000000), show_number(2.345), show_number(None)
    ('1,000,000', '2.3', '—')
    """
    if number is None:
        return NOTHING
    return f"{number:,.1f}" if isinstance(number, float) else f"{number:,}"


def show_moment(at: int | None) -> Markup:
    """A time in ms since 1970; the browser turns it into its own zone."""
    if at is None:
        return Markup(NOTHING)
    said = datetime.fromtimestamp(at / 1000, UTC).strftime("%d %b %Y, %H:%M")
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(iso_time(at), said, said)


def show_seconds(seconds: float | None) -> str:
    """A length of time, in at most two units.

    >>> show_seconds(0.0123), show_seconds(12.34), show_seconds(3700)
    ('12 ms', '12.3 s', '1 h 1 min')
    """
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    parts, left = [], int(seconds)
    for size, unit in (*UNITS, (1, "s")):
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def show_value(value: Any, form: str | None = None) -> str:
    """The value of a cell as text, in the `form` of its field; what has parts as JSON.

    >>> show_value(5000.0), show_value(1234.5, "money"), show_value(None), show_value([{"a": 1}])
    ('5000', '1234.50', '—', '[{"a": 1}]')
    """
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, ensure_ascii=False)
    if form == "money" and round(value, 2) == value:
        return f"{value:.2f}"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def show_typed(value: Any, form: str | None = None) -> str:
    """The value as a person would type it: nothing where there is none."""
    return "" if value is None else show_value(value, form)


def show_size(size: int) -> str:
    """Bytes in the unit that fits.

    >>> show_size(900), show_size(1_500_000)
    ('900 B', '1.5 MB')
    """
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
