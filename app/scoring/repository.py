"""Queries for scorings."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from app.db.tables import Model, Run, Scoring
from app.runs.repository import WITHOUT_REPORT
from app.runs.status import Status

SHOWN = (
    Scoring.id, Scoring.spec, Scoring.created_at, Scoring.format, Scoring.size, Scoring.sha256,
    Model.name.label("model"), Run.id.label("run_id"), Run.status, Run.reason, Run.progress, Run.started_at,
    Run.cancel_requested_at, Run.finished_at,
)  # fmt: skip


def page(
    session: Session,
    project_id: str,
    limit: int,
    after: str | None,
    model: str | None,
    status: Sequence[Status],
) -> Sequence[Row[Any]]:
    """Scorings of a project, newest first, one more than asked for."""
    query = _joined().where(Scoring.project_id == project_id)
    if after is not None:
        query = query.where(Scoring.id < after)
    if model is not None:
        query = query.where(Model.name == model)
    if status:
        query = query.where(Run.status.in_(status))
    return session.execute(query.order_by(Scoring.id.desc()).limit(limit + 1)).all()


def detail(session: Session, scoring_id: str) -> Row[Any]:
    """One of them."""
    return session.execute(_joined().where(Scoring.id == scoring_id)).one()


def owned_run(session: Session, project_id: str, scoring_id: str) -> Run | None:
    """The run of a scoring of the project."""
    query = select(Run).join(Scoring, Scoring.id == Run.scoring_id).options(WITHOUT_REPORT)
    return session.scalar(query.where(Scoring.id == scoring_id, Scoring.project_id == project_id))


def _joined() -> Select[Any]:
    query = select(*SHOWN).join(Run, Run.scoring_id == Scoring.id)
    return query.join(Model, Model.id == Scoring.model_id)
