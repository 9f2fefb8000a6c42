"""Puts right what nobody was left to do: expired leases, lost doorbells, comparisons, old keys, lost tables.

Every step is a short transaction that any number of housekeepers may try; an advisory lock lets one act.
Runs as a thread of a worker of ``system``, or alone: ``python -m worker.housekeeper``.
"""

import logging
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session, sessionmaker

from app import store
from app.broker import ring
from app.db.ids import ANALYSIS
from app.db.tables import Analysis, IdempotencyKey, Run, Worker
from app.runs import lease
from app.runs.status import LEASED, Status
from app.settings import Settings
from worker import comparing, forgetting
from worker.database import OUTAGE

LOCK = 7_203_042  # any number that nothing else in this database locks
BATCH = 200  # rows a step takes at a time
LATER = 300.0  # seconds until a comparison that failed is tried again
TIDY = 3600.0  # seconds between two looks for abandoned tables
ABANDONED = 3600.0  # seconds after which a table in the store without an analysis will not get one
KEEP_KEYS = timedelta(hours=24)
KEEP_WORKERS = timedelta(days=1)

log = logging.getLogger(__name__)


class Housekeeper(threading.Thread):
    """Goes round every ``settings.sweep`` seconds until stopped; no failure ends it."""

    def __init__(self, sessions: sessionmaker[Session], settings: Settings, celery: Celery) -> None:
        super().__init__(name="housekeeper", daemon=True)
        self._sessions, self._settings, self._celery = sessions, settings, celery
        self._stopped = threading.Event()
        self._tidy_at = 0.0  # on the monotonic clock
        self._failed: dict[str, float] = {}  # experiment: when its comparison is tried again

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        log.info("housekeeper started", extra={"sweep": self._settings.sweep})
        while not self._stopped.wait(self._settings.sweep):
            self.round()

    def round(self) -> None:
        """Every step once. What needs the broker comes last: waiting for it delays nothing else."""
        for step in (self.reap, self.compare, self.prune, self.tidy, self.ring):
            try:
                step()
            except OUTAGE as error:
                log.warning("the database is away", extra={"step": step.__name__, "error": error.__cause__})
            except (OperationalError, OSError) as error:
                log.warning("the broker is away", extra={"step": step.__name__, "error": str(error)})
            except Exception:
                log.exception("a step failed", extra={"step": step.__name__})

    def reap(self) -> None:
        """Take runs from workers that no longer renew."""
        with self._sessions.begin() as session:
            if not _alone(session):
                return
            expired = session.scalars(
                select(Run)
                .where(Run.status.in_(LEASED), Run.lease_expires_at < func.now())
                .with_for_update(key_share=True, skip_locked=True)
                .limit(BATCH)
            ).all()
            for run in expired:
                worker = run.worker
                lease.lose(session, run, f"Worker {worker} stopped renewing its lease.")
                log.warning("lease expired", extra={"run": run.id, "worker": worker, "now": run.status})

    def compare(self) -> None:
        """Finish experiments whose last run ended with nobody to ask for it."""
        with self._sessions.begin() as session:
            waiting = comparing.due(session)
        for experiment_id in waiting:
            if self._failed.get(experiment_id, 0) > time.monotonic():
                continue
            try:
                comparing.finish(self._sessions, experiment_id)
            except Exception:
                self._failed[experiment_id] = time.monotonic() + LATER
                raise

    def prune(self) -> None:
        """Forget answers to requests of yesterday and workers that are gone."""
        with self._sessions.begin() as session:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - KEEP_KEYS))
            session.execute(delete(Worker).where(Worker.seen_at < func.now() - KEEP_WORKERS))

    def tidy(self) -> None:
        """Now and then, remove tables and data sets that belong to nothing: cut off, or never committed."""
        if time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + TIDY
        old = list(store.orphans(self._settings.store, ABANDONED))
        named = {analysis for _, analysis in old if analysis is not None and ANALYSIS.is_valid(analysis)}
        with self._sessions.begin() as session:
            known = set(session.scalars(select(Analysis.id).where(Analysis.id.in_(named))))
        for path, analysis in old:
            if analysis not in known:
                path.unlink(missing_ok=True)
                log.warning("table without an analysis removed", extra={"file": path.name})
        forgetting.forget(self._sessions, self._settings, ABANDONED)

    def ring(self) -> None:
        """Ring for queued runs that were never rung for, and for those whose message must be lost.

        A queue that holds as many messages as runs wait for it has lost none, however long they wait. Where k
        are missing, the k rung for the longest ago are meant: messages leave in the order in which they came.
        Ringing twice is harmless, so it is noted only afterwards.
        """
        with self._sessions.begin() as session:
            if not _alone(session):
                return
            fresh = _queued(session, Run.dispatched_at.is_(None))
            long_ago = func.now() - timedelta(seconds=self._settings.redispatch)
            stale = _queued(session, Run.dispatched_at < long_ago)
            waiting = {queue: _waiting(session, queue) for queue in {run.queue for run in stale}}
        missing = Counter({queue: count - self._messages(queue) for queue, count in waiting.items()})
        for run in [*fresh, *stale]:
            if run.dispatched_at is not None:
                if missing[run.queue] <= 0:
                    continue
                missing[run.queue] -= 1
                log.warning("doorbell lost", extra={"run": run.id})
            ring(self._celery, run.id, run.attempt, run.queue)
            with self._sessions.begin() as session:
                same = (Run.id == run.id, Run.status == Status.QUEUED, Run.attempt == run.attempt)
                session.execute(update(Run).where(*same).values(dispatched_at=func.now()))

    def _messages(self, queue: str) -> int:
        """How many the broker holds."""
        with self._celery.connection_for_write() as connection:
            channel: Any = connection.default_channel
            # Not passive: kombu 5.7 then looks for the queue without our key prefix and finds none.
            return int(channel.queue_declare(queue).message_count)


def _alone(session: Session) -> bool:
    """Whether no other housekeeper acts until the end of this transaction."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}))


def _queued(session: Session, which: ColumnElement[bool]) -> list[Run]:
    """Queued runs, those whose message came first in front."""
    queued = select(Run).where(Run.status == Status.QUEUED, which)
    return list(session.scalars(queued.order_by(Run.dispatched_at.nulls_first(), Run.id).limit(BATCH)))


def _waiting(session: Session, queue: str) -> int:
    """How many runs should have a message in the queue."""
    rung = (Run.status == Status.QUEUED, Run.queue == queue, Run.dispatched_at.is_not(None))
    return session.scalar(select(func.count()).where(*rung)) or 0


def main() -> None:
    from app.broker import make_celery  # noqa: PLC0415
    from app.settings import settings  # noqa: PLC0415
    from worker import database, logs  # noqa: PLC0415

    logs.configure()
    Housekeeper(database.sessions(), settings(), make_celery(settings())).run()


if __name__ == "__main__":
    main()
