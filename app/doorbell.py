"""Tells workers that runs are due, behind the requester's back: a broker that is down delays nobody."""

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import func, update
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.db.access import Database
from app.db.tables import Run
from app.runs.status import Status
from app.settings import Settings

if TYPE_CHECKING:
    from celery import Celery

log = logging.getLogger("synib.api")

Due = tuple[str, int, str]
"""A run's id, the attempt that it is due for, and its queue."""


class Doorbell:
    """Rings after commit. What is not rung, or rung in vain, the housekeeper rings again."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database

    @cached_property
    def _celery(self) -> "Celery":
        from app.broker import make_celery  # noqa: PLC0415 - half a second that no start should wait for

        again = {"max_retries": 1, "interval_start": 0}  # over a fresh connection; then it is left to others
        return make_celery(self._settings, task_publish_retry_policy=again)

    async def ring(self, due: Sequence[Due]) -> None:
        """Ring for each run and note when, so that the housekeeper does not ring at once again."""
        rung = await run_in_threadpool(self._ring, due)
        if rung:
            await self._database.run(lambda session: _note(session, rung))

    def _ring(self, due: Sequence[Due]) -> list[str]:
        from app.broker import ring  # noqa: PLC0415

        rung: list[str] = []
        try:
            for run_id, attempt, queue in due:
                ring(self._celery, run_id, attempt, queue)
                rung.append(run_id)
        except Exception as error:
            log.warning("the broker does not answer (%s); the housekeeper will ring", error)
        return rung


def _note(session: Session, rung: Sequence[str]) -> None:
    session.execute(
        update(Run)
        .where(Run.id.in_(rung), Run.status == Status.QUEUED, Run.dispatched_at.is_(None))
        .values(dispatched_at=func.now())
        .execution_options(synchronize_session=False)
    )
