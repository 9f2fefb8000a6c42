"""Queries that only pages ask: what is waiting, who works, what things are called."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.db.tables import Experiment, Run, Worker
from app.runs.status import LEASED, Status
from app.system.metrics import RECENT


def by_status(session: Session, project_id: str) -> dict[Status, int]:
    """The project's runs in each status; a status that no run is in is left out."""
    query = select(Run.status, func.count()).where(Run.project_id == project_id).group_by(Run.status)
    return {Status(status): count for status, count in session.execute(query)}


def waiting(session: Session) -> dict[str, int]:
    """Runs that wait, by queue: of all projects, for they wait for the same workers."""
    query = select(Run.queue, func.count()).where(Run.status == Status.QUEUED).group_by(Run.queue)
    return dict(session.execute(query.order_by(Run.queue)).all())


def workers(session: Session) -> Sequence[Worker]:
    """Workers seen lately, the longest-serving first."""
    query = (
        select(Worker).where(Worker.seen_at > func.now() - RECENT).order_by(Worker.started_at, Worker.name)
    )
    return session.scalars(query).all()


def held(session: Session) -> dict[str, int]:
    """How many runs each worker holds."""
    query = select(Run.worker, func.count()).where(Run.status.in_(LEASED), Run.lease_token.is_not(None))
    return {worker: count for worker, count in session.execute(query.group_by(Run.worker)) if worker}


def at_work(session: Session, project_id: str, limit: int) -> Sequence[Row[Any]]:
    """The project's runs that a worker holds, the one that has been at it longest first."""
    query = (
        select(
            Run.id,
            Run.method,
            Run.seed,
            Run.status,
            Run.progress,
            Run.worker,
            Run.started_at,
            Run.experiment_id,
        )
        .where(Run.project_id == project_id, Run.lease_token.is_not(None))
        .order_by(Run.started_at.nulls_last(), Run.id)
        .limit(limit)
    )
    return session.execute(query).all()


def experiment_names(session: Session, ids: Iterable[str | None]) -> Mapping[str, str]:
    """What experiments are called."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    query = select(Experiment.id, Experiment.name).where(Experiment.id.in_(wanted))
    return dict(session.execute(query).all())


def answer(session: Session, experiment_id: str) -> Row[Any] | None:
    """What an experiment says: in a sentence, at length, and who has won; None while it says nothing."""
    told = Experiment.comparison
    query = select(
        told["sentence"].as_string().label("sentence"),
        told["attribution"]["paragraph"].as_string().label("paragraph"),
        told["attribution"]["winners"].label("winners"),
    )
    return session.execute(query.where(Experiment.id == experiment_id, told.is_not(None))).one_or_none()


def asked(session: Session, experiment_id: str | None) -> Row[Any] | None:
    """Name and spec of an experiment."""
    if experiment_id is None:
        return None
    query = select(Experiment.id, Experiment.name, Experiment.spec).where(Experiment.id == experiment_id)
    return session.execute(query).one()
