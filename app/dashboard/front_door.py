"""One address for two: programs that ask for ``/`` are told where to go, browsers see the overview."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.dashboard.templating import asks_for_page

OVERVIEW = "/overview"


class FrontDoor:
    """Leads browsers from ``/`` to the overview without changing what stands in their address bar."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/" and asks_for_page(Headers(scope=scope), "/"):
            scope = {**scope, "path": OVERVIEW, "raw_path": OVERVIEW.encode(), "shown_path": "/"}
        await self.app(scope, receive, send)
