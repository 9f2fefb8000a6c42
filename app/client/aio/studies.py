"""Studies: questions that come with the service, ready to be posted."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from app.client.aio.transport import Transport
from app.studies.schemas import StudyBrief, StudyList, StudySchema
from synib.spec import Spec

PATH = "/v1/studies"


class Studies:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> AsyncIterator[StudyBrief]:
        """All of them; they are few."""
        found = await self._transport.get(StudyList, PATH)
        for one in found.data:
            yield one

    async def get(
        self,
        name: str,
        *,
        dataset: Spec | Mapping[str, Any] | None = None,
        seeds: int | None = None,
        trials: int | None = None,
    ) -> StudySchema:
        """A question and the experiments that ask it, each ready to be submitted. Nothing is stored.

        Args:
            dataset: what to ask it of instead of its own data; of uploaded data, their ``dataset``.
            seeds: runs per method, instead of the study's own number.
            trials: settings tried in every run, instead of the study's own number.
        """
        asked = dataset.model_dump(mode="json") if isinstance(dataset, Spec) else dataset
        other = None if asked is None else json.dumps(dict(asked))
        params = {"dataset": other, "seeds": seeds, "trials": trials}
        return await self._transport.get(StudySchema, f"{PATH}/{name}", params)
