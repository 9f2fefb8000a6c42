"""Queries for data sets."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from app.datasets.schemas import State
from app.db.tables import Dataset, Experiment, Run
from app.runs.repository import WITHOUT_REPORT
from app.runs.status import Status

NAMES = cast("$.modalities[*].name", JSONPATH)
STATE = case(
    (Run.status.is_(None), State.RECEIVING),
    (Run.status.in_([Status.QUEUED, Status.PREEMPTED, Status.LOST]), State.QUEUED),
    (Run.status.in_([Status.STARTING, Status.RUNNING]), State.READING),
    (Run.status == Status.CANCELLING, State.CANCELLING),
    (Run.status == Status.SUCCEEDED, State.READY),
    (Run.status == Status.CANCELLED, State.CANCELLED),
    (Dataset.problems.is_not(None), State.REFUSED),
    else_=State.FAILED,
)
"""A data set's state is its run's; what is receiving has none yet."""
BRIEF = (
    Dataset.id, Dataset.name, Dataset.format, Dataset.size, Dataset.sha256, Dataset.digest,
    Dataset.created_at, Dataset.received_at, Dataset.parts,
    func.jsonb_path_query_array(Dataset.profile, NAMES).label("modalities"),
    Dataset.profile["counts"].label("counts"),
    STATE.label("state"), Run.id.label("run_id"), Run.reason, Run.progress.label("told"),
    Run.started_at, Run.cancel_requested_at, Run.finished_at,
)  # fmt: skip


def page(
    session: Session,
    project_id: str,
    limit: int,
    after: str | None,
    name: str | None,
    state: Sequence[State],
) -> Sequence[Row[Any]]:
    """Data sets of a project, newest first, one more than asked for."""
    query = _with_run(*BRIEF).where(Dataset.project_id == project_id)
    if after is not None:
        query = query.where(Dataset.id < after)
    if name is not None:
        query = query.where(Dataset.name.icontains(name, autoescape=True))
    if state:
        query = query.where(STATE.in_(state))
    return session.execute(query.order_by(Dataset.id.desc()).limit(limit + 1)).all()


def detail(session: Session, dataset_id: str) -> Row[Any]:
    """A data set with everything that is known of it."""
    query = _with_run(*BRIEF, Dataset.spec, Dataset.problems, Dataset.profile)
    return session.execute(query.where(Dataset.id == dataset_id)).one()


def state(session: Session, project_id: str, dataset_id: str) -> State | None:
    """Where a data set of the project is; None if there is none."""
    query = _with_run(STATE).where(Dataset.id == dataset_id, Dataset.project_id == project_id)
    found = session.scalar(query)
    return None if found is None else State(found)


def lock(session: Session, project_id: str, dataset_id: str) -> Dataset | None:
    """A data set of the project, nobody else's to change or to use until the transaction ends."""
    query = select(Dataset).where(Dataset.id == dataset_id, Dataset.project_id == project_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def hold(session: Session, project_id: str, dataset_id: str) -> Dataset | None:
    """A data set of the project, which nobody can remove until the transaction ends."""
    query = select(Dataset).where(Dataset.id == dataset_id, Dataset.project_id == project_id)
    return session.scalar(query.with_for_update(read=True))


def run_of(session: Session, dataset_id: str, *, locked: bool = False) -> Run | None:
    """The run that reads it; None while it is receiving."""
    query = select(Run).where(Run.dataset_id == dataset_id).options(WITHOUT_REPORT)
    return session.scalar(query.with_for_update(key_share=True) if locked else query)


def users(session: Session, dataset_id: str, limit: int = 5) -> Sequence[str]:
    """Experiments on it that are not finished."""
    named = Experiment.spec["dataset"]["id"].as_string() == dataset_id
    query = select(Experiment.id).where(Experiment.finished_at.is_(None), named)
    return session.scalars(query.order_by(Experiment.id).limit(limit)).all()


def known(session: Session, ids: set[str]) -> dict[str, State]:
    """The state of each of these that there is."""
    rows = session.execute(_with_run(Dataset.id, STATE).where(Dataset.id.in_(ids))).all()
    return {identifier: State(told) for identifier, told in rows}


def stale(session: Session, seconds: float, limit: int) -> Sequence[Dataset]:
    """Data sets that were begun so long ago and never completed, locked."""
    old = Dataset.created_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    query = select(Dataset).where(Dataset.received_at.is_(None), old).order_by(Dataset.id).limit(limit)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def _with_run(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(Dataset).outerjoin(Run, Run.dataset_id == Dataset.id)
