"""The typed client: what the HTTP API can do, as methods that return the API's own models.

from app.client import Client

with Client("http://127.0.0.1:8000") as synib:
    experiment = synib.experiments.submit(spec)
    synib.experiments.wait(experiment.id)
    print(synib.experiments.comparison(experiment.id).sentence)

``AsyncClient`` has the same resources with the same methods, to be awaited. ``to_arrow``, ``to_pandas`` and
``to_polars`` make a table of what either returns.
"""

from app.client.aio.client import AsyncClient
from app.client.errors import (
    BrokenOff,
    ClientError,
    MissingPackage,
    NotUnderstood,
    ProblemError,
    Unreachable,
)
from app.client.frames import to_arrow, to_pandas, to_polars
from app.client.sync.client import Client
from app.examples.params import Filter, Format, Sort

__all__ = [
    "AsyncClient",
    "BrokenOff",
    "Client",
    "ClientError",
    "Filter",
    "Format",
    "MissingPackage",
    "NotUnderstood",
    "ProblemError",
    "Sort",
    "Unreachable",
    "to_arrow",
    "to_pandas",
    "to_polars",
]
