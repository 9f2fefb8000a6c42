"""What the service says as a table: Arrow, pandas or polars.

to_pandas(synib.experiments.comparison(id))     a row per metric and method; .explode(["seeds", "values"])
to_pandas(synib.runs.metrics(id))               a row per metric and epoch
to_pandas(synib.runs.report(id))                a row per subset of modalities
to_pandas(synib.runs.list())                    a row per run; so with whatever else comes in rows
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from app.client.errors import MissingPackage
from app.runs.schemas import MetricsSchema
from synib.report import Comparison, Report

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Found = BaseModel | Iterable[BaseModel]


def to_arrow(found: Found) -> "pa.Table":
    """A column for each number or word, named as in JSON with dots between, such as ``mean.low``."""
    import pyarrow as pa  # noqa: PLC0415 - a tenth of a second that most calls do not need

    rows = list(_rows(found))
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def to_pandas(found: Found) -> "pd.DataFrame":
    """
    Raises:
        MissingPackage: pandas is not installed.
    """
    return as_pandas(to_arrow(found))


def to_polars(found: Found) -> "pl.DataFrame":
    """
    Raises:
        MissingPackage: polars is not installed.
    """
    return as_polars(to_arrow(found))


def as_pandas(table: "pa.Table") -> "pd.DataFrame":
    _need("pandas")
    frame: pd.DataFrame = table.to_pandas()
    return frame


def as_polars(table: "pa.Table") -> "pl.DataFrame":
    frame: pl.DataFrame = _need("polars").from_arrow(table)
    return frame


def from_stream(content: bytes) -> "pa.Table":
    """Of an Arrow stream, as the service sends it."""
    import pyarrow as pa  # noqa: PLC0415

    with pa.ipc.open_stream(content) as stream:
        return stream.read_all()


def _need(package: str) -> Any:
    try:
        return import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise MissingPackage(
            f"{package} is not installed: pip install {package}; to_arrow() needs nothing more"
        ) from None


def _rows(found: Found) -> Iterator[dict[str, Any]]:
    match found:
        case Comparison():
            for table in found.tables:
                about = {"metric": table.metric, "unit": table.unit, "better": table.better}
                yield from (about | _flat(row) for row in table.rows)
        case MetricsSchema():
            for series in found.data:
                yield from ({"name": series.name} | _flat(point) for point in series.points)
        case Report():
            for name, seen in found.by_subset.items():
                yield {"subset": name, "examples": found.examples} | _flat(seen)
        case BaseModel():
            yield _flat(found)
        case _:
            yield from map(_flat, found)


def _flat(model: BaseModel) -> dict[str, Any]:
    return dict(_columns("", model.model_dump()))


def _columns(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _columns(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value.value if isinstance(value, Enum) else value
