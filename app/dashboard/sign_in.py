"""Signing in with a key, where keys are needed: the browser keeps it in a cookie that no script can read."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.dashboard.forms import Fields
from app.dashboard.refusals import SIGN_IN
from app.dashboard.templating import render
from app.db.access import DbSession
from app.errors import Problem
from app.projects import auth

LASTS = 14 * 24 * 3600  # seconds

router = APIRouter(include_in_schema=False)

Next = Annotated[str, Query(max_length=2000)]


@router.get(SIGN_IN)
async def form(request: Request, next: Next = "/") -> Response:  # noqa: A002 - the parameter's name
    """Where to type the key."""
    if request.app.state.settings.mode == "embedded":
        return RedirectResponse("/", 303)
    return render(request, "sign_in.html", next=_local(next), problem=None)


@router.post(SIGN_IN)
def sign_in(request: Request, session: DbSession, fields: Fields) -> Response:
    """Look at the key and keep it in a cookie."""
    auth.require_own_page(request)
    where, key = _local(fields.get("next", "/")), fields.get("key", "").strip()
    try:
        auth.by_key(session, key)
    except Problem as problem:
        told = auth.Unauthenticated.at("/key", problem.detail)
        return render(request, "sign_in.html", status=401, next=where, problem=told)
    answer = RedirectResponse(where, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(auth.COOKIE, key, max_age=LASTS, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Forget the cookie."""
    auth.require_own_page(request)
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(auth.COOKIE, httponly=True, samesite="strict")
    return answer


def _local(path: str) -> str:
    """A path of ours; what leads elsewhere leads to the overview."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"
