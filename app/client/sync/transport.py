# Made from app/client/aio/transport.py by scripts/unasync.py; change it there.
"""Requests that survive a restart of the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from app.client.errors import BrokenOff, ProblemError, Unreachable
from app.client.policy import Model, Params, Tries, connection, given, problem, read
from app.client.sync.blocking import sleep
from app.schemas import Page

Row = TypeVar("Row")


class Transport:
    """One httpx client, and the one place in which a request is sent again."""

    def __init__(self, base_url: str, api_key: str | None, patience: float) -> None:
        self.url = base_url.rstrip("/")
        self.patience = patience
        self._http = httpx.Client(**connection(self.url, api_key))

    def get(self, kind: type[Model], path: str, params: Params | None = None) -> Model:
        sent = self.send("GET", path, params=params)
        return read(kind, sent)

    def post(
        self, kind: type[Model], path: str, body: Any = None, *, params: Params | None = None, key: str = ""
    ) -> Model:
        headers = {"Idempotency-Key": key} if key else {}
        json = {} if body is None else {"json": body}
        sent = self.send("POST", path, params=params, headers=headers, **json)
        return read(kind, sent)

    def pages(self, page: type[Page[Row]], path: str, params: Params) -> Iterator[Row]:
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
        response = self._persist(method, path, request, stream=False)
        if response.is_error:
            raise ProblemError(problem(response))
        return response

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """The same, to be read piece by piece inside ``with``.

        Raises:
            BrokenOff: also where it ends too early, which is not tried again: some of it may have been used.
        """
        response = self._persist(method, path, request, stream=True)
        try:
            if response.is_error:
                response.read()
                raise ProblemError(problem(response))
            yield response
        except httpx.TransportError as error:
            raise BrokenOff(self.url, str(error) or type(error).__name__) from error
        finally:
            response.close()

    def is_ready(self) -> bool:
        try:
            answer = self._http.get("/readyz")
        except httpx.TransportError:
            return False
        return answer.is_success

    def close(self) -> None:
        self._http.close()

    def _persist(self, method: str, path: str, request: dict[str, Any], *, stream: bool) -> httpx.Response:
        """Send until there is an answer that another try would not better, or patience is at its end."""
        params = given(request.pop("params", None))
        built = self._http.build_request(method, path, params=params, **request)
        tries = Tries(self.patience)
        while True:
            try:
                response = self._http.send(built, stream=stream)
            except httpx.TransportError as error:
                wait = tries.after_error(built, error)
                if wait is None:
                    raise Unreachable(self.url, str(error) or type(error).__name__) from error
            else:
                wait = tries.after_answer(response)
                if wait is None:
                    return response
                response.close()
            sleep(wait)
