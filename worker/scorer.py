"""The process that scores examples: ``python -m worker.scorer PARENT NAME``.

Models stay in memory (`worker.kept`). What is waiting for the same model is asked together, so that sixteen
clients with an example each cost little more than one. What is said of an example does not depend on its
company (`synib.scoring.scorer`). torch is imported with the first request.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from redis import Redis, RedisError

from app.scoring import broker, wire
from app.settings import Settings, settings
from synib.problems import escape
from worker import logs
from worker.kept import DataLost, Datasets, Models
from worker.processes import end_with, rename

if TYPE_CHECKING:
    from synib.data import Dataset
    from synib.scoring import Scored, Scorer

TOGETHER = 256  # examples that are asked about at once
TAKEN = 64  # requests that one look takes
LOOK = 1  # seconds that one look lasts
PAUSE = 0.5  # seconds before a broker that is away is asked again
DEATHS = 2  # of scorers, after which a request is not tried again

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """One message, its examples ready to be asked about."""

    head: dict[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def examples(self) -> int:
        return len(self.head.get("label", ()))

    @property
    def crosses(self) -> bool:
        """Whether it names examples of the model's data set, and brings none."""
        return "cross" in self.head


class Refused(ValueError):
    """What a request names or brings cannot be had or read."""

    def __init__(self, pointer: str, detail: str) -> None:
        self.pointer, self.detail = pointer, detail
        super().__init__(detail)


