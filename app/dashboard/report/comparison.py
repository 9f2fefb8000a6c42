"""/experiments/{id}/comparison: which method does better and why, in words first."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli import sheets
from app.dashboard.report.chart import Chart
from app.dashboard.report.charts.all_trials import Tuned, all_trials
from app.dashboard.report.charts.forest import forest
from app.dashboard.report.charts.seeds import seeds
from app.dashboard.report.pages import chart_file
from app.dashboard.templating import render
from app.db.access import DbSession
from app.db.tables import Experiment, Run
from app.errors import NotFound
from app.experiments import service
from app.experiments.endpoints import OwnExperiment
from synib.evaluation.sentences import count
from synib.report import Comparison, TuningReport

router = APIRouter(prefix="/experiments", include_in_schema=False)


@router.get("/{experiment_id}/comparison")
def show(request: Request, experiment: OwnExperiment, session: DbSession) -> Response:
    """The verdict, the paired differences, every seed, every trial."""
    answer = Comparison.model_validate(service.comparison(session, experiment))
    found = charts(answer, tuned(session, experiment))
    most = max((len(row.seeds) for table in answer.tables for row in table.rows), default=0)
    return render(
        request,
        "comparison.html",
        experiment_id=experiment,
        name=session.scalar(select(Experiment.name).where(Experiment.id == experiment)),
        answer=answer,
        reasons=answer.attribution.paragraph.removeprefix(answer.sentence),
        charts_shown=found,
        tables=sheets.answer_sheets(answer, list(sheets.NAMES)),
        size=f"n = {count(most, 'seed')}",
        base=f"/experiments/{experiment}",
    )


@router.get("/{experiment_id}/comparison/{chart}.csv")
@router.get("/{experiment_id}/comparison/{chart}.svg")
def file(request: Request, experiment: OwnExperiment, session: DbSession, chart: str) -> Response:
    """One of its charts, as its numbers or as a picture."""
    answer = Comparison.model_validate(service.comparison(session, experiment))
    known = {one.id: one for one in charts(answer, tuned(session, experiment))}
    if chart not in known:
        raise NotFound(f"there is no chart {chart!r}; there are {', '.join(known)}")
    return chart_file(request, known[chart], experiment)


def charts(answer: Comparison, runs: Sequence[Tuned]) -> list[Chart]:
    """What there is to draw: who is better than whom, every seed of every metric, every trial."""
    found = [forest(answer), *seeds(answer), all_trials(runs)]
    return [chart for chart in found if chart is not None]


def tuned(session: Session, experiment_id: str) -> list[Tuned]:
    """The runs of an experiment that had trials, by method and seed."""
    tuning = Run.report["tuning"]
    rows = session.execute(
        select(Run.method, Run.seed, tuning)
        .where(Run.experiment_id == experiment_id, Run.report.is_not(None))
        .order_by(Run.method_index, Run.seed)
    )
    return [Tuned(method, seed, TuningReport.model_validate(told)) for method, seed, told in rows if told]
