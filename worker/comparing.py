"""Makes an experiment's comparison when its last run has ended."""

import logging

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Example, Experiment, Run
from app.runs.status import FINISHED
from synib import spec
from synib.report import Report

log = logging.getLogger(__name__)


def due(session: Session, experiment_id: str | None = None, limit: int = 20) -> list[str]:
    """Experiments, or the one, whose runs have all ended and that have no comparison yet."""
    unfinished = select(Run.id).where(Run.experiment_id == Experiment.id, Run.status.not_in(FINISHED))
    those = select(Experiment.id).where(Experiment.finished_at.is_(None), ~unfinished.exists())
    if experiment_id is not None:
        those = those.where(Experiment.id == experiment_id)
    return list(session.scalars(those.order_by(Experiment.id).limit(limit)))


def finish(sessions: sessionmaker[Session], experiment_id: str) -> bool:
    """Compare and finish an experiment, if that is due; whether it was. Safe to call at any time, by many."""
    from synib.evaluation.compare import RunOutcome, compare  # noqa: PLC0415 - scipy, half a second

    with sessions.begin() as session:
        experiment = session.get(Experiment, experiment_id)
        runs = _ended(session, experiment_id)
        groups = {run.id: _groups(session, run) for run in runs}
    if experiment is None or experiment.finished_at is not None or not runs:
        return False
    outcomes = [
        RunOutcome(
            method=run.method,
            seed=run.seed,
            report=None if run.report is None else Report.model_validate(run.report),
            reason=f"{run.status}: {run.reason['message']}" if run.reason else run.status,
            groups=groups[run.id],
            seconds=_seconds(run),
        )
        for run in runs
    ]
    comparison = compare(outcomes, spec.Experiment.model_validate(experiment.spec)).model_dump(mode="json")
    with sessions.begin() as session:
        again = session.get_one(Experiment, experiment_id, with_for_update={"key_share": True})
        # A person may have resumed a run meanwhile.
        if again.finished_at is not None or _versions(_ended(session, experiment_id)) != _versions(runs):
            return False
        again.comparison, again.finished_at = comparison, func.now()
    log.info("experiment finished", extra={"experiment": experiment_id, "runs": len(runs)})
    return True


def _ended(session: Session, experiment_id: str) -> list[Run]:
    """All runs of the experiment if every one has ended, else none."""
    runs = list(session.scalars(select(Run).where(Run.experiment_id == experiment_id).order_by(Run.id)))
    return runs if all(run.status in FINISHED for run in runs) else []


def _groups(session: Session, run: Run) -> NDArray[np.int16] | None:
    """(N,) which group each test example is in, in their order; none where the run left no examples."""
    in_order = func.array_agg(aggregate_order_by(Example.group, Example.position))
    found = session.scalar(select(in_order).where(Example.run_id == run.id)) if run.report else None
    return None if found is None else np.array(found, np.int16)


def _seconds(run: Run) -> float | None:
    """From start to end; none for a run that was claimed more than once."""
    if run.started_at is None or run.finished_at is None or run.attempt != 1:
        return None
    return (run.finished_at - run.started_at).total_seconds()


def _versions(runs: list[Run]) -> list[tuple[str, int]]:
    return [(run.id, run.seq) for run in runs]
