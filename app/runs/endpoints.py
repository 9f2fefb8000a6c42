"""/v1/runs: follow a run, stop it, take what it made."""

import re
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, BackgroundTasks, Header, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import Field

from app.api import answers, id_after
from app.db.access import DbSession
from app.db.ids import RUN
from app.projects.auth import Reader, Writer
from app.runs import repository, service, stream
from app.runs.own import OwnRun, RunNotFound
from app.runs.schemas import ArtifactSchema, ArtifactsSchema, EventSchema, MetricsSchema, RunSchema
from app.runs.service import ArtifactNotFound, ReportNotReady, RunFinished, RunNotResumable
from app.runs.status import Status
from app.schemas import ListParams, Page, Params
from synib.report import Report

router = APIRouter(prefix="/v1/runs", tags=["runs"])

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `status` (as in /events), `metrics` (an epoch's numbers) and, last, `end`"
        " (`{status}`). `id:` is the row's number; after a break send it back as `Last-Event-ID`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
CONTENT: dict[str, Any] = {"content": {"application/octet-stream": {}}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file."} | CONTENT,
    206: {"description": "A part of it."} | CONTENT,
}


class RunList(ListParams):
    experiment: Annotated[str, Field(pattern=r"^exp_[0-9a-f]{32}$")] | None = None
    """Only runs of this experiment."""
    status: list[Status] = Field(default=[])
    """Only runs in this status; may be given several times."""
    method: str | None = None
    """Only runs of the method with this name."""


class EventList(Params):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    """Rows of a page, 1 to 1000."""
    after: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Only rows after this number."""


class MetricsParams(Params):
    max_points: Annotated[int, Field(ge=4, le=10_000)] = 500
    """Most points of a series; of longer ones each stretch keeps its lowest and highest."""
    names: list[str] = Field(default=[])
    """Only these metrics; may be given several times."""


def satisfiable(wanted: str, size: int) -> bool:
    """Whether a Range header asks for one part that the file has."""
    part = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", wanted, re.ASCII)
    if part is None or part[0] == "bytes=-":
        return False
    first, last = part[1], part[2]
    if not first:
        return int(last) > 0
    return int(first) < size and (not last or int(first) <= int(last))


def whole_or_part(request: Request, size: int) -> None:
    """Forget a Range that a file of ``size`` bytes does not have: then the whole file is right, too."""
    if not satisfiable(request.headers.get("range", ""), size):
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]


@router.get("", responses=answers())
def list_runs(principal: Reader, session: DbSession, asked: Annotated[RunList, Query()]) -> Page[RunSchema]:
    """The project's runs, newest first."""
    rows = repository.page(
        session,
        principal.project_id,
        asked.limit,
        id_after(asked.after, RUN),
        asked.experiment,
        asked.status,
        asked.method,
    )
    return Page.of([RunSchema.model_validate(row) for row in rows], asked.limit, lambda run: run.id)


@router.get("/{run_id}", responses=answers(RunNotFound))
async def get(run: OwnRun) -> RunSchema:  # without I/O of its own it needs no thread
    """A run: where it is, why, and how far."""
    return RunSchema.model_validate(run)


@router.get("/{run_id}/events", responses=answers(RunNotFound))
def events(run: OwnRun, session: DbSession, asked: Annotated[EventList, Query()]) -> Page[EventSchema]:
    """Every change of the run's status, oldest first."""
    rows = repository.events(session, run.id, asked.limit, asked.after)
    shown = [EventSchema.model_validate(row) for row in rows]
    return Page.of(shown, asked.limit, lambda event: str(event.seq))


@router.get("/{run_id}/metrics", responses=answers(RunNotFound))
def metrics(run: OwnRun, session: DbSession, asked: Annotated[MetricsParams, Query()]) -> MetricsSchema:
    """The run's numbers over epochs, thinned out to what a chart can show."""
    return service.metrics(session, run, asked.max_points, asked.names)


@router.get("/{run_id}/stream", response_class=Response, responses=answers(RunNotFound) | EVENT_STREAM)
def follow(
    request: Request,
    run: OwnRun,
    after: Annotated[int, Query(ge=0, lt=2**31, description="Only rows after this number.")] = 0,
    last_event_id: Annotated[
        int | None, Header(ge=0, lt=2**31, description="The last `id:` seen; before `after`.")
    ] = None,
) -> StreamingResponse:
    """Follow a run as server-sent events: everything so far, then what happens, until it ends."""
    since = after if last_event_id is None else last_event_id
    return StreamingResponse(
        stream.follow(request.app.state.watch, run.id, since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


@router.post("/{run_id}/cancel", status_code=202, responses=answers(RunNotFound, RunFinished))
def cancel(_: Writer, run: OwnRun, session: DbSession) -> RunSchema:
    """Ask a run to stop: `cancelling` until its trainer is gone, then `cancelled`. Its checkpoint stays."""
    return RunSchema.model_validate(service.cancel(session, run))


@router.post("/{run_id}/resume", status_code=202, responses=answers(RunNotFound, RunNotResumable))
def resume(
    request: Request, background: BackgroundTasks, _: Writer, run: OwnRun, session: DbSession
) -> RunSchema:
    """Queue a failed or cancelled run again; it goes on from its last checkpoint."""
    run = service.resume(session, run)
    background.add_task(request.app.state.doorbell.ring, [(run.id, run.attempt, run.queue)])
    return RunSchema.model_validate(run)


@router.get("/{run_id}/report", response_model=Report, responses=answers(RunNotFound, ReportNotReady))
def report(run: OwnRun, session: DbSession) -> Response:
    """What the run says: accuracy, calibration, each subset of modalities, synergy with null and interval."""
    return Response(orjson.dumps(service.report(session, run)), media_type="application/json")


@router.get("/{run_id}/artifacts", responses=answers(RunNotFound))
def artifacts(run: OwnRun, session: DbSession) -> ArtifactsSchema:
    """The files that the run left."""
    rows = repository.artifacts(session, run.id)
    return ArtifactsSchema(data=[ArtifactSchema.model_validate(row) for row in rows])


@router.get(
    "/{run_id}/artifacts/{name}",
    response_class=FileResponse,
    responses=answers(RunNotFound, ArtifactNotFound) | FILE,
)
def artifact(request: Request, run: OwnRun, session: DbSession, name: str) -> FileResponse:
    """One of these files; parts of it by `Range`."""
    found, path = service.artifact(session, run, name, request.app.state.settings.store)
    whole_or_part(request, found.size)
    return FileResponse(
        path, media_type=found.media_type, filename=name, headers={"ETag": f'"{found.sha256}"'}
    )
