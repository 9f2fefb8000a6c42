"""What both transports do alike: how they connect, what they try again and when, how they read a refusal."""

import random
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from app.client.errors import NotUnderstood
from app.errors import MEDIA_TYPE, ProblemSchema
from app.settings import LOOPBACK
from synib import __version__

Model = TypeVar("Model", bound=BaseModel)
Value = str | int | float | bool | Sequence[str] | None
Params = Mapping[str, Value]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries; doubled each time, with jitter
TRY_AGAIN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def connection(url: str, api_key: str | None) -> dict[str, Any]:
    """What an httpx client is made with."""
    headers = {"User-Agent": f"synib/{__version__}"}
    return {
        "base_url": url,
        "headers": headers | ({"Authorization": f"Bearer {api_key}"} if api_key else {}),
        "timeout": httpx.Timeout(60, connect=5),
        "trust_env": urlsplit(url).hostname not in LOOPBACK,  # no proxy is between us and ourselves
    }


def given(params: Params | None) -> dict[str, Value]:
    """Those that have a value."""
    return {name: value for name, value in (params or {}).items() if value is not None}


class Tries:
    """When to try again, until ``patience`` seconds are over."""

    def __init__(self, patience: float) -> None:
        self._deadline = time.monotonic() + patience
        self._pause = FIRST_PAUSE

    def after_error(self, request: httpx.Request, error: httpx.TransportError) -> float | None:
        """Seconds until the next try; None where another could do the same thing twice, or would be late."""
        unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        return self._wait(0) if unsent or _repeatable(request) else None

    def after_answer(self, response: httpx.Response) -> float | None:
        """The same; None also where another try would not better the answer."""
        return self._wait(_retry_after(response)) if response.status_code in TRY_AGAIN else None

    def _wait(self, at_least: float) -> float | None:
        wait = max(at_least, self._pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return None if time.monotonic() + wait > self._deadline else wait


def _repeatable(request: httpx.Request) -> bool:
    """What reads, and what creates with an Idempotency-Key, may be sent twice."""
    return request.method != "POST" or "Idempotency-Key" in request.headers


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the service asks us to wait; dates, which it does not send, count as none."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.0


def problem(response: httpx.Response) -> ProblemSchema:
    """The refusal; made up for answers that are not ours, as those of a proxy."""
    if response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        try:
            return ProblemSchema.model_validate_json(response.content)
        except ValidationError:
            pass
    return ProblemSchema(
        type="about:blank",
        title=response.reason_phrase,
        status=response.status_code,
        detail=f"{response.request.url} answered {response.text[:200]!r}",
        code="not_ours",
        instance=response.headers.get("X-Request-ID", ""),
        errors=[],
    )


def read(kind: type[Model], response: httpx.Response) -> Model:
    """The answer as what it must be.

    Raises:
        NotUnderstood: it is not.
    """
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = "/".join(map(str, first["loc"])) or "its whole"
        what = f"{where}: {first['msg']}"
        raise NotUnderstood(str(response.request.url), __version__, what) from error


class Deadline:
    """When waiting for something ends, if it ever does."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._at = None if timeout is None else time.monotonic() + timeout

    def check(self, state: str) -> None:
        """
        Raises:
            TimeoutError: it is over; ``state`` says what has not become of it.
        """
        if self._at is not None and time.monotonic() > self._at:
            raise TimeoutError(f"{state} after {self._timeout:g} s")
