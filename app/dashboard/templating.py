"""Pages out of templates.

`render` is the one way to answer with HTML: it adds what every page has (address, who asks, the assets), the
security headers, and compression. Templates are in ``templates/`` here and in ``report/templates/``; all
extend ``base.html`` and take their parts from ``macros.html``. What they print is escaped; a name that nobody
gave them is an error, not an empty string.
"""

import gzip
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.dashboard import words
from app.dashboard.assets import asset_url
from app.dashboard.report import filters as reports
from synib import __version__

HERE = Path(__file__).parent
POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No script and no style but our own files; nothing from elsewhere."""
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Encoding, Cookie, HX-Request",
}
SMALL = 1024  # bytes; what is shorter fits a packet anyway


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page. ``request.state.principal`` (set by whoever identified the caller) decides what it offers."""
    html = environment().get_template(template).render(_common(request) | context).encode()
    told = HEADERS | dict(headers or {})
    if len(html) > SMALL and "gzip" in request.headers.get("accept-encoding", ""):
        html = gzip.compress(html, 5, mtime=0)
        told |= {"Content-Encoding": "gzip"}
    return HTMLResponse(html, status, headers=told)


def is_fragment(request: Request) -> bool:
    """Whether a part of a page is asked for by the page that shows it."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type") != "full"


def asks_for_page(headers: Mapping[str, str], path: str) -> bool:
    """Whether a browser asks, not a program: programs name JSON, or take anything."""
    return "text/html" in headers.get("accept", "") and not path.startswith("/v1/")


@lru_cache
def environment() -> Environment:
    """Templates, filters, and what all templates know."""
    made = Environment(
        loader=FileSystemLoader([HERE / "templates", HERE / "report" / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset_url, "version": __version__, "NAV": words.NAV}
    made.globals |= reports.GLOBALS
    made.filters |= words.FILTERS | reports.FILTERS
    return made


def _common(request: Request) -> dict[str, Any]:
    principal = getattr(request.state, "principal", None)
    shown = request.scope.get("shown_path", request.url.path)
    query = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
    return {
        "path": shown,
        "here_exactly": _address(shown, [*request.query_params.multi_items()], {}),
        "here": lambda **changes: _address(shown, query, changes),
        "principal": principal,
        "can_write": principal is not None and principal.role != "reader",
        "is_admin": principal is not None and principal.role == "admin",
        "keys_needed": request.app.state.settings.mode == "server",
    }


def _address(path: str, query: list[tuple[str, str]], changes: Mapping[str, Any]) -> str:
    """This page's address with other parameters; None takes one away."""
    kept = [(name, value) for name, value in query if name not in changes]
    kept += [(name, str(value)) for name, value in changes.items() if value is not None]
    return f"{path}?{urlencode(kept)}" if kept else path
