"""Models: the list, giving a run's model a name, and asking one about examples of one's own."""

from collections.abc import Mapping
from typing import Annotated

import orjson
from fastapi import APIRouter, BackgroundTasks, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from app.api import id_after
from app.dashboard.crossing import partners
from app.dashboard.forms import Fields, Filter
from app.dashboard.templating import render
from app.db.access import Database, DbSession
from app.db.ids import MODEL
from app.errors import InvalidRequest, Problem
from app.models import files, repository, service
from app.models.schemas import ModelBrief, ModelList, NewModel
from app.projects.auth import Reader, Uploader, Writer
from app.schemas import Page
from app.scoring.reading import Takes
from synib.problems import from_pydantic

NUMBERS = 2_000  # of an example that the playground writes out; of larger ones the reader brings their own

router = APIRouter(prefix="/models", include_in_schema=False)


class ModelFilter(Filter, ModelList):
    """As the API's."""


@router.get("")
def list_models(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[ModelFilter, Query()]
) -> Response:
    """The project's models, newest first."""
    after = id_after(asked.after, MODEL)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.run)
    page = Page.of([service.brief(row) for row in rows], asked.limit, lambda one: one.id)
    return render(request, "models.html", page=page, asked=asked, problem=None, typed={})


@router.post("")
def promote(
    request: Request, background: BackgroundTasks, principal: Writer, session: DbSession, fields: Fields
) -> Response:
    """Give a run's model a name."""
    try:
        asked = NewModel.model_validate(fields)
        state = request.app.state
        model = service.promote(session, principal.project_id, asked, state.settings.store)
    except ValidationError as error:
        faults = from_pydantic(error, fields)
        return _again(request, InvalidRequest("; ".join(f.detail for f in faults), faults), fields)
    except Problem as problem:
        return _again(request, problem, fields)
    background.add_task(state.exchange.warm, model.id)
    return RedirectResponse(f"/models/{model.name}", 303)


def _again(request: Request, problem: Problem, typed: dict[str, str]) -> Response:
    """The form with what is wrong; nothing was stored."""
    page: Page[ModelBrief] = Page(data=[], has_more=False, next_after=None)
    return render(
        request,
        "models.html",
        status=problem.status,
        page=page,
        asked=ModelFilter(),
        problem=problem,
        typed=typed,
    )


@router.get("/{name}")
def show(request: Request, principal: Reader, session: DbSession, name: str) -> Response:
    """What it takes and what it is worth; and the playground."""
    model = service.show(service.find(session, principal.project_id, name))
    pair = partners(session, model, principal.project_id)
    media = Takes.of(model.card.model_dump()).media
    example = _example({name: shape for name, shape in model.modalities.items() if name not in media})
    return render(request, "model.html", model=model, media=media, example=example, pair=pair, problem=None)


@router.post("/{name}/delete")
async def delete(request: Request, principal: Uploader, name: str) -> Response:
    """Forget it, its files and its scorings."""
    state = request.app.state
    database: Database = state.database
    store = state.settings.store
    left = await database.change(lambda session: service.delete(session, principal.project_id, name, store))
    state.catalogue.forget()
    await run_in_threadpool(files.remove, left)
    return RedirectResponse("/models", 303)


def _example(modalities: Mapping[str, list[int]]) -> str | None:
    """An example of the right shapes, all zeros; None of one that is too large to be typed."""
    total = 0
    for shape in modalities.values():
        count = 1
        for length in shape:
            count *= length
        total += count
    if total > NUMBERS:
        return None
    x = {name: _zeros(shape) for name, shape in modalities.items()}
    return orjson.dumps({"label": None, "x": x}, option=orjson.OPT_INDENT_2 if total <= 12 else 0).decode()


def _zeros(shape: list[int]) -> object:
    return [_zeros(shape[1:]) for _ in range(shape[0])] if shape else 0.0
