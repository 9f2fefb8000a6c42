"""Models: promote a run, ask its model about new examples."""

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from numpy.typing import NDArray

from app.client.aio.blocking import to_thread
from app.client.aio.transport import Transport
from app.client.packing import as_file, as_part
from app.models.schemas import ModelBrief, ModelSchema
from app.schemas import Page
from app.scoring.schemas import CrossedSchema, ScoresSchema, ScoringSchema
from synib.report import ScoredExample
from synib.spec import Scoring as Spec

PATH = "/v1/models"


class Models:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def promote(self, run_id: str, name: str, *, idempotency_key: str | None = None) -> ModelSchema:
        """Give the model of a run that has succeeded a name."""
        key = idempotency_key or str(uuid.uuid4())
        return await self._transport.post(ModelSchema, PATH, {"run": run_id, "name": name}, key=key)

    async def get(self, name: str) -> ModelSchema:
        """What it takes, how it was trained, what it is worth."""
        return await self._transport.get(ModelSchema, f"{PATH}/{name}")

    def list(self, *, run: str | None = None) -> AsyncIterator[ModelBrief]:
        """Models, newest first, fetched as they are looked at."""
        return self._transport.pages(Page[ModelBrief], PATH, {"run": run})

    async def delete(self, name: str) -> None:
        """Forget it, its files and its scorings."""
        await self._transport.send("DELETE", f"{PATH}/{name}")

    async def score(
        self, name: str, examples: Sequence[Mapping[str, Any]], *, wait: float | None = None
    ) -> ScoresSchema:
        """What the model sees in each example alone, jointly and without.

        examples: ``{"x": {modality: nested lists}}`` each, where known with ``label`` and ``example_id``.
        wait: seconds that the service may take for it.
        """
        headers = {} if wait is None else {"Prefer": f"wait={wait:.0f}"}
        body = {"examples": [dict(one) for one in examples]}
        sent = await self._transport.send("POST", f"{PATH}/{name}/score", json=body, headers=headers)
        return ScoresSchema.model_validate_json(sent.content)

    async def cross(self, name: str, first: str, second: str, *, wait: float | None = None) -> CrossedSchema:
        """What the model says when the modalities of two examples are swapped, in all ways.

        first, second: ids of examples of the data set that the model was trained on.
        wait: seconds that the service may take for it.
        """
        headers = {} if wait is None else {"Prefer": f"wait={wait:.0f}"}
        body = {"examples": [first, second]}
        sent = await self._transport.send("POST", f"{PATH}/{name}/cross", json=body, headers=headers)
        return CrossedSchema.model_validate_json(sent.content)

    async def score_media(
        self,
        model: str,
        /,
        *,
        label: str | None = None,
        example_id: str | None = None,
        wait: float | None = None,
        **parts: Path | bytes | str | Sequence[Any] | NDArray[Any],
    ) -> ScoredExample:
        """What the model sees in one example whose images and recordings are sent as the files they are.

        parts: by modality, a file or its bytes, words, or nested lists or an array of numbers.
        wait: seconds that the service may take for it.

        Raises:
            OSError: a file cannot be read.
        """
        headers = {} if wait is None else {"Prefer": f"wait={wait:.0f}"}
        said = {"label": label, "example_id": example_id}
        given = parts | {name: text for name, text in said.items() if text is not None}
        sent = await self._transport.send(
            "POST",
            f"{PATH}/{model}/score",
            files={name: await to_thread(as_part, value) for name, value in given.items()},
            headers=headers,
        )
        return ScoresSchema.model_validate_json(sent.content).examples[0]

    async def score_file(
        self, name: str, examples: Path, spec: Spec | Mapping[str, Any] | None = None
    ) -> ScoringSchema:
        """Send a table, arrays, an archive of media or a folder of them, which is packed on the way, and have
        all of its examples scored; see ``scorings``.

        Raises:
            OSError: it cannot be read.
            ValueError: the folder has nothing in it.
        """
        asked = spec.model_dump(mode="json") if isinstance(spec, Spec) else dict(spec or {})
        with await to_thread(as_file, examples) as file:
            parts: dict[str, Any] = {
                "spec": (None, orjson.dumps(asked), "application/json"),
                "examples": (examples.name, file),
            }
            sent = await self._transport.send("POST", f"{PATH}/{name}/score", files=parts)
        return ScoringSchema.model_validate_json(sent.content)
