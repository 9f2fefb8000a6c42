"""A run from doorbell to report, with all processes real."""

import hashlib
import json
import signal

import pytest
from sqlalchemy import select

from app.db.tables import Artifact, Worker
from tests.worker.service import TESTED, Service, family, kill

LONG = {"training": {"epochs": 10_000, "early_stopping": None}, "methods": [{"kind": "vanilla"}]}


def test_an_experiment_is_executed_and_compared(service: Service) -> None:
    worker = service.worker()
    runs = service.submit()
    for run in service.until_ended(*runs):
        assert run.status == "succeeded", run.reason
        assert service.events(run.id) == ["starting", "running", "succeeded"]
        outcome = service.outcome(run.id)
        assert [epoch for epoch, *_ in outcome["metrics"]] == [1, 2]
        assert len(outcome["examples"]) == run.report["examples"] == TESTED
        with service.sessions() as session:
            for kept in session.scalars(select(Artifact).where(Artifact.run_id == run.id)):
                content = (service.settings.store / kept.path).read_bytes()
                assert (len(content), hashlib.sha256(content).hexdigest()) == (kept.size, kept.sha256)
                assert kept.name != "report.json" or json.loads(content) == run.report
    service.until(lambda: service.experiment(runs[0]).finished_at)
    comparison = service.experiment(runs[0]).comparison
    assert comparison["baseline"] == "vanilla"
    assert sum(part["examples"] for part in comparison["attribution"]["where"]) == TESTED
    assert comparison["attribution"]["slowdown"]["synib"] > 0
    with service.sessions() as session:
        assert session.scalar(select(Worker)).queues == ["train.cpu", "score", "system"]
    assert service.check() == 0
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    with service.sessions() as session:
        assert session.scalar(select(Worker)) is None
    assert service.check() == 1


@pytest.mark.slow
def test_a_running_and_a_queued_run_are_cancelled(service: Service) -> None:
    service.worker()
    running, queued = service.submit(**LONG | {"replication": {"seeds": 2}})
    service.until(lambda: service.epochs(running) >= 2 or service.epochs(queued) >= 2)
    if service.epochs(queued):  # the worker took them in the other order
        running, queued = queued, running
    service.cancel(queued)
    service.cancel(running)
    for run in service.until_ended(running, queued, seconds=30):
        assert run.status == "cancelled"
    assert service.events(running) == ["starting", "running", "cancelling", "cancelled"]
    assert service.events(queued) == ["cancelled"]
    assert service.checkpoint(running).exists()
    assert service.trainer(running) is None
    service.until(lambda: service.experiment(running).finished_at)
    assert len(service.experiment(running).comparison["excluded"]) == 2


@pytest.mark.slow
def test_a_run_cancelled_while_it_starts_never_trains(service: Service) -> None:
    service.worker()
    (run,) = service.submit(**LONG)
    service.until(lambda: service.trainer(run))
    service.cancel(run)
    (ended,) = service.until_ended(run, seconds=30)
    assert ended.status == "cancelled"
    assert service.events(run) in (
        ["starting", "cancelling", "cancelled"],
        ["starting", "running", "cancelling", "cancelled"],
    )


@pytest.mark.slow
def test_a_diverging_run_fails_with_advice(service: Service) -> None:
    service.worker()
    training = {"epochs": 50, "lr": 10.0, "optimizer": "sgd"}
    (run,) = service.submit(methods=[{"kind": "synib", "weight": 1e6}], training=training)
    (ended,) = service.until_ended(run)
    assert (ended.status, ended.reason["code"]) == ("failed", "diverged")
    assert "lower training.lr" in ended.reason["message"]


@pytest.mark.slow
def test_a_run_whose_trainer_always_dies_is_given_up(service: Service) -> None:
    service.worker()
    (run,) = service.submit(**LONG | {"resources": {"max_attempts": 2}})
    for attempt in (1, 2):
        service.until(lambda: service.run(run).attempt == attempt and service.trainer(run))  # noqa: B023
        kill(service.trainer(run))
    (ended,) = service.until_ended(run)
    assert (ended.status, ended.reason["code"], ended.losses) == ("failed", "worker_lost", 2)
    assert service.events(run)[-2:] == ["lost", "failed"]


@pytest.mark.slow
def test_a_server_killed_as_it_starts_is_started_again(service: Service) -> None:
    worker = service.worker("train.cpu")
    for _ in range(2):
        server = service.until(lambda: family(worker.pid)[1:])[0]
        kill(server)
        service.until(lambda dead=server: dead not in family(worker.pid))
    service.until(lambda: len(family(worker.pid)) >= 3)  # launcher, server, supervisor
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0


@pytest.mark.slow
def test_killing_the_launcher_leaves_no_process(service: Service) -> None:
    worker = service.worker()
    (run,) = service.submit(**LONG)
    service.until_trained(run, epochs=1)
    below = family(worker.pid)
    assert len(below) >= 5  # launcher, two of Celery, supervisor, trainer
    kill(below[0])
    service.until(
        lambda: not any(process.is_running() and process.status() != "zombie" for process in below), 10
    )
