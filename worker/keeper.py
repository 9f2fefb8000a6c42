"""Keeps a run's lease while its trainer works, and hears whether to cancel."""

import contextlib
import logging
import threading
import time

from sqlalchemy.orm import Session, sessionmaker

from app.db.tables import Run
from app.runs import lease
from app.runs.status import Stale
from app.settings import Settings
from worker.database import OUTAGE

log = logging.getLogger(__name__)


class Keeper(threading.Thread):
    """A thread of its own, so that a database which hangs cannot keep the supervisor from acting in time.

    While the database is away the lease runs on: until ``held_until``, counted from before it was last asked
    for, it has certainly not run out.
    """

    def __init__(
        self, sessions: sessionmaker[Session], settings: Settings, run: Run, token: str, held_until: float
    ) -> None:
        super().__init__(name=f"keeper of {run.id}", daemon=True)
        self.held_until = held_until  # on the monotonic clock
        self.cancel = False
        self.succeeded = False
        """The trainer has written everything and only has to leave."""
        self._sessions, self._settings = sessions, settings
        self._run_id, self._attempt, self._token = run.id, run.attempt, token
        self._stale = threading.Event()
        self._stopped = threading.Event()

    @property
    def lost(self) -> bool:
        return not self.succeeded and (self._stale.is_set() or time.monotonic() >= self.held_until)

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        renewal = time.monotonic() + self._settings.heartbeat
        while not self._stopped.wait(self._settings.poll):
            asked = time.monotonic()
            try:
                with self._sessions.begin() as session:
                    if asked < renewal:
                        orders = lease.orders(session, self._run_id, self._token)
                    else:
                        orders = lease.renew(session, self._run_id, self._token, self._settings.lease)
                if asked >= renewal:
                    self.held_until = asked + self._settings.lease
                    renewal = asked + self._settings.heartbeat
                self.cancel = orders.cancel
            except Stale:
                self._end()
                return
            except OUTAGE as error:  # try again at the next poll
                left = round(self.held_until - time.monotonic())
                more = {"run": self._run_id, "left": left, "error": error.__cause__}
                log.warning("the database is away", extra=more)

    def _end(self) -> None:
        """The lease is no longer ours: the trainer gave it back with its results, or we lost it."""
        with contextlib.suppress(*OUTAGE), self._sessions.begin() as session:
            self.succeeded = lease.succeeded(session, self._run_id, self._attempt)
        if not self.succeeded:
            self._stale.set()
