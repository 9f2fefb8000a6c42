"""/v1/scorings: files that were sent to a model, and what it says of every row."""

from pathlib import Path
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from app.api import answers, id_after
from app.db.access import DbSession
from app.db.ids import SCORING
from app.db.tables import Run
from app.errors import InvalidRequest
from app.projects.auth import Reader, Writer
from app.runs import repository as runs
from app.runs import service as run_service
from app.runs.endpoints import EventList
from app.runs.schemas import EventSchema
from app.runs.service import ArtifactNotFound, ReportNotReady, RunFinished
from app.schemas import Page
from app.scoring import repository, service
from app.scoring.schemas import ScoresList, ScoringList, ScoringSchema
from app.scoring.service import ScoresNotReady, ScoringNotFound
from synib.report import Report, ScoredExample

router = APIRouter(prefix="/v1/scorings", tags=["scorings"])

NDJSON = "application/x-ndjson"


def own_scoring(scoring_id: str, principal: Reader, session: DbSession) -> Run:
    """The run of a scoring of the caller's project."""
    known = SCORING.is_valid(scoring_id)
    run = repository.owned_run(session, principal.project_id, scoring_id) if known else None
    if run is None:
        raise ScoringNotFound(f"there is no scoring {scoring_id!r}; GET /v1/scorings lists yours")
    return run


OwnScoring = Annotated[Run, Depends(own_scoring)]


@router.get("", responses=answers())
def list_scorings(
    principal: Reader, session: DbSession, asked: Annotated[ScoringList, Query()]
) -> Page[ScoringSchema]:
    """The project's scorings, newest first."""
    after = id_after(asked.after, SCORING)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.model, asked.status)
    return Page.of(service.briefs(rows), asked.limit, lambda scoring: scoring.id)


@router.get("/{scoring_id}", responses=answers(ScoringNotFound))
def get(run: OwnScoring, session: DbSession) -> ScoringSchema:
    """A scoring: where it is, and what was asked of which file."""
    assert run.scoring_id is not None
    return service.show(session, run.scoring_id)


@router.post("/{scoring_id}/cancel", status_code=202, responses=answers(ScoringNotFound, RunFinished))
def cancel(_: Writer, run: OwnScoring, session: DbSession) -> ScoringSchema:
    """Ask a scoring to stop: `cancelling` until its process is gone, then `cancelled`."""
    run_service.cancel(session, run)
    assert run.scoring_id is not None
    return service.show(session, run.scoring_id)


@router.get("/{scoring_id}/events", responses=answers(ScoringNotFound))
def events(run: OwnScoring, session: DbSession, asked: Annotated[EventList, Query()]) -> Page[EventSchema]:
    """Every change of its status, oldest first; live, as `/v1/runs/{run_id}/stream`."""
    rows = runs.events(session, run.id, asked.limit, asked.after)
    shown = [EventSchema.model_validate(row) for row in rows]
    return Page.of(shown, asked.limit, lambda event: str(event.seq))


@router.get("/{scoring_id}/report", response_model=Report, responses=answers(ScoringNotFound, ReportNotReady))
def report(run: OwnScoring, session: DbSession) -> Response:
    """What the labelled examples show of the model, as a run's report; there is none without labels."""
    return Response(orjson.dumps(run_service.report(session, run)), media_type="application/json")


@router.get(
    "/{scoring_id}/examples",
    response_model=Page[ScoredExample],
    responses=answers(ScoringNotFound, ScoresNotReady, ArtifactNotFound, InvalidRequest),
)
def examples(
    request: Request, run: OwnScoring, session: DbSession, asked: Annotated[ScoresList, Query()]
) -> Response:
    """What the model sees in each example of the file, in its order: the same as an answer at once.

    JSON comes in pages; with `format=ndjson`, all of it, a line an example.
    """
    store: Path = request.app.state.settings.store
    path = service.scores(session, run, store)
    if asked.format == "ndjson":
        return FileResponse(path, media_type=NDJSON, filename=f"{run.scoring_id}.ndjson")
    return Response(orjson.dumps(service.page(path, asked.after, asked.limit)), media_type="application/json")
