# Made from app/client/aio/datasets.py by scripts/unasync.py; change it there.
"""Data sets: send a file or a folder, piece by piece, and hear what is in it."""

import hashlib
import json
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from app.client.errors import ProblemError
from app.client.packing import Source, source_of
from app.client.policy import Deadline
from app.client.sync.blocking import sleep, to_thread
from app.client.sync.examples import save
from app.client.sync.transport import Transport
from app.datasets.schemas import PARTS, DatasetBrief, DatasetSchema, State
from app.runs.schemas import EventSchema
from app.schemas import Page
from synib.spec import Upload as Spec

PATH = "/v1/datasets"
PIECE: Final = 8 * 2**20
"""Bytes of a part, which is held in memory; more where there would be too many parts."""
SETTLED: Final = (State.READY, State.REFUSED, State.FAILED, State.CANCELLED)

Progress = Callable[[int, int], object]
"""Told the bytes that are there, and of how many."""


class Datasets:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(
        self,
        data: Path,
        spec: Spec | Mapping[str, Any] | None = None,
        *,
        progress: Progress = lambda done, total: None,
        piece: int = PIECE,
    ) -> DatasetSchema:
        """Send a file, or a folder as a tar archive, and have it read.

        The same call made again, even by another process, goes on where the one before was cut off: until
        the file changes, and for a day. A data set that has been sent before is not sent again.

        Raises:
            OSError: it cannot be read.
            ValueError: a folder has nothing in it, or the file changed while it was sent.
        """
        source = to_thread(source_of, data)
        asked = spec.model_dump(mode="json") if isinstance(spec, Spec) else dict(spec or {})
        asked = {"name": data.resolve().name[:200]} | asked
        piece = max(piece, -(-source.size // PARTS))
        made = self._begin(source, asked, piece)
        if made.state is not State.RECEIVING:
            return made
        there = {part.number: part for part in made.parts}
        done = 0
        pieces = source.pieces(piece)
        while (sent := to_thread(next, pieces, None)) is not None:
            known = there.get(sent.number)
            if known is None or known.sha256 != sent.digest.hex():
                announced = f"sha-256=:{b64encode(sent.digest).decode()}:"
                self._transport.send(
                    "PUT",
                    f"{PATH}/{made.id}/parts/{sent.number}",
                    content=sent.content,
                    headers={"Content-Digest": announced, "Content-Type": "application/octet-stream"},
                )
            done += len(sent.content)
            progress(done, source.size)
        return self._transport.post(DatasetSchema, f"{PATH}/{made.id}/complete")

    def _begin(self, source: Source, asked: dict[str, Any], piece: int) -> DatasetSchema:
        """The data set that this file is, announced now or before."""
        known = json.dumps([source.mark, source.size, asked, piece], sort_keys=True)
        for key in (hashlib.sha256(known.encode()).hexdigest(), str(uuid.uuid4())):
            body = {"spec": asked, "size": source.size}
            made = self._transport.post(DatasetSchema, PATH, body, key=key)
            try:
                made = self.get(made.id)  # what was answered before is of then
            except ProblemError as error:
                if error.code != "dataset_not_found":  # it was deleted meanwhile
                    raise
            else:
                if made.state not in (State.REFUSED, State.FAILED, State.CANCELLED):
                    break
        return made

    def get(self, dataset_id: str) -> DatasetSchema:
        """Where it is, what is in it or what is wrong with it."""
        return self._transport.get(DatasetSchema, f"{PATH}/{dataset_id}")

    def list(self, *, name: str | None = None, state: Sequence[State] = ()) -> Iterator[DatasetBrief]:
        """Data sets, newest first, fetched as they are looked at."""
        return self._transport.pages(Page[DatasetBrief], PATH, {"name": name, "state": [*state]})

    def wait(
        self,
        dataset_id: str,
        *,
        timeout: float | None = None,
        every: float = 0.5,
        seen: Callable[[DatasetSchema], object] = lambda dataset: None,
    ) -> DatasetSchema:
        """Wait until it is ready, or will not be; ``seen`` is told what is so far.

        Raises:
            TimeoutError: it takes longer than ``timeout`` seconds; reading goes on.
        """
        deadline = Deadline(timeout)
        while True:
            dataset = self.get(dataset_id)
            seen(dataset)
            if dataset.state in SETTLED:
                return dataset
            deadline.check(f"{dataset_id} is still {dataset.state}")
            sleep(every)

    def events(self, dataset_id: str) -> Iterator[EventSchema]:
        """Every change of its run's status, oldest first."""
        return self._transport.pages(Page[EventSchema], f"{PATH}/{dataset_id}/events", {})

    def example(self, dataset_id: str, example_id: str, modality: str, to: Path) -> Path:
        """What an example has of a modality, as it was brought: picture, sound or JSON, written to ``to``."""
        path = f"{PATH}/{dataset_id}/examples/{quote(example_id)}/{quote(modality)}"
        return save(self._transport, path, to, {})

    def cancel(self, dataset_id: str) -> DatasetSchema:
        """Ask to stop reading; it is ``cancelling`` until its process is gone."""
        return self._transport.post(DatasetSchema, f"{PATH}/{dataset_id}/cancel")

    def delete(self, dataset_id: str) -> None:
        """Forget it and remove its files."""
        self._transport.send("DELETE", f"{PATH}/{dataset_id}")
