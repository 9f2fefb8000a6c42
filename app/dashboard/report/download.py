"""GET /v1/…/report.html: a report as one file that opens offline, with nothing in it from elsewhere."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.analyses.endpoints import AnalysisNotFound, OwnAnalysis
from app.api import answers
from app.dashboard.assets import FOLDER
from app.dashboard.report import look
from app.dashboard.report.chart import Chart
from app.dashboard.report.context import report_context
from app.dashboard.report.look import Asked
from app.dashboard.report.picture import as_csv, as_svg, data_url
from app.dashboard.report.scattered import cells
from app.dashboard.templating import environment
from app.db.access import DbSession
from app.db.tables import Run
from app.examples import service as examples
from app.runs import service as runs
from app.runs.own import OwnRun, RunNotFound
from app.runs.service import ReportNotReady
from synib import __version__
from synib.report import Report

router = APIRouter(prefix="/v1")

FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"text/html": {"schema": {"type": "string"}}}}
}


@router.get(
    "/runs/{run_id}/report.html",
    tags=["runs"],
    response_class=Response,
    responses=answers(RunNotFound, ReportNotReady) | FILE,
)
def report_file(run: OwnRun, session: DbSession) -> Response:
    """The report as one HTML file that opens offline: pictures, tables and their numbers are in it."""
    return _answer(session, run, f"{run.method}, seed {run.seed}")


@router.get(
    "/analyses/{analysis_id}/report.html",
    name="report_file",
    tags=["analyses"],
    response_class=Response,
    responses=answers(AnalysisNotFound, ReportNotReady) | FILE,
)
def analysis_file(run: OwnAnalysis, session: DbSession) -> Response:
    """The report as one HTML file that opens offline: pictures, tables and their numbers are in it."""
    return _answer(session, run, "analysis")


def _answer(session: Session, run: Run, name: str) -> Response:
    report = Report.model_validate(runs.report(session, run))
    known = examples.names(session, run)
    found = look.matching(session, run, known, Asked(), report.examples)
    context = report_context(report, *cells(session, run.id, known, report.examples))
    html = page(context | {"found": found, "known": known}, name)
    headers = {"Content-Disposition": f'attachment; filename="{run.analysis_id or run.id}-report.html"'}
    return Response(html, media_type="text/html", headers=headers)


def page(context: dict[str, Any], name: str) -> str:
    """The file. Its own policy forbids it to load anything and to run any script but the one in it."""
    style, script = _style(), (FOLDER / "pictures.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    template = environment().get_template("report_file.html")
    inside = {"style": style, "script": script, "policy": policy, "name": name, "version": __version__}
    return template.render(context | inside | {"file": _inside})


def _inside(chart: Chart, kind: str) -> str:
    return data_url(as_csv(chart), "text/csv") if kind == "csv" else data_url(as_svg(chart), "image/svg+xml")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@lru_cache
def _style() -> str:
    """Both style sheets, without the font: a file that opens offline uses what is installed."""
    app = (FOLDER / "app.css").read_text(encoding="utf-8")
    before, _, after = app.partition("@font-face")
    return before + after.partition("}")[2] + (FOLDER / "report.css").read_text(encoding="utf-8")
