# Made from app/client/aio/runs.py by scripts/unasync.py; change it there.
"""Runs: follow one, stop it, take what it made."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.client.policy import Deadline, Params
from app.client.sync import examples
from app.client.sync.blocking import sleep
from app.client.sync.events import follow
from app.client.sync.examples import EVERY, Examples
from app.client.sync.transport import Transport
from app.examples.params import Filter, Format, Sort
from app.runs.schemas import ArtifactsSchema, EventSchema, MetricSchema, MetricsSchema, RunSchema
from app.runs.status import FINISHED, Status
from app.schemas import Page
from synib.report import Report

PATH = "/v1/runs"


class Runs:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, experiment: str | None = None, status: Sequence[Status] = (), method: str | None = None
    ) -> Iterator[RunSchema]:
        """Runs, newest first, fetched as they are looked at."""
        wanted: Params = {"experiment": experiment, "status": [*status], "method": method}
        return self._transport.pages(Page[RunSchema], PATH, wanted)

    def get(self, run_id: str) -> RunSchema:
        return self._transport.get(RunSchema, f"{PATH}/{run_id}")

    def wait(
        self,
        run_id: str,
        *,
        timeout: float | None = None,
        every: float = 0.5,
        seen: Callable[[RunSchema], object] = lambda run: None,
    ) -> RunSchema:
        """Wait until it has ended, well or not; ``seen`` is told what is so far.

        Raises:
            TimeoutError: it takes longer than ``timeout`` seconds; the run goes on.
        """
        deadline = Deadline(timeout)
        while True:
            run = self.get(run_id)
            seen(run)
            if run.status in FINISHED:
                return run
            deadline.check(f"{run_id} is still {run.status}")
            sleep(every)

    def events(self, run_id: str) -> Iterator[EventSchema]:
        """Every change of its status, oldest first."""
        return self._transport.pages(Page[EventSchema], f"{PATH}/{run_id}/events", {})

    def metrics(self, run_id: str, names: Sequence[str] = (), *, max_points: int = 10_000) -> MetricsSchema:
        """Numbers over epochs; series longer than ``max_points`` are thinned out."""
        wanted: Params = {"names": [*names], "max_points": max_points}
        return self._transport.get(MetricsSchema, f"{PATH}/{run_id}/metrics", wanted)

    def stream(self, run_id: str, *, after: int = 0) -> Iterator[EventSchema | MetricSchema]:
        """Its status changes and epochs as they happen, until it has ended; nothing is lost in between.

        ``after`` leaves out what has this number or a lower one.
        """
        return follow(self._transport, f"{PATH}/{run_id}/stream", after)

    def cancel(self, run_id: str) -> RunSchema:
        """Ask it to stop; it is ``cancelling`` until its trainer is gone."""
        return self._transport.post(RunSchema, f"{PATH}/{run_id}/cancel")

    def resume(self, run_id: str) -> RunSchema:
        """Queue a failed or cancelled run again; it goes on from its last checkpoint."""
        return self._transport.post(RunSchema, f"{PATH}/{run_id}/resume")

    def report(self, run_id: str) -> Report:
        """What it says; there when it has succeeded."""
        return self._transport.get(Report, f"{PATH}/{run_id}/report")

    def report_file(self, run_id: str, to: Path) -> Path:
        """The same as one HTML file that opens offline, written to ``to``."""
        return examples.save(self._transport, f"{PATH}/{run_id}/report.html", to, {})

    def examples(
        self, run_id: str, *, sort: Sort = Sort.POSITION, where: Filter = EVERY, limit: int | None = None
    ) -> Examples:
        """What it sees in each example, alone, jointly and without: to go through, or as a table."""
        return Examples(self._transport, f"{PATH}/{run_id}/examples", sort, where, limit)

    def export(
        self,
        run_id: str,
        to: Path,
        *,
        format: Format | None = None,  # noqa: A002
        where: Filter = EVERY,
    ) -> Path:
        """All matching examples as a table with flat columns, written to ``to``.

        Raises:
            ValueError: no ``format`` is given and the ending of ``to`` is none of ours.
        """
        return examples.export(self._transport, f"{PATH}/{run_id}/examples", to, format, where)

    def artifacts(self, run_id: str) -> ArtifactsSchema:
        """The files that it left."""
        return self._transport.get(ArtifactsSchema, f"{PATH}/{run_id}/artifacts")

    def download(self, run_id: str, name: str, to: Path) -> Path:
        """One of these files, written to ``to``."""
        return examples.save(self._transport, f"{PATH}/{run_id}/artifacts/{name}", to, {})
