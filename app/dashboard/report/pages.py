"""/runs/{id}/report and /analyses/{id}/report: what was found, its examples, and each chart as a file."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.analyses.endpoints import OwnAnalysis
from app.dashboard import repository as pages
from app.dashboard.report import look
from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.scatter import scatter
from app.dashboard.report.charts.waterfall import waterfall
from app.dashboard.report.context import report_context
from app.dashboard.report.look import Asked
from app.dashboard.report.media import media
from app.dashboard.report.picture import as_csv, as_svg
from app.dashboard.report.scattered import cells
from app.dashboard.report.sections import charts
from app.dashboard.templating import is_fragment, render
from app.datasets.media import ExampleNotFound
from app.db.access import DbSession
from app.db.tables import Run
from app.errors import NotFound
from app.examples import service as examples
from app.examples.names import Names
from app.models import repository as models
from app.runs import service as runs
from app.runs.own import OwnRun
from synib.report import Report

router = APIRouter(include_in_schema=False)

Wanted = Annotated[Asked, Query()]


@router.get("/runs/{run_id}/report")
def run_report(request: Request, run: OwnRun, session: DbSession, asked: Wanted) -> Response:
    """What a run found."""
    return _report(request, run, session, asked, f"/runs/{run.id}")


@router.get("/analyses/{analysis_id}/report")
def analysis_report(request: Request, run: OwnAnalysis, session: DbSession, asked: Wanted) -> Response:
    """What an analysis found."""
    return _report(request, run, session, asked, f"/analyses/{run.analysis_id}")


@router.get("/runs/{run_id}/report/{chart}.csv")
@router.get("/runs/{run_id}/report/{chart}.svg")
def run_chart(request: Request, run: OwnRun, session: DbSession, chart: str) -> Response:
    """One of its charts, as its numbers or as a picture."""
    return _file(request, run, session, chart)


@router.get("/analyses/{analysis_id}/report/{chart}.csv")
@router.get("/analyses/{analysis_id}/report/{chart}.svg")
def analysis_chart(request: Request, run: OwnAnalysis, session: DbSession, chart: str) -> Response:
    """One of its charts, as its numbers or as a picture."""
    return _file(request, run, session, chart)


@router.get("/runs/{run_id}/examples/{example_id:path}")
def run_example(request: Request, run: OwnRun, session: DbSession, example_id: str) -> Response:
    """What the model sees in one example."""
    return _example(request, run, session, example_id, f"/runs/{run.id}")


@router.get("/analyses/{analysis_id}/examples/{example_id:path}")
def analysis_example(request: Request, run: OwnAnalysis, session: DbSession, example_id: str) -> Response:
    """What the predictions say of one example."""
    return _example(request, run, session, example_id, f"/analyses/{run.analysis_id}")


@router.get("/runs/{run_id}/example-chart/{example_id:path}/waterfall.csv")
@router.get("/runs/{run_id}/example-chart/{example_id:path}/waterfall.svg")
def run_waterfall(request: Request, run: OwnRun, session: DbSession, example_id: str) -> Response:
    """The steps to one example's prediction, as numbers or as a picture."""
    return chart_file(request, _steps(run, session, example_id)[2], run.id)


@router.get("/analyses/{analysis_id}/example-chart/{example_id:path}/waterfall.csv")
@router.get("/analyses/{analysis_id}/example-chart/{example_id:path}/waterfall.svg")
def analysis_waterfall(request: Request, run: OwnAnalysis, session: DbSession, example_id: str) -> Response:
    """The steps to one example's prediction, as numbers or as a picture."""
    return chart_file(request, _steps(run, session, example_id)[2], run.id)


def _report(request: Request, run: Run, session: Session, asked: Asked, base: str) -> Response:
    known = examples.names(session, run)
    if is_fragment(request):
        total = look.total(session, run)
        found = look.matching(session, run, known, asked, total)
        return render(
            request, "_examples.html", base=base, found=found, asked=asked, known=known, total=total
        )
    report = Report.model_validate(runs.report(session, run))
    context = report_context(report, *cells(session, run.id, known, report.examples))
    return render(
        request,
        "report.html",
        **context,
        **_head(session, run),
        base=base,
        asked=asked,
        known=known,
        total=report.examples,
        found=look.matching(session, run, known, asked, report.examples),
    )


def _file(request: Request, run: Run, session: Session, name: str) -> Response:
    report = Report.model_validate(runs.report(session, run))
    known = charts(report)
    if name == "scatter":
        found, drawn = cells(session, run.id, examples.names(session, run), report.examples)
        known["scatter"] = scatter(report, found, drawn)
    if name not in known:
        raise NotFound(f"there is no chart {name!r}; there are {', '.join(known)}")
    return chart_file(request, known[name], run.id)


def chart_file(request: Request, chart: Chart, of: str) -> Response:
    """The chart as the address's ending asks."""
    kind = "csv" if request.url.path.endswith(".csv") else "svg"
    headers = {"Content-Disposition": f'attachment; filename="{of}-{chart.id}.{kind}"'}
    if kind == "csv":
        return Response(as_csv(chart), media_type="text/csv", headers=headers)
    return Response(as_svg(chart), media_type="image/svg+xml", headers=headers)


def _example(request: Request, run: Run, session: Session, example_id: str, base: str) -> Response:
    known, found, chart = _steps(run, session, example_id)
    told = _head(session, run) | {"base": base, "example": found, "known": known, "chart": chart}
    told["model"] = next(iter(models.page(session, run.project_id, 1, None, run.id)), None)
    return render(request, "example.html", **told, media=media(request, session, run, example_id))


def _steps(run: Run, session: Session, example_id: str) -> tuple[Names, dict[str, Any], Chart]:
    """What codes stand for, the example, and the steps to its prediction."""
    known = examples.names(session, run)
    found = look.one(session, run, known, example_id)
    if found is None:
        raise ExampleNotFound(f"there is no example {example_id!r}; the report lists those there are")
    base_rate = known.base_rate[known.classes.index(found["label"])]
    return known, found, waterfall(found, base_rate, known.modalities, known.subsets[-1])


def _head(session: Session, run: Run) -> dict[str, Any]:
    """Whose report it is."""
    return {"run": run, "names": pages.experiment_names(session, [run.experiment_id])}
