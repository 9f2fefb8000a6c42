"""Executes one run: claims it, starts its trainer, holds its lease, passes on orders, settles its end.

The trainer computes and writes; the supervisor, which imports no torch, decides when it must stop. Neither
outlives the lease: when renewing fails for so long that it may have run out, the trainer is killed.
"""

import contextlib
import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Run
from app.runs import lease
from app.runs.status import Stale, Status
from app.settings import Settings
from worker import exits
from worker.database import OUTAGE, persist
from worker.devices import visible_devices
from worker.drain import Drain
from worker.ending import Ending, Order, settle
from worker.files import RunFiles
from worker.keeper import Keeper
from worker.memory import oom_kills
from worker.nursery import Nursery

TRAINER = (sys.executable, "-m", "worker.trainer")
DUMP = 0.5  # seconds for a stalled trainer to write its stacks down

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Supervisor:
    """Call it from a process's main thread: the trainer is tied to the life of the thread that starts it."""

    sessions: sessionmaker[Session]
    settings: Settings
    worker: str
    """Name that the run shows."""
    drain: Drain
    slot: int = 0
    """Which of this worker's supervisors it is; each has a GPU of its own."""
    command: Sequence[str] = TRAINER
    nursery: Nursery | None = None
    """Forks the trainers of runs that need no GPU; without it, and for a GPU, each starts from scratch."""

    def execute(self, run_id: str, attempt: int) -> None:
        """Do what a doorbell asks for, if it is still to be done."""
        if self.drain.begun:
            self._put_back(run_id, attempt)
            return
        held_until = time.monotonic() + self.settings.lease
        with self.sessions.begin() as session:
            run = lease.claim(session, run_id, attempt, self.worker, self.settings.lease)
        if run is None or run.lease_token is None:
            return
        log.info("run claimed", extra={"run": run_id, "attempt": run.attempt, "method": run.method})
        keeper = Keeper(self.sessions, self.settings, run, run.lease_token, held_until)
        keeper.start()
        try:
            ending = self._watch(run, keeper)
            if ending is not None:
                self._settle(run, ending, keeper)
        finally:
            keeper.stop()

    def _put_back(self, run_id: str, attempt: int) -> None:
        """The message came as the order to drain did: have it rung again elsewhere, at once."""
        same = (Run.id == run_id, Run.attempt == attempt, Run.status == Status.QUEUED)
        with self.sessions.begin() as session:
            session.execute(update(Run).where(*same).values(dispatched_at=None))

    def _watch(self, run: Run, keeper: Keeper) -> Ending | None:
        """Run the trainer to its end; None if the lease was lost, after which nothing may be written."""
        files = RunFiles(self.settings.store, run.id)
        files.folder.mkdir(parents=True, exist_ok=True)
        files.error.unlink(missing_ok=True)
        killed_before = oom_kills()
        nursery = self.nursery if run.queue != "train.gpu" else None
        if nursery:
            nursery.open()
            while nursery.warming(self.settings.poll, or_when=self.drain):
                if keeper.lost:
                    return None
                if keeper.cancel or self.drain.begun:
                    return Ending(exits.INTERRUPTED, Order.CANCEL if keeper.cancel else Order.DRAIN)
        with files.log.open("ab") as output, contextlib.closing(self._start(run, nursery, output)) as trainer:
            order, deadline = Order.NONE, float("inf")
            progress, moved_at = 0, time.monotonic()
            while not trainer.ended(self.settings.poll, or_when=self.drain if order is Order.NONE else None):
                now = time.monotonic()
                if keeper.lost:
                    log.warning("lease lost", extra={"run": run.id})
                    return None
                if keeper.succeeded and deadline == float("inf"):
                    deadline = now + self.settings.cancel_grace
                elif keeper.cancel and order is not Order.CANCEL:
                    order, deadline = Order.CANCEL, min(deadline, now + self.settings.cancel_grace)
                    trainer.signal(signal.SIGTERM)
                elif order is Order.NONE and self.drain.begun:
                    order, deadline = Order.DRAIN, now + self.settings.drain_grace
                    trainer.signal(signal.SIGTERM)
                if (seen := files.log.stat().st_mtime_ns) != progress:
                    progress, moved_at = seen, now
                elif now - moved_at > self.settings.stall and order is Order.NONE:
                    order, deadline = Order.STALLED, now + DUMP
                    trainer.signal(signal.SIGUSR1)
                if now > deadline:
                    trainer.kill()
            code = trainer.wait()
        log.info("trainer ended", extra={"run": run.id, "code": code, "order": order.value})
        return Ending(code, order, out_of_memory=oom_kills() > killed_before)

    def _start(self, run: Run, nursery: Nursery | None, output: IO[bytes]) -> "Trainer":
        pid, orders = (nursery and nursery.fork(run.id, output.fileno())) or self._from_scratch(run, output)
        # Not in the arguments nor the environment, which others can read: whoever has the token may write.
        with contextlib.suppress(BrokenPipeError), os.fdopen(orders, "wb") as pipe:
            pipe.write(json.dumps({"token": run.lease_token, "parent": os.getpid()}).encode())
        return Trainer(pid)

    def _from_scratch(self, run: Run, output: IO[bytes]) -> tuple[int, int]:
        """A trainer's pid and the file to write its orders to."""
        theirs, orders = os.pipe()
        with os.fdopen(theirs) as stdin:
            process = subprocess.Popen(
                [*self.command, run.id],
                stdin=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **visible_devices(run.queue, self.slot)},
            )
        process.returncode = 0  # Trainer waits for it, as for a forked one
        return process.pid, orders

    def _settle(self, run: Run, ending: Ending, keeper: Keeper) -> None:
        """Write the end down, unless the trainer did or the lease is lost."""
        if ending.code == exits.FENCED:
            return
        token = run.lease_token
        assert token is not None

        def work(session: Session) -> None:
            settle(session, lease.held(session, run.id, token), ending, RunFiles(self.settings.store, run.id))

        try:
            persist(self.sessions, work, give_up=lambda: keeper.lost)
        except Stale:  # after a success as a matter of course
            return
        except OUTAGE:
            log.exception("could not write the end down; the housekeeper will find it", extra={"run": run.id})


class Trainer:
    """A child that leads a process group, and the group with it."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._handle = os.pidfd_open(pid)
        self._code: int | None = None

    def ended(self, timeout: float, or_when: Drain | None) -> bool:
        """Wait for the end, for ``timeout`` seconds or until the order to drain; whether it has ended."""
        watched = [self._handle, *([or_when.reader] if or_when else [])]
        return self._handle in select.select(watched, [], [], timeout)[0]

    def signal(self, number: signal.Signals) -> None:
        """To the trainer itself, not to its helpers: it ends them."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End the whole group. Its number stays its own until somebody has waited for the trainer."""
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its code as Popen has it, once it has ended, or ends now; nothing of its group is left."""
        self.kill()
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def close(self) -> None:
        self.wait()
        os.close(self._handle)
