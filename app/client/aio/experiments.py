"""Experiments: ask a question, follow it, read the answer."""

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from app.client.aio.blocking import sleep
from app.client.aio.transport import Transport
from app.client.policy import Deadline
from app.experiments.schemas import ExperimentBrief, ExperimentSchema, ExperimentStatus
from app.schemas import Page
from synib.plan import Plan
from synib.report import Comparison
from synib.spec import Experiment as Spec

PATH = "/v1/experiments"


class Experiments:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def submit(
        self, spec: Spec | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ExperimentSchema:
        """Store an experiment and queue its runs.

        ``idempotency_key`` makes a call that is repeated, even by another process, create only once; without
        one, the tries of this call share a random one.
        """
        return await self._transport.post(
            ExperimentSchema, PATH, _json(spec), key=idempotency_key or str(uuid.uuid4())
        )

    async def plan(self, spec: Spec | Mapping[str, Any]) -> Plan:
        """What it would take: runs, steps, parameters, memory. Nothing is stored."""
        return await self._transport.post(Plan, PATH, _json(spec), params={"dry_run": True})

    async def get(self, experiment_id: str) -> ExperimentSchema:
        return await self._transport.get(ExperimentSchema, f"{PATH}/{experiment_id}")

    def list(
        self, *, name: str | None = None, status: ExperimentStatus | None = None
    ) -> AsyncIterator[ExperimentBrief]:
        """Experiments, newest first, fetched as they are looked at."""
        return self._transport.pages(Page[ExperimentBrief], PATH, {"name": name, "status": status})

    async def wait(
        self,
        experiment_id: str,
        *,
        timeout: float | None = None,
        every: float = 0.5,
        seen: Callable[[ExperimentSchema], object] = lambda experiment: None,
    ) -> ExperimentSchema:
        """Wait until the last run has ended and the comparison is there; ``seen`` is told what is so far.

        Raises:
            TimeoutError: it takes longer than ``timeout`` seconds; the experiment goes on.
        """
        deadline = Deadline(timeout)
        while True:
            experiment = await self.get(experiment_id)
            seen(experiment)
            if experiment.finished_at is not None:
                return experiment
            deadline.check(f"{experiment_id} is still {experiment.status}")
            await sleep(every)

    async def cancel(self, experiment_id: str) -> ExperimentSchema:
        """Ask all its runs to stop."""
        return await self._transport.post(ExperimentSchema, f"{PATH}/{experiment_id}/cancel")

    async def comparison(self, experiment_id: str) -> Comparison:
        """Which method does better, by how much and how surely; there when the last run has ended."""
        return await self._transport.get(Comparison, f"{PATH}/{experiment_id}/comparison")


def _json(spec: Spec | Mapping[str, Any]) -> Any:
    """What is sent; whatever it is, the service says what would be right."""
    return spec.model_dump(mode="json") if isinstance(spec, Spec) else spec
