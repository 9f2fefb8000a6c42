"""What nobody is left to do is done, once, and nothing is rung for in vain."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from app.broker import make_celery
from app.db.engine import session_factory
from app.db.tables import Experiment, IdempotencyKey, Run, RunEvent, Worker
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from tests.factories import make_experiment, make_project
from worker import comparing
from worker.housekeeper import LOCK, Housekeeper


@pytest.fixture
def keep(database: Engine, valkey_url: str) -> Callable[..., Housekeeper]:
    def make(broker: str = valkey_url, **changes: Any) -> Housekeeper:
        settings = Settings.model_validate({"broker_url": broker} | changes)
        retry = {"max_retries": 0}
        celery = make_celery(settings, set_as_current=False, task_publish_retry_policy=retry)
        return Housekeeper(session_factory(database), settings, celery)

    with make_celery(
        Settings.model_validate({"broker_url": valkey_url})
    ).connection_for_write() as connection:
        connection.default_channel.client.flushall()
    return make


@pytest.fixture
def runs(session: Session) -> list[Run]:
    make_experiment(session, make_project(session), replication={"seeds": 3})
    session.commit()
    return list(session.scalars(select(Run).order_by(Run.id)))


def expire(session: Session, run: Run) -> None:
    session.execute(update(Run).where(Run.id == run.id).values(lease_expires_at=func.now()))
    session.commit()


def test_an_expired_run_is_queued_until_it_was_lost_too_often(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    run = runs[0]
    for loss in range(1, run.max_attempts + 1):
        lease.claim(session, run.id, loss - 1, "mortal", 60)
        expire(session, run)
        keep().reap()
        session.refresh(run)
        assert run.losses == loss
        assert run.status == ("queued" if loss < run.max_attempts else "failed")
    assert run.reason["code"] == "worker_lost"
    assert "Worker mortal" in run.reason["message"]


def test_a_run_that_is_still_held_is_left_alone(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    lease.claim(session, runs[0].id, 0, "alive", 60)
    session.commit()
    keep().reap()
    session.refresh(runs[0])
    assert runs[0].status == "starting"


def test_an_expired_run_that_was_being_cancelled_is_cancelled(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    transition(session, lease.claim(session, runs[0].id, 0, "mortal", 60), Status.CANCELLING)
    expire(session, runs[0])
    keep().reap()
    session.refresh(runs[0])
    assert (runs[0].status, runs[0].losses) == ("cancelled", 0)


def test_only_one_housekeeper_acts_at_a_time(
    database: Engine, session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    lease.claim(session, runs[0].id, 0, "mortal", 60)
    expire(session, runs[0])
    with Session(database) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        keep().reap()
        session.refresh(runs[0])
        assert runs[0].status == "starting"
    keep().reap()
    session.refresh(runs[0])
    assert runs[0].status == "queued"


def test_what_was_never_rung_for_is_rung_once(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    housekeeper = keep()
    for _ in range(3):
        housekeeper.ring()
    assert housekeeper._messages("train.cpu") == len(runs) == 6


def test_of_many_that_wait_long_only_those_whose_message_is_lost_are_rung_again(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    housekeeper = keep()
    housekeeper.ring()
    session.execute(update(Run).values(dispatched_at=Run.dispatched_at - timedelta(hours=1)))
    session.commit()
    housekeeper.ring()
    assert housekeeper._messages("train.cpu") == 6  # they wait, that is all
    with housekeeper._celery.connection_for_write() as connection:
        for _ in range(2):
            connection.default_channel.basic_get("train.cpu", no_ack=True)
    housekeeper.ring()
    assert housekeeper._messages("train.cpu") == 6
    session.expire_all()
    again = [run.id for run in runs if run.dispatched_at > func_now(session) - timedelta(minutes=1)]
    assert again == [run.id for run in sorted(runs, key=lambda run: run.id)[:2]]  # the first two were taken


def test_a_broker_that_is_away_stops_nothing_else(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    lease.claim(session, runs[0].id, 0, "mortal", 60)
    expire(session, runs[0])
    keep("redis://127.0.0.1:1/0").round()
    session.refresh(runs[0])
    assert (runs[0].status, runs[0].dispatched_at) == ("queued", None)


def test_an_experiment_without_a_single_success_is_finished_too(
    session: Session, runs: list[Run], keep: Callable[..., Housekeeper]
) -> None:
    for run in runs:
        transition(session, run, Status.CANCELLED)
    session.commit()
    housekeeper = keep()
    housekeeper.compare()
    experiment = session.scalars(select(Experiment)).one()
    assert experiment.finished_at is not None
    assert len(experiment.comparison["excluded"]) == 6
    finished_at = experiment.finished_at
    housekeeper.compare()
    session.refresh(experiment)
    assert experiment.finished_at == finished_at


def test_a_comparison_is_dropped_when_a_run_was_resumed_meanwhile(
    database: Engine, session: Session, runs: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in runs:
        transition(session, run, Status.CANCELLED)
    session.commit()
    from synib.evaluation import compare as module

    real = module.compare

    def resume_while_computing(*arguments: Any) -> Any:
        transition(session, runs[0], Status.QUEUED)
        session.commit()
        return real(*arguments)

    monkeypatch.setattr(module, "compare", resume_while_computing)
    experiment = session.scalars(select(Experiment)).one()
    assert not comparing.finish(session_factory(database), experiment.id)
    session.refresh(experiment)
    assert (experiment.comparison, experiment.finished_at) == (None, None)


def test_yesterday_is_forgotten(session: Session, runs: list[Run], keep: Callable[..., Housekeeper]) -> None:
    for age, name in ((timedelta(hours=25), "old"), (timedelta(hours=23), "new")):
        at = func.now() - age
        key = {"key": name, "fingerprint": "", "answer": {}, "created_at": at}
        session.add(IdempotencyKey(project_id=runs[0].project_id, **key))
        session.add(Worker(name=name, queues=[], seen_at=at))
    session.commit()
    keep().prune()
    assert session.scalars(select(IdempotencyKey.key)).all() == ["new"]
    assert session.scalars(select(Worker.name)).all() == ["new"]
    assert session.scalar(select(func.count()).select_from(RunEvent)) == 0


def func_now(session: Session) -> Any:
    return session.scalar(select(func.now()))
