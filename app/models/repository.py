"""Queries for models."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.tables import Model, Scoring


def page(
    session: Session, project_id: str, limit: int, after: str | None, run: str | None
) -> Sequence[Model]:
    """Models of a project, newest first, one more than asked for."""
    query = select(Model).where(Model.project_id == project_id)
    if after is not None:
        query = query.where(Model.id < after)
    if run is not None:
        query = query.where(Model.run_id == run)
    return session.scalars(query.order_by(Model.id.desc()).limit(limit + 1)).all()


def named(session: Session, project_id: str, name: str) -> Model | None:
    """The project's model of that name."""
    return session.scalar(select(Model).where(Model.project_id == project_id, Model.name == name))


def id_of(session: Session, project_id: str, name: str) -> str | None:
    """Of the project's model of that name."""
    return session.scalar(select(Model.id).where(Model.project_id == project_id, Model.name == name))


def scored_files(session: Session, model_id: str) -> Sequence[str]:
    """Files that it was asked about, below the store's root."""
    return session.scalars(select(Scoring.path).where(Scoring.model_id == model_id)).all()


def remove(session: Session, model_id: str) -> None:
    """Its row, and with it its scorings and their runs."""
    session.execute(delete(Model).where(Model.id == model_id).execution_options(synchronize_session=False))
