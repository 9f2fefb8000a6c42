"""/v1/analyses: a report on predictions that somebody else's models, or people, have made."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app import store
from app.analyses import repository, service
from app.analyses.schemas import AnalysisBrief, AnalysisList, AnalysisSchema
from app.api import answers, created, id_after
from app.db.access import Database, DbSession
from app.db.ids import ANALYSIS
from app.db.tables import Run
from app.doorbell import Doorbell, Due
from app.errors import InvalidSpec, InvalidTable, MalformedForm, NotAcceptable, Problem, StoreFull
from app.examples.endpoints import ANSWER
from app.examples.endpoints import answer as examples_answer
from app.examples.params import ExamplesParams
from app.examples.schemas import ExampleSchema
from app.idempotency import Idempotency, Key, KeyReused, fingerprint
from app.projects.auth import Reader, Uploader, Writer
from app.runs import repository as runs
from app.runs import service as run_service
from app.runs.endpoints import EventList
from app.runs.schemas import EventSchema
from app.runs.service import ReportNotReady, RunFinished
from app.schemas import Page
from app.upload import Upload, receive
from synib.report import Report

router = APIRouter(prefix="/v1/analyses", tags=["analyses"])


class AnalysisNotFound(Problem, status=404, title="No such analysis"):
    """This project has no such analysis; GET /v1/analyses lists those there are."""


def own_analysis(analysis_id: str, principal: Reader, session: DbSession) -> Run:
    """The run of an analysis of the caller's project."""
    known = ANALYSIS.is_valid(analysis_id)
    run = repository.owned_run(session, principal.project_id, analysis_id) if known else None
    if run is None:
        raise AnalysisNotFound(f"there is no analysis {analysis_id!r}; GET /v1/analyses lists yours")
    return run


OwnAnalysis = Annotated[Run, Depends(own_analysis)]


async def sent(request: Request, _: Uploader) -> AsyncIterator[Upload]:
    """The body, once it is known who sends it."""
    folder = await run_in_threadpool(store.incoming, request.app.state.settings.store)
    async with receive(request, folder, "table", ["spec"]) as upload:
        yield upload


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["table"],
                    "properties": {
                        "table": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "CSV, Parquet or NPZ, told apart by their first bytes.",
                        },
                        "spec": {"$ref": "#/components/schemas/Analysis"},
                    },
                },
                "encoding": {"spec": {"contentType": "application/json"}},
            }
        },
    }
}
REFUSALS = (InvalidSpec, InvalidTable, MalformedForm, KeyReused, StoreFull)


@router.post(
    "",
    status_code=201,
    response_model=AnalysisSchema,
    responses=answers(*REFUSALS, body=True) | created("Stored; its run is queued.", "Location"),
    openapi_extra=FORM,
)
async def create(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    principal: Uploader,
    upload: Annotated[Upload, Depends(sent, scope="function")],
    key: Key = None,
) -> AnalysisSchema:
    """Ask what a table of predictions shows: confidence alone and together, synergy, calibration.

    The table has a row an example: `example_id`, `label`, where known `split` and `group`, and a probability
    `p:<subset>:<class>` for every class and every subset of modalities that was asked, such as `p:voice:ANG`
    and `p:voice+face:ANG`; each modality alone and all together must be there. In NPZ each column is an
    array, or each subset is one, `p:<subset>` of (N, K), with `classes`. Tables up to 64 MiB are read before
    the answer; of larger ones the columns' names and types, and a fault in a row fails the run.
    """
    state = request.app.state
    spec = service.asked(upload.parts.get("spec"))
    async with state.reading:
        table = await run_in_threadpool(service.examine, upload)

    def work(session: Session) -> tuple[AnalysisSchema, Due | None]:
        mark = fingerprint(request, [spec.model_dump(mode="json"), upload.sha256])
        once = Idempotency(session, principal.project_id, key, mark)
        if answer := once.answered():
            return AnalysisSchema.model_validate(answer), None
        folder = state.settings.store
        run = service.create(session, principal.project_id, spec, table, upload.path, folder)
        assert run.analysis_id is not None
        shown = service.show(session, run.analysis_id)
        once.keep(shown)
        return shown, (run.id, run.attempt, run.queue)

    database: Database = state.database
    shown, due = await database.change(work)
    if due is None:
        response.headers["Idempotent-Replayed"] = "true"
    else:
        doorbell: Doorbell = state.doorbell
        background.add_task(doorbell.ring, [due])
    response.headers["Location"] = f"/v1/analyses/{shown.id}"
    return shown


@router.get("", responses=answers())
def list_analyses(
    principal: Reader, session: DbSession, asked: Annotated[AnalysisList, Query()]
) -> Page[AnalysisBrief]:
    """The project's analyses, newest first."""
    after = id_after(asked.after, ANALYSIS)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.name, asked.status)
    return Page.of(service.briefs(rows), asked.limit, lambda analysis: analysis.id)


@router.get("/{analysis_id}", response_model=AnalysisSchema, responses=answers(AnalysisNotFound))
def get(run: OwnAnalysis, session: DbSession) -> Response:
    """An analysis: where it is, what was asked of which table and, once it has succeeded, the report."""
    assert run.analysis_id is not None
    return Response(service.whole(session, run.analysis_id), media_type="application/json")


@router.post("/{analysis_id}/cancel", status_code=202, responses=answers(AnalysisNotFound, RunFinished))
def cancel(_: Writer, run: OwnAnalysis, session: DbSession) -> AnalysisSchema:
    """Ask an analysis to stop: `cancelling` until its process is gone, then `cancelled`. The table stays."""
    run_service.cancel(session, run)
    assert run.analysis_id is not None
    return service.show(session, run.analysis_id)


@router.get("/{analysis_id}/events", responses=answers(AnalysisNotFound))
def events(run: OwnAnalysis, session: DbSession, asked: Annotated[EventList, Query()]) -> Page[EventSchema]:
    """Every change of its status, oldest first; live, as `/v1/runs/{run_id}/stream`."""
    rows = runs.events(session, run.id, asked.limit, asked.after)
    shown = [EventSchema.model_validate(row) for row in rows]
    return Page.of(shown, asked.limit, lambda event: str(event.seq))


@router.get(
    "/{analysis_id}/report", response_model=Report, responses=answers(AnalysisNotFound, ReportNotReady)
)
def report(run: OwnAnalysis, session: DbSession) -> Response:
    """What the table shows: accuracy and calibration by subset, synergy with null and interval."""
    return Response(orjson.dumps(run_service.report(session, run)), media_type="application/json")


@router.get(
    "/{analysis_id}/examples",
    response_model=Page[ExampleSchema],
    responses=answers(AnalysisNotFound, ReportNotReady, NotAcceptable) | ANSWER,
)
def examples(
    request: Request, run: OwnAnalysis, session: DbSession, asked: Annotated[ExamplesParams, Query()]
) -> Response:
    """Per example: confidence from each modality alone, each subset and all together, and what is synergy.

    JSON comes in pages. NDJSON, CSV, Arrow and Parquet, by `Accept` or `format`, are all matching rows.
    """
    return examples_answer(request, run, session, asked)
