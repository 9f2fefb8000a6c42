"""One look at the database for all streams of a process: which of the runs they follow have moved on.

A stream that looks by itself costs three round trips and a thread each time; 500 idle ones took most of a
core. Together they cost one query a `poll`, and none where nobody follows anything.
"""

import asyncio
from collections import defaultdict

from sqlalchemy.exc import SQLAlchemyError

from app.db.access import Database
from app.errors import Unavailable
from app.runs import repository

Waiter = asyncio.Future[None]


class Watch:
    """Wakes whoever waits for a run's next number. ``stop`` wakes everybody."""

    def __init__(self, database: Database, stop: asyncio.Event, poll: float) -> None:
        self.database, self.stop, self.poll = database, stop, poll
        self._waiting: dict[str, dict[Waiter, int]] = defaultdict(dict)
        self._looking: asyncio.Task[None] | None = None

    async def beyond(self, run_id: str, seq: int, seconds: float) -> bool:
        """Whether within ``seconds`` the run has a number after ``seq``, or is gone, or all shall stop."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting[run_id][waiter] = seq
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return False
        finally:
            of_run = self._waiting[run_id]
            of_run.pop(waiter)
            if not of_run:
                del self._waiting[run_id]
        return True

    async def pause(self) -> None:
        """Until the next look, or until all shall stop."""
        try:
            await asyncio.wait_for(self.stop.wait(), self.poll)
        except TimeoutError:
            return

    async def _look(self) -> None:
        try:
            await self.pause()
            while self._waiting and not self.stop.is_set():
                for run_id, number in await self._moved():
                    self._wake(run_id, number)
                await self.pause()
        finally:
            self._looking = None
            for run_id in [*self._waiting] if self.stop.is_set() else ():
                self._wake(run_id, None)

    async def _moved(self) -> list[tuple[str, int | None]]:
        seen = {run_id: min(waiters.values()) for run_id, waiters in self._waiting.items()}
        try:
            return await self.database.run(lambda session: repository.moved(session, seen))
        except (SQLAlchemyError, Unavailable):
            return []  # away; the next look will tell

    def _wake(self, run_id: str, number: int | None) -> None:
        """Those who know less of the run than ``number``; where it is None, all who wait for it."""
        for waiter, seq in self._waiting.get(run_id, {}).items():
            if not waiter.done() and (number is None or number > seq):
                waiter.set_result(None)
