"""What a supervisor makes of trainers that end, hang, refuse and lie; small scripts play them."""

import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.db.engine import session_factory
from app.db.tables import Run
from app.runs import lease
from app.runs.status import Status, transition
from app.settings import Settings
from tests.factories import make_experiment, make_project
from worker.drain import Drain
from worker.ending import Ending, Order, settle
from worker.files import RunFiles
from worker.supervisor import Supervisor

DEAF = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def run(session: Session) -> Run:
    make_experiment(session, make_project(session))
    session.commit()
    found = session.scalars(select(Run).order_by(Run.id)).first()
    assert found is not None
    return found


@pytest.fixture
def supervise(database: Engine, tmp_path: Path, run: Run) -> Callable[..., Supervisor]:
    def make(script: str, drain: Drain | None = None, **changes: Any) -> Supervisor:
        short = {
            "lease": 3,
            "heartbeat": 1,
            "poll": 0.05,
            "cancel_grace": 0.5,
            "drain_grace": 0.5,
            "store": tmp_path,
        }
        settings = Settings.model_validate(short | changes)
        command = (sys.executable, "-c", script)
        return Supervisor(session_factory(database), settings, "here", drain or Drain(), command=command)

    return make


def now(session: Session, run: Run) -> Run:
    session.refresh(run)
    return run


def test_a_trainer_that_says_nothing_fails_with_its_last_words(
    session: Session, run: Run, supervise: Callable[..., Supervisor]
) -> None:
    supervise("print('the disk is on fire'); raise SystemExit(3)").execute(run.id, 0)
    assert now(session, run).status == "failed"
    assert run.reason["code"] == "crashed"
    assert "code 3" in run.reason["message"]
    assert "the disk is on fire" in run.reason["message"]


def test_a_trainer_that_claims_success_without_a_result_has_failed(
    session: Session, run: Run, supervise: Callable[..., Supervisor]
) -> None:
    supervise("pass").execute(run.id, 0)
    assert now(session, run).status == "failed"


def test_a_trainer_killed_by_a_stranger_is_a_loss(
    session: Session, run: Run, supervise: Callable[..., Supervisor]
) -> None:
    suicide = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    for attempt in range(run.max_attempts):
        assert now(session, run).status == "queued"
        supervise(suicide).execute(run.id, attempt)
    assert now(session, run).status == "failed"
    assert run.reason["code"] == "worker_lost"
    assert "SIGKILL" in run.reason["message"]


def test_a_trainer_killed_for_memory_fails_at_once_with_advice(
    session: Session, run: Run, tmp_path: Path
) -> None:
    claimed = lease.claim(session, run.id, 0, "here", 60)
    assert claimed is not None
    ending = Ending(-signal.SIGKILL, Order.NONE, out_of_memory=True)
    settle(session, claimed, ending, RunFiles(tmp_path, run.id))
    assert (claimed.status, claimed.reason["code"]) == ("failed", "oom_killed")
    assert "batch_size" in claimed.reason["message"]


def test_a_trainer_without_progress_is_ended_with_its_stacks_in_the_log(
    session: Session, run: Run, supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    script = "import faulthandler, signal, time; faulthandler.register(signal.SIGUSR1); time.sleep(60)"
    supervise(script, stall=0.5).execute(run.id, 0)
    assert now(session, run).status == "failed"
    assert run.reason["code"] == "stalled"
    assert "most recent call first" in RunFiles(tmp_path, run.id).log.read_text()


def test_a_deaf_trainer_and_its_helpers_are_killed_after_the_grace(
    database: Engine, session: Session, run: Run, supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    def cancel() -> None:
        log = RunFiles(tmp_path, run.id).log
        while not (log.exists() and "deaf" in log.read_text()):
            time.sleep(0.01)
        with Session(database) as other:
            held = other.get_one(Run, run.id)
            transition(other, held, Status.CANCELLING)
            other.commit()

    helper = f"import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); {DEAF}"
    asked = threading.Thread(target=cancel)
    asked.start()
    supervise(helper).execute(run.id, 0)
    asked.join()
    assert now(session, run).status == "cancelled"
    pid = int(RunFiles(tmp_path, run.id).log.read_text().split()[0])
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_drained_run_is_queued_again_and_counts_no_loss(
    session: Session, run: Run, supervise: Callable[..., Supervisor]
) -> None:
    drain = Drain()
    threading.Timer(0.3, drain.begin).start()
    supervise("import time; time.sleep(60)", drain).execute(run.id, 0)
    assert (now(session, run).status, run.losses, run.dispatched_at) == ("queued", 0, None)
    supervise("raise SystemExit(1)", drain).execute(run.id, 1)
    assert (now(session, run).status, run.attempt) == ("queued", 1)


def test_a_supervisor_that_cannot_renew_kills_its_trainer_before_the_lease_ends(
    database: Engine, session: Session, run: Run, supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    released = threading.Event()

    def hang() -> None:
        """What a database that does not answer looks like: the row is locked."""
        with Session(database) as other:
            while not lease_of(other):
                time.sleep(0.02)
            other.get_one(Run, run.id, with_for_update=True)
            released.wait()

    def lease_of(other: Session) -> bool:
        return other.scalar(select(Run.lease_token).where(Run.id == run.id)) is not None

    hanging = threading.Thread(target=hang)
    hanging.start()
    began = time.monotonic()
    supervise("import time; time.sleep(60)", lease=1.5, heartbeat=0.5).execute(run.id, 0)
    took = time.monotonic() - began
    released.set()
    hanging.join()
    assert 1.4 < took < 4
    assert now(session, run).status == "starting"  # it wrote nothing; the housekeeper will


def test_the_token_is_in_neither_arguments_nor_environment(
    session: Session, run: Run, supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    script = (
        "import os, sys; token = eval(sys.stdin.read())['token']\n"
        "print(token in ' '.join([*sys.argv, *os.environ.values()]))"
    )
    supervise(script).execute(run.id, 0)
    assert RunFiles(tmp_path, run.id).log.read_text() == "False\n"
