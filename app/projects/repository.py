"""Queries for projects and keys."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.ids import new_id
from app.db.tables import ApiKey, Project

NOTED = timedelta(minutes=1)


def ensure_project(session: Session, name: str) -> str:
    """The project's id; it is made if it is not there yet."""
    found = session.scalar(select(Project.id).where(Project.name == name))
    if found is not None:
        return found
    session.execute(insert(Project).values(id=new_id("prj"), name=name).on_conflict_do_nothing())
    return session.scalars(select(Project.id).where(Project.name == name)).one()


def by_prefix(session: Session, prefix: str) -> ApiKey | None:
    """The key in force with this prefix."""
    return session.scalar(select(ApiKey).where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None)))


def touch(session: Session, key_id: str) -> None:
    """Note that the key is used, once a minute at most; a request never waits for another one's note."""
    due = (
        select(ApiKey.id)
        .where(
            ApiKey.id == key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < func.now() - NOTED),
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(due))
        .values(last_used_at=func.now())
        .execution_options(synchronize_session=False)
    )


def in_force(session: Session, project_id: str, limit: int, after: str | None) -> Sequence[ApiKey]:
    """Keys of a project, newest first, one more than asked for."""
    query = select(ApiKey).where(ApiKey.project_id == project_id, ApiKey.revoked_at.is_(None))
    if after is not None:
        query = query.where(ApiKey.id < after)
    return session.scalars(query.order_by(ApiKey.id.desc()).limit(limit + 1)).all()


def revoke(session: Session, project_id: str, key_id: str) -> bool:
    """Whether there was such a key to revoke."""
    query = (
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.project_id == project_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    )
    return session.scalar(query) is not None
