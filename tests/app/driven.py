"""The awaited client driven like the other one, so that the same tests are of both."""

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from app.client import AsyncClient, Client

Connect = Callable[..., Client]
"""As `Client` is called; closed at the end of the test."""


class Driven:
    """Whatever it has: what is awaited is waited for, what is gone through by ``async for`` by ``for``."""

    def __init__(self, thing: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._thing, self._loop = thing, loop

    def __getattr__(self, name: str) -> Any:
        return self._drive(getattr(self._thing, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self._thing(*args, **kwargs)
        return self._loop.run_until_complete(result) if inspect.isawaitable(result) else self._drive(result)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._thing.__aiter__()
        nothing = object()
        while (row := self._loop.run_until_complete(anext(iterator, nothing))) is not nothing:
            yield row

    def __next__(self) -> Any:
        return self._loop.run_until_complete(anext(self._thing))

    def _drive(self, found: Any) -> Any:
        ours = (
            callable(found) or hasattr(found, "__aiter__") or type(found).__module__.startswith("app.client")
        )
        return Driven(found, self._loop) if ours else found


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Make a client of either kind."""
    made: list[Client] = []
    with asyncio.Runner() as runner:

        def make(*args: Any, **kwargs: Any) -> Client:
            if request.param == "sync":
                made.append(Client(*args, **kwargs))
            else:
                made.append(cast(Client, Driven(AsyncClient(*args, **kwargs), runner.get_loop())))
            return made[-1]

        yield make
        for client in made:
            client.close()
