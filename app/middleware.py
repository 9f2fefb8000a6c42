"""What happens to every request before it is routed. Plain ASGI: wrapping responses would break streams."""

import logging
import re
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge, InvalidRequest, Problem
from app.handlers import answer, as_problem
from app.settings import LOOPBACK

log = logging.getLogger("synib.api")

NOSNIFF = ("x-content-type-options", "nosniff")


class ForeignHost(Problem, status=403, title="Not asked under a local name"):
    """Without keys the server answers only to local names (127.0.0.1, localhost) and to its own pages: else
    any web page could use it through its reader's browser. For more, set SYNIB_MODE=server and make keys."""


class RequestId:
    """Gives every request an id, the caller's own if it is a sane one, and tells it in ``X-Request-ID``.

    Counts answers by method, route and status for ``/metrics``, turns away what no route could take, and
    answers for what nobody foresaw.
    """

    def __init__(self, app: ASGIApp, counts: Counter[tuple[str, str, int]]) -> None:
        self.app, self.counts = app, counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if re.fullmatch(r"[\w.:-]{1,64}", given, re.ASCII) else uuid.uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id

        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                headers.setdefault(*NOSNIFF)
                route = getattr(scope.get("route"), "path", "none")
                self.counts[scope["method"], route, message["status"]] += 1
            await send(message)

        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            problem = InvalidRequest.at("/query", "the address has a NUL character; remove it")
            return await answer(Request(scope), problem)(scope, receive, told)
        try:
            await self.app(scope, receive, told)
        except Exception as error:
            if begun:
                raise  # too late to tell; a broken connection says that the answer is not whole
            log.exception("request %s", request_id)
            await answer(Request(scope), as_problem(error))(scope, receive, told)
        return None


@dataclass(frozen=True)
class Limit:
    """Most bytes of a body, and the setting that says so."""

    bytes: int
    setting: str


class BodyLimit:
    """Refuses bodies beyond a limit, announced or not, before they are read.

    ``of`` has the limits of addresses, as patterns, where files are sent. JSON is read into memory, so there
    it may not be larger than elsewhere.
    """

    def __init__(self, app: ASGIApp, usual: Limit, of: Mapping[str, Limit]) -> None:
        self.app, self.usual = app, usual
        self.of = [(re.compile(path), limit) for path, limit in of.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        limit = self._limit(scope)
        detail = f"more than {limit.bytes} bytes; send less, or ask for a larger {limit.setting}"
        problem = BodyTooLarge(detail)
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit.bytes:
            return await answer(Request(scope), problem)(scope, receive, send)
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit.bytes:
                raise problem
            return message

        await self.app(scope, limited, send)
        return None

    def _limit(self, scope: Scope) -> Limit:
        media_type = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
        if media_type == "application/json":
            return self.usual
        return next((limit for path, limit in self.of if path.fullmatch(scope["path"])), self.usual)


class LocalOnly:
    """In embedded mode nobody needs a key, so only local names and same-origin pages are answered.

    The Host check ends DNS rebinding; the Origin check ends posts from other sites' pages.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if refusal := _foreign(Headers(scope=scope)):
            return await answer(Request(scope), ForeignHost(refusal))(scope, receive, send)
        await self.app(scope, receive, send)
        return None


def _foreign(headers: Headers) -> str | None:
    host = headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if name not in LOOPBACK:
        return f"{host!r} is not a local name; use 127.0.0.1, or SYNIB_MODE=server with keys"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"a page of {origin} may not use this server"
    if headers.get("sec-fetch-site", "none") == "cross-site":
        return "a page of another site may not use this server"
    return None
