"""Requests that survive a restart of the service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx

from app.client.aio.blocking import sleep
from app.client.errors import BrokenOff, ProblemError, Unreachable
from app.client.policy import Model, Params, Tries, connection, given, problem, read
from app.schemas import Page

Row = TypeVar("Row")


class Transport:
    """One httpx client, and the one place in which a request is sent again."""

    def __init__(self, base_url: str, api_key: str | None, patience: float) -> None:
        self.url = base_url.rstrip("/")
        self.patience = patience
        self._http = httpx.AsyncClient(**connection(self.url, api_key))

    async def get(self, kind: type[Model], path: str, params: Params | None = None) -> Model:
        sent = await self.send("GET", path, params=params)
        return read(kind, sent)

    async def post(
        self, kind: type[Model], path: str, body: Any = None, *, params: Params | None = None, key: str = ""
    ) -> Model:
        headers = {"Idempotency-Key": key} if key else {}
        json = {} if body is None else {"json": body}
        sent = await self.send("POST", path, params=params, headers=headers, **json)
        return read(kind, sent)

    async def pages(self, page: type[Page[Row]], path: str, params: Params) -> AsyncIterator[Row]:
        """Every row of a list, page by page as they are asked for."""
        after: str | None = None
        while True:
            got = await self.get(page, path, {**params, "after": after})
            for row in got.data:
                yield row
            after = got.next_after
            if not got.has_more:
                return

    async def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer, read to its end.

        Raises:
            ProblemError, Unreachable.
        """
        response = await self._persist(method, path, request, stream=False)
        if response.is_error:
            raise ProblemError(problem(response))
        return response

    @asynccontextmanager
    async def stream(self, method: str, path: str, **request: Any) -> AsyncIterator[httpx.Response]:
        """The same, to be read piece by piece inside ``with``.

        Raises:
            BrokenOff: also where it ends too early, which is not tried again: some of it may have been used.
        """
        response = await self._persist(method, path, request, stream=True)
        try:
            if response.is_error:
                await response.aread()
                raise ProblemError(problem(response))
            yield response
        except httpx.TransportError as error:
            raise BrokenOff(self.url, str(error) or type(error).__name__) from error
        finally:
            await response.aclose()

    async def is_ready(self) -> bool:
        try:
            answer = await self._http.get("/readyz")
        except httpx.TransportError:
            return False
        return answer.is_success

    async def close(self) -> None:
        await self._http.aclose()

    async def _persist(
        self, method: str, path: str, request: dict[str, Any], *, stream: bool
    ) -> httpx.Response:
        """Send until there is an answer that another try would not better, or patience is at its end."""
        params = given(request.pop("params", None))
        built = self._http.build_request(method, path, params=params, **request)
        tries = Tries(self.patience)
        while True:
            try:
                response = await self._http.send(built, stream=stream)
            except httpx.TransportError as error:
                wait = tries.after_error(built, error)
                if wait is None:
                    raise Unreachable(self.url, str(error) or type(error).__name__) from error
            else:
                wait = tries.after_answer(response)
                if wait is None:
                    return response
                await response.aclose()
            await sleep(wait)
