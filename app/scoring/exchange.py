"""The API's side of the way to the scorers: one list out, one back, however many requests are waiting."""

import asyncio
import contextlib
import logging
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from app.errors import InvalidRequest, Problem
from app.scoring import broker, wire
from app.settings import Settings

if TYPE_CHECKING:
    from redis.asyncio import Redis

COLLECT = 1  # seconds that one look for answers lasts
PAUSE = 0.5  # seconds before a broker that is away is asked again
STOP = 2  # seconds that nobody's request may hold the process when it is to end

log = logging.getLogger("synib.api")


class Overloaded(Problem, status=503, title="Too many are waiting", headers={"Retry-After": "1"}):
    """As many requests as may wait are waiting to be scored; try again after the seconds in Retry-After."""


class NoAnswer(Problem, status=503, title="No answer in time", headers={"Retry-After": "2"}):
    """No scorer has answered within the time. They may be starting, or busy; or no worker serves the queue
    `score`. Try again after the seconds in Retry-After, or wait longer: `Prefer: wait=30`."""


class ScorerFailed(Problem, status=500, title="It could not be scored"):
    """A scorer has failed at it, or two have died of it; the log of the workers says more."""


class DataGone(Problem, status=409, title="The data set is gone"):
    """The data set that the model was trained on is no longer there, or is another one by now: its examples
    cannot be crossed. The model still scores examples that are sent."""


@dataclass(frozen=True)
class Answer:
    """What a scorer says."""

    head: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


class Exchange:
    """Requests go out with an id and come back by it. Nothing is connected before the first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._me = uuid.uuid4().hex
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._redis: Redis | None = None
        self._collector: asyncio.Task[None] | None = None
        self._closed = False

    async def ask(self, model_id: str, head: dict[str, Any], arrays: wire.Arrays, wait: float) -> Answer:
        """Have examples scored, or crossed.

        Raises:
            Overloaded: too many wait already.
            NoAnswer: none came within ``wait`` seconds, or the broker is away.
            ScorerFailed: the scorers cannot.
            InvalidRequest: an image, a recording or a text cannot be read, or an example that is named is not
                there.
            DataGone: nor is the whole data set.
        """
        from redis import RedisError  # noqa: PLC0415

        request = uuid.uuid4().hex
        told = head | {
            "id": request, "api": self._me, "model": model_id, "until": time.time() + wait, "deaths": 0,
        }  # fmt: skip
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        try:
            until = asyncio.get_running_loop().time() + wait
            async with asyncio.timeout_at(until):
                if not await self._offer(wire.pack(told, arrays), self._settings.score_waiting):
                    raise Overloaded
            async with asyncio.timeout_at(until):  # again: the library may have taken the first for its own
                answer = await future
        except TimeoutError:
            raise NoAnswer(f"no scorer has answered within {wait:g} s. {NoAnswer.__doc__}") from None
        except (RedisError, OSError) as error:
            raise NoAnswer(f"the broker does not answer ({type(error).__name__}); try again") from error
        finally:
            del self._waiting[request]
        if "refused" in answer.head:
            raise InvalidRequest.at(**answer.head["refused"])
        if "lost" in answer.head:
            raise DataGone(answer.head["lost"])
        if "error" in answer.head:
            raise ScorerFailed(answer.head["error"])
        return answer

    async def warm(self, model_id: str) -> None:
        """Have some scorer read the model, that the first to ask need not wait for it."""
        from redis import RedisError  # noqa: PLC0415

        told = {"id": "", "api": "", "model": model_id, "until": time.time() + 60, "deaths": 0}
        with contextlib.suppress(RedisError, OSError):  # a TimeoutError is an OSError
            async with asyncio.timeout(STOP):
                await self._offer(wire.pack(told, {}), self._settings.score_waiting)

    async def close(self) -> None:
        self._closed = True  # the library may take a cancellation for a timeout of its own
        if self._collector is not None:
            self._collector.cancel()
            await asyncio.wait({self._collector}, timeout=STOP)
        if self._redis is not None:
            await self._redis.aclose()

    async def _offer(self, message: bytes, most: int) -> bool:
        if self._redis is None:
            from redis.asyncio import Redis  # noqa: PLC0415 - with the first request

            self._redis = Redis.from_url(
                self._settings.broker_url.get_secret_value(),
                socket_connect_timeout=2,
                socket_timeout=COLLECT + 5,  # whoever looks for answers waits for them
            )
            self._script = self._redis.register_script(broker.OFFER)
            self._collector = asyncio.create_task(self._collect())
        return bool(await self._script(keys=[broker.WAITING], args=[most, message]))

    async def _collect(self) -> None:
        """Hand answers to whoever waits for them, as long as we live."""
        from redis import RedisError  # noqa: PLC0415

        assert self._redis is not None
        mine = broker.answers(self._me)
        while not self._closed:
            try:
                got = await self._redis.blpop([mine], COLLECT)
                if got is None:
                    continue
                self._hand_over(got[1])
                for more in await self._redis.lpop(mine, 64) or []:
                    self._hand_over(more)
            except (RedisError, OSError) as error:
                log.warning("the broker is away (%s)", error)
                await asyncio.sleep(PAUSE)

    def _hand_over(self, message: Any) -> None:
        try:
            head, arrays = wire.unpack(message)
        except wire.Garbled as error:
            log.error("an answer is not one: %s", error)
            return
        future = self._waiting.get(head["id"])
        if future is not None and not future.done():  # else whoever asked waits no more
            future.set_result(Answer(head, arrays))
