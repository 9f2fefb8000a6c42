"""Data sets: the list, bringing one, and what is in it or wrong with it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from app.api import id_after
from app.dashboard.defaults import marked
from app.dashboard.forms import Filter
from app.dashboard.templating import render
from app.datasets import repository, service
from app.datasets.endpoints import OwnDataset, OwnRun
from app.datasets.files import DatasetFiles
from app.datasets.schemas import DatasetList, State
from app.db.access import Database, DbSession
from app.db.ids import DATASET
from app.projects.auth import Reader, Uploader, Writer
from app.runs import service as run_service
from app.schemas import Page
from synib.spec import Upload

PENDING = (State.RECEIVING, State.QUEUED, State.READING, State.CANCELLING)

router = APIRouter(prefix="/datasets", include_in_schema=False)


class DatasetFilter(Filter, DatasetList):
    """As the API's."""


@router.get("")
def list_datasets(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[DatasetFilter, Query()]
) -> Response:
    """The project's data sets, newest first."""
    after = id_after(asked.after, DATASET)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.name, asked.state)
    page = Page.of(service.briefs(rows), asked.limit, lambda one: one.id)
    return render(request, "datasets.html", page=page, asked=asked, states=list(State))


@router.get("/new")
def choose(request: Request, _: Reader) -> Response:
    """Where a file is sent."""
    return render(request, "dataset_new.html", most=request.app.state.settings.max_upload)


@router.get("/{dataset_id}")
def show(request: Request, dataset: OwnDataset, session: DbSession) -> Response:
    """How far it is; then what is in it, or everything that is wrong with it."""
    found = service.show(session, dataset)
    spec = marked(found.spec, Upload)
    return render(request, "dataset.html", dataset=found, pending=found.state in PENDING, spec=spec)


@router.post("/{dataset_id}/cancel")
def cancel(_: Writer, dataset: OwnDataset, run: OwnRun, session: DbSession) -> Response:
    """Ask to stop reading it."""
    run_service.cancel(session, run)
    return RedirectResponse(f"/datasets/{dataset}", 303)


@router.post("/{dataset_id}/delete")
async def delete(request: Request, principal: Uploader, dataset_id: str) -> Response:
    """Forget it and its files."""
    state = request.app.state
    database: Database = state.database
    await database.change(lambda session: service.delete(session, principal.project_id, dataset_id))
    await run_in_threadpool(DatasetFiles(state.settings.store, dataset_id).forget)
    return RedirectResponse("/datasets", 303)
