"""A project in the middle of its work: something of every kind to look at."""

from typing import Any

from sqlalchemy.orm import Session

from app.db.tables import Experiment, Run, RunEvent, Worker
from app.runs import lease
from app.runs.status import Status, reason, transition
from tests.app.dashboard.report.reports import world
from tests.app.dashboard.report.stored import answer, say_all, succeed
from tests.app.rows import runs_of
from tests.factories import make_analysis, make_experiment, make_project

EPOCHS = 30


def furnish(session: Session) -> dict[str, str]:
    """Experiments done, failed, at work and queued, an analysis; the ids that addresses need."""
    project = make_project(session)
    session.add(Worker(name="cpu-1@host", queues=["train.cpu", "analysis", "system"]))
    done = make_experiment(
        session, project, name="parity of two digits, three seeds", replication={"seeds": 3}
    )
    failed = make_experiment(session, project, name="voice and face, a first look")
    going = make_experiment(session, project, name="does it help? noisy xor", replication={"seeds": 2})
    make_experiment(session, project, name="falsification: no synergy at all")
    for experiment in session.query(Experiment):
        for run in runs_of(session, experiment):
            session.add(RunEvent(run_id=run.id, seq=1, to_status=Status.QUEUED, attempt=0))
            run.seq = 1
    session.flush()
    for index, run in enumerate(runs_of(session, done)):
        learn(session, run, 1 if index else EPOCHS)
        succeed(session, run, *world("together"))
    say_all(session, done, answer())
    for run in runs_of(session, failed):
        learn(session, run, 3)
        transition(
            session, run, Status.FAILED, reason("diverged", "the loss is no longer a number at epoch 4")
        )
    first = runs_of(session, going)[0]
    learn(session, first, 12)
    queued = runs_of(session, going)[1]
    analysis = make_analysis(session, project, name="actors, by voice and face")
    session.add(RunEvent(run_id=analysis.id, seq=1, to_status=Status.QUEUED, attempt=0))
    analysis.seq = 1
    ids = {
        "done": done.id, "failed": failed.id, "going": going.id, "run": first.id, "queued": queued.id,
        "succeeded": runs_of(session, done)[0].id, "analysis": str(analysis.analysis_id),
    }  # fmt: skip
    session.commit()
    return ids


def learn(session: Session, run: Run, epochs: int) -> str:
    """Have a worker train the run for some epochs; the token of its lease."""
    claimed = lease.claim(session, run.id, run.attempt, "cpu-1@host", 600)
    assert claimed
    assert claimed.lease_token
    transition(session, claimed, Status.RUNNING)
    for epoch in range(1, epochs + 1):
        lease.record(session, run.id, claimed.lease_token, epoch, epoch * 94, numbers(epoch), EPOCHS)
    session.refresh(run)
    return claimed.lease_token


def numbers(epoch: int) -> dict[str, Any]:
    """An epoch's metrics, as a run that learns tells them."""
    return {
        "train/loss": 0.9 * 0.88**epoch + 0.1, "train/task": 0.7 * 0.88**epoch,
        "train/penalty": 0.2 * 0.9**epoch,
        "validation/nll": 0.7 * 0.9**epoch + 0.002 * epoch, "validation/accuracy": 1 - 0.5 * 0.87**epoch,
    }  # fmt: skip
