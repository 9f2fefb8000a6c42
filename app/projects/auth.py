"""Who may ask: dependencies that every endpoint under /v1 has."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from app.db.access import Database, DbSession
from app.errors import Problem
from app.projects import service
from app.projects.schemas import Role
from app.projects.service import Principal
from app.settings import Settings

ORDER = (Role.READER, Role.WRITER, Role.ADMIN)
COOKIE = "synib_key"
"""Where a browser that has signed in keeps its key; no script can read it, no other site can send it."""
SAFE = ("GET", "HEAD")

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="synib"'}


class Unauthenticated(Problem, status=401, title="Who asks?", headers=CHALLENGE):
    """A key is needed: send `Authorization: Bearer synib_…`. An admin makes keys with POST /v1/keys."""


class Forbidden(Problem, status=403, title="Not with this key"):
    """This key's role may not do this; ask an admin for another key."""


def identify(request: Request, session: DbSession) -> Principal:
    """Who asks, by key; in embedded mode a request without one is the owner's."""
    settings: Settings = request.app.state.settings
    if request.headers.get("authorization") is None and settings.mode == "embedded":
        principal = service.owner(session)
    else:
        principal = by_key(session, _key(request))
    request.state.principal = principal  # pages offer what it may do
    return principal


def by_key(session: DbSession, key: str) -> Principal:
    """Whose key this is.

    Raises:
        Unauthenticated: nobody's.
    """
    principal = service.identify(session, key)
    if principal is None:
        raise Unauthenticated("this key is unknown or revoked; an admin makes keys with POST /v1/keys")
    return principal


def require_own_page(request: Request) -> None:
    """That one of our pages sent this, which browsers tell: pages of other sites may not use a cookie.

    Raises:
        Forbidden: another page sent it, or nobody says which.
    """
    headers = request.headers
    site = headers.get("sec-fetch-site", "same-origin" if "origin" in headers else "none")
    ours = urlsplit(headers.get("origin", "")).netloc in ("", headers.get("host"))
    if site != "same-origin" or not ours:
        raise Forbidden("only this server's own pages may send this with a cookie; programs send a key")


def _key(request: Request) -> str:
    """The key that a request shows, in its header or in a browser's cookie."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""
    if (kept := request.cookies.get(COOKIE)) is None:
        raise Unauthenticated
    if request.method not in SAFE:
        require_own_page(request)
    return kept


def _at_least(role: Role) -> Callable[..., Awaitable[Principal]]:
    async def check(principal: Annotated[Principal, Depends(identify)]) -> Principal:
        return allowed(principal, role)

    return check


def allowed(principal: Principal, role: Role) -> Principal:
    """Who asks, if they may do what takes this role.

    Raises:
        Forbidden: they may not.
    """
    if ORDER.index(principal.role) < ORDER.index(role):
        raise Forbidden(f"this key is a {principal.role}'s; this takes a {role}'s. Ask an admin for one")
    return principal


async def uploader(request: Request) -> Principal:
    """A writer who is about to send for minutes: no connection to the database is held meanwhile."""
    database: Database = request.app.state.database
    return allowed(await database.run(lambda session: identify(request, session)), Role.WRITER)


Reader = Annotated[Principal, Depends(_at_least(Role.READER))]
Writer = Annotated[Principal, Depends(_at_least(Role.WRITER))]
Uploader = Annotated[Principal, Depends(uploader)]
Admin = Annotated[Principal, Depends(_at_least(Role.ADMIN))]
