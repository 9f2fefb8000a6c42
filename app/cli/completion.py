"""What a shell offers on Tab: what the service has, newest first; nothing where none answers."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.client import Client

OFFERED = 30
"""Of a kind; more, nobody reads."""

Offers = list[tuple[str, str]]
"""Words, each with what it stands for."""
Ask = Callable[["Client"], Iterator[tuple[str, str]]]


def runs(context: typer.Context, incomplete: str) -> Offers:
    return _ask(context, incomplete, ("run_", _runs))


def reports(context: typer.Context, incomplete: str) -> Offers:
    """What has a report: runs and analyses."""
    return _ask(context, incomplete, ("run_", _runs), ("ana_", _analyses))


def experiments(context: typer.Context, incomplete: str) -> Offers:
    return _ask(context, incomplete, ("exp_", _experiments))


def datasets(context: typer.Context, incomplete: str) -> Offers:
    return _ask(context, incomplete, ("ds_", _datasets))


def models(context: typer.Context, incomplete: str) -> Offers:
    return _ask(context, incomplete, ("", _models))


def anything(context: typer.Context, incomplete: str) -> Offers:
    """What can be cancelled."""
    return _ask(
        context, incomplete, ("exp_", _experiments), ("run_", _runs), ("ana_", _analyses), ("ds_", _datasets)
    )


def _ask(context: typer.Context, incomplete: str, *kinds: tuple[str, Ask]) -> Offers:
    """Only of the kinds that it may become, and that begin with it."""
    from app.client import Client, ClientError  # noqa: PLC0415 - Tab is pressed without it, too

    known = context.find_root().params
    try:
        with Client(known["url"], known["api_key"], patience=0) as client:
            return [
                offer
                for prefix, ask in kinds
                if prefix.startswith(incomplete) or incomplete.startswith(prefix)
                for offer in islice(ask(client), OFFERED)
                if offer[0].startswith(incomplete)
            ]
    except ClientError:
        return []


def _runs(client: "Client") -> Iterator[tuple[str, str]]:
    return ((run.id, f"{run.method}, seed {run.seed}: {run.status}") for run in client.runs.list())


def _experiments(client: "Client") -> Iterator[tuple[str, str]]:
    return ((one.id, f"{one.name}: {one.status}") for one in client.experiments.list())


def _analyses(client: "Client") -> Iterator[tuple[str, str]]:
    return ((one.id, f"{one.name}: {one.status}") for one in client.analyses.list())


def _datasets(client: "Client") -> Iterator[tuple[str, str]]:
    return ((one.id, f"{one.name}: {one.state}") for one in client.datasets.list())


def _models(client: "Client") -> Iterator[tuple[str, str]]:
    return ((one.name, one.method) for one in client.models.list())