class Desk:
    """Takes requests, answers them. One thread works, another says that we live."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name, self._models, self._datasets = name, Models(settings), Datasets(settings)
        self._url = settings.broker_url.get_secret_value()
        self._mine = broker.taken(name)
        self._look_at = 0.0  # on the monotonic clock
        self._stopped = threading.Event()

    @cached_property
    def _redis(self) -> Any:  # its types are for text, and for asyncio as well
        return Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=LOOK + 10)

    @cached_property
    def _take(self) -> Any:
        return self._redis.register_script(broker.TAKE)

    def stop(self, *_: int | FrameType | None) -> None:
        """After what is at work."""
        self._stopped.set()

    def serve(self) -> None:
        """Until stopped; no failure ends it."""
        pulse = threading.Thread(target=self._live, name="pulse", daemon=True)
        pulse.start()
        while not self._stopped.is_set():
            try:
                self._answer(self._next())
            except (RedisError, OSError) as error:
                log.warning("the broker is away", extra={"error": str(error)})
                self._stopped.wait(PAUSE)
        self._redis.close()

    def _next(self) -> list[bytes]:
        """What a dead scorer has left, else what is waiting."""
        if time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + LOOK
            if inherited := self._inherited():
                return inherited
        first = self._redis.blmove(broker.WAITING, self._mine, LOOK, "LEFT", "RIGHT")
        if first is None:
            return []
        return [first, *self._take(keys=[broker.WAITING, self._mine], args=[TAKEN - 1])]

    def _answer(self, messages: Sequence[bytes]) -> None:
        """Every one, those of a model together."""
        if not messages:
            return
        by_model: dict[str, list[Request]] = defaultdict(list)
        for request in _read(messages):
            if request.head["until"] > time.time():  # else nobody waits for it any more
                by_model[request.head["model"]].append(request)
        for model_id, requests in by_model.items():
            for batch in batches(requests):
                self._send(self._scored(model_id, batch))
        self._redis.delete(self._mine)

    def _scored(self, model_id: str, batch: Sequence[Request]) -> Iterable[tuple[Request, bytes]]:
        """Each with its answer; if all together fail, each alone, so that one cannot spoil the others."""
        try:
            answers = self._answers(model_id, batch)
        except Exception as error:
            if len(batch) > 1:
                return [pair for request in batch for pair in self._scored(model_id, [request])]
            if (fault := _refusal(error)) is not None:
                told = wire.pack({"id": batch[0].head["id"]} | fault, {})
                return [(batch[0], told)]
            log.exception("not scored", extra={"model": model_id})
            gone = isinstance(error, FileNotFoundError)
            why = "the model was deleted" if gone else f"{type(error).__name__}: {error}"
            return [(request, wire.pack({"id": request.head["id"], "error": why}, {})) for request in batch]
        return zip(batch, answers, strict=True)

    def _answers(self, model_id: str, batch: Sequence[Request]) -> Sequence[bytes]:
        scorer = self._models.get(model_id)
        if batch[0].crosses:
            return [crossed(scorer, self._datasets.of(scorer), request) for request in batch]
        return score(scorer, batch)

    def _send(self, answers: Iterable[tuple[Request, bytes]]) -> None:
        with self._redis.pipeline(transaction=False) as pipeline:
            for request, answer in answers:
                if request.head["api"]:
                    to = broker.answers(request.head["api"])
                    pipeline.rpush(to, answer)
                    pipeline.expire(to, broker.KEEP)
            pipeline.execute()

    def _inherited(self) -> list[bytes]:
        """What a scorer had taken that lives no more; it is ours then."""
        for raw in self._redis.smembers(broker.SCORERS):
            other = raw.decode()
            if other == self._name or self._redis.exists(broker.alive(other)):
                continue
            try:
                self._redis.rename(broker.taken(other), self._mine)  # of two heirs one gets it
            except RedisError:  # it had taken nothing
                self._redis.srem(broker.SCORERS, other)
                continue
            self._redis.srem(broker.SCORERS, other)
            left = self._redis.lrange(self._mine, 0, -1)
            log.warning("a scorer is dead", extra={"scorer": other, "requests": len(left)})
            return self._again(left)
        return []

    def _again(self, messages: Sequence[bytes]) -> list[bytes]:
        """Requests that have seen a scorer die; those that have seen two are given up."""
        again, given_up = [], []
        for request in _read(messages):
            head = request.head | {"deaths": request.head["deaths"] + 1}
            if head["deaths"] < DEATHS:
                again.append(wire.pack(head, request.arrays))
            else:
                why = "two scorers have died of it or beside it"
                given_up.append((request, wire.pack({"id": head["id"], "error": why}, {})))
        self._send(given_up)
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._mine)
            if again:
                pipeline.rpush(self._mine, *again)
            pipeline.execute()
        return again

    def _live(self) -> None:
        """Say so, over a connection of our own: the other may be waiting."""
        redis = Redis.from_url(self._url, socket_connect_timeout=2, socket_timeout=2)
        while not self._stopped.is_set():
            try:
                redis.sadd(broker.SCORERS, self._name)
                redis.set(broker.alive(self._name), 1, ex=broker.LIFE)
            except (RedisError, OSError):
                pass
            self._stopped.wait(broker.LIFE / 3)
        redis.close()


def _read(messages: Iterable[bytes]) -> Iterable[Request]:
    """All that are requests."""
    for message in messages:
        try:
            yield Request(*wire.unpack(message))
        except wire.Garbled as error:
            log.error("a request is not one", extra={"error": str(error)})


def batches(requests: Sequence[Request]) -> Iterable[list[Request]]:
    """In their order, up to TOGETHER examples in each; a request stays whole, and one that crosses alone."""
    batch: list[Request] = []
    for request in requests:
        if request.crosses:
            yield [request]
            continue
        if batch and sum(one.examples for one in batch) + request.examples > TOGETHER:
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def score(scorer: "Scorer", batch: Sequence[Request]) -> list[bytes]:
    """The answers to requests for one model; to one without examples, that it is there."""
    asked = [request for request in batch if request.examples]
    told = iter(_told(scorer, asked)) if asked else iter(())
    return [
        answer(request.head["id"], next(told)) if request.examples else wire.pack({"id": ""}, {})
        for request in batch
    ]


def _told(scorer: "Scorer", asked: Sequence[Request]) -> Iterable["Scored"]:
    given = [_inputs(scorer, request) for request in asked]
    x = {name: np.concatenate([one[name] for one in given]) for name in scorer.modalities}
    label = [one for request in asked for one in request.head["label"]]
    scored = scorer.score(x, label)
    begin = 0
    for request in asked:
        yield scored.take(slice(begin, begin + request.examples))
        begin += request.examples


def _inputs(scorer: "Scorer", request: Request) -> dict[str, NDArray[np.float32]]:
    """What the network takes, made of files and texts where such were sent."""
    from synib.scoring.items import Unreadable, features_of  # noqa: PLC0415 - with torch

    x = {name: request.arrays[name] for name in scorer.modalities if name in request.arrays}
    for name, items in wire.unpack_items(request.head["items"], request.arrays).items():
        try:
            x[name] = features_of(scorer.extractors[name], items)
        except Unreadable as error:
            raise Refused(f"/examples/{error.place}/x/{escape(name)}", str(error)) from error
    return x


def crossed(scorer: "Scorer", dataset: "Dataset", request: Request) -> bytes:
    """The answer to a request that names two examples of the model's data set."""
    from synib.scoring import NotCrossable, cross  # noqa: PLC0415 - with torch

    try:
        found = cross(scorer, dataset, request.head["cross"])
    except NotCrossable as error:
        pointer = "/path/name" if error.place is None else f"/examples/{error.place}"
        raise Refused(pointer, str(error)) from error
    named = zip(found.example_id, found.label, found.split, strict=True)
    examples = [{"example_id": of, "label": label, "split": split} for of, label, split in named]
    return answer(request.head["id"], found.scored, examples=examples, origin=found.origin.tolist())


def _refusal(error: Exception) -> dict[str, Any] | None:
    """What whoever asked is told, if it is no failure of ours."""
    match error:
        case Refused():
            return {"refused": {"pointer": error.pointer, "detail": error.detail}}
        case DataLost():
            return {"lost": str(error)}
    return None


def answer(request_id: str, scored: "Scored", **more: Any) -> bytes:
    """What is sent back."""
    head = more | {
        "id": request_id,
        "modalities": scored.modalities,
        "classes": scored.classes,
        "subsets": scored.subsets,
        "warnings": [vars(one) for one in scored.warnings],
    }
    return wire.pack(head, {name: getattr(scored, name) for name in scored.COLUMNS})


def main(parent: str, name: str) -> None:
    """Serve until SIGTERM."""
    end_with(int(parent))
    logs.configure()
    rename("synib scorer")
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # the launcher blocks what it waits for
    desk = Desk(settings(), f"{name}-{os.getpid()}")
    signal.signal(signal.SIGTERM, desk.stop)
    desk.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
