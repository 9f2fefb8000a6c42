"""Experiments: the list, one of them, and stopping it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.api import id_after
from app.dashboard import repository
from app.dashboard.defaults import marked
from app.dashboard.forms import Filter
from app.dashboard.templating import render
from app.db.access import DbSession
from app.db.ids import EXPERIMENT
from app.experiments import repository as experiments
from app.experiments import service
from app.experiments.endpoints import OwnExperiment
from app.experiments.schemas import ExperimentList, ExperimentStatus
from app.projects.auth import Reader, Writer
from app.runs.status import FINISHED
from app.schemas import Page
from synib.spec import Experiment

SHOWN = 200  # runs of one experiment on its page; the rest are in the list of runs

router = APIRouter(prefix="/experiments", include_in_schema=False)


class ExperimentFilter(Filter, ExperimentList):
    """As the API's."""


@router.get("")
def list_experiments(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[ExperimentFilter, Query()]
) -> Response:
    """The project's experiments, newest first."""
    after = id_after(asked.after, EXPERIMENT)
    rows = experiments.page(session, principal.project_id, asked.limit, after, asked.name, asked.status)
    page = Page.of(service.briefs(rows), asked.limit, lambda one: one.id)
    return render(request, "experiments.html", page=page, asked=asked, statuses=list(ExperimentStatus))


@router.get("/{experiment_id}")
def show(request: Request, experiment: OwnExperiment, session: DbSession) -> Response:
    """How far it is, what it says, its runs and what was asked."""
    found = service.show(session, experiment)
    answer = repository.answer(session, experiment) if found.finished_at else None
    return render(
        request,
        "experiment.html",
        experiment=found,
        answer=answer,
        runs=found.runs[:SHOWN],
        going=any(run.status not in FINISHED for run in found.runs),
        spec=marked(found.spec, Experiment),
    )


@router.post("/{experiment_id}/cancel")
def cancel(_: Writer, experiment: OwnExperiment, session: DbSession) -> Response:
    """Ask all its runs to stop."""
    service.cancel(session, experiment)
    return RedirectResponse(f"/experiments/{experiment}", 303)
