"""Holding a run: claim it, renew, write under the lease's token, give it back. Only workers call this.

Every write names the token. When it changes no row, the lease was lost to the reaper and perhaps to another
worker: `Stale` is raised, and whoever holds a stale token stops at once and writes nothing more.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db.tables import Metric, Run
from app.runs.status import LEASED, Stale, Status, reason, transition


@dataclass(frozen=True)
class Orders:
    """What the holder of a lease is told when it looks."""

    cancel: bool


def claim(session: Session, run_id: str, attempt: int, worker: str, lease: float) -> Run | None:
    """Take a queued run for ``lease`` seconds; None if the doorbell is stale or another was faster.

    ``attempt`` is the one that the doorbell asked for.
    """
    run = session.scalar(
        select(Run)
        .where(Run.id == run_id, Run.status == Status.QUEUED, Run.attempt == attempt)
        # Not SKIP LOCKED: whoever rang is perhaps just noting that it did, and the doorbell rings once.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if run is None:
        return None
    transition(
        session,
        run,
        Status.STARTING,
        attempt=attempt + 1,
        lease_token=str(uuid.uuid4()),
        lease_expires_at=func.now() + timedelta(seconds=lease),
        worker=worker,
        started_at=func.coalesce(Run.started_at, func.now()),
    )
    return run


def renew(session: Session, run_id: str, token: str, lease: float) -> Orders:
    """Hold the run for ``lease`` seconds from now, and hear whether to cancel.

    Raises:
        Stale: the lease is lost.
    """
    row = session.execute(
        update(Run)
        .where(Run.id == run_id, Run.lease_token == token)
        .values(lease_expires_at=func.now() + timedelta(seconds=lease))
        .returning(Run.cancel_requested_at, Run.status)
    ).one_or_none()
    return _orders(run_id, row)


def orders(session: Session, run_id: str, token: str) -> Orders:
    """The same question without renewing; cheap enough to ask every second."""
    row = session.execute(
        select(Run.cancel_requested_at, Run.status).where(Run.id == run_id, Run.lease_token == token)
    ).one_or_none()
    return _orders(run_id, row)


def _orders(run_id: str, row: Row[datetime | None, str] | None) -> Orders:
    if row is None:
        raise Stale(run_id)
    requested_at, status = row
    return Orders(cancel=requested_at is not None or status == Status.CANCELLING)


def held(session: Session, run_id: str, token: str) -> Run:
    """The run, locked for this transaction, if the token still holds it.

    Raises:
        Stale: the lease is lost.
    """
    run = session.scalar(
        select(Run)
        .where(Run.id == run_id, Run.lease_token == token, Run.status.in_(LEASED))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if run is None:
        raise Stale(run_id)
    return run


def record(
    session: Session, run_id: str, token: str, epoch: int, step: int, values: Mapping[str, float], total: int
) -> None:
    """One epoch's numbers and the run's progress; told again, it changes nothing.

    ``epoch`` is 1 for the first of at most ``total``.

    Raises:
        Stale: the lease is lost.
    """
    run = held(session, run_id, token)
    new = session.scalar(
        insert(Metric)
        .values(run_id=run_id, epoch=epoch, step=step, seq=run.seq + 1, values=dict(values))
        .on_conflict_do_nothing()
        .returning(Metric.seq)
    )
    if new is not None:
        progress: dict[str, Any] = {"epoch": epoch, "epochs": total, "step": step}
        session.execute(update(Run).where(Run.id == run_id).values(seq=new, progress=progress))


def tell(session: Session, run_id: str, token: str, progress: Mapping[str, Any]) -> None:
    """How far a run is that does not count in epochs.

    Raises:
        Stale: the lease is lost.
    """
    same = (Run.id == run_id, Run.lease_token == token)
    told = session.scalar(update(Run).where(*same).values(progress=dict(progress)).returning(Run.id))
    if told is None:
        raise Stale(run_id)


def succeeded(session: Session, run_id: str, attempt: int) -> bool:
    """Whether the run succeeded in this very attempt: the lease is then gone, but not lost."""
    row = session.execute(select(Run.status, Run.attempt).where(Run.id == run_id)).one_or_none()
    return row is not None and tuple(row) == (Status.SUCCEEDED, attempt)


def lose(session: Session, run: Run, how: str) -> None:
    """The process that held the run is gone: queue it again, or give it up when that has happened too often.

    ``how`` is a sentence for people. A run that was being cancelled is cancelled now.
    """
    if run.status == Status.CANCELLING:
        transition(session, run, Status.CANCELLED, reason("cancelled", f"Cancelled on request. {how}"))
        return
    losses = run.losses + 1
    transition(session, run, Status.LOST, reason("worker_lost", how), losses=losses)
    if losses < run.max_attempts:
        transition(session, run, Status.QUEUED, run.reason)
    else:
        advice = "Look for a lack of memory in the worker's log, then resume the run"
        why = f"{how} That was loss {losses} of {run.max_attempts}. {advice}"
        transition(session, run, Status.FAILED, reason("worker_lost", why))
