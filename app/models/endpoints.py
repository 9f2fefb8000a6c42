"""/v1/models: runs under names, to be asked about new examples."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.api import answers, created, id_after
from app.body import body_of, documented
from app.db.access import Database, DbSession
from app.db.ids import MODEL
from app.errors import InvalidRequest
from app.idempotency import Idempotent, KeyReused
from app.models import files, repository, service
from app.models.schemas import ModelBrief, ModelList, ModelSchema, NewModel
from app.models.service import ModelNameTaken, ModelNotFound, NotPromotable
from app.projects.auth import Reader, Uploader, Writer
from app.schemas import Page

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.post(
    "",
    status_code=201,
    response_model=ModelSchema,
    responses=answers(ModelNameTaken, NotPromotable, InvalidRequest, KeyReused, body=True)
    | created("Promoted.", "Location"),
    openapi_extra=documented("NewModel"),
)
def create(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    principal: Writer,
    session: DbSession,
    asked: Annotated[NewModel, Depends(body_of(NewModel))],
    once: Idempotent,
) -> ModelSchema:
    """Promote a run that has succeeded: its model gets a name and answers for new examples.

    The model has copies of the run's weights, of the training examples that stand for a withheld modality, of
    the temperatures, and of what the report says. It stays when the run goes.
    """
    state = request.app.state
    if answer := once.answered():
        response.headers["Idempotent-Replayed"] = "true"
        shown = ModelSchema.model_validate(answer)
    else:
        model = service.promote(session, principal.project_id, asked, state.settings.store)
        shown = service.show(model)
        once.keep(shown)
        background.add_task(state.exchange.warm, shown.id)
    response.headers["Location"] = f"/v1/models/{shown.name}"
    return shown


@router.get("", responses=answers())
def list_models(
    principal: Reader, session: DbSession, asked: Annotated[ModelList, Query()]
) -> Page[ModelBrief]:
    """The project's models, newest first."""
    after = id_after(asked.after, MODEL)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.run)
    return Page.of([service.brief(row) for row in rows], asked.limit, lambda model: model.id)


@router.get("/{name}", responses=answers(ModelNotFound))
def get(principal: Reader, session: DbSession, name: str) -> ModelSchema:
    """A model: what it takes, how it was trained, what it is worth."""
    return service.show(service.find(session, principal.project_id, name))


@router.delete("/{name}", status_code=204, responses=answers(ModelNotFound))
async def delete(request: Request, principal: Uploader, name: str) -> None:
    """Forget a model, its files and its scorings. The run that it came from stays."""
    database: Database = request.app.state.database
    store: Path = request.app.state.settings.store

    def work(session: Session) -> list[Path]:
        return service.delete(session, principal.project_id, name, store)

    left = await database.change(work)
    request.app.state.catalogue.forget()
    await run_in_threadpool(files.remove, left)
