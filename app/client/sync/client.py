# Made from app/client/aio/client.py by scripts/unasync.py; change it there.
"""The client: a connection, and a resource for each thing that the service has."""

from types import TracebackType
from typing import Self

from app.client.sync.analyses import Analyses
from app.client.sync.datasets import Datasets
from app.client.sync.experiments import Experiments
from app.client.sync.keys import Keys
from app.client.sync.models import Models
from app.client.sync.runs import Runs
from app.client.sync.scorings import Scorings
from app.client.sync.studies import Studies
from app.client.sync.transport import Transport


class Client:
    """A connection to one service; safe to share between threads. Close it, or use it in ``with``.

    Args:
        base_url: where the service is, without ``/v1``.
        api_key: ``synib_…``; a service in embedded mode needs none.
        patience: seconds for which a service that is not reachable or not available is asked again.

    Raises, from every method:
        ProblemError: the service refused, and says why and where.
        Unreachable: nobody answered within ``patience``.
    """

    def __init__(self, base_url: str, api_key: str | None = None, *, patience: float = 3.0) -> None:
        self.transport = Transport(base_url, api_key, patience)
        self.datasets = Datasets(self.transport)
        self.experiments = Experiments(self.transport)
        self.analyses = Analyses(self.transport)
        self.runs = Runs(self.transport)
        self.models = Models(self.transport)
        self.scorings = Scorings(self.transport)
        self.studies = Studies(self.transport)
        self.keys = Keys(self.transport)

    def health(self) -> bool:
        """Whether the service and everything that it needs is ready."""
        return self.transport.is_ready()

    def close(self) -> None:
        self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
