"""A run is held by one worker at a time, and whoever lost it writes nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Metric, Run, RunEvent
from app.runs import lease
from app.runs.status import Stale, Status, transition
from tests.factories import make_experiment, make_project


@pytest.fixture
def run(session: Session) -> Run:
    make_experiment(session, make_project(session))
    session.commit()
    return session.scalars(select(Run).order_by(Run.id)).first()


def test_of_eight_who_claim_one_run_exactly_one_wins(database: Engine, run: Run) -> None:
    sessions = session_factory(database)

    def claim(number: int) -> bool:
        with sessions.begin() as session:
            return lease.claim(session, run.id, 0, f"worker {number}", 60) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(8))) == 1


def test_a_doorbell_of_an_earlier_attempt_claims_nothing(session: Session, run: Run) -> None:
    claimed = lease.claim(session, run.id, 0, "a", 60)
    transition(session, claimed, Status.PREEMPTED)
    transition(session, claimed, Status.QUEUED)
    assert lease.claim(session, run.id, 0, "b", 60) is None
    assert lease.claim(session, run.id, 1, "b", 60) is not None


def test_a_lost_lease_can_neither_renew_nor_write(session: Session, run: Run) -> None:
    claimed = lease.claim(session, run.id, 0, "a", 60)
    token = claimed.lease_token
    transition(session, claimed, Status.LOST)
    transition(session, claimed, Status.QUEUED)
    for write in (
        lambda: lease.renew(session, run.id, token, 60),
        lambda: lease.record(session, run.id, token, 0, 1, {"loss": 1.0}, 2),
        lambda: lease.orders(session, run.id, token),
    ):
        with pytest.raises(Stale):
            write()
    assert session.scalar(select(Metric)) is None


def test_a_run_that_moved_on_meanwhile_is_left_alone(session: Session, run: Run) -> None:
    session.execute(
        update(Run).where(Run.id == run.id).values(attempt=5).execution_options(synchronize_session=False)
    )
    with pytest.raises(Stale):
        transition(session, run, Status.CANCELLED)


def test_metrics_told_twice_are_one_row_and_numbers_have_no_gap(session: Session, run: Run) -> None:
    claimed = lease.claim(session, run.id, 0, "a", 60)
    transition(session, claimed, Status.RUNNING)
    for epoch in (0, 1, 0, 1, 2):
        lease.record(session, run.id, claimed.lease_token, epoch, epoch * 10, {"loss": 1.0}, 3)
    transition(session, claimed, Status.SUCCEEDED)
    metrics = session.scalars(select(Metric.seq).where(Metric.run_id == run.id)).all()
    events = session.scalars(select(RunEvent.seq).where(RunEvent.run_id == run.id)).all()
    assert sorted([*metrics, *events]) == [1, 2, 3, 4, 5, 6]
    assert claimed.lease_token is None
