"""Analyses: the list, sending a table, and one of them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.analyses import repository, service
from app.analyses.endpoints import OwnAnalysis
from app.analyses.schemas import AnalysisList
from app.api import id_after
from app.dashboard.defaults import marked
from app.dashboard.forms import Filter
from app.dashboard.templating import render
from app.db.access import DbSession
from app.db.ids import ANALYSIS
from app.projects.auth import Reader, Writer
from app.runs import service as run_service
from app.runs.status import FINISHED, Status
from app.schemas import Page
from synib.spec import Analysis

router = APIRouter(prefix="/analyses", include_in_schema=False)


class AnalysisFilter(Filter, AnalysisList):
    """As the API's."""


@router.get("")
def list_analyses(
    request: Request, principal: Reader, session: DbSession, asked: Annotated[AnalysisFilter, Query()]
) -> Response:
    """The project's analyses, newest first."""
    after = id_after(asked.after, ANALYSIS)
    rows = repository.page(session, principal.project_id, asked.limit, after, asked.name, asked.status)
    page = Page.of(service.briefs(rows), asked.limit, lambda one: one.id)
    return render(request, "analyses.html", page=page, asked=asked, statuses=list(Status))


@router.get("/new")
def choose(request: Request, _: Reader) -> Response:
    """Where a table is sent."""
    return render(request, "analysis_new.html", most=request.app.state.settings.max_table)


@router.get("/{analysis_id}")
def show(request: Request, run: OwnAnalysis, session: DbSession) -> Response:
    """Where it is, and what was asked of which table."""
    assert run.analysis_id is not None
    found = service.show(session, run.analysis_id)
    finished = run.status in FINISHED
    spec = marked(found.spec, Analysis)
    return render(request, "analysis.html", analysis=found, finished=finished, spec=spec)


@router.post("/{analysis_id}/cancel")
def cancel(_: Writer, run: OwnAnalysis, session: DbSession) -> Response:
    """Ask it to stop."""
    run_service.cancel(session, run)
    return RedirectResponse(f"/analyses/{run.analysis_id}", 303)
