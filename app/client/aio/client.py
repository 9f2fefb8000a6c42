"""The client: a connection, and a resource for each thing that the service has."""

from types import TracebackType
from typing import Self

from app.client.aio.analyses import Analyses
from app.client.aio.datasets import Datasets
from app.client.aio.experiments import Experiments
from app.client.aio.keys import Keys
from app.client.aio.models import Models
from app.client.aio.runs import Runs
from app.client.aio.scorings import Scorings
from app.client.aio.studies import Studies
from app.client.aio.transport import Transport


class AsyncClient:
    """A connection to one service; safe to share between tasks of one loop. Close it, or use it in ``with``.

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

    async def health(self) -> bool:
        """Whether the service and everything that it needs is ready."""
        return await self.transport.is_ready()

    async def close(self) -> None:
        await self.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
