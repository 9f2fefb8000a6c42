"""/v1/experiments: ask a question, follow it, read the answer."""

from typing import Annotated

import orjson
from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response

from app.api import answers, created, id_after
from app.body import JsonBody, documented
from app.datasets import service as datasets
from app.datasets.service import DatasetNotReady
from app.db.access import DbSession
from app.db.ids import EXPERIMENT
from app.doorbell import Doorbell
from app.errors import InvalidSpec, Problem
from app.experiments import repository, service
from app.experiments.schemas import ExperimentBrief, ExperimentList, ExperimentSchema
from app.experiments.service import ComparisonNotReady
from app.idempotency import Idempotent, KeyReused
from app.projects.auth import Reader, Writer
from app.schemas import Page
from synib.plan import Plan
from synib.report import Comparison

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])


class ExperimentNotFound(Problem, status=404, title="No such experiment"):
    """This project has no such experiment; GET /v1/experiments lists those there are."""


def own_experiment(experiment_id: str, principal: Reader, session: DbSession) -> str:
    """The id of an experiment of the caller's project."""
    known = EXPERIMENT.is_valid(experiment_id)
    if not known or repository.owned(session, principal.project_id, experiment_id) is None:
        raise ExperimentNotFound(f"there is no experiment {experiment_id!r}; GET /v1/experiments lists yours")
    return experiment_id


OwnExperiment = Annotated[str, Depends(own_experiment)]
DryRun = Annotated[bool, Query(description="Answer with the plan and store nothing.")]


@router.post(
    "",
    status_code=201,
    response_model=ExperimentSchema,
    responses=answers(InvalidSpec, DatasetNotReady, KeyReused, body=True)
    | created("Stored; its runs are queued.", "Location")
    | {200: {"model": Plan, "description": "With `dry_run=true`: what it would take. Nothing is stored."}},
    openapi_extra=documented("Experiment"),
)
def create(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    principal: Writer,
    session: DbSession,
    data: JsonBody,
    once: Idempotent,
    dry_run: DryRun = False,
) -> ExperimentSchema | Response:
    """Ask a question: a data set, the methods to compare, the seeds. Every method × seed becomes a run."""
    data = datasets.resolve(session, principal.project_id, data)
    spec, plan = service.check(data, request.app.state.settings)
    if dry_run:
        return Response(plan.model_dump_json(), media_type="application/json")
    if answer := once.answered():
        response.headers["Idempotent-Replayed"] = "true"
        shown = ExperimentSchema.model_validate(answer)
    else:
        experiment_id, runs = service.create(session, principal.project_id, spec)
        shown = service.show(session, experiment_id)
        once.keep(shown)
        doorbell: Doorbell = request.app.state.doorbell
        background.add_task(doorbell.ring, [(run.id, run.attempt, run.queue) for run in runs])
    response.headers["Location"] = f"/v1/experiments/{shown.id}"
    return shown


@router.get("", responses=answers())
def list_experiments(
    principal: Reader, session: DbSession, asked: Annotated[ExperimentList, Query()]
) -> Page[ExperimentBrief]:
    """The project's experiments, newest first."""
    after = id_after(asked.after, EXPERIMENT)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.name, asked.status)
    return Page.of(service.briefs(rows), asked.limit, lambda experiment: experiment.id)


@router.get("/{experiment_id}", responses=answers(ExperimentNotFound))
def get(experiment: OwnExperiment, session: DbSession) -> ExperimentSchema:
    """An experiment: its resolved spec, its progress and its runs."""
    return service.show(session, experiment)


@router.post(
    "/{experiment_id}/cancel",
    status_code=202,
    responses=answers(ExperimentNotFound),
)
def cancel(_: Writer, experiment: OwnExperiment, session: DbSession) -> ExperimentSchema:
    """Ask all its runs to stop. Those that have finished stay as they are; asking twice is the same."""
    service.cancel(session, experiment)
    return service.show(session, experiment)


@router.get(
    "/{experiment_id}/comparison",
    response_model=Comparison,
    responses=answers(ExperimentNotFound, ComparisonNotReady),
)
def comparison(experiment: OwnExperiment, session: DbSession) -> Response:
    """Which method does better, by how much and how surely: means and paired differences over seeds."""
    found = service.comparison(session, experiment)
    return Response(orjson.dumps(found), media_type="application/json")
