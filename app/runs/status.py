"""The states of a run and the one function that changes them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from app.db.tables import Run, RunEvent


class Status(StrEnum):
    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    PREEMPTED = "preempted"
    LOST = "lost"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = Status
LEASED = frozenset({S.STARTING, S.RUNNING, S.CANCELLING})
FINISHED = frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLED})
ALLOWED: dict[Status, frozenset[Status]] = {
    S.QUEUED: frozenset({S.STARTING, S.CANCELLED}),
    S.STARTING: frozenset({S.RUNNING, S.CANCELLING, S.PREEMPTED, S.LOST, S.FAILED}),
    S.RUNNING: frozenset({S.SUCCEEDED, S.FAILED, S.CANCELLING, S.PREEMPTED, S.LOST}),
    # A trainer that finishes in the moment of the request has finished: its result is not thrown away.
    S.CANCELLING: frozenset({S.CANCELLED, S.SUCCEEDED, S.FAILED}),
    S.PREEMPTED: frozenset({S.QUEUED}),
    S.LOST: frozenset({S.QUEUED, S.FAILED}),
    S.SUCCEEDED: frozenset(),
    S.FAILED: frozenset({S.QUEUED}),  # resumed by a person
    S.CANCELLED: frozenset({S.QUEUED}),
}


class IllegalTransition(RuntimeError):
    """A bug of ours: nobody may ask for this change."""


class Stale(RuntimeError):
    """The run has moved on since it was read: another holds it. Whoever gets this drops what it has."""


def reason(code: str, message: str) -> dict[str, Any]:
    """Why a run is where it is: a word for programs and a sentence for people."""
    return {"code": code, "message": message}


def transition(
    session: Session, run: Run, to: Status, why: dict[str, Any] | None = None, **changes: Any
) -> None:
    """Move a run and write the event, both or neither; the caller's transaction decides.

    Compare-and-set on status, attempt and lease: a run that somebody else moved in between is left alone.

    Raises:
        IllegalTransition: the table above does not have it.
        Stale: the row is no longer as ``run`` says.
    """
    old = Status(run.status)
    if to not in ALLOWED[old]:
        raise IllegalTransition(f"{run.id}: {old} → {to}")
    if to not in LEASED:
        changes |= {"lease_token": None, "lease_expires_at": None, "worker": None}
    if to in FINISHED:
        changes |= {"finished_at": func.now()}
    if to is S.QUEUED:
        changes |= {"dispatched_at": None, "finished_at": None, "cancel_requested_at": None}
    same = Run.lease_token.is_not_distinct_from(run.lease_token)
    moved = session.execute(
        update(Run)
        .where(Run.id == run.id, Run.status == old, Run.attempt == run.attempt, same)
        .values(status=to, reason=why, seq=Run.seq + 1, **changes)
        .returning(Run)
        .execution_options(populate_existing=True, synchronize_session=False)
    ).scalar_one_or_none()
    if moved is None:
        raise Stale(run.id)
    session.add(
        RunEvent(run_id=run.id, seq=run.seq, from_status=old, to_status=to, reason=why, attempt=run.attempt)
    )
    session.flush()
