"""Whatever dies at whatever moment: every run ends once, right, with what an undisturbed one says."""

import random
import signal
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db.tables import Example, Metric, Run, RunEvent
from tests.worker.service import TESTED, Service, family, kill

SPEC: dict[str, Any] = {
    "training": {"epochs": 60, "early_stopping": None},
    "methods": [{"kind": "synib"}],
    "resources": {"max_attempts": 20},
}


@pytest.mark.slow
def test_a_run_survives_drain_and_the_death_of_any_process(service: Service) -> None:
    service.worker("score,system")
    worker = service.worker("train.cpu")
    (disturbed,) = service.submit(**SPEC)
    epochs = [random.randrange(first, first + 9) for first in (1, 15, 30, 45)]
    for victim, epoch in zip(("trainer", "supervisor", "worker", "nobody"), epochs, strict=True):
        trainer, attempt = service.until_trained(disturbed, epoch), service.run(disturbed).attempt
        match victim:
            case "trainer":
                kill(trainer)
            case "supervisor":
                kill(trainer.parent())
            case "worker":
                kill(*family(worker.pid))
                worker = service.worker("train.cpu")
            case "nobody":
                worker.send_signal(signal.SIGTERM)
                assert worker.wait(timeout=30) == 0
                assert service.run(disturbed).reason["code"] == "preempted"
        service.until_queued_again(disturbed, attempt)
    assert service.run(disturbed).losses == 3
    service.worker("train.cpu")
    (undisturbed,) = service.submit(**SPEC)
    service.until_ended(disturbed, undisturbed)
    assert service.outcome(disturbed) == service.outcome(undisturbed)
    assert service.outcome(disturbed)["status"] == "succeeded"
    assert service.outcome(disturbed)["report"]["examples"] == len(service.outcome(disturbed)["examples"])
    assert_numbered_without_gap(service, disturbed)


@pytest.mark.slow
def test_runs_survive_the_loss_of_all_doorbells_and_a_restart_of_both_servers(
    service: Service, crash_servers: Callable[[], None]
) -> None:
    runs = service.submit(**SPEC | {"replication": {"seeds": 2}})
    service.flush()
    service.worker()
    service.until(lambda: any(service.epochs(run) for run in runs))
    crash_servers()
    for run in service.until_ended(*runs, seconds=120):
        assert run.status == "succeeded", run.reason
        assert_numbered_without_gap(service, run.id)
        assert [epoch for epoch, *_ in service.outcome(run.id)["metrics"]] == list(range(1, 61))


@pytest.mark.slow
def test_two_workers_and_three_messages_execute_each_run_once(service: Service) -> None:
    runs = service.submit()
    for _ in range(2):
        for run in runs:
            service.ring(service.run(run))
    for _ in range(2):
        service.worker()
    for run in service.until_ended(*runs):
        assert (run.status, run.attempt) == ("succeeded", 1)
        assert service.events(run.id) == ["starting", "running", "succeeded"]
    with service.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Example)) == TESTED * len(runs)


@pytest.mark.slow
def test_a_trainer_that_lost_its_lease_writes_nothing(service: Service) -> None:
    service.worker("score,system")
    service.worker("train.cpu")
    # Long enough that training outlasts the lease.
    (run,) = service.submit(**SPEC | {"training": {"epochs": 500, "early_stopping": None}})
    trainer = service.until_trained(run, epochs=1)
    supervisor = trainer.parent()
    supervisor.suspend()  # renews no more, and cannot kill
    service.until_queued_again(run, attempt=1)
    before = service.outcome(run)
    service.until(lambda: trainer.status() == "zombie", 10)  # it found out by itself
    assert service.outcome(run) == before
    supervisor.resume()
    service.until_ended(run)
    assert service.run(run).status == "succeeded"


def assert_numbered_without_gap(service: Service, run_id: str) -> None:
    with service.sessions() as session:
        metrics = session.scalars(select(Metric.seq).where(Metric.run_id == run_id)).all()
        events = session.scalars(select(RunEvent.seq).where(RunEvent.run_id == run_id)).all()
        assert sorted([*metrics, *events]) == list(range(1, session.get_one(Run, run_id).seq + 1))
