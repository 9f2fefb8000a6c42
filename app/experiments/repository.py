"""Queries for experiments."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Float, Row, Select, case, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from app.db.tables import Experiment, Run
from app.experiments.schemas import ExperimentStatus
from app.runs.status import FINISHED, Status

BRIEF = (Experiment.id, Experiment.name, Experiment.digest, Experiment.created_at, Experiment.finished_at)


def _tally() -> LateralFromClause:
    """Per experiment: runs, runs in each status, share done, and the status that follows from them."""
    in_status = {status: func.count().filter(Run.status == status) for status in Status}
    finished = sum((in_status[status] for status in FINISHED), start=func.count().filter(Run.status == ""))
    epoch, epochs = Run.progress["epoch"].as_float(), Run.progress["epochs"].as_float()
    done = case((Run.status.in_(FINISHED), 1.0), else_=func.coalesce(epoch / func.nullif(epochs, 0), 0.0))
    status = case(
        (in_status[Status.QUEUED] == func.count(), ExperimentStatus.QUEUED),
        (finished < func.count(), ExperimentStatus.RUNNING),
        (in_status[Status.FAILED] > 0, ExperimentStatus.FAILED),
        (in_status[Status.CANCELLED] > 0, ExperimentStatus.CANCELLED),
        else_=ExperimentStatus.SUCCEEDED,
    )
    return (
        select(
            func.count().label("runs"),
            func.avg(done, type_=Float).label("fraction"),
            status.label("status"),
            *(count.label(f"in_{status}") for status, count in in_status.items()),
        )
        .where(Run.experiment_id == Experiment.id)
        .lateral("tally")
    )


def _briefs(*more: Any) -> tuple[Select[Any], LateralFromClause]:
    tally = _tally()
    return select(*BRIEF, *more, *tally.c).join(tally, true()), tally


def page(
    session: Session,
    project_id: str,
    limit: int,
    after: str | None,
    name: str | None,
    status: ExperimentStatus | None,
) -> Sequence[Row[Any]]:
    """Experiments of a project, newest first, one more than asked for."""
    query, tally = _briefs()
    query = query.where(Experiment.project_id == project_id)
    if after is not None:
        query = query.where(Experiment.id < after)
    if name is not None:
        query = query.where(Experiment.name.icontains(name, autoescape=True))
    if status is not None:
        query = query.where(tally.c.status == status)
    return session.execute(query.order_by(Experiment.id.desc()).limit(limit + 1)).all()


def detail(session: Session, experiment_id: str) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """An experiment with its spec, and its runs by method and seed."""
    query, _ = _briefs(Experiment.spec)
    runs = (
        select(Run.id, Run.method, Run.seed, Run.status, Run.progress)
        .where(Run.experiment_id == experiment_id)
        .order_by(Run.method_index, Run.seed)
    )
    return session.execute(query.where(Experiment.id == experiment_id)).one(), session.execute(runs).all()


def owned(session: Session, project_id: str, experiment_id: str) -> str | None:
    """The id, if the project has such an experiment."""
    query = select(Experiment.id).where(Experiment.id == experiment_id, Experiment.project_id == project_id)
    return session.scalar(query)


def lock_runs(session: Session, experiment_id: str) -> Sequence[Run]:
    """The runs that have not finished, each locked, in the order of their ids as everybody locks them."""
    return session.scalars(
        select(Run)
        .where(Run.experiment_id == experiment_id, Run.status.not_in(FINISHED))
        .order_by(Run.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def comparison(session: Session, experiment_id: str) -> dict[str, Any] | None:
    """What the experiment says, once all its runs have ended."""
    return session.scalar(select(Experiment.comparison).where(Experiment.id == experiment_id))
