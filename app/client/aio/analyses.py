"""Analyses: send a table of predictions, read the report on it."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from app.analyses.schemas import AnalysisBrief, AnalysisSchema
from app.client.aio import examples
from app.client.aio.blocking import sleep
from app.client.aio.examples import EVERY, Examples
from app.client.aio.transport import Transport
from app.client.policy import Deadline
from app.examples.params import Filter, Format, Sort
from app.runs.schemas import EventSchema
from app.runs.status import FINISHED, Status
from app.schemas import Page
from synib.report import Report
from synib.spec import Analysis as Spec

PATH = "/v1/analyses"


class Analyses:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def submit(
        self,
        table: Path | bytes,
        spec: Spec | Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> AnalysisSchema:
        """Send a table and have it analysed.

        ``idempotency_key`` makes a call that is repeated, even by another process, create only once; without
        one, the tries of this call share a random one.

        Raises:
            OSError: the table cannot be read.
        """
        asked = spec.model_dump(mode="json") if isinstance(spec, Spec) else dict(spec or {})
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        parts: dict[str, Any] = {"spec": (None, orjson.dumps(asked), "application/json")}
        if isinstance(table, bytes):
            sent = await self._transport.send("POST", PATH, headers=headers, files=parts | {"table": table})
        else:
            with table.open("rb") as file:
                sent = await self._transport.send(
                    "POST", PATH, headers=headers, files=parts | {"table": file}
                )
        return AnalysisSchema.model_validate_json(sent.content)

    async def get(self, analysis_id: str) -> AnalysisSchema:
        """Where it is and, once it has succeeded, the report."""
        return await self._transport.get(AnalysisSchema, f"{PATH}/{analysis_id}")

    def list(self, *, name: str | None = None, status: Sequence[Status] = ()) -> AsyncIterator[AnalysisBrief]:
        """Analyses, newest first, fetched as they are looked at."""
        return self._transport.pages(Page[AnalysisBrief], PATH, {"name": name, "status": [*status]})

    async def wait(
        self,
        analysis_id: str,
        *,
        timeout: float | None = None,
        every: float = 0.5,
        seen: Callable[[AnalysisSchema], object] = lambda analysis: None,
    ) -> AnalysisSchema:
        """Wait until it has ended, well or not; ``seen`` is told what is so far.

        Raises:
            TimeoutError: it takes longer than ``timeout`` seconds; the analysis goes on.
        """
        deadline = Deadline(timeout)
        while True:
            analysis = await self.get(analysis_id)
            seen(analysis)
            if analysis.status in FINISHED:
                return analysis
            deadline.check(f"{analysis_id} is still {analysis.status}")
            await sleep(every)

    def events(self, analysis_id: str) -> AsyncIterator[EventSchema]:
        """Every change of its status, oldest first."""
        return self._transport.pages(Page[EventSchema], f"{PATH}/{analysis_id}/events", {})

    async def cancel(self, analysis_id: str) -> AnalysisSchema:
        """Ask it to stop; it is ``cancelling`` until its process is gone."""
        return await self._transport.post(AnalysisSchema, f"{PATH}/{analysis_id}/cancel")

    async def report(self, analysis_id: str) -> Report:
        """What the table shows; there when it has succeeded."""
        return await self._transport.get(Report, f"{PATH}/{analysis_id}/report")

    async def report_file(self, analysis_id: str, to: Path) -> Path:
        """The same as one HTML file that opens offline, written to ``to``."""
        return await examples.save(self._transport, f"{PATH}/{analysis_id}/report.html", to, {})

    def examples(
        self, analysis_id: str, *, sort: Sort = Sort.POSITION, where: Filter = EVERY, limit: int | None = None
    ) -> Examples:
        """What is seen in each example, alone, jointly and without: to go through, or as a table."""
        return Examples(self._transport, f"{PATH}/{analysis_id}/examples", sort, where, limit)

    async def export(
        self,
        analysis_id: str,
        to: Path,
        *,
        format: Format | None = None,  # noqa: A002
        where: Filter = EVERY,
    ) -> Path:
        """All matching examples as a table with flat columns, written to ``to``.

        Raises:
            ValueError: no ``format`` is given and the ending of ``to`` is none of ours.
        """
        return await examples.export(self._transport, f"{PATH}/{analysis_id}/examples", to, format, where)
