"""/v1/keys: who may come in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.api import answers, created, id_after
from app.body import body_of, documented
from app.db.access import DbSession
from app.db.ids import KEY
from app.errors import Problem
from app.idempotency import Idempotent, KeyReused
from app.projects import repository, service
from app.projects.auth import Admin
from app.projects.schemas import KeySchema, MadeKey, NewKey
from app.schemas import ListParams, Page

router = APIRouter(prefix="/v1/keys", tags=["keys"])


class KeyNotFound(Problem, status=404, title="No such key"):
    """This project has no such key in force; GET /v1/keys lists those there are."""


@router.post(
    "",
    status_code=201,
    responses=answers(KeyReused, body=True) | created("The key, shown this once."),
    openapi_extra=documented("NewKey"),
)
def create(
    principal: Admin,
    session: DbSession,
    once: Idempotent,
    asked: Annotated[NewKey, Depends(body_of(NewKey))],
    response: Response,
) -> MadeKey:
    """Make a key. The answer shows it this once; only its hash is kept."""
    if answer := once.answered():
        response.headers["Idempotent-Replayed"] = "true"
        return MadeKey.model_validate(answer)
    row, key = service.make_key(session, principal.project_id, asked.name, asked.role)
    shown = KeySchema.model_validate(row).model_dump()
    once.keep(MadeKey(**shown, key=None))
    return MadeKey(**shown, key=key)


@router.get("", responses=answers())
def list_keys(principal: Admin, session: DbSession, asked: Annotated[ListParams, Query()]) -> Page[KeySchema]:
    """The project's keys in force, newest first, without their secrets."""
    rows = repository.in_force(session, principal.project_id, asked.limit, id_after(asked.after, KEY))
    return Page.of([KeySchema.model_validate(row) for row in rows], asked.limit, lambda key: key.id)


@router.delete("/{key_id}", status_code=204, responses=answers(KeyNotFound))
def revoke(principal: Admin, session: DbSession, key_id: str) -> None:
    """Revoke a key; it opens nothing from now on."""
    if not KEY.is_valid(key_id) or not repository.revoke(session, principal.project_id, key_id):
        raise KeyNotFound
