"""Forked trainers behave as processes started from scratch do; all processes are real."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.ids import new_id
from app.db.tables import Run
from app.settings import Settings
from tests.factories import make_experiment, make_project
from worker import exits
from worker.drain import Drain
from worker.nursery import Nursery
from worker.supervisor import Supervisor, Trainer

RUN = new_id("run")  # of no row

Forked = tuple[Trainer, psutil.Process, int]
"""A trainer, its process, and where its orders go."""


@pytest.fixture(scope="module")
def nursery(postgres_url: str) -> Iterator[Nursery]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SYNIB_DATABASE_URL", postgres_url)
        nursery = Nursery()
        yield nursery
        nursery.close()


@pytest.fixture
def fork(nursery: Nursery, tmp_path: Path) -> Iterator[Callable[[], Forked]]:
    """Forks trainers that wait for their orders; none outlives the test."""
    trainers = []

    def fork() -> Forked:
        warm(nursery)
        with (tmp_path / "trainer.log").open("ab") as log:
            forked = nursery.fork(RUN, log.fileno())
        assert forked is not None
        trainers.append(trainer := Trainer(forked[0]))
        return trainer, psutil.Process(forked[0]), forked[1]

    yield fork
    for trainer in trainers:
        trainer.close()


def a_run(session: Session, queue: str = "train.cpu") -> Run:
    make_experiment(session, make_project(session))
    run = session.scalars(select(Run)).first()
    assert run is not None
    run.queue = queue
    session.commit()
    return run


def warm(nursery: Nursery) -> None:
    nursery.open()
    while nursery.warming(1, or_when=Drain()):
        pass


def give(orders: int, **given: object) -> None:
    with os.fdopen(orders, "w") as pipe:
        json.dump(given, pipe)


def below(name: str) -> list[psutil.Process]:
    """Our children that were started as this module, their forks included."""

    def is_one(child: psutil.Process) -> bool:
        try:
            return name in child.cmdline()
        except psutil.ZombieProcess:  # another test's, waiting to be reaped
            return False

    return [child for child in psutil.Process().children() if is_one(child)]


def test_two_trainers_come_out_of_one_process_and_are_our_own_children(
    fork: Callable[[], Forked], nursery: Nursery
) -> None:
    (_, first, _), (_, second, _) = fork(), fork()
    (parent,) = [p for p in below("worker.nursery") if p.pid not in (first.pid, second.pid)]
    assert first.ppid() == second.ppid() == parent.ppid() == os.getpid()
    assert first.cmdline() == second.cmdline() == parent.cmdline(), "started from scratch, not forked"
    assert parent.children() == [], "what was forked in between is left"
    assert parent.num_threads() == 1
    assert (os.getpgid(first.pid), os.getpgid(second.pid)) == (first.pid, second.pid)
    until(lambda: first.name() == second.name() == "synib trainer")


def test_a_trainer_has_no_file_but_its_own(fork: Callable[[], Forked], tmp_path: Path) -> None:
    _, _, orders = fork()
    _, process, _ = fork()
    folder = Path(f"/proc/{process.pid}/fd")
    until(lambda: len(list(folder.iterdir())) == 3)
    files = {int(entry.name): str(entry.readlink()) for entry in folder.iterdir()}
    assert files[0] != str(Path(f"/proc/self/fd/{orders}").readlink()), "it hears another's orders"
    assert files[1] == files[2] == str(tmp_path / "trainer.log")


def test_the_code_of_a_trainer_is_that_of_its_end(
    fork: Callable[[], Forked], database: Engine, tmp_path: Path
) -> None:
    trainer, process, orders = fork()
    give(orders, token=str(uuid.uuid4()), parent=os.getpid())  # of no lease that there is
    assert ended(trainer) == exits.FENCED
    assert "the lease is lost" in (tmp_path / "trainer.log").read_text()
    trainer, process, orders = fork()
    os.close(orders)
    assert ended(trainer) == exits.FAILED
    assert "JSONDecodeError" in (tmp_path / "trainer.log").read_text()
    assert not psutil.pid_exists(process.pid), "a zombie"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_the_signal_that_ends_a_trainer_is_seen(fork: Callable[[], Forked], number: signal.Signals) -> None:
    trainer, process, _ = fork()
    os.kill(process.pid, number)
    assert ended(trainer) == -number


def test_a_killed_nursery_takes_no_trainer_along_and_is_replaced(
    fork: Callable[[], Forked], nursery: Nursery
) -> None:
    trainer, process, orders = fork()
    (parent,) = [p for p in below("worker.nursery") if p.pid != process.pid]
    parent.kill()
    parent.wait()
    assert nursery.fork(RUN, 1) is None
    _, sibling, _ = fork()
    assert parent.pid not in [p.pid for p in below("worker.nursery")]
    assert sibling.ppid() == os.getpid()
    give(orders, token=str(uuid.uuid4()), parent=os.getpid())
    assert ended(trainer) == exits.FENCED


def test_a_supervisor_does_without_a_nursery_that_cannot_fork(
    database: Engine, session: Session, tmp_path: Path
) -> None:
    class Broken(Nursery):
        """Was killed between its imports and the order."""

        def warming(self, timeout: float, or_when: Drain) -> bool:
            super().warming(timeout, or_when)
            assert self._process is not None
            self._process.kill()
            return False

    run = a_run(session)
    settings = Settings(store=tmp_path, poll=0.05)
    command = (sys.executable, "-c", "print('from scratch'); raise SystemExit(3)")
    Supervisor(
        session_factory(database), settings, "here", Drain(), command=command, nursery=Broken()
    ).execute(run.id, 0)
    session.refresh(run)
    assert (run.status, run.reason["code"]) == ("failed", "crashed")
    assert "from scratch" in run.reason["message"]


def test_a_trainer_for_a_gpu_is_not_forked(database: Engine, session: Session, tmp_path: Path) -> None:
    class Refused(Nursery):
        def open(self) -> None:
            raise AssertionError("CUDA does not survive a fork")

    run = a_run(session, queue="train.gpu")
    command = (sys.executable, "-c", "raise SystemExit(3)")
    supervisor = Supervisor(
        session_factory(database),
        Settings(store=tmp_path),
        "here",
        Drain(),
        command=command,
        nursery=Refused(),
    )
    supervisor.execute(run.id, 0)
    session.refresh(run)
    assert run.status == "failed"


def test_a_run_is_drained_while_the_imports_go_on(database: Engine, session: Session, tmp_path: Path) -> None:
    class Slow(Nursery):
        """Imports without end; told to drain meanwhile."""

        def warming(self, timeout: float, or_when: Drain) -> bool:
            or_when.begin()
            return True

    run = a_run(session)
    slow = Slow()
    settings = Settings(store=tmp_path, poll=0.05)
    Supervisor(session_factory(database), settings, "here", Drain(), nursery=slow).execute(run.id, 0)
    slow.close()
    session.refresh(run)
    assert (run.status, run.losses, run.reason["code"]) == ("queued", 0, "preempted")


def test_nursery_and_trainer_die_with_their_supervisor(postgres_url: str) -> None:
    script = """
import os, time
from worker.drain import Drain
from worker.nursery import Nursery
nursery = Nursery()
nursery.open()
while nursery.warming(1, Drain()): pass
pid, orders = nursery.fork("run_of_nobody", 2)
os.write(orders, b'{"token": "0", "parent": %d}' % os.getpid())
os.close(orders)
print(pid, nursery._process.pid, flush=True)
time.sleep(600)
"""
    # A database that never answers: the trainer tries again and again.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql+psycopg://synib@127.0.0.1:{deaf.getsockname()[1]}/synib"
        supervisor = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            env={**os.environ, "SYNIB_DATABASE_URL": url},
        )
        assert supervisor.stdout is not None
        with supervisor.stdout as told:
            pids = [int(word) for word in told.readline().split()]
        deaf.accept()[0].close()  # the trainer is at work
        assert len(pids) == 2
        assert all(map(psutil.pid_exists, pids))
        supervisor.kill()
        supervisor.wait()
        until(lambda: not any(map(alive, pids)))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ended(trainer: Trainer) -> int:
    assert trainer.ended(30, or_when=None)
    return trainer.wait()


def until(what: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
