"""Settings: the keys that open the project, and what this server allows."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.dashboard.forms import Fields
from app.dashboard.templating import render
from app.db.access import DbSession
from app.db.ids import KEY
from app.errors import InvalidRequest, Problem
from app.projects import repository, service
from app.projects.auth import Admin, Reader
from app.projects.endpoints import KeyNotFound
from app.projects.schemas import KeySchema, NewKey, Role
from app.projects.service import Principal
from synib.problems import from_pydantic

KEYS = 100  # on the page

router = APIRouter(prefix="/settings", include_in_schema=False)


@router.get("")
def show(request: Request, principal: Reader, session: DbSession) -> Response:
    """The keys, to an admin; and what this server allows, to everybody."""
    return _page(request, session, principal)


@router.post("/keys")
def make(request: Request, principal: Admin, session: DbSession, fields: Fields) -> Response:
    """Make a key; the page shows it this once."""
    try:
        asked = NewKey.model_validate(fields)
    except ValidationError as error:
        faults = from_pydantic(error, fields)
        problem = InvalidRequest("; ".join(f.detail for f in faults), faults)
        return _page(request, session, principal, problem=problem, typed=fields)
    _, key = service.make_key(session, principal.project_id, asked.name, asked.role)
    return _page(request, session, principal, made=key)


@router.post("/keys/{key_id}/revoke")
def revoke(principal: Admin, session: DbSession, key_id: str) -> Response:
    """Revoke a key; it opens nothing from now on."""
    if not KEY.is_valid(key_id) or not repository.revoke(session, principal.project_id, key_id):
        raise KeyNotFound
    return RedirectResponse("/settings", 303)


def _page(
    request: Request,
    session: Session,
    principal: Principal,
    *,
    made: str | None = None,
    problem: Problem | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    keys = None
    if principal.role is Role.ADMIN:
        rows = repository.in_force(session, principal.project_id, KEYS, None)
        keys = [KeySchema.model_validate(row) for row in rows]
    return render(
        request,
        "settings.html",
        status=problem.status if problem else 200,
        keys=keys,
        made=made,
        problem=problem,
        typed=typed or {},
        roles=list(Role),
        settings=request.app.state.settings,
    )
