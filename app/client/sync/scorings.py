# Made from app/client/aio/scorings.py by scripts/unasync.py; change it there.
"""Scorings: files that a model was asked about, and what it says of every row."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.client.policy import Deadline
from app.client.sync.blocking import sleep
from app.client.sync.examples import save
from app.client.sync.transport import Transport
from app.runs.schemas import EventSchema
from app.runs.status import FINISHED, Status
from app.schemas import Page
from app.scoring.schemas import ScoringSchema
from synib.report import Report, ScoredExample

PATH = "/v1/scorings"


class Scorings:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, scoring_id: str) -> ScoringSchema:
        """Where it is."""
        return self._transport.get(ScoringSchema, f"{PATH}/{scoring_id}")

    def list(self, *, model: str | None = None, status: Sequence[Status] = ()) -> Iterator[ScoringSchema]:
        """Scorings, newest first, fetched as they are looked at."""
        asked = {"model": model, "status": [*status]}
        return self._transport.pages(Page[ScoringSchema], PATH, asked)

    def wait(
        self,
        scoring_id: str,
        *,
        timeout: float | None = None,
        every: float = 0.5,
        seen: Callable[[ScoringSchema], object] = lambda scoring: None,
    ) -> ScoringSchema:
        """Wait until it has ended, well or not; ``seen`` is told what is so far.

        Raises:
            TimeoutError: it takes longer than ``timeout`` seconds; the scoring goes on.
        """
        deadline = Deadline(timeout)
        while True:
            scoring = self.get(scoring_id)
            seen(scoring)
            if scoring.status in FINISHED:
                return scoring
            deadline.check(f"{scoring_id} is still {scoring.status}")
            sleep(every)

    def events(self, scoring_id: str) -> Iterator[EventSchema]:
        """Every change of its status, oldest first."""
        return self._transport.pages(Page[EventSchema], f"{PATH}/{scoring_id}/events", {})

    def cancel(self, scoring_id: str) -> ScoringSchema:
        """Ask it to stop."""
        return self._transport.post(ScoringSchema, f"{PATH}/{scoring_id}/cancel")

    def report(self, scoring_id: str) -> Report:
        """What labelled examples show of the model."""
        return self._transport.get(Report, f"{PATH}/{scoring_id}/report")

    def examples(self, scoring_id: str) -> Iterator[ScoredExample]:
        """What the model sees in each example, in the file's order; fetched as they are looked at."""
        return self._transport.pages(Page[ScoredExample], f"{PATH}/{scoring_id}/examples", {"limit": 1000})

    def export(self, scoring_id: str, to: Path) -> Path:
        """All of it as NDJSON, a line an example."""
        path, asked = f"{PATH}/{scoring_id}/examples", {"format": "ndjson"}
        return save(self._transport, path, to, asked)
