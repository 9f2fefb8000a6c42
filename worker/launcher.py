"""The parent of a worker's processes: starts them, restarts them, tells them to stop, leaves none behind."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Worker
from app.queues import RUN_QUEUES, SCORE
from app.settings import Settings
from worker.database import OUTAGE
from worker.processes import adopt_orphans, sweep

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
THREADS = 4  # for the short tasks of system
MARGIN = 10.0  # seconds beyond the trainers' grace that a process gets to end
TOO_SOON = 10.0  # seconds; a process that ends earlier has hardly served
TRIES = 4  # how often in a row one may end too soon before we give up
PAUSE = 1.0  # seconds before a process is started again

log = logging.getLogger(__name__)


class Launcher:
    """Waits for signals and nothing else, in one thread; what they mean is decided in `run`."""

    def __init__(self, settings: Settings, name: str, queues: Sequence[str], slots: int) -> None:
        train = [queue for queue in queues if queue in RUN_QUEUES]
        score = [queue for queue in queues if queue == SCORE]
        other = [queue for queue in queues if queue not in (*RUN_QUEUES, SCORE)]
        self._settings, self._name = settings, name
        kinds = (("train", train), ("score", score), ("system", other))
        self._kinds = {kind: served for kind, served in kinds if served}
        self._slots = {"train": slots, "system": THREADS}
        self._running: dict[int, tuple[str, float]] = {}  # process id: kind, when it started
        self._too_soon = dict.fromkeys(self._kinds, 0)  # in a row
        self._clean = True

    def run(self) -> int:
        """Serve until told to stop; 0 if everything ended by itself then."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        adopt_orphans()
        for kind in self._kinds:
            self._start(kind)
        deadline = float("inf")
        while self._running:
            got = signal.sigtimedwait(SIGNALS, max(0.0, min(1.0, deadline - time.monotonic())))
            if got is not None and got.si_signo != signal.SIGCHLD and deadline == float("inf"):
                log.info("stopping", extra={"signal": signal.Signals(got.si_signo).name})
                deadline = time.monotonic() + self._settings.drain_grace + MARGIN
                self._tell(signal.SIGTERM)
            for kind, code, age in self._reap():
                if deadline < float("inf"):
                    self._clean = self._clean and code == 0
                elif not self._restart(kind, age):
                    self._clean = False
                    deadline = time.monotonic() + self._settings.drain_grace + MARGIN
                    self._tell(signal.SIGTERM)
            if time.monotonic() > deadline:
                log.error("not all ended in time; killing them")
                self._clean = False
                break
        sweep()
        log.info("stopped", extra={"clean": self._clean})
        return 0 if self._clean else 1

    def _start(self, kind: str) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", *self._command(kind)],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # the terminal's Ctrl-C reaches us only, and we pass it on once
        )
        self._running[process.pid] = (kind, time.monotonic())
        process.returncode = 0  # it is ours to wait for, together with the orphans
        log.info("started", extra={"kind": kind, "queues": ",".join(self._kinds[kind]), "child": process.pid})

    def _command(self, kind: str) -> list[str]:
        """Module and arguments."""
        if kind == "score":
            return ["worker.scorer", str(os.getpid()), self._name]
        slots, queues = str(self._slots[kind]), ",".join(self._kinds[kind])
        return ["worker.serve", kind, str(os.getpid()), self._name, slots, queues]

    def _restart(self, kind: str, age: float) -> bool:
        """Start a process anew that ended unasked; False if that is hopeless."""
        self._too_soon[kind] = self._too_soon[kind] + 1 if age < TOO_SOON else 0
        if self._too_soon[kind] >= TRIES:
            log.error("a process ends as soon as it starts; giving up", extra={"kind": kind})
            return False
        time.sleep(PAUSE)
        self._start(kind)
        return True

    def _tell(self, number: signal.Signals) -> None:
        for pid in self._running:
            os.kill(pid, number)  # not waited for yet, so the number is still its own

    def _reap(self) -> list[tuple[str, int, float]]:
        """Wait for what has ended, orphans too; kind, code and age (s) of those we had started."""
        ended: list[tuple[str, int, float]] = []
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return ended
            if pid == 0:
                return ended
            if started := self._running.pop(pid, None):
                kind, at = started
                code = os.waitstatus_to_exitcode(status)
                log.info("ended", extra={"kind": kind, "child": pid, "code": code})
                ended.append((kind, code, time.monotonic() - at))


class Presence(threading.Thread):
    """Says in the database that this worker is there."""

    def __init__(
        self, sessions: sessionmaker[Session], settings: Settings, name: str, queues: Sequence[str]
    ) -> None:
        super().__init__(name="presence", daemon=True)
        self._sessions, self._name, self._queues = sessions, name, list(queues)
        self._every = settings.heartbeat
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            try:
                with self._sessions.begin() as session:
                    session.execute(
                        insert(Worker)
                        .values(name=self._name, queues=self._queues)
                        .on_conflict_do_update(index_elements=["name"], set_={"seen_at": func.now()})
                    )
            except OUTAGE as error:
                log.warning("the database is away", extra={"error": str(error.__cause__)})
            if self._stopped.wait(self._every):
                return

    def leave(self) -> None:
        """Say that it is gone, if the database listens."""
        self._stopped.set()
        self.join(timeout=2)
        try:
            with self._sessions.begin() as session:
                session.execute(delete(Worker).where(Worker.name == self._name))
        except OUTAGE:
            log.warning("could not say goodbye; this worker will look lost")
