# Made from app/client/aio/examples.py by scripts/unasync.py; change it there.
"""The examples of a run or an analysis: looked at one by one, taken as a table, or saved."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.client import frames
from app.client.policy import Params, Value
from app.client.sync.transport import Transport
from app.examples.params import Filter, Format, Sort
from app.examples.schemas import ExampleSchema
from app.schemas import Page

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

PAGE = 1000  # fetched at once, at most
EVERY = Filter()


class Examples:
    """Go through them for whole records, fetched as they are looked at; or take them all as a table.

    Tables have flat columns, such as ``left.confidence`` and ``synergy``, and are fetched at once.
    """

    def __init__(self, transport: Transport, path: str, sort: Sort, where: Filter, limit: int | None) -> None:
        self._transport, self._path = transport, path
        self._sort, self._where, self._limit = sort, where, limit

    def __iter__(self) -> Iterator[ExampleSchema]:
        left = self._limit
        if left == 0:
            return
        params = _params(self._where) | {"sort": self._sort, "limit": min(left or PAGE, PAGE)}
        for row in self._transport.pages(Page[ExampleSchema], self._path, params):
            yield row
            if left is not None:
                left -= 1
                if left == 0:
                    return

    def to_arrow(self) -> "pa.Table":
        params = _params(self._where) | {"sort": self._sort, "format": Format.ARROW}
        answer = self._transport.send("GET", self._path, params=params)
        table = frames.from_stream(answer.content)
        return table if self._limit is None else table.slice(0, self._limit)

    def to_pandas(self) -> "pd.DataFrame":
        """
        Raises:
            MissingPackage: pandas is not installed.
        """
        return frames.as_pandas(self.to_arrow())

    def to_polars(self) -> "pl.DataFrame":
        """
        Raises:
            MissingPackage: polars is not installed.
        """
        return frames.as_polars(self.to_arrow())


def export(transport: Transport, path: str, to: Path, kind: Format | None, where: Filter) -> Path:
    """All that match as a table, written to ``to``.

    Raises:
        ValueError: no format is given and the ending of ``to`` is none of ours.
    """
    chosen = kind or Format(to.suffix.removeprefix("."))
    return save(transport, path, to, _params(where) | {"format": chosen})


def save(transport: Transport, path: str, to: Path, params: Params) -> Path:
    """Piece by piece, beside the target first: a file of this name is never half a file."""
    partial = to.with_name(f".{to.name}.part")
    try:
        with transport.stream("GET", path, params=params) as response, partial.open("wb") as file:
            for piece in response.iter_bytes():
                file.write(piece)
        return partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)


def _params(where: Filter) -> dict[str, Value]:
    return where.model_dump(mode="json", exclude_none=True)
