"""Requests that survive a restart of the service: what is tried again, how long, and what is not."""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from app.client.errors import ProblemError, Unreachable
from app.errors import MEDIA_TYPE, ProblemSchema
from app.schemas import Page
from app.settings import LOOPBACK
from synib import __version__

Model = TypeVar("Model", bound=BaseModel)
Value = str | int | float | bool | Sequence[str] | None
Params = Mapping[str, Value]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two tries; doubled each time, with jitter
TRY_AGAIN = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class Transport:
    """One httpx client, and the one place that decides about trying again.

    What reads, and what creates with an Idempotency-Key, may be sent twice. Any other POST is tried again
    only if it has certainly not been received.
    """

    def __init__(self, base_url: str, api_key: str | None, patience: float) -> None:
        self.url = base_url.rstrip("/")
        self.patience = patience
        self._http = httpx.Client(
            base_url=self.url,
            headers={"User-Agent": f"synib/{__version__}"}
            | ({"Authorization": f"Bearer {api_key}"} if api_key else {}),
            timeout=httpx.Timeout(60, connect=5),
            trust_env=urlsplit(self.url).hostname not in LOOPBACK,  # no proxy is between us and ourselves
        )

    def get(self, kind: type[Model], path: str, params: Params | None = None) -> Model:
        return kind.model_validate_json(self.send("GET", path, params=params).content)

    def post(
        self, kind: type[Model], path: str, body: Any = None, *, params: Params | None = None, key: str = ""
    ) -> Model:
        headers = {"Idempotency-Key": key} if key else {}
        json = {} if body is None else {"json": body}
        return kind.model_validate_json(
            self.send("POST", path, params=params, headers=headers, **json).content
        )

    def pages(self, page: type[Page[Any]], path: str, params: Params) -> Iterator[Any]:
        """Every row of a list, page by page as they are asked for."""
        after: str | None = None
        while True:
            got = self.get(page, path, {**params, "after": after})
            yield from got.data
            after = got.next_after
            if not got.has_more:
                return

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, read to its end.

        Raises:
            ProblemError, Unreachable.
        """
        with self.stream(method, path, **request) as response:
            response.read()
            return response

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """The same, to be read piece by piece inside ``with``."""
        request["params"] = {
            name: value for name, value in (request.get("params") or {}).items() if value is not None
        }
        response = self._persist(self._http.build_request(method, path, **request))
        try:
            if response.is_error:
                response.read()
                raise ProblemError(_problem(response))
            yield response
        finally:
            response.close()

    def is_ready(self) -> bool:
        try:
            return self._http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def close(self) -> None:
        self._http.close()

    def _persist(self, request: httpx.Request) -> httpx.Response:
        """Send until there is an answer that another try would not better, or patience is at its end."""
        deadline = time.monotonic() + self.patience
        pause = FIRST_PAUSE
        while True:
            wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
            try:
                response = self._http.send(request, stream=True)
            except httpx.TransportError as error:
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if not (unsent or _repeatable(request)) or time.monotonic() + wait > deadline:
                    raise Unreachable(self.url, str(error) or type(error).__name__) from error
            else:
                if response.status_code not in TRY_AGAIN:
                    return response
                wait = max(wait, _retry_after(response))
                if time.monotonic() + wait > deadline:
                    return response
                response.close()
            time.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)


def _repeatable(request: httpx.Request) -> bool:
    return request.method != "POST" or "Idempotency-Key" in request.headers


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the service asks us to wait; dates, which it does not send, count as none."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else 0.0


def _problem(response: httpx.Response) -> ProblemSchema:
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
